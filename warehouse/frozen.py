"""Freezes the tiers of a quarter as they were published, once and for good.

    landing/frozen/2024q4/frozen_tiers.parquet   the tiers, row by row as published
    landing/frozen/2024q4/frozen_lines.parquet   the purchases and sales they could be made of
    landing/frozen/2024q4/frozen.json            when, from which publication, by which code, and the files' hashes

A frozen quarter is the one thing of the landing zone that no server can give again: what was said at the time. Its
folder appears by one rename and is never written again; the writer loads it like any partition and refuses to replace
it. Only the published copy is read, so what is frozen is what readers saw.
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import duckdb

from warehouse import generations
from warehouse.database import read_connection
from warehouse.errors import LoadError, PublishError
from warehouse.quarters import Quarter
from warehouse.raw_schema import REQUIRED_TABLES, STAMPS, table_columns
from warehouse.sql_text import literal
from warehouse.writer import LoadResult, replace_partition

if TYPE_CHECKING:
    from pathlib import Path

    from warehouse.settings import Settings

logger = logging.getLogger(__name__)

# Raise it whenever the files of a frozen quarter would be read into other rows.
READER_VERSION = "frozen-1"

_NOTE = "frozen.json"
_UNFINISHED = ".unfinished"
# A trade in the window of a quarter end was filed in the window, too, or a day before its date: EDGAR takes filings of
# the next day's trades from west of New York.
_LINES_BACK_DAYS = 91

_TIERS = """
select
    tiers.quarter_end, tiers.sector, tiers.window_days, tiers.insider_group, tiers.measure, tiers.is_headline,
    tiers.value, tiers.five_year_average, tiers.percentile, tiers.history_months, tiers.tier, tiers.suggested_weight,
    $knowledge_date::date as knowledge_date,
    $frozen_at::timestamp as frozen_at,
    publication.published_at, publication.generation, publication.code_version, publication.content_hash
from fct_sector_tiers_quarterly as tiers
cross join publication
where tiers.quarter_end = $quarter_end
order by tiers.sector, tiers.window_days, tiers.insider_group, tiers.measure
"""

_LINES = """
select
    $quarter_end::date as quarter_end,
    transaction_line_key,
    owner_ciks as insider_key,
    issuer_cik,
    sector,
    coalesce(transaction_date_corrected, transaction_date) as transaction_date,
    direction,
    coalesce(share_count_corrected, share_count) as share_count,
    coalesce(value_usd_corrected, case when price_status = 'valid' then value_usd end) as value_usd,
    is_signal_while_known and (
        known_to is null
        or known_to > $quarter_end::date
        or (restored_from <= $quarter_end::date and (restored_to is null or restored_to > $quarter_end::date))
    ) as is_counted,
    is_officer_or_director,
    is_executive,
    is_opportunistic
from fct_insider_transactions
where
    direction is not null
    and known_from > $quarter_end::date - $days_back::integer
    and known_from <= $quarter_end::date
