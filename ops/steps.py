"""What the DAG tasks and ``make build`` call: one function per step, the same in both.

Fetching and parsing make files and may run side by side; loading, dbt, the gates and publishing open the warehouse and
run one at a time (in Airflow: in the pool ``warehouse_writer``).
"""

from __future__ import annotations

import logging
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from warehouse.errors import FetchError, GateFailed, ReportError
from warehouse.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from typing import Any, Protocol

    import duckdb

    from extract.http import Patience
    from quality import GateResult
    from reports.tier_report.folder import Report
    from warehouse.builds import BuildPlan
    from warehouse.frozen import FrozenQuarter
    from warehouse.settings import Settings
    from warehouse.writer import LoadResult

    class _Check(Protocol):
        def __call__(
            self, connection: duckdb.DuckDBPyConnection, partition: str, /, *, data_docs: bool
        ) -> GateResult: ...


logger = logging.getLogger(__name__)


def fetch_and_parse(
    day: date, settings: Settings | None = None, *, is_last_try: bool = False, patience: Patience | None = None
) -> list[str]:
    """Bring a filing day to the landing zone and parse it; then look at the last days again, whose indexes change.

    Args:
        day: The filing day.
        settings: Where to fetch from and where to.
        is_last_try: Go on without the filings the server does not give. One filing must not hold up its day for ever:
            the ledger counts it as not fetched, the gate judges how many may be missing, and the look-back of the next
            nights asks for it again.
        patience: How long one request is pursued; the usual when ``None``.

    Returns:
        The days to hand to `load_and_check`, oldest first: the day itself and those of the look-back that were landed
        before. (Loading a day that has not changed costs next to nothing.)

    Raises:
        NotPublishedYet: The day's index is not there yet.
        FetchError: The server did not give everything and this is not the last try; what it gave stays and is not
            fetched again.
    """
    from extract.filing_day import fetch_filing_day
    from extract.parse_day import parse_filing_day

    settings = settings or load_settings()
    days = [day, *_landed_before(day, settings)]
    failed = []
    for filed in days:
        summary = fetch_filing_day(filed, settings, patience=patience)
        parse_filing_day(filed, settings)
        print(f"{filed}: {summary.status}, {summary.accessions} filings listed, {summary.fetched} fetched now")
        failed += [f"{filed} {accession}: {reason}" for accession, reason in summary.failed]
    if failed:
        message = f"{len(failed)} filings could not be fetched:\n" + "\n".join(failed)
        if not is_last_try:
            raise FetchError(message)
        logger.warning("%s\nThe day goes on without them.", message)
    return sorted(filed.isoformat() for filed in days)


def load_and_check(days: Collection[str], settings: Settings | None = None) -> list[LoadResult]:
    """Load filing days, each in one transaction with its gate: a day that fails leaves raw as it was.

    Raises:
        GateFailed: A day did not pass; the message names the rows. The other days are loaded.
    """
    from extract.load import load_filing_day
    from quality import check_filing_day

    settings = settings or load_settings()

    def load(connection: duckdb.DuckDBPyConnection, day: str) -> LoadResult:
        return load_filing_day(connection, date.fromisoformat(day), settings)

    def check(connection: duckdb.DuckDBPyConnection, day: str, *, data_docs: bool) -> GateResult:
        return check_filing_day(connection, date.fromisoformat(day), settings, data_docs=data_docs)

    return _load_each(days, load, check, settings)


def fetch_quarters(quarters: Iterable[str] = (), settings: Settings | None = None) -> list[str]:
    """Bring quarterly sets to the landing zone: those named, or all published since the first one landed.

    Returns:
        The quarters to hand to `load_quarters`, oldest first. (Loading a set that has not changed costs next to
        nothing, and one that failed its gate is tried again.) None when none was named and nothing is landed.

    Raises:
        NotPublishedYet: A quarter is not there yet.
        FetchError: The server did not give it; what it gave before stays.
    """
    from extract.quarterly_fetch import fetch_quarter, update_quarters

    settings = settings or load_settings()
    named = sorted(set(quarters))
    fetching = (fetch_quarter(quarter, settings) for quarter in named) if named else update_quarters(settings)
    found = []
    for fetched in fetching:
        print(f"{fetched.quarter}: {fetched.status}, {fetched.version.byte_count / 1e6:.1f} MB")
        found.append(fetched.quarter)
    if not found:
        print("No quarterly set is landed, so there is none to bring up to date. History: make backfill FROM=2019q1")
    return found


