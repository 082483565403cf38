"""Show the whole pipeline on simulated filings, end to end, in a real Airflow: ``make demo``.

A simulated EDGAR is built and served on loopback; history comes by the quarterly road, the last filing days by the
daily road, prices of the sector ETFs from a shop beside it; then dbt, both gates and the published copy. Running it
again finds everything published and says so.
"""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console

from ops import steps
from ops.airflow.local import LocalAirflow, stop_being_interrupted, stop_on_terminate
from ops.checkout import ROOT, TELEMETRY_OFF
from ops.demo.progress import Board
from ops.demo.runs import Pipeline
from ops.demo.simulated_edgar import SimulatedEdgar, build_once, contents
from reports.tiers import read_latest_tiers, tier_table
from warehouse.database import read_connection
from warehouse.errors import InsiderTiersError, SettingsError
from warehouse.generations import read_manifest
from warehouse.raw_schema import PRICES_PARTITION
from warehouse.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from warehouse.settings import Settings

DEFAULT_DATA_DIR = ROOT / "data" / "demo"
# The newest quarterly set ends on this day, and its late filings are in the next set: the daily road begins with it, so
# that no filing lies between the roads.
FIRST_DAY = date(2025, 12, 31)
# A holiday and a weekend lie between; more days would show nothing new and each takes some seconds.
LAST_DAY = date(2026, 1, 9)
WORLD = ("--daily-from", "2025-12-15", "--through", LAST_DAY.isoformat())


