"""The command line of the extract room: fetch into the landing zone without Airflow, with progress bars.

python -m extract filing-day 2024-01-02
python -m extract filing-day 2024-01-02 --to 2024-01-31
python -m extract quarter
python -m extract quarter 2024q3 2024q4
python -m extract quarter --from 2019q1 --to 2025q4
python -m extract issuers
python -m extract prices
"""

from __future__ import annotations

import functools
import logging
import sys
from contextlib import ExitStack, contextmanager
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, NoReturn, ParamSpec

import click
from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

from extract.filing_day import FetchSummary, fetch_filing_day
from extract.issuer_fetch import fetch_issuers, known_issuers
from extract.parse_day import parse_filing_day
from extract.prices.fetch import fetch_prices
from extract.quarterly_fetch import QuarterFetched, fetch_quarter, parse_quarter, quarter_range, update_quarters
from warehouse.errors import InsiderTiersError, NotPublishedYet
from warehouse.quarters import Quarter
from warehouse.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from extract.progress import Progress, ProgressCallback

P = ParamSpec("P")

_DAY = click.DateTime(["%Y-%m-%d"])


class _OwnError(click.ClickException):
    """One of our errors, as a message and a non-zero exit code; no traceback."""

    def __init__(self, error: InsiderTiersError) -> None:
        super().__init__(f"{type(error).__name__}: {error}")


