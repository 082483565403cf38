"""Run the compiled sector models on signal lines made by a test, in the order dbt would, in a database of their own.

The SQL is the project's, compiled by dbt; only the lines it starts from are the test's. Running it here rather than
by ``dbt build`` makes a run cost a second, so that properties can be tried on many histories.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

LINE_COLUMNS = """
    transaction_line_key varchar, insider_key varchar, issuer_cik varchar, sector varchar, transaction_date date,
    known_from date, known_to date, direction varchar, share_count decimal(18, 4), value_usd decimal(38, 4),
    is_officer_or_director boolean, is_executive boolean, is_opportunistic boolean
"""


@dataclass(frozen=True)
class SectorModels:
    """The sector models as compiled SQL.

    Attributes:
        seeds: A database file that holds the seeds, and no row of anything else.
        statements: (schema, name, select) of each table, in the order of their references.
    """

    seeds: Path
    statements: tuple[tuple[str, str, str], ...]

    def run(self, lines: pd.DataFrame, folder: Path, last_day: str | None = None) -> duckdb.DuckDBPyConnection:
        """Build every sector table from the given signal lines.

        Args:
            lines: Rows with the columns of ``int_signal_lines``.
            folder: An empty folder for the database file.
            last_day: Last filing day that is loaded; the newest ``known_from`` when left out.

        Returns:
            An open connection to the database.
        """
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "warehouse.duckdb"
        shutil.copy(self.seeds, path)
        connection = duckdb.connect(str(path), config={"threads": 2})
        connection.execute(f"create table intermediate.int_signal_lines ({LINE_COLUMNS})")
        connection.register("lines", lines)
        connection.execute("insert into intermediate.int_signal_lines by name select * from lines")
        connection.execute(
            """
            create table marts.dim_dates as
            select
                cast(day_value as date) as date_day,
                last_day(day_value) = day_value as is_month_end,
                last_day(day_value) = day_value and extract(month from day_value) % 3 = 0 as is_quarter_end
            from generate_series(
                (select min(known_from) from lines),
                coalesce(cast(? as date), (select max(known_from) from lines)),
                interval 1 day
            ) as days (day_value)
            """,
            [last_day],
        )
        for schema, name, select in self.statements:
            connection.execute(f"create table {schema}.{name} as {select}")
        return connection