def demo_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of the demo: a data folder of its own, whatever the user's .env says.

    Args:
        environment: The process environment. ``DATA_DIR`` there names another folder for the demo.

    Raises:
        SettingsError: That folder holds data that is not the demo's.
    """
    data_dir = Path(environment.get("DATA_DIR") or DEFAULT_DATA_DIR).expanduser().absolute()
    if data_dir.is_dir() and any(data_dir.iterdir()) and not (data_dir / "simulator").is_dir():
        raise SettingsError(
            f"{data_dir} holds data that is not the demo's, and simulated filings are never mixed with others. "
            "Unset DATA_DIR (the demo then uses data/demo) or set it to a new folder."
        )
    ours = {
        "DATA_DIR": str(data_dir),
        "DAILY_START_DATE": FIRST_DAY.isoformat(),
        "LOOK_BACK_DAYS": "1",
        # The limit of the SEC; the simulator, like the SEC, refuses more.
        "SEC_MAX_REQUESTS_PER_SECOND": "10",
        "RATE_LIMIT_DIR": str(data_dir / "rate-limit"),
        # Nobody is mailed a report on invented companies.
        "REPORT_MAIL_TO": "",
    }
    return dict(environment) | TELEMETRY_OFF | ours


def run(environment: dict[str, str], board: Board) -> None:
    """Bring the demo to its published copy; find it there and leave it alone when it is up to date.

    Raises:
        InsiderTiersError: A part failed; the message says which, with the end of its log.
    """
    settings = load_settings(environment)
    folder = settings.data_dir / "simulator"
    world = folder / "world"
    folder.mkdir(parents=True, exist_ok=True)
    if (world / "simulated.json").is_file():
        with board.step("what is there") as step:
            if is_complete(settings, world):
                step.done("everything is loaded and published already; nothing is changed")
                return
            step.done("not everything is loaded and published by this version of the code")
    airflow = LocalAirflow(settings.data_dir, environment=environment)
    edgar = SimulatedEdgar(world, folder)
    try:
        # The world is built while Airflow's database is migrated.
        with ThreadPoolExecutor(1) as background, board.step("simulated EDGAR") as step:
            preparing = background.submit(airflow.prepare)
            built = build_once(world, *WORLD)
            edgar.start()
            quarters, days = contents(world)
            step.done(f"{len(quarters)} quarterly sets and {len(days)} filing days, served at {edgar.url}")
            preparing.result()
        with board.step("Airflow") as step:
            airflow.environment |= edgar.environment | {"DAILY_END_DATE": days[-1]}
            airflow.start()
            step.done(f"scheduler, DAG processor and API server at {airflow.url}")
        Pipeline(
            airflow,
            settings,
            quarters=quarters,
            days=weekdays(days[-1]),
            loaded=set() if built else loaded_partitions(settings),
            board=board,
        ).run()
    finally:
        with board.step("stopping Airflow and the simulator"), ExitStack() as last:
            last.callback(edgar.stop)
            last.callback(airflow.stop)
            # A second Ctrl-C, or a signal to the whole group, must not leave half of it running.
            stop_being_interrupted()


def weekdays(last: str) -> list[str]:
    """Every filing day of the daily road, holidays included: one run each."""
    span = (date.fromisoformat(last) - FIRST_DAY).days + 1
    days = (FIRST_DAY + timedelta(days=offset) for offset in range(span))
    return [day.isoformat() for day in days if day.weekday() < 5]


def loaded_partitions(settings: Settings) -> set[str]:
    """Quarters and filing days the warehouse holds."""
    if not settings.warehouse_path.is_file():
        return set()
    with read_connection(settings.warehouse_path) as connection:
        return {row[0] for row in connection.execute("select distinct _partition from raw.loads").fetchall()}


def is_complete(settings: Settings, world: Path) -> bool:
    """Whether every quarter and day of the world, and the prices, are loaded and published by this code."""
    quarters, days = contents(world)
    manifest = read_manifest(settings.published_dir)
    published = {source["partition"] for source in manifest["sources"]} if manifest else set()
    return published >= {*quarters, *weekdays(days[-1]), PRICES_PARTITION} and steps.is_published(settings)


def say_what_is_there(console: Console, settings: Settings) -> None:
    """Print the latest tiers and where everything is."""

    def say(line: str) -> None:
        console.print(line, markup=False, highlight=False, soft_wrap=True)

    manifest: dict[str, Any] = read_manifest(settings.published_dir) or {}
    marts = manifest.get("marts", {})
    published = settings.published_path
    console.print()
    console.print(tier_table(read_latest_tiers(published)))
    console.print("\n[bold]These data are simulated.[/] No number here says anything about a real company or sector.\n")
    say(f"Published file: {published} ({len(marts)} marts, {sum(mart['row_count'] for mart in marts.values()):,} rows)")
    look = f"import duckdb; print(duckdb.connect('{published}', read_only=True).sql('show tables'))"
    say(f'  Python:  {sys.executable} -c "{look}"')
    say(f"  DuckDB:  duckdb -readonly {published}")
    say(f"  Parquet: {settings.published_dir / 'parquet'}, a folder per table")
    say(f"Pages, open them in a browser: {settings.reports_dir / 'trends.html'}")
    say(f"                               {settings.reports_dir / 'operations.html'}")
    for report in sorted(settings.reports_dir.glob("[0-9]*q[1-4]/tier_report.html"))[-1:]:
        say(f"Quarterly tier report: {report}, {report.with_suffix('.pdf').name} beside it")
    say(f"Data Docs of both quality gates: {settings.quality_dir / 'data_docs' / 'index.html'}")
    say(f"Task logs: {settings.data_dir / 'airflow' / 'logs'}")


@click.command()
def main() -> None:
    """Run the demo: simulated EDGAR, real Airflow, dbt, gates, publish, tier report; prints the latest tiers."""
    stop_on_terminate()
    console = Console(width=None if sys.stdout.isatty() else 120)
    try:
        environment = demo_environment(os.environ)
        with Board(console) as board:
            run(environment, board)
        say_what_is_there(console, load_settings(environment))
    except InsiderTiersError as error:
        raise click.ClickException(f"{type(error).__name__}: {error}") from error
    except KeyboardInterrupt:
        raise click.ClickException("Stopped; run it again to go on where it was.") from None


if __name__ == "__main__":
    main()
