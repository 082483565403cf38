"""Make the warehouse again from the landing zone, without network: ``make rebuild``."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

import click
from rich.console import Console

from ops import steps
from ops.build import build_marts_and_publish
from warehouse.database import write_connection
from warehouse.errors import InsiderTiersError, LoadError
from warehouse.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from warehouse.settings import Settings


@contextlib.contextmanager
def set_aside(path: Path, settings: Settings) -> Iterator[None]:
    """Move the warehouse out of the way for the duration; it comes back when the block fails.

    A rebuild that was killed is taken up again: what it has loaded is skipped, the warehouse from before stays aside.
    """
    aside = path.with_suffix(".before-rebuild")
    if path.exists() and not aside.exists():
        # Nobody may be writing while the file is moved; the checkpoint folds its log into it.
        with write_connection(settings) as connection:
            connection.execute("checkpoint")
        path.rename(aside)
    try:
        yield
    except BaseException:
        path.unlink(missing_ok=True)
        path.with_name(f"{path.name}.wal").unlink(missing_ok=True)
        if aside.exists():
            aside.rename(path)
        raise
    aside.unlink(missing_ok=True)


@click.command()
def main() -> None:
    """Rebuild raw and marts from the landing zone, check and publish; say how long it took."""
    console = Console(highlight=False)
    settings = load_settings()
    started = time.monotonic()
    try:
        with set_aside(settings.warehouse_path, settings):
            loaded = steps.load_landed(settings)
            if not loaded:
                raise LoadError(f"{settings.landing_dir} holds nothing to rebuild from. Check DATA_DIR.")
            raw_seconds = time.monotonic() - started
            build_marts_and_publish(settings, console)
        steps.make_pages(settings)
    except InsiderTiersError as error:
        raise click.ClickException(f"{type(error).__name__}: {error}") from error
    console.print(f"Rebuilt in {time.monotonic() - started:.0f} s, of which {raw_seconds:.0f} s for the raw tables.")


if __name__ == "__main__":
    main()