def _speaking(command: Callable[P, None]) -> Callable[P, None]:
    """Turn our errors into messages; keep log lines from tearing the bars."""

    @functools.wraps(command)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> None:
        logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
        try:
            with logging_redirect_tqdm():
                command(*args, **kwargs)
        except InsiderTiersError as error:
            raise _OwnError(error) from error

    return wrapper


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Bring SEC insider filings, and prices of the sector ETFs, to this machine, without Airflow.

    Bytes go to DATA_DIR/landing as served. Everything may be run again: only what is missing is fetched. `make build`
    then loads what is landed through the quality gates, runs dbt and publishes.

    For live SEC access set SEC_CONTACT to your name and e-mail address.
    """


@main.command("filing-day")
@click.argument("day", type=_DAY, metavar="DAY")
@click.option("--to", "last", type=_DAY, help="Last filing day, to fetch every day from DAY to this one.")
@_speaking
def filing_day(day: datetime, last: datetime | None) -> None:
    """Fetch and parse the ownership filings (forms 3, 4, 5) of a filing DAY, written as YYYY-MM-DD.

    About 800 filings a day: some two minutes at 8 requests a second. Weekends and holidays are recognised. A day that
    is not published yet ends the run with an error; EDGAR publishes from about 22:00 New York time.
    """
    settings = load_settings()
    for filed in _days(day.date(), last.date() if last else day.date()):
        with _bar(filed.isoformat(), "filing") as report:
            summary = fetch_filing_day(filed, settings, progress=report)
        _say_filing_day(summary)
        if summary.status != "no_filing_day":
            for reason, count in sorted(parse_filing_day(filed, settings).quarantine_counts.items()):
                click.echo(f"{filed}: {count} filings quarantined: {reason}", err=True)


@main.command("quarter")
@click.argument("quarters", nargs=-1, metavar="[QUARTER]...")
@click.option("--from", "first", help="First quarter of a range, for example 2019q1.")
@click.option("--to", "last", help="Last quarter of the range; the newest the SEC has published when left out.")
@_speaking
def quarter(quarters: tuple[str, ...], first: str | None, last: str | None) -> None:
    """Fetch the SEC's quarterly Insider Transactions Data Sets: each QUARTER named, as in 2024q3, or a range.

    Without a QUARTER: every set published since the first one that is landed, where it is missing or has changed.

    The sets begin with 2006q1 and come out some weeks after a quarter's end. A quarter that has not changed since it
    was fetched is not fetched again.
    """
    settings = load_settings()
    wanted = [str(parse_quarter(text)) for text in quarters]
    is_open = first is not None and last is None
    if first is not None:
        # The user's calendar will do: the newest quarters are not published anyway.
        wanted += quarter_range(first, last or str(Quarter.of(date.today())))  # noqa: DTZ011
    elif last is not None:
        raise click.UsageError("--to needs --from.")
    if not wanted:
        found = [_say_quarter(fetched) for fetched in update_quarters(settings)]
        if not found:
            raise click.UsageError(
                "nothing is landed to bring up to date: name at least one quarter, for example 2024q3, or a range with "
                "--from."
            )
        return
    with tqdm(wanted, unit="quarter", file=sys.stderr) as bar:
        for name in bar:
            bar.set_description(name)
            try:
                fetched = fetch_quarter(name, settings)
            except NotPublishedYet:
                if not is_open or name == wanted[0]:
                    raise
                tqdm.write(f"{name}: not published yet; the range ends before it", file=sys.stdout)
                break
            _say_quarter(fetched)


@main.command("issuers")
@click.argument("ciks", nargs=-1, metavar="[CIK]...")
@click.option("--refresh", is_flag=True, help="Ask also for what was asked for within the last 7 days.")
@click.option("--limit", type=click.IntRange(min=1), help="At most so many records; those never asked for come first.")
@_speaking
def issuers(ciks: tuple[str, ...], refresh: bool, limit: int | None) -> None:
    """Fetch the SEC's records of issuers (SIC, names, tickers, exchanges): each CIK named, or all that filings name.

    Some 6,000 issuers take a quarter of an hour at 8 requests a second. A run that was stopped goes on where it was.
    `make build` then loads what is landed. A record makes nobody an issuer; only filings do.
    """
    settings = load_settings()
    wanted = list(ciks) or known_issuers(settings)
    if not wanted:
        click.echo("No issuer is known yet: load filings first (make build), or name CIKs.")
        return
    with _bar("issuers", "record") as report:
        summary = fetch_issuers(settings, ciks=wanted, refresh=refresh, limit=limit, progress=report)
    click.echo(str(summary))
    for cik, reason in summary.failed.items():
        click.echo(f"{cik} failed: {reason}", err=True)
    if summary.failed:
        raise click.ClickException(f"{len(summary.failed)} records could not be fetched; run it again for them.")


@main.command("prices")
@click.argument("tickers", nargs=-1, metavar="[TICKER]...")
@click.option("--refresh", is_flag=True, help="Fetch the whole history again.")
@_speaking
def prices(tickers: tuple[str, ...], refresh: bool) -> None:
    """Fetch daily prices of the sector ETFs and SPY: each TICKER named, or all twelve.

    PRICE_SOURCE says from where: tiingo, stooq, or your own files in PRICE_FILES_DIR (docs/prices.md). Only missing
    days are asked for, and some before them: where those have changed, after a dividend or split, the whole history is
    fetched again. `make build` then loads what is landed.
    """
    with _bar("prices", "fund") as report:
        summary = fetch_prices(load_settings(), tickers=tickers or None, refresh=refresh, progress=report)
    click.echo(str(summary))
    for ticker, reason in summary.reloads.items():
        click.echo(f"{ticker}: fetched again from its first day: {reason}")
    for ticker, reason in summary.failed.items():
        click.echo(f"{ticker} failed: {reason}", err=True)
    if summary.failed:
        raise click.ClickException(f"{len(summary.failed)} funds could not be fetched; run it again for them.")


def _days(first: date, last: date) -> list[date]:
    if last < first:
        raise click.BadParameter(f"{last} is before {first}", param_hint="--to")
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]


@contextmanager
def _bar(description: str, unit: str) -> Iterator[ProgressCallback]:
    """A progress bar that appears when there is something to fetch."""
    with ExitStack() as stack:
        bar: tqdm[NoReturn] | None = None

        def report(progress: Progress) -> None:
            nonlocal bar
            if bar is None and progress.total:
                bar = stack.enter_context(tqdm(desc=description, unit=unit, total=progress.total, file=sys.stderr))
            if bar is not None:
                bar.update(progress.done - bar.n)

        yield report


def _say_quarter(fetched: QuarterFetched) -> str:
    size = fetched.version.byte_count / 1e6
    tqdm.write(f"{fetched.quarter}: {fetched.status}, {size:.1f} MB", file=sys.stdout)
    return fetched.quarter


def _say_filing_day(summary: FetchSummary) -> None:
    if summary.status == "no_filing_day":
        click.echo(f"{summary.day}: weekend, no filing day")
    elif summary.status == "holiday":
        click.echo(f"{summary.day}: holiday, no index")
    else:
        click.echo(
            f"{summary.day}: {summary.accessions} filings listed, {summary.fetched} fetched, "
            f"{summary.already_there} were there, {len(summary.missing)} missing, {summary.elapsed_seconds:.1f} s"
        )
    for accession, reason in summary.missing:
        click.echo(f"{summary.day}: {accession} is missing: {reason}", err=True)


if __name__ == "__main__":
    main(prog_name="python -m extract")
