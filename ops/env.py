"""Write ``.env`` from ``.env.example`` with generated secrets; an existing file is left alone: ``make env``."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import click
from dotenv import dotenv_values

from ops.airflow.config import Secrets
from ops.checkout import ROOT

EXAMPLE = ROOT / ".env.example"


def generated() -> dict[str, str]:
    """New secrets by the name of their variable; safe in a URL and without quoting."""
    shared = Secrets.generate()
    return {
        "AIRFLOW_ADMIN_PASSWORD": secrets.token_urlsafe(18),
        "AIRFLOW_JWT_SECRET": shared.jwt_secret,
        "AIRFLOW_SECRET_KEY": shared.secret_key,
        "AIRFLOW_FERNET_KEY": shared.fernet_key,
        "POSTGRES_PASSWORD": secrets.token_urlsafe(24),
    }


def write_env(path: Path) -> bool:
    """Write the file, readable by its owner only.

    Returns:
        Whether it was written; ``False`` when it was there already and was left as it is.
    """
    filled = generated()
    lines = [
        f"{line}{filled[name]}" if (name := line.removesuffix("=")) in filled else line
        for line in EXAMPLE.read_text(encoding="utf-8").splitlines()
    ]
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    return True


@click.command()
@click.option("--path", type=click.Path(path_type=Path), default=ROOT / ".env", help="File to write.")
def main(path: Path) -> None:
    """Write .env with generated secrets; never overwrites."""
    if write_env(path):
        click.echo(f"Wrote {path} with generated secrets, readable by you only.")
        click.echo("Next: put your name and e-mail address into SEC_CONTACT; the SEC requires it.")
        return
    missing = sorted(name for name in generated() if not dotenv_values(path).get(name))
    click.echo(f"Left {path} as it is.")
    if missing:
        click.echo(f"It lacks {', '.join(missing)}, which docker compose needs: move it away and run this again.")


if __name__ == "__main__":
    main()
