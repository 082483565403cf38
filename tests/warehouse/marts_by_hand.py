"""Makes a small schema ``marts`` by hand, as dbt would leave it, and says what a whole published file looks like."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import duckdb

from warehouse.database import write_connection
from warehouse.raw_schema import SCHEMA

if TYPE_CHECKING:
    from pathlib import Path

    from warehouse.settings import Settings

ROWS = 3_000


def build_marts(settings: Settings, generation: int = 1, *, is_simulated: bool = True, rows: int = ROWS) -> None:
    """Make two marts whose every row carries the generation, and one loaded partition."""
    newest = date(2024, 1, 1) + timedelta(days=generation)
    with write_connection(settings) as connection:
        connection.execute("create schema if not exists marts")
        connection.execute(
            f"""
            create or replace table marts.fct_sector_ratios_daily as
            select
                date '{newest}' - (n % 500)::int as as_of_date,
                'Sector ' || n % 11 as sector,
                {generation} as generation,
                (n * 0.0001)::decimal(18, 4) as npr_usd
            from range({rows}) as numbers(n)
            """
        )
        connection.execute("create or replace view marts.dim_sectors as select 'Energy' as sector, 'XLE' as etf_symbol")
        connection.execute("comment on table marts.fct_sector_ratios_daily is 'Ratios. One row per day; it''s a test.'")
        connection.execute("comment on column marts.fct_sector_ratios_daily.npr_usd is 'Net purchase ratio, dollars'")
        connection.execute(f"delete from {SCHEMA}.loads")
        connection.execute(
            f"insert into {SCHEMA}.loads values ('daily', ?, ?, 'submission', 1, ?, '1', timestamp '2024-01-02 05:00')",
            [str(newest), f"{generation:064d}", is_simulated],
        )


def generation_of(path: Path) -> int:
    """The generation in a published file, after checking that the file is whole and of one piece."""
    with duckdb.connect(str(path), read_only=True) as connection:
        return generation_seen_by(connection)


def generation_seen_by(connection: duckdb.DuckDBPyConnection) -> int:
    found = connection.execute(
        "select min(generation), max(generation), count(*), max(as_of_date) from fct_sector_ratios_daily"
    ).fetchone()
    assert found is not None
    published = connection.execute("select as_of_date, row_count from publication").fetchone()
    assert found[0] == found[1]
    assert found[2] == ROWS
    assert published == (found[3], ROWS + 1)
    return int(found[0])
