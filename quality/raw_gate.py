"""The gate between loading and committing: what a partition must look like in raw."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quality.gate import GateResult, run_gate
from quality.price_suite import PRICES
from quality.raw_suite import FILING_DAY, ISSUERS, QUARTER

if TYPE_CHECKING:
    from datetime import date

    import duckdb

    from warehouse.settings import Settings


def check_filing_day(
    connection: duckdb.DuckDBPyConnection, day: date, settings: Settings, *, data_docs: bool = True
) -> GateResult:
    """Check one filing day of the daily road, as the caller's open transaction sees it.

    The caller calls ``raise_for_errors()`` and rolls back when it raises, so raw only ever holds checked partitions.

    Args:
        connection: Open connection, inside the transaction that loaded the day.
        day: The filing day.
        settings: Where Data Docs and results go.
        data_docs: Whether a passing day gets pages in Data Docs, which keep the last runs only.
    """
    from quality.raw_frames import day_frames
    from quality.volume import volume_of_day

    frames = day_frames(connection, day)
    volume = volume_of_day(connection, day, len(frames["listed_filings"]))
    frames["volume"], skipped = volume.frame, volume.skipped
    if "holiday" in set(frames["index_file"]["status"]):
        frames["volume"] = volume.frame.head(0)
        holiday = "EDGAR's listing has no index for this day: a holiday, so zero rows are right"
        skipped = dict.fromkeys(("volume_usual", "volume_plausible"), holiday)
    return run_gate(FILING_DAY, frames, settings, partition=day.isoformat(), skipped=skipped, data_docs=data_docs)


def check_quarter(
    connection: duckdb.DuckDBPyConnection, quarter: str, settings: Settings, *, data_docs: bool = True
) -> GateResult:
    """Check one quarterly set, as the caller's open transaction sees it.

    Args:
        connection: Open connection, inside the transaction that loaded the quarter.
        quarter: For example ``2024q3``.
        settings: Where Data Docs and results go.
        data_docs: Whether a passing quarter gets pages in Data Docs, which keep the last runs only.

    Raises:
        ValueError: ``quarter`` is not written like that.
    """
    from quality.raw_frames import quarter_frames

    return run_gate(QUARTER, quarter_frames(connection, quarter), settings, partition=quarter, data_docs=data_docs)


def check_issuers(connection: duckdb.DuckDBPyConnection, settings: Settings, *, data_docs: bool = True) -> GateResult:
    """Check the issuer records, as the caller's open transaction sees them.

    Args:
        connection: Open connection, inside the transaction that loaded the records.
        settings: Where Data Docs and results go.
        data_docs: Whether a pass gets pages in Data Docs, which keep the last runs only.
    """
    from quality.raw_frames import issuer_frames

    return run_gate(ISSUERS, issuer_frames(connection), settings, partition="issuers", data_docs=data_docs)


def check_prices(connection: duckdb.DuckDBPyConnection, settings: Settings, *, data_docs: bool = True) -> GateResult:
    """Check the prices, as the caller's open transaction sees them.

    Args:
        connection: Open connection, inside the transaction that loaded the prices.
        settings: Where Data Docs and results go.
        data_docs: Whether a pass gets pages in Data Docs, which keep the last runs only.
    """
    from quality.price_frames import price_frames

    return run_gate(PRICES, price_frames(connection), settings, partition="prices", data_docs=data_docs)
