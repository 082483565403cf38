"""Load what was parsed or unpacked into the raw tables; the writer decides whether anything changes.

The functions work inside the caller's transaction where one is open, so that a quality gate can look at the rows
before they are committed.
"""

from __future__ import annotations

import logging
import shutil
from datetime import date
from typing import TYPE_CHECKING

from extract import landing
from extract.calendar import is_weekend
from extract.issuer_records import has_landed_issuers, landed_state, write_records
from extract.parse_day import TABLES, parsed_dir, read_parsed_day, source_version
from extract.quarterly_zip import remove_unpacked, unpack_quarter, unpacked_dir
from warehouse.errors import LoadError, SourceDataError
from warehouse.raw_schema import ISSUERS_PARTITION
from warehouse.writer import LoadResult, replace_partition, skip_if_loaded

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

    from warehouse.settings import Settings

logger = logging.getLogger(__name__)

# Raise it whenever the same zip would give other rows: the quarters are then loaded again.
READER_VERSION = "form345-1"
# The same for issuer records.
RECORD_READER_VERSION = "issuers-2"


def load_filing_day(
    connection: duckdb.DuckDBPyConnection, day: date, settings: Settings, *, force: bool = False
) -> LoadResult:
    """Replace a filing day in the raw tables by what ``parsed/daily/<day>/`` holds.

    A day whose landed bytes are loaded already, read by this parser, need not be parsed any more.

    Args:
        connection: A connection of `warehouse.database.write_connection`.
        day: The filing day; a weekend has nothing to load and is skipped.
        settings: Where the parsed files are.
        force: Load even when the same bytes, read by the same parser, are loaded already.

    Raises:
        LoadError: The day is not parsed, or the files do not hold the rows that were parsed; see also
            `replace_partition`.
    """
    partition = day.isoformat()
    if not force and (loaded := _loaded_as_landed(connection, day, settings)):
        return loaded
    parsed = read_parsed_day(day, settings)
    if parsed is None:
        raise LoadError(f"{partition} is not parsed: run python -m extract filing-day {partition}, which parses it.")
    if is_weekend(day) and not any(parsed.row_counts.values()):
        logger.info("%s: a weekend, nothing to load", partition)
        return LoadResult("daily", partition, is_skipped=True)
    return replace_partition(
        connection,
        road="daily",
        partition=partition,
        tables=parsed.tables,
        source_sha256=parsed.source_sha256,
        parser_version=parsed.parser_version,
        is_simulated=parsed.is_simulated,
        expected_counts=parsed.row_counts,
        force=force,
    )


def _loaded_as_landed(connection: duckdb.DuckDBPyConnection, day: date, settings: Settings) -> LoadResult | None:
    """The result to return when raw holds exactly what is landed of a day, read by this parser."""
    if not landing.index_versions(day, settings) and landing.read_holiday(day, settings) is None:
        return None
    source_sha256, parser_version = source_version(day, settings)
    loaded = skip_if_loaded(
        connection, road="daily", partition=day.isoformat(), source_sha256=source_sha256, parser_version=parser_version
    )
    # A raw table that this version of the code has added is filled by loading again.
    return loaded if loaded and set(loaded.row_counts) == set(TABLES) else None


def is_loaded_as_landed(connection: duckdb.DuckDBPyConnection, day: date, settings: Settings) -> bool:
    """Whether raw holds exactly what is landed of a day, read by this parser: then it need not be parsed.

    Raises:
        SourceDataError: The day mixes real and simulated filings.
    """
    return _loaded_as_landed(connection, day, settings) is not None


def remove_loaded_files(connection: duckdb.DuckDBPyConnection, settings: Settings, *, keep_days: int) -> int:
    """Remove the parsed files of filing days that are loaded, but for the newest: those are soon looked at again.

    Returns:
        How many days' files were removed; parsing what is landed makes them again.
    """
    folders = sorted((settings.parsed_dir / "daily").glob("????-??-??"))
    days = [date.fromisoformat(folder.name) for folder in folders[: max(0, len(folders) - keep_days)]]
    removed = [day for day in days if is_loaded_as_landed(connection, day, settings)]
    for day in removed:
        shutil.rmtree(parsed_dir(day, settings))
    return len(removed)


