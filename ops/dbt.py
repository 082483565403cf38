"""Run dbt on the warehouse as a program of its own, so that it lets go of the file when it is done."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from ops.checkout import ROOT, TELEMETRY_OFF
from warehouse.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Callable

    from warehouse.settings import Settings

_COLOR = re.compile(r"\x1b\[[0-9;]*m")
_KEPT_LINES = 60
# Descriptions and tests (yml) change no row.
_CODE = ("macros", "models", "seeds")
_SUFFIXES = {".sql", ".py", ".csv"}


def project_sha256() -> str:
    """Hash of all that decides what the models compute: the dbt project, and the engine that runs it."""
    project = ROOT / "dbt_project"
    digest = hashlib.sha256(duckdb.__version__.encode())
    files = [
        path for folder in _CODE for path in (project / folder).rglob("*") if path.suffix in {".sql", ".py", ".csv"}
    ]
    for path in sorted([*files, project / "dbt_project.yml"]):
        digest.update(str(path.relative_to(project)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def run_dbt(settings: Settings, *arguments: str, on_line: Callable[[str], None] = print) -> None:
    """Run one dbt command, for example ``build``; its target and log folders are below ``DATA_DIR/dbt``.

    Args:
        settings: Says where the warehouse is.
        arguments: The command and its options.
        on_line: Called with every line of output as it comes.

    Raises:
        RunError: dbt failed; the message holds the end of its output, which names the model or test.
    """
    project = str(ROOT / "dbt_project")
    command = [str(Path(sys.executable).with_name("dbt")), *arguments, "--project-dir", project]
    environment = (
        dict(os.environ)
        | TELEMETRY_OFF
        | {
            "DATA_DIR": str(settings.data_dir),
            "DBT_PROFILES_DIR": project,
            "DBT_TARGET_PATH": str(settings.data_dir / "dbt" / "target"),
            "DBT_LOG_PATH": str(settings.data_dir / "dbt" / "logs"),
            "DBT_USE_COLORS": "false",
        }
    )
    lines: list[str] = []
    with subprocess.Popen(  # noqa: S603
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        for line in process.stdout or ():
            text = _COLOR.sub("", line.rstrip())
            lines.append(text)
            on_line(text)
    if process.returncode:
        raise RunError(
            f"dbt {arguments[0]} failed (exit {process.returncode}). Compiled SQL: {settings.data_dir / 'dbt'}. "
            "The end of its output:\n" + "\n".join(lines[-_KEPT_LINES:])
        )
