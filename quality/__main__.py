"""The gates by hand: checks what is loaded or built, prints a table, and exits with 1 on an error-level failure."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    import duckdb

    from quality.gate import GateResult, Outcome
    from warehouse.settings import Settings

DOCS_PATH = Path(__file__).resolve().parent.parent / "docs" / "quality.md"

_SHOW_ALL = click.option("--all", "show_all", is_flag=True, help="Show the expectations that held, too.")


@click.group(help=__doc__)
def main() -> None:
    """The gates by hand."""


@main.command("filing-day")
@click.argument("day", type=click.DateTime(["%Y-%m-%d"]))
@_SHOW_ALL
def filing_day(day: datetime, show_all: bool) -> None:
    """Check filing day DAY (YYYY-MM-DD) as it is loaded."""
    from quality.raw_gate import check_filing_day

    result = _checked(lambda connection, settings: check_filing_day(connection, day.date(), settings))
    _report(result, show_all=show_all)


@main.command("quarter")
@click.argument("quarter")
@_SHOW_ALL
def quarter_set(quarter: str, show_all: bool) -> None:
    """Check the quarterly set QUARTER (like 2024q3) as it is loaded."""
    from quality.raw_gate import check_quarter

    try:
        result = _checked(lambda connection, settings: check_quarter(connection, quarter, settings))
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="QUARTER") from error
    _report(result, show_all=show_all)


@main.command("issuers")
@_SHOW_ALL
def issuers(show_all: bool) -> None:
    """Check the issuer records as they are loaded."""
    from quality.raw_gate import check_issuers

    _report(_checked(check_issuers), show_all=show_all)


@main.command("prices")
@_SHOW_ALL
def prices(show_all: bool) -> None:
    """Check the prices of the sector ETFs as they are loaded."""
    from quality.raw_gate import check_prices

    _report(_checked(check_prices), show_all=show_all)


@main.command("marts")
@_SHOW_ALL
def marts(show_all: bool) -> None:
    """Check the marts as dbt built them, before they are published."""
    from quality.marts_gate import check_marts
    from warehouse.settings import load_settings

    _report(check_marts(load_settings()), show_all=show_all)


@main.command("docs")
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 when docs/quality.md is out of date.")
def docs(check: bool) -> None:
    """Write docs/quality.md from the suites."""
    from quality.handbook import handbook

    text = handbook()
    if check:
        if not DOCS_PATH.is_file() or DOCS_PATH.read_text(encoding="utf-8") != text:
            raise click.ClickException("docs/quality.md is out of date: run python -m quality docs")
        return
    DOCS_PATH.write_text(text, encoding="utf-8")
    click.echo(f"{DOCS_PATH} written")


def print_result(result: GateResult, *, show_all: bool = False) -> None:
    """Print a gate's result as a table for people: failures with their rows, skipped checks with their reasons.

    Args:
        result: What a gate found.
        show_all: List the expectations that held, too.
    """
    from rich.console import Console
    from rich.table import Table

    shown = result.outcomes if show_all else (*result.failures, *result.notes)
    table = Table("", "expectation", "frame", "failing", title=f"gate {result.gate}, {result.partition}")
    for outcome in shown:
        count = str(outcome.failing_count) if outcome.failing_count else ""
        table.add_row(_verdict(outcome), outcome.expectation, outcome.frame, count)
    # Rows and reasons stand below the table, each on a line of its own that can be copied.
    console = Console(markup=False, highlight=False, soft_wrap=True)
    if shown:
        console.print(table)
    for outcome in (*result.failures, *result.notes):
        console.print(f"{_verdict(outcome)} {outcome.expectation}: {outcome.reason}")
        for line in _details(outcome):
            console.print(f"    {line}")
    held = sum(outcome.passed and outcome.severity != "info" for outcome in result.outcomes)
    console.print(
        f"{'passed' if result.passed else 'FAILED'}: {held} of {len(result.outcomes)} expectations held, "
        f"{len(result.errors)} errors, {len(result.warnings)} warnings, {len(result.notes)} skipped"
    )
    console.print(f"Data Docs: {result.data_docs}")


def _verdict(outcome: Outcome) -> str:
    if outcome.severity == "info":
        return "skipped"
    return "ok" if outcome.passed else outcome.severity


def _details(outcome: Outcome) -> list[str]:
    from quality.gate import describe_row

    lines = [describe_row(row) for row in outcome.sample]
    if outcome.failing_count > len(lines) > 0:
        lines.append(f"and {outcome.failing_count - len(lines)} more")
    return [*lines, f"accepted: {outcome.accepted}"] if outcome.accepted else lines


def _checked(check: Callable[[duckdb.DuckDBPyConnection, Settings], GateResult]) -> GateResult:
    """What a gate of the raw tables finds in the warehouse."""
    from warehouse.database import read_connection
    from warehouse.settings import load_settings

    settings = load_settings()
    with read_connection(settings.warehouse_path) as connection:
        return check(connection, settings)


def _report(result: GateResult, *, show_all: bool) -> None:
    print_result(result, show_all=show_all)
    if not result.passed:
        sys.exit(1)


def _run() -> None:
    from warehouse.errors import InsiderTiersError

    try:
        main.main(prog_name="python -m quality", standalone_mode=True)
    except InsiderTiersError as error:
        click.echo(str(error), err=True)
        sys.exit(1)


if __name__ == "__main__":
    _run()