def load_quarters(quarters: Collection[str], settings: Settings | None = None) -> list[LoadResult]:
    """Load quarterly sets, each in one transaction with its gate: a quarter that fails leaves raw as it was.

    Raises:
        GateFailed: A quarter did not pass; the message names the rows. The other quarters are loaded.
    """
    from extract.load import load_quarter
    from quality import check_quarter

    settings = settings or load_settings()

    def load(connection: duckdb.DuckDBPyConnection, quarter: str) -> LoadResult:
        return load_quarter(connection, quarter, settings)

    def check(connection: duckdb.DuckDBPyConnection, quarter: str, *, data_docs: bool) -> GateResult:
        return check_quarter(connection, quarter, settings, data_docs=data_docs)

    return _load_each(quarters, load, check, settings)


def fetch_issuers(settings: Settings | None = None) -> str:
    """Bring the records of every known issuer to the landing zone that were not asked for within the last week.

    Returns:
        What came of it, in words.

    Raises:
        FetchError: Some records could not be had; the others are landed and not asked for again.
    """
    from extract.issuer_fetch import fetch_issuers as fetch

    summary = fetch(settings or load_settings())
    print(summary)
    if summary.failed:
        reasons = "\n".join(f"{cik}: {reason}" for cik, reason in summary.failed.items())
        raise FetchError(f"{len(summary.failed)} issuer records could not be fetched:\n{reasons}")
    return str(summary)


def load_issuers(settings: Settings | None = None) -> list[LoadResult]:
    """Load every landed issuer record in one transaction with its gate; nothing where none was ever fetched.

    Raises:
        GateFailed: The records did not pass; the message names the rows. Those loaded before stay.
    """
    from extract.issuer_records import has_landed_issuers
    from extract.load import load_issuers as load_records
    from quality import check_issuers
    from warehouse.raw_schema import ISSUERS_PARTITION

    settings = settings or load_settings()
    if not has_landed_issuers(settings):
        return []
    return _load_whole(ISSUERS_PARTITION, load_records, check_issuers, settings)


def fetch_prices(settings: Settings | None = None) -> str:
    """Bring the prices of the sector ETFs up to the last day the exchange has closed.

    Returns:
        What came of it, in words.

    Raises:
        SettingsError: No source is set, or it is refused.
        FetchError: Some funds could not be had; the others are landed and not asked for again.
    """
    from extract.prices.fetch import fetch_prices as fetch

    summary = fetch(settings or load_settings())
    print(summary)
    for ticker, reason in summary.reloads.items():
        print(f"{ticker}: fetched again from its first day: {reason}")
    if summary.failed:
        reasons = "\n".join(f"{ticker}: {reason}" for ticker, reason in summary.failed.items())
        raise FetchError(f"The prices of {len(summary.failed)} funds could not be fetched:\n{reasons}")
    return str(summary)


def no_price_source(settings: Settings | None = None) -> str | None:
    """What to do where no source of prices is set; ``None`` where one is."""
    from extract.prices.fetch import NO_SOURCE

    return None if (settings or load_settings()).price_source else NO_SOURCE


def load_prices(settings: Settings | None = None) -> list[LoadResult]:
    """Load the series of every landed fund in one transaction with its gate; nothing where none was ever landed.

    Raises:
        GateFailed: The prices did not pass; the message names the rows. Those loaded before stay.
    """
    from extract.prices.landing import has_landed_prices
    from extract.prices.load import load_prices as load_series
    from quality import check_prices
    from warehouse.raw_schema import PRICES_PARTITION

    settings = settings or load_settings()
    if not has_landed_prices(settings):
        return []
    return _load_whole(PRICES_PARTITION, load_series, check_prices, settings)


def load_frozen(settings: Settings | None = None) -> list[LoadResult]:
    """Load every frozen quarter; those that are loaded stay as they are.

    There is no gate: the rows are ours, and each file is checked against the hash it was sealed with.

    Raises:
        LoadError: A file is not the one that was sealed.
    """
    from warehouse.database import write_connection
    from warehouse.frozen import frozen_quarters
    from warehouse.frozen import load_frozen as load

    settings = settings or load_settings()
    quarters = frozen_quarters(settings)
    if not quarters:
        return []
    with write_connection(settings) as connection:
        return [load(connection, quarter, settings) for quarter in quarters]