order by transaction_line_key
"""


@dataclass(frozen=True)
class FrozenQuarter:
    """A quarter whose tiers are frozen.

    Attributes:
        quarter: For example ``2024q4``.
        frozen_at: When, UTC.
        knowledge_date: Last filing day the publication knew.
        generation: The publication it was taken from.
        code_version: Version of the code that made the publication.
        content_hash: Hash of the publication's marts.
        is_simulated: Whether the filings were invented.
        sha256: File name to the hash of its bytes.
    """

    quarter: str
    frozen_at: datetime
    knowledge_date: date
    generation: str
    code_version: str
    content_hash: str
    is_simulated: bool
    sha256: dict[str, str]


def frozen_quarters(settings: Settings) -> list[str]:
    """The quarters that are frozen, oldest first."""
    return sorted(path.parent.name for path in _folder(settings).glob(f"[0-9]*q[1-4]/{_NOTE}"))


def due_quarter(settings: Settings, now: datetime | None = None) -> str | None:
    """The quarter that is to be frozen from the published copy, if there is one.

    A copy that is damaged, or of an older layout, is no reason to stop: nothing is frozen from it, and the build that
    follows publishes anew.
    """
    if not settings.published_path.is_file():
        return None
    try:
        with read_connection(settings.published_path) as connection:
            newest = _newest_quarter_end(connection)
        if newest is None or (quarter := str(Quarter.of(newest))) in frozen_quarters(settings):
            return None
        # Asked after every publish: the files are hashed only when there is something to freeze.
        manifest = generations.read_manifest(settings.published_dir)
        reason = "nothing is published" if manifest is None else _why_not(quarter, manifest, settings, now)
        if not reason and generations.intact_manifest(settings.published_dir) is None:
            logger.warning("%s is not frozen yet: what is published is not whole and is published anew", quarter)
            return None
    except (LoadError, duckdb.Error, OSError, ValueError, KeyError, TypeError) as error:
        # A manifest of another layout lacks what is asked of it.
        logger.warning("nothing is frozen: the published copy cannot be read (%s)", str(error).splitlines()[0])
        return None
    if reason:
        logger.info("%s is not frozen yet: %s", quarter, reason)
    return None if reason else quarter


def why_not(quarter: str, settings: Settings, now: datetime | None = None) -> str | None:
    """Why a quarter cannot be frozen from the published copy now; ``None`` when it can.

    Tiers are frozen while they are news: after a few business days, so that the last filing days and the index
    corrections of the quarter are in, and before the next quarter ends. History is never frozen after the fact: nobody
    was told those tiers at the time.

    Raises:
        PublishError: The quarter is none, or nothing is published.
    """
    _quarter_end(quarter)
    manifest = generations.intact_manifest(settings.published_dir)
    if manifest is None:
        raise PublishError(f"Nothing whole is published in {settings.published_dir}: run make build first.")
    return _why_not(quarter, manifest, settings, now)


def _why_not(quarter: str, manifest: dict[str, Any], settings: Settings, now: datetime | None) -> str | None:
    last_day = _quarter_end(quarter)
    if not manifest["as_of_date"]:
        return "the published copy knows of no filing day"
    knowledge_date = date.fromisoformat(manifest["as_of_date"])
    days = [source["partition"] for source in manifest["sources"] if source["road"] == "daily"]
    if not days or min(days) > last_day.isoformat():
        return f"its filings came by the quarterly road; the first filing day loaded is {min(days, default='none')}"
    with read_connection(settings.published_path) as connection:
        row = connection.execute(
            """
            select
                (select count(*) from fct_sector_tiers_quarterly where quarter_end = $quarter_end) as tier_count,
                count(*) filter (is_filing_day and date_day > $quarter_end and date_day <= $knowledge_date)
            from dim_dates
            """,
            {"quarter_end": last_day, "knowledge_date": knowledge_date},
        ).fetchone()
    tier_count, later_days = row or (0, 0)
    if not tier_count:
        return f"the published copy, as of {knowledge_date}, has no tiers of {last_day}"
    if later_days < settings.freeze_after_business_days:
        return (
            f"{later_days} filing days after {last_day} are loaded, {settings.freeze_after_business_days} are "
            "waited for (FREEZE_AFTER_BUSINESS_DAYS)"
        )
    # Simulated filings have no wall clock: their newest day is today.
    today = knowledge_date if manifest["is_simulated"] else (now or datetime.now(UTC)).date()
    if max(today, knowledge_date) >= _next_quarter_end(last_day):
        return f"the quarter after it is over ({today}); tiers are not frozen after the fact"
    return None


def freeze_tiers(quarter: str, settings: Settings, now: datetime | None = None) -> FrozenQuarter:
    """Seal the tiers of a quarter as they are published now; what is frozen already stays as it is.

    Only the published copy is read and only the landing zone written, so nobody waits for the warehouse; the next build
    loads what is sealed.

    Args:
        quarter: For example ``2024q4``.
        settings: Where the published copy and the landing zone are.
        now: The time to put on record; the clock's when ``None``.

    Raises:
        PublishError: The quarter cannot be frozen; the message says why.
        LoadError: What is frozen was damaged.
    """
    if quarter not in frozen_quarters(settings):
        _seal(quarter, settings, now or datetime.now(UTC))
    return read_frozen(quarter, settings)


def read_frozen(quarter: str, settings: Settings) -> FrozenQuarter:
    """What is on record of a frozen quarter, after checking that its files are those that were sealed.

    Raises:
        LoadError: A file is missing or is not the one that was sealed.
    """
    folder = _folder(settings) / quarter
    try:
        note: dict[str, Any] = json.loads((folder / _NOTE).read_bytes())
        note["frozen_at"] = datetime.fromisoformat(note["frozen_at"])
        note["knowledge_date"] = date.fromisoformat(note["knowledge_date"])
        frozen = FrozenQuarter(**note)
        found = {name: hashlib.sha256((folder / f"{name}.parquet").read_bytes()).hexdigest() for name in frozen.sha256}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LoadError(f"{folder} is damaged ({error}): bring it back from a backup.") from error
    if changed := [name for name, sha256 in found.items() if sha256 != frozen.sha256[name]]:
        raise LoadError(f"{folder}: {', '.join(changed)} is not the file that was sealed: bring it back from a backup.")
    return frozen


def load_frozen(connection: duckdb.DuckDBPyConnection, quarter: str, settings: Settings) -> LoadResult:
    """Load a frozen quarter into the raw tables; the same one again changes nothing.

    Raises:
        LoadError: Its files are not those that were sealed, or others are loaded already.
    """
    frozen = read_frozen(quarter, settings)
    folder = _folder(settings) / quarter
    return replace_partition(
        connection,
        road="frozen",
        partition=quarter,
        tables={name: folder / f"{name}.parquet" for name in REQUIRED_TABLES["frozen"]},
        source_sha256=hashlib.sha256((folder / _NOTE).read_bytes()).hexdigest(),
        parser_version=READER_VERSION,
        is_simulated=frozen.is_simulated,
    )


def _seal(quarter: str, settings: Settings, now: datetime) -> None:
    """Write the folder of a quarter aside and give it its name at the end."""
    reason = why_not(quarter, settings, now)
    manifest = generations.read_manifest(settings.published_dir)
    if reason or manifest is None:
        raise PublishError(f"{quarter} cannot be frozen: {reason}. See docs/runbooks/restated_tier.md.")
    unfinished = _folder(settings) / f"{quarter}{_UNFINISHED}"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    try:
        note = {
            "quarter": quarter,
            "frozen_at": now.astimezone(UTC).isoformat(),
            "knowledge_date": manifest["as_of_date"],
            **{name: manifest[name] for name in ("generation", "code_version", "content_hash", "is_simulated")},
            "sha256": _write_rows(unfinished, quarter, settings, manifest, now),
        }
        (unfinished / _NOTE).write_text(json.dumps(note, indent=1) + "\n", encoding="utf-8")
        generations.seal(unfinished / _NOTE)
        unfinished.rename(_folder(settings) / quarter)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    logger.info("%s: tiers frozen as published %s", quarter, manifest["published_at"])


def _write_rows(
    folder: Path, quarter: str, settings: Settings, manifest: dict[str, Any], now: datetime
) -> dict[str, str]:
    """Write tiers and lines from the published copy; return the hashes of the files."""
    last_day = _quarter_end(quarter)
    moment = now.astimezone(UTC).replace(tzinfo=None)
    tiers = {"quarter_end": last_day, "knowledge_date": manifest["as_of_date"], "frozen_at": moment}
    lines = {"quarter_end": last_day, "days_back": _LINES_BACK_DAYS}
    with read_connection(settings.published_path) as connection:
        # A publish in between would have swapped the file under its manifest.
        if connection.execute("select generation from publication").fetchone() != (manifest["generation"],):
            raise PublishError(f"A new copy was published while {quarter} was being frozen: try again.")
        return {
            "frozen_tiers": _write(connection, folder / "frozen_tiers.parquet", _TIERS, tiers),
            "frozen_lines": _write(connection, folder / "frozen_lines.parquet", _LINES, lines),
        }


def _write(connection: duckdb.DuckDBPyConnection, path: Path, query: str, parameters: dict[str, object]) -> str:
    """Write the rows of a query in the types of the raw table the file is for; return the file's hash."""
    table = path.stem
    columns = ", ".join(
        f"cast({name} as {data_type}) as {name}" for name, data_type in table_columns(table) if name not in STAMPS
    )
    try:
        connection.execute(f"create or replace temp table frozen as select {columns} from ({query})", parameters)
        connection.execute(f"copy frozen to {literal(str(path))} (format parquet, compression zstd)")
    except duckdb.Error as error:
        raise PublishError(f"{path} could not be written: {str(error).splitlines()[0]}") from error
    return str(generations.seal(path)["sha256"])


def _newest_quarter_end(connection: duckdb.DuckDBPyConnection) -> date | None:
    tables = connection.execute(
        "select count(*) from duckdb_tables() where table_name in ('fct_sector_tiers_quarterly', 'dim_dates') "
        "and database_name = current_database()"
    ).fetchone()
    if tables != (2,):
        return None
    row = connection.execute("select max(quarter_end) from fct_sector_tiers_quarterly").fetchone()
    return row[0] if row else None


def _folder(settings: Settings) -> Path:
    return settings.landing_dir / "frozen"


def _quarter_end(quarter: str) -> date:
    found = Quarter.named(quarter)
    if found is None:
        raise PublishError(f"{quarter!r} is no quarter: write it as 2024q3.")
    return found.last_day


def _next_quarter_end(last_day: date) -> date:
    return Quarter.of(last_day).plus(1).last_day
