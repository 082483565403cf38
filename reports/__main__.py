"""The command line of the reports: ``python -m reports tiers``, ``pages``, ``tier-report 2025q4``."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.console import Console

from reports.tiers import read_latest_tiers, tier_table
from warehouse.errors import InsiderTiersError
from warehouse.settings import load_settings


@click.group(help="Read the published file and show what it says.")
def main() -> None:
    """Group of the report commands."""


@main.command(help="The latest headline tier of every sector.")
def tiers() -> None:
    """Print the latest headline tiers."""
    try:
        Console().print(tier_table(read_latest_tiers(load_settings().published_path)))
    except InsiderTiersError as error:
        sys.exit(str(error))


@main.command(help="Make the trends page and the operations page anew.")
def pages() -> None:
    """Write both pages of what is published."""
    from reports.operations import write_operations
    from reports.trends import write_trends

    settings = load_settings()
    try:
        for write in (write_trends, write_operations):
            click.echo(write(settings))
    except InsiderTiersError as error:
        sys.exit(str(error))


@main.command("tier-report", help="Make the report of QUARTER (like 2025q4); of the newest when none is named.")
@click.argument("quarter", required=False)
@click.option("--picture", type=click.Path(path_type=Path), help="Draw its first page into this PNG, and nothing else.")
def tier_report(quarter: str | None, picture: Path | None) -> None:
    """Make one quarter's report, or a picture of its first page, and say where it is."""
    # The chart library takes a second to import, which the other commands need not wait for.
    from reports.tier_report.folder import HTML, first_page, write_tier_report

    try:
        if picture:
            picture.write_bytes(first_page(load_settings(), quarter))
            click.echo(picture)
            return
        report = write_tier_report(load_settings(), quarter)
    except InsiderTiersError as error:
        sys.exit(str(error))
    click.echo(f"{report.title}{' (simulated data)' if report.is_simulated else ''}: {report.summary}")
    click.echo(report.folder / HTML)


if __name__ == "__main__":
    main()