def load_landed(settings: Settings | None = None) -> list[LoadResult]:
    """Load every quarter, filing day, issuer record, price and frozen quarter of the landing zone.

    Each goes through its gate; frozen quarters were sealed by us and have none.

    What is loaded already is skipped, so this costs little where nothing is new, and makes everything where the
    warehouse is empty. No network.

    Raises:
        GateFailed: A quarter or day did not pass; the message names the rows. The others are loaded.
    """
    from tqdm import tqdm

    from extract.landing import landed_days, landed_quarters
    from extract.load import is_loaded_as_landed
    from extract.parse_day import parse_filing_day
    from warehouse.database import write_connection

    settings = settings or load_settings()
    quarters, days = landed_quarters(settings), landed_days(settings)
    loaded = load_quarters(tqdm(quarters, desc="loading quarters", unit="quarter", disable=not quarters), settings)
    with write_connection(settings) as connection:
        new = [day for day in days if not is_loaded_as_landed(connection, day, settings)]
    for day in tqdm(new, desc="parsing filing days", unit="day", disable=not new):
        parse_filing_day(day, settings)
    names = [day.isoformat() for day in days]
    loaded += load_and_check(tqdm(names, desc="loading filing days", unit="day", disable=not days), settings)
    return loaded + load_issuers(settings) + load_prices(settings) + load_frozen(settings)


def is_published(settings: Settings | None = None) -> bool:
    """Whether the published copy is whole and made of exactly what is loaded, by this version of the code."""
    from warehouse.publish import is_up_to_date

    return is_up_to_date(settings or load_settings())


def freeze_tiers(quarter: str, settings: Settings | None = None) -> FrozenQuarter:
    """Freeze the tiers of a quarter as they are published now; what is frozen already stays as it is.

    Raises:
        PublishError: They cannot be frozen; the message says why.
    """
    from warehouse.frozen import freeze_tiers as freeze

    frozen = freeze(quarter, settings or load_settings())
    print(f"{quarter}: tiers frozen at {frozen.frozen_at:%Y-%m-%d %H:%M} UTC, as known on {frozen.knowledge_date}")
    return frozen


def freeze_due_tiers(settings: Settings | None = None) -> FrozenQuarter | None:
    """Freeze the last quarter from the published copy, if its time has come and it is not frozen yet.

    Called after a publish: what is published passed the gates, and the next build shows the frozen tiers beside that
    day's.
    """
    settings = settings or load_settings()
    quarter = due_quarter(settings)
    return freeze_tiers(quarter, settings) if quarter else None


def due_quarter(settings: Settings | None = None) -> str | None:
    """The quarter the published copy completes and that is not frozen yet, if there is one."""
    from warehouse.frozen import due_quarter as due

    return due(settings or load_settings())


def write_tier_report(quarter: str | None = None, settings: Settings | None = None) -> Report:
    """Make the tier report of a quarter, the newest published one when none is named.

    Raises:
        ReportError: It could not be made; what was there before is untouched.
    """
    from reports.tier_report.folder import write_tier_report as write

    report = write(settings or load_settings(), quarter)
    print(f"{report.title}: {report.folder} {'written' if report.is_new else 'is up to date'}. {report.summary}")
    return report


def mail_of_tier_report(folder: str, settings: Settings | None = None) -> dict[str, Any] | None:
    """What Airflow's mail notifier is to send of a finished report; ``None`` where nobody is to be sent it.

    Raises:
        ReportError: The report is not there, or not whole.
    """
    from reports.tier_report.mail import compose

    settings = settings or load_settings()
    return compose(Path(folder), settings) if settings.report_mail_to else None


def dbt_build(
    settings: Settings | None = None, *, full: bool = False, on_line: Callable[[str], None] = print
) -> BuildPlan:
    """Build every seed and model and run the data tests; only what has changed is computed, where that is enough.

    Unit tests are left to ``make test``: they prove the code on given rows and say nothing of these.

    Args:
        settings: Where the warehouse is.
        full: Compute everything, whatever has changed.
        on_line: Called with every line of dbt's output.

    Returns:
        What had changed, and why everything was computed where it was.

    Raises:
        RunError: A model or test failed; the message names it. The next build computes everything.
    """
    from ops.dbt import project_sha256, run_dbt
    from warehouse.builds import begin_build, finish_build
    from warehouse.database import write_connection

    settings = settings or load_settings()
    # Opening it creates what dbt's sources lack: they must exist even where nothing was loaded into some of them yet.
    with write_connection(settings) as connection:
        plan = begin_build(connection, project_sha256(), full=full)
    on_line(str(plan))
    refresh = ["--full-refresh"] if plan.full_reason else []
    run_dbt(settings, "build", "--exclude-resource-type", "unit_test", *refresh, on_line=on_line)
    with write_connection(settings) as connection:
        finish_build(connection)
    return plan


def check_marts(settings: Settings | None = None) -> GateResult:
    """Let the gate judge the marts.

    Raises:
        GateFailed: It found an error; the message names the rows. The published copy stays as it is.
    """
    from quality import check_marts as check
    from warehouse.database import write_connection

    settings = settings or load_settings()
    result = check(settings)
    with write_connection(settings) as connection:
        _record(connection, result)
    if not result.passed:
        _show_failure(settings)
    return result.raise_for_errors()


