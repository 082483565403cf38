"""``make env``: generated secrets, never overwritten, readable by nobody else."""

from __future__ import annotations

import re
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

from cryptography.fernet import Fernet
from dotenv import dotenv_values

from ops.env import EXAMPLE, generated, write_env
from warehouse.settings import load_settings

if TYPE_CHECKING:
    from pathlib import Path


def test_every_secret_is_filled_and_every_other_line_is_as_in_the_example(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    assert write_env(path)
    written = dict(dotenv_values(path))
    example = dict(dotenv_values(EXAMPLE))
    assert {name for name in example if written[name] != example[name]} == set(generated())
    assert all(len(written[name] or "") >= 20 for name in generated())


def test_two_files_never_hold_the_same_secret(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_env(tmp_path / name)
    one, two = dotenv_values(tmp_path / "one"), dotenv_values(tmp_path / "two")
    assert [name for name in generated() if one[name] == two[name]] == []


def test_an_existing_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("SEC_CONTACT=Jane Doe jane@example.com\n")
    done = subprocess.run(
        [sys.executable, "-m", "ops.env", "--path", str(path)], capture_output=True, text=True, check=True
    )
    assert path.read_text() == "SEC_CONTACT=Jane Doe jane@example.com\n"
    assert "POSTGRES_PASSWORD" in done.stdout


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    write_env(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_secrets_need_no_quoting_and_the_fernet_key_is_one(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    write_env(path)
    values = dotenv_values(path)
    assert all(re.fullmatch(r"[A-Za-z0-9_=-]+", values[name] or "") for name in generated())
    assert re.fullmatch(r"[A-Za-z0-9_-]+", values["POSTGRES_PASSWORD"] or ""), "it stands in a URL"
    assert Fernet((values["AIRFLOW_FERNET_KEY"] or "").encode())


def test_the_settings_can_be_read_from_what_is_written(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    write_env(path)
    settings = load_settings({name: value or "" for name, value in dotenv_values(path).items()})
    assert settings.data_dir.name == "data"
