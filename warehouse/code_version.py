"""Says which version of the code is running."""

from __future__ import annotations

import logging
import subprocess
import tomllib
from pathlib import Path

logger = logging.getLogger(__name__)

_REPOSITORY = Path(__file__).resolve().parent.parent


def current_code_version() -> str:
    """``git describe`` in a checkout, else the version of the package."""
    if (_REPOSITORY / ".git").exists():
        try:
            answer = subprocess.run(  # noqa: S603 - no part of the command comes from outside
                ["git", "-C", str(_REPOSITORY), "describe", "--always", "--tags", "--dirty"],  # noqa: S607
                capture_output=True,
                text=True,
                check=True,
                timeout=30,
            )
            return answer.stdout.strip()
        except (OSError, subprocess.SubprocessError) as error:
            logger.warning("git describe failed (%s): the package version is put on record", error)
    with (_REPOSITORY / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])