def publish(settings: Settings | None = None) -> dict[str, Any]:
    """Swap in a new published copy; return its manifest with the ``outcome``.

    Raises:
        PublishError: It could not be written; the copy before it is untouched.
    """
    from warehouse.publish import publish as swap_in

    manifest = swap_in(settings or load_settings())
    print(f"{manifest['outcome']}: generation {manifest['generation']}, as of {manifest['as_of_date']}")
    return manifest


def make_pages(settings: Settings | None = None) -> list[Path]:
    """Make the pages of what is published anew; one that fails stays as it was, and the others are made all the same.

    Raises:
        ReportError: A page could not be made; the message names it. What is published is not touched by that.
    """
    from reports.operations import write_operations
    from reports.trends import write_trends

    settings = settings or load_settings()
    made, failed = [], []
    for write in (write_trends, write_operations):
        try:
            made.append(write(settings))
        except Exception as error:
            # Whatever it is: a page is the last thing that may spoil a publish, or another page.
            logger.exception("%s failed", write.__name__)
            failed.append(f"{write.__name__}: {type(error).__name__}: {error}")
    for page in made:
        print(f"made: {page}")
    if failed:
        raise ReportError("What is published stands, but these pages are the old ones:\n" + "\n".join(failed))
    return made


def tidy(settings: Settings | None = None) -> None:
    """Give back disk that nothing needs any more; say what was given back.

    Raises:
        LoadError: The warehouse is mostly free blocks and there is no room for the smaller copy.
    """
    from ops.housekeeping import tidy as give_back

    print(give_back(settings or load_settings()))


def _landed_before(day: date, settings: Settings) -> list[date]:
    """The last days before a day that are landed; one that is being fetched is its own run's business."""
    from extract.landing import filings_path, read_holiday, spool_dir

    # Landed days lie at most a long weekend and a holiday apart; further back nothing is looked for.
    candidates = (day - timedelta(days=back) for back in range(1, 2 * settings.look_back_days + 5))
    landed = (
        earlier
        for earlier in candidates
        if (filings_path(earlier, settings).exists() and not spool_dir(earlier, settings).exists())
        or read_holiday(earlier, settings)
    )
    return list(islice(landed, settings.look_back_days))


def _load_each(
    partitions: Collection[str],
    load: Callable[[duckdb.DuckDBPyConnection, str], LoadResult],
    check: _Check,
    settings: Settings,
) -> list[LoadResult]:
    from quality import KEPT_RUNS
    from warehouse.database import write_connection

    # Data Docs keep the last runs only; pages of earlier ones would be written to be removed.
    undocumented = len(partitions) - KEPT_RUNS
    loaded, failed = [], []
    with write_connection(settings) as connection:
        for number, partition in enumerate(partitions):
            connection.execute("begin")
            try:
                result = load(connection, partition)
                gate = None if result.is_skipped else check(connection, partition, data_docs=number >= undocumented)
                connection.execute("commit" if gate is None or gate.passed else "rollback")
            except BaseException:
                connection.execute("rollback")
                raise
            if gate is not None:
                _record(connection, gate)
            if gate is None or gate.passed:
                loaded.append(result)
            else:
                failed.append(gate)
    if failed:
        _show_failure(settings)
        raise GateFailed("\n".join(_message(gate) for gate in failed))
    return loaded


def _load_whole(
    partition: str,
    load: Callable[[duckdb.DuckDBPyConnection, Settings], LoadResult],
    check: Callable[..., GateResult],
    settings: Settings,
) -> list[LoadResult]:
    """Load a road that is one partition, replaced as a whole."""

    def check_whole(connection: duckdb.DuckDBPyConnection, _: str, *, data_docs: bool) -> GateResult:
        return check(connection, settings, data_docs=data_docs)

    return _load_each([partition], lambda connection, _: load(connection, settings), check_whole, settings)


def _show_failure(settings: Settings) -> None:
    """Bring the operations page up to date when nothing will be published; the failure itself is more important."""
    from reports.operations import write_operations

    if settings.published_path.is_file():
        try:
            write_operations(settings)
        except Exception:
            logger.exception("the operations page does not show this failure")


def _record(connection: duckdb.DuckDBPyConnection, gate: GateResult) -> None:
    from warehouse.writer import record_gate_results

    record_gate_results(connection, gate.as_rows())
    for outcome in gate.warnings:
        logger.warning(
            "%s %s: %s, %d rows. %s",
            gate.gate,
            gate.partition,
            outcome.expectation,
            outcome.failing_count,
            outcome.reason,
        )


def _message(gate: GateResult) -> str:
    try:
        gate.raise_for_errors()
    except GateFailed as error:
        return str(error)
    return ""
