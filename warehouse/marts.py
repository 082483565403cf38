"""Reads what schema ``marts`` holds: tables, columns with their descriptions, and hashes of the rows, year by year."""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from warehouse.sql_text import identifier

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import duckdb

logger = logging.getLogger(__name__)

MARTS_SCHEMA = "marts"

# The first of these that a mart has says when something was known: rows are stored in its order, so that a query for a
# period reads only its part of the file.
_KNOWLEDGE_DATES = ("as_of_date", "quarter_end", "filing_date", "filed_date", "known_from", "date_day", "price_date")
_SORT_COLUMNS = 3

# A mart of fewer rows than one row group of DuckDB gains nothing from being kept by years.
SPLIT_FROM_ROWS = 122_880
_YEARS = range(1, 10_000)

_DBT_LEFTOVERS = ("__dbt_tmp", "__dbt_backup")


@dataclass(frozen=True)
class Rows:
    """What stands for a set of rows: how many, and a hash of names, types and rows, whatever their order."""

    row_count: int
    content_hash: str

    def as_json(self) -> dict[str, Any]:
        """Its entry in the manifest."""
        return {"row_count": self.row_count, "content_hash": self.content_hash}


@dataclass(frozen=True)
class Mart:
    """One table of schema ``marts``.

    Attributes:
        name: Its name, also in the published file.
        description: What it holds, from dbt.
        columns: Name, DuckDB type and description, in order.
        row_count: Its rows.
        content_hash: Hash of names, types and rows, whatever the order of the rows.
        years: The rows of each year of `year_column`, oldest first; empty for a mart that is not kept by years.
    """

    name: str
    description: str
    columns: tuple[tuple[str, str, str], ...]
    row_count: int
    content_hash: str
    years: Mapping[int, Rows]

    @property
    def sort_columns(self) -> tuple[str, ...]:
        """Columns the rows are stored by: the knowledge date, then the leading columns, which hold the grain."""
        names = [name for name, _, _ in self.columns]
        first = _knowledge_date(names)
        leading = [name for name in names if name != first]
        return tuple(([first] if first else []) + leading)[:_SORT_COLUMNS]

    @property
    def year_column(self) -> str | None:
        """The knowledge date, by whose year a large mart is kept; ``None`` where it is no date."""
        return _year_column(self.columns)

    def as_json(self) -> dict[str, Any]:
        """The mart's entry in the manifest."""
        return {
            "row_count": self.row_count,
            "content_hash": self.content_hash,
            "sort_columns": list(self.sort_columns),
            "years": {str(year): rows.as_json() for year, rows in self.years.items()},
            "description": self.description,
            "columns": [
                {"name": name, "type": data_type, "description": description}
                for name, data_type, description in self.columns
            ],
        }


def read_marts(connection: duckdb.DuckDBPyConnection) -> list[Mart]:
    """Every table and view of schema ``marts`` with its columns, row count and content hash, by name."""
    columns: dict[str, list[tuple[str, str, str]]] = {}
    for table, column, data_type, comment in connection.execute(
        """
        select table_name, column_name, data_type, coalesce(comment, '')
        from duckdb_columns()
        where database_name = current_database() and schema_name = ?
        order by table_name, column_index
        """,
        [MARTS_SCHEMA],
    ).fetchall():
        columns.setdefault(table, []).append((column, data_type, comment))
    descriptions = dict(
        connection.execute(
            """
            select table_name, comment
            from duckdb_tables()
            where database_name = current_database() and schema_name = $1
            union all
            select view_name, comment
            from duckdb_views()
            where database_name = current_database() and schema_name = $1
            """,
            [MARTS_SCHEMA],
        ).fetchall()
    )
    marts = []
    for name, listed in columns.items():
        if name.endswith(_DBT_LEFTOVERS):
            logger.warning("%s.%s was left by a dbt run that was killed; it is no mart", MARTS_SCHEMA, name)
            continue
        whole, years = _hashes(connection, name, listed)
        marts.append(Mart(name, descriptions[name] or "", tuple(listed), whole.row_count, whole.content_hash, years))
    return marts


def _knowledge_date(names: Sequence[str]) -> str | None:
    return next((name for name in _KNOWLEDGE_DATES if name in names), None)


def _year_column(columns: Sequence[tuple[str, str, str]]) -> str | None:
    types = {name: data_type for name, data_type, _ in columns}
    first = _knowledge_date(list(types))
    return first if first and types[first] == "DATE" else None


def _hashes(
    connection: duckdb.DuckDBPyConnection, mart: str, columns: Sequence[tuple[str, str, str]]
) -> tuple[Rows, dict[int, Rows]]:
    """Stand-ins for all rows of a mart and for those of each year; none by year when it is small or a row has none.

    Rows are hashed by DuckDB's own function and added up: two different multisets of rows give the same sum with a
    chance of about 2^-64. The function may change between versions of DuckDB; the manifest names the version. The sum
    of a mart is the sum over its years, so that it is the same whether the mart is kept by years or not.
    """
    listed = ", ".join(identifier(name) for name, _, _ in columns)
    column = _year_column(columns)
    year = f"year({identifier(column)})" if column else "null"
    sums: list[tuple[int | None, int, int]] = connection.execute(
        f"select {year} as part, count(*), sum(hash({listed})::hugeint) from {MARTS_SCHEMA}.{identifier(mart)} "
        "group by part order by part"
    ).fetchall()
    shape = [[name, data_type] for name, data_type, _ in columns]
    whole = _rows(shape, sum(count for _, count, _ in sums), sum(total for _, _, total in sums))
    # Who has no year (or one that no date literal can name) belongs to no part.
    if whole.row_count < SPLIT_FROM_ROWS or any(part not in _YEARS for part, _, _ in sums):
        return whole, {}
    return whole, {part: _rows(shape, count, total) for part, count, total in sums if part is not None}


def _rows(shape: list[list[str]], row_count: int, total: int) -> Rows:
    digest = hashlib.sha256(json.dumps([shape, row_count, str(total)]).encode()).hexdigest()
    return Rows(row_count, digest)
