"""The gate between building and publishing: what the marts must look like before readers get them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from quality.gate import GateResult, run_gate
from quality.marts_suite import MARTS_SUITE
from warehouse.database import read_connection
from warehouse.errors import GateFailed

if TYPE_CHECKING:
    from datetime import date

    import duckdb
    import pandas as pd

    from warehouse.settings import Settings

_COMPARED_WITH_PUBLISHED = ("publication_not_going_back", "past_row_counts_unchanged", "past_line_counts_unchanged")


def check_marts(
    settings: Settings, connection: duckdb.DuckDBPyConnection | None = None, *, today: date | None = None
) -> GateResult:
    """Check every mart, beside raw and beside the copy that is published now.

    Args:
        settings: Says where the warehouse and the published copy are, and where Data Docs and results go.
        connection: An open connection to the warehouse; ``None`` opens it read-only.
        today: The wall clock's day, for the one warning that looks at it; New York's when ``None``.

    Raises:
        LoadError: There is no warehouse, or another process has it open for writing.
        GateFailed: A mart lacks a column the gate reads.
    """
    if connection is None:
        with read_connection(settings.warehouse_path) as opened:
            return check_marts(settings, opened, today=today)
    import duckdb

    from quality.marts_frames import inventory_frame

    frames = {"marts": inventory_frame(connection)}
    suite, skipped = MARTS_SUITE, {}
    inventory = frames["marts"]
    if inventory["missing_mart"].notna().any() or inventory["missing_key_columns"].notna().any():
        # Nothing else can be read: the gate fails on what is missing.
        suite = replace(MARTS_SUITE, frames=MARTS_SUITE.frames[:1])
    else:
        try:
            skipped = _read_frames(
                connection, settings, frames, today or datetime.now(ZoneInfo("America/New_York")).date()
            )
        except duckdb.BinderException as error:
            raise GateFailed(
                f"gate marts could not read the marts: {str(error).splitlines()[0]}. Run dbt build with this version "
                "of the code; what to do is in docs/runbooks/gate_failed.md."
            ) from error
    return run_gate(suite, frames, settings, partition=_partition(frames), skipped=skipped)


def _read_frames(
    connection: duckdb.DuckDBPyConnection, settings: Settings, frames: dict[str, pd.DataFrame], today: date
) -> dict[str, str]:
    """Add every frame but the first; return what could not be compared, with the reason."""
    from quality.marts_frames import empty_published_frames, marts_frames, published_frames

    frames.update(marts_frames(connection, today))
    compared, reason = None, "nothing is published yet"
    if settings.published_path.is_file():
        reason = "the published copy holds no ratios"
        with read_connection(settings.published_path) as published:
            compared = published_frames(connection, published)
    frames.update(compared or empty_published_frames())
    return {} if compared else dict.fromkeys(_COMPARED_WITH_PUBLISHED, f"not compared: {reason}")


def _partition(frames: dict[str, pd.DataFrame]) -> str:
    """The marts' as-of date; ``none`` while there is none."""
    if "freshness" not in frames:
        return "none"
    newest = frames["freshness"]["as_of_date"].iloc[0]
    return newest if isinstance(newest, str) else "none"
