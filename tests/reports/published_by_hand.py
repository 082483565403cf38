"""Writes the table ``publication`` into a published file made by hand."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb


def write_publication(
    connection: duckdb.DuckDBPyConnection, *, is_simulated: bool, as_of_date: date | None = date(2026, 1, 9)
) -> None:
    """Say what the file is, with the columns a real publish gives it."""
    connection.execute(
        """
        create table publication as
        select
            timestamp '2026-01-10 07:00' as published_at,
            '20260110T070000000000Z' as generation,
            'v0.1.0' as code_version,
            ?::date as as_of_date,
            ?::boolean as is_simulated,
            repeat('ab', 32) as content_hash,
            1 as mart_count,
            5::bigint as row_count,
            10 as source_count
        """,
        [as_of_date, is_simulated],
    )
