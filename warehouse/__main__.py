"""Command line of the warehouse: publish the marts, freeze tiers, say what is loaded, give back space, ask in SQL."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

import click
import duckdb
from rich.console import Console
from rich.table import Table

from warehouse.compact import compact
from warehouse.database import read_connection
from warehouse.errors import InsiderTiersError
from warehouse.frozen import freeze_tiers
from warehouse.publish import publish
from warehouse.settings import load_settings
from warehouse.status import Status, read_status

if TYPE_CHECKING:
    from collections.abc import Sequence

_ROWS_SHOWN = 100
# What grows with history; the rest is bounded (docs/runbooks/disk_space.md).
_GROWS_BY_YEAR = ("landing zone", "warehouse", "published")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--verbose", "-v", is_flag=True, help="Say what is being done.")
def cli(*, verbose: bool) -> None:
    """Work with the warehouse in DATA_DIR."""
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, format="%(message)s", stream=sys.stderr)


@cli.command("publish")
def publish_command() -> None:
    """Publish the marts: the readers' DuckDB file, Parquet copies and the manifest.

    Nothing is touched when exactly these marts are published already.
    """
    settings = load_settings()
    manifest = publish(settings)
    rows = sum(mart["row_count"] for mart in manifest["marts"].values())
    simulated = ", SIMULATED" if manifest["is_simulated"] else ""
    marts = f"{len(manifest['marts'])} marts, {rows:,} rows as of {manifest['as_of_date']}{simulated}"
    click.echo(f"{manifest['outcome']}: {marts}")
    click.echo(f"{settings.published_path}")


@cli.command("status")
def status_command() -> None:
    """Say what is loaded and what is published."""
    _print_status(read_status(load_settings()))


@cli.command("compact")
@click.option("--force", is_flag=True, help="Compact however little there is to gain.")
def compact_command(*, force: bool) -> None:
    """Give back the space the warehouse file no longer needs."""
    click.echo(str(compact(load_settings(), force=force)))


@cli.command("freeze")
@click.argument("quarter")
def freeze_command(quarter: str) -> None:
    """Freeze the tiers of QUARTER (like 2024q4) as they are published, for good.

    tier_report_quarterly and make build do so by themselves some business days after the quarter's end. A quarter that
    is frozen stays as it is.
    """
    frozen = freeze_tiers(quarter, load_settings())
    when = f"{frozen.frozen_at:%Y-%m-%d %H:%M} UTC, as known on {frozen.knowledge_date}"
    click.echo(f"{quarter}: frozen at {when}, by {frozen.code_version}")


@cli.command("sql")
@click.argument("query")
@click.option("--rows", default=_ROWS_SHOWN, show_default=True, help="Show at most this many rows.")
def sql_command(query: str, rows: int) -> None:
    """Run QUERY on the published file, read-only, and print the answer.

    For example: python -m warehouse sql "select * from publication"
    """
    with read_connection(load_settings().published_path) as connection:
        try:
            answer = connection.execute(query)
            found = answer.fetchmany(rows + 1)
        except duckdb.Error as error:
            raise click.ClickException(str(error)) from error
        names = [column[0] for column in answer.description or ()]
        is_simulated = connection.execute("select is_simulated from publication").fetchone() == (True,)
    _print_rows(names, found[:rows])
    if len(found) > rows:
        click.echo(f"… the first {rows} rows; more with --rows")
    if is_simulated:
        click.echo("simulated data")


def _print_rows(names: Sequence[str], rows: Sequence[tuple[object, ...]]) -> None:
    table = Table()
    for position, name in enumerate(names):
        is_number = any(isinstance(row[position], (int, float)) for row in rows)
        table.add_column(name, justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row))
    Console().print(table)


def _print_status(status: Status) -> None:
    table = Table(show_header=True, title="SIMULATED DATA" if status.is_simulated else None)
    for name in ("road", "partitions", "first", "last", "rows", "last loaded (UTC)"):
        table.add_column(name, justify="right" if name in {"partitions", "rows"} else "left")
    for road in status.roads:
        table.add_row(
            road.road,
            f"{road.partition_count:,}",
            road.first_partition,
            road.last_partition,
            f"{road.row_count:,}",
            f"{road.last_loaded_at:%Y-%m-%d %H:%M}",
        )
    console = Console()
    console.print(table if status.roads else "nothing is loaded yet: python -m extract --help")
    years = status.history_years
    for name, size in status.sizes.items():
        per_year = f"{size / 1e6 / years:>12,.1f} MB a year of history" if years >= 1 and name in _GROWS_BY_YEAR else ""
        console.print(f"{name:<14}{size / 1e6:>12,.1f} MB{per_year}", highlight=False)
    for year, size in status.landed_by_year.items():
        console.print(f"  landed {year or 'other':<5}{size / 1e6:>12,.1f} MB", highlight=False)
    console.print(status.published_text, highlight=False, soft_wrap=True)


def main() -> None:
    """Run the command line; our own errors end it with their message, not with a traceback."""
    try:
        cli(prog_name="python -m warehouse", standalone_mode=True)
    except InsiderTiersError as error:
        click.echo(f"{type(error).__name__}: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