def load_quarter(
    connection: duckdb.DuckDBPyConnection, quarter: str, settings: Settings, *, force: bool = False
) -> LoadResult:
    """Replace a quarter in the raw tables by the newest landed version of its data set.

    The zip is checked and unpacked into ``parsed/quarterly/<quarter>/``, which is removed after loading. A version that
    is loaded already is not even unpacked.

    Args:
        connection: A connection of `warehouse.database.write_connection`.
        quarter: For example ``2024q3``.
        settings: Where landing zone and parsed files are.
        force: Load even when this version is loaded already.

    Raises:
        SourceDataError: The quarter is not landed, or its zip is refused (see `unpack_quarter`).
        LoadError: See `replace_partition`.
    """
    versions = landing.quarterly_zips(quarter, settings)
    if not versions:
        raise SourceDataError(
            f"No data set of {quarter} is landed in {landing.quarterly_dir(quarter, settings)}: fetch it first with "
            f"python -m extract quarter {quarter}."
        )
    current = versions[-1]
    if not force:
        loaded = skip_if_loaded(
            connection,
            road="quarterly",
            partition=quarter,
            source_sha256=current.sha256,
            parser_version=READER_VERSION,
        )
        if loaded:
            return loaded
    tables: dict[str, Path] = unpack_quarter(quarter, settings)
    try:
        tables["fetch_outcomes"], _ = landing.write_outcomes(unpacked_dir(quarter, settings), quarter, settings)
        return replace_partition(
            connection,
            road="quarterly",
            partition=quarter,
            tables=tables,
            source_sha256=current.sha256,
            parser_version=READER_VERSION,
            is_simulated=current.is_simulated,
            force=force,
        )
    finally:
        remove_unpacked(quarter, settings)


def load_issuers(connection: duckdb.DuckDBPyConnection, settings: Settings, *, force: bool = False) -> LoadResult:
    """Replace the issuer records in the raw tables by every landed version.

    Args:
        connection: A connection of `warehouse.database.write_connection`.
        settings: Where landing zone and parsed files are.
        force: Load even when nothing was landed since the last time.

    Raises:
        LoadError: The landing zone holds records of the SEC and of a simulator; see also `replace_partition`.
        SourceDataError: No record was ever fetched.
    """
    if not has_landed_issuers(settings):
        raise SourceDataError(
            f"No issuer record is landed in {settings.landing_dir / 'issuers'}: fetch them first with "
            "python -m extract issuers."
        )
    state = landed_state(settings)
    if not force:
        loaded = skip_if_loaded(
            connection,
            road="issuers",
            partition=ISSUERS_PARTITION,
            source_sha256=state,
            parser_version=RECORD_READER_VERSION,
        )
        if loaded:
            return loaded
    folder = settings.parsed_dir / "issuers"
    try:
        counts, simulated = write_records(folder, settings)
        outcomes = landing.read_outcomes(ISSUERS_PARTITION, settings)
        simulated |= {row["is_simulated"] for row in outcomes if row["outcome"] == "fetched"}
        if len(simulated) > 1:
            raise LoadError(
                f"{settings.landing_dir / 'issuers'} holds real and simulated records: the two are never mixed. "
                "Remove that folder and landing/outcomes/issuers, and fetch the records again."
            )
        outcomes_path, outcome_count = landing.write_outcomes(folder, ISSUERS_PARTITION, settings)
        return replace_partition(
            connection,
            road="issuers",
            partition=ISSUERS_PARTITION,
            tables={**{table: folder / f"{table}.parquet" for table in counts}, "fetch_outcomes": outcomes_path},
            source_sha256=state,
            parser_version=RECORD_READER_VERSION,
            is_simulated=simulated == {True},
            expected_counts={**counts, "fetch_outcomes": outcome_count},
            force=force,
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
