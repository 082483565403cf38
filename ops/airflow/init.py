"""Prepare Airflow's metadata database, the pools and the password; running it again changes nothing."""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import click

from ops.airflow.config import POOLS, USER
from warehouse.errors import RunError

PASSWORD_VARIABLE = "AIRFLOW_ADMIN_PASSWORD"  # noqa: S105 - the variable's name


def write_password(path: Path, password: str | None) -> bool:
    """Write the password file of the simple auth manager, readable by its owner only.

    Args:
        path: The file; its folder must exist.
        password: The admin's password; ``None`` generates one, unless the file already holds one.

    Returns:
        Whether the file was written.
    """
    known = json.loads(path.read_text()) if path.is_file() else {}
    wanted = password or known.get(USER) or secrets.token_urlsafe(18)
    if known.get(USER) == wanted:
        return False
    scratch = path.with_suffix(".new")
    scratch.touch(mode=0o600)
    scratch.write_text(json.dumps(known | {USER: wanted}) + "\n")
    scratch.replace(path)
    return True


def prefer_write_ahead_log(address: str) -> None:
    """Let readers of an SQLite metadata database go on while one process writes; other databases are left alone."""
    parts = urlsplit(address)
    if parts.scheme.startswith("sqlite"):
        with sqlite3.connect(parts.path.removeprefix("/") if parts.path.startswith("//") else parts.path) as database:
            database.execute("pragma journal_mode = wal")
        database.close()


def run_airflow(*arguments: str) -> None:
    """Run one ``airflow`` command to its end.

    Raises:
        RunError: It failed; the message holds the end of its output.
    """
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "airflow", *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RunError(f"airflow {' '.join(arguments)} failed:\n{(done.stdout + done.stderr)[-3000:]}")


@click.command()
def main() -> None:
    """Migrate the metadata database, create the pools and the password file.

    Reads Airflow's own environment variables, and AIRFLOW_ADMIN_PASSWORD for the password (generated when empty).
    """
    home = Path(os.environ["AIRFLOW_HOME"])
    home.mkdir(parents=True, exist_ok=True)
    passwords = os.environ.get("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE")
    write_password(Path(passwords) if passwords else home / "passwords.json", os.environ.get(PASSWORD_VARIABLE) or None)
    prefer_write_ahead_log(os.environ.get("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", ""))
    run_airflow("db", "migrate")
    pools = {
        name: {"slots": slots, "description": reason, "include_deferred": False}
        for name, (slots, reason) in POOLS.items()
    }
    with tempfile.NamedTemporaryFile("w", suffix=".json") as listing:
        json.dump(pools, listing)
        listing.flush()
        run_airflow("pools", "import", listing.name)


if __name__ == "__main__":
    main()
