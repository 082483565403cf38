"""The command line of the reports: ``python -m reports tiers`` and ``python -m reports pages``."""

from __future__ import annotations

import sys

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


if __name__ == "__main__":
    main()
