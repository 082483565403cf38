"""Make the warehouse again from the landing zone, without network: ``make rebuild``."""

from __future__ import annotations

import contextlib
import time
from datetime import date
from typing import TYPE_CHECKING

import click
from rich.console import Console
from tqdm import tqdm

from ops import steps
from warehouse.database import write_connection
from warehouse.errors import InsiderTiersError, LoadError
from warehouse.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from warehouse.settings import Settings


def landed_days(settings: Settings) -> list[date]:
    """Every filing day the landing zone holds an index, a holiday or filings of, oldest first."""
    found = {path.name for path in (settings.landing_dir / "index").glob("????-??-??")}
    found |= {path.stem for path in (settings.landing_dir / "filings").glob("????-??-??.parquet")}
    return sorted(map(date.fromisoformat, found))


def landed_quarters(settings: Settings) -> list[str]:
    """Every quarter the landing zone holds a data set of, oldest first."""
    return sorted(path.name for path in (settings.landing_dir / "quarterly").glob("????q?"))


def rebuild_raw(settings: Settings) -> None:
    """Parse and load everything that is landed into an empty warehouse file, each partition with its gate.

    Raises:
        GateFailed: A partition did not pass.
    """
    from extract.parse_day import parse_filing_day

    for quarter in tqdm(landed_quarters(settings), desc="quarters", unit="quarter"):
        with _quiet():
            steps.load_quarters([quarter], settings)
    days = landed_days(settings)
    for day in tqdm(days, desc="parsing filing days", unit="day"):
        parse_filing_day(day, settings)
    with _quiet():
        steps.load_and_check(tqdm([day.isoformat() for day in days], desc="loading filing days", unit="day"), settings)


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


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """One line per partition is for task logs; here a bar tells the progress."""
    with contextlib.redirect_stdout(None):
        yield


@click.command()
def main() -> None:
    """Rebuild raw and marts from the landing zone, check and publish; say how long it took."""
    console = Console(highlight=False)
    settings = load_settings()
    started = time.monotonic()
    try:
        if not landed_days(settings) and not landed_quarters(settings):
            raise LoadError(f"{settings.landing_dir} holds nothing to rebuild from. Check DATA_DIR.")
        with set_aside(settings.warehouse_path, settings):
            rebuild_raw(settings)
            raw_seconds = time.monotonic() - started
            steps.dbt_build(settings, on_line=lambda line: console.print(line, markup=False))
            steps.check_marts(settings)
            steps.publish(settings)
    except InsiderTiersError as error:
        raise click.ClickException(f"{type(error).__name__}: {error}") from error
    console.print(f"Rebuilt in {time.monotonic() - started:.0f} s, of which {raw_seconds:.0f} s for the raw tables.")


if __name__ == "__main__":
    main()
