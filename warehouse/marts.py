"""Reads what schema ``marts`` holds: tables, columns with their descriptions, and a hash of the rows."""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from warehouse.sql_text import identifier

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

logger = logging.getLogger(__name__)

MARTS_SCHEMA = "marts"

# The first of these that a mart has says when something was known: rows are stored in its order, so that a query for a
# period reads only its part of the file.
_KNOWLEDGE_DATES = ("as_of_date", "quarter_end", "filing_date", "filed_date", "date_day", "price_date")
_SORT_COLUMNS = 3

_DBT_LEFTOVERS = ("__dbt_tmp", "__dbt_backup")


@dataclass(frozen=True)
class Mart:
    """One table of schema ``marts``.

    Attributes:
        name: Its name, also in the published file.
        description: What it holds, from dbt.
        columns: Name, DuckDB type and description, in order.
        row_count: Its rows.
        content_hash: Hash of names, types and rows, whatever the order of the rows.
    """

    name: str
    description: str
    columns: tuple[tuple[str, str, str], ...]
    row_count: int
    content_hash: str

    @property
    def sort_columns(self) -> tuple[str, ...]:
        """Columns the rows are stored by: the knowledge date, then the leading columns, which hold the grain."""
        names = [name for name, _, _ in self.columns]
        first = next((name for name in _KNOWLEDGE_DATES if name in names), None)
        leading = [name for name in names if name != first]
        return tuple(([first] if first else []) + leading)[:_SORT_COLUMNS]

    def as_json(self) -> dict[str, Any]:
        """The mart's entry in the manifest."""
        return {
            "row_count": self.row_count,
            "content_hash": self.content_hash,
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
        row_count, content_hash = _content_hash(connection, name, listed)
        marts.append(Mart(name, descriptions[name] or "", tuple(listed), row_count, content_hash))
    return marts


def _content_hash(
    connection: duckdb.DuckDBPyConnection, mart: str, columns: Sequence[tuple[str, str, str]]
) -> tuple[int, str]:
    """Row count, and a hash of names, types and rows that does not depend on the order of the rows.

    Rows are hashed by DuckDB's own function and added up: two different multisets of rows give the same sum with a
    chance of about 2^-64. The function may change between versions of DuckDB; the manifest names the version.
    """
    listed = ", ".join(identifier(name) for name, _, _ in columns)
    row = connection.execute(
        f"select count(*), coalesce(sum(hash({listed})::hugeint), 0) from {MARTS_SCHEMA}.{identifier(mart)}"
    ).fetchone()
    row_count, total = row or (0, 0)
    shape = [[name, data_type] for name, data_type, _ in columns]
    digest = hashlib.sha256(json.dumps([shape, row_count, str(total)]).encode()).hexdigest()
    return int(row_count), digest
