"""Opens the published copy: the only thing a page or a report reads.

with open_published(settings.published_path) as published:
    published.publication.is_simulated
    published.rows("select sector, tier from fct_sector_tiers_quarterly where is_headline")
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import duckdb

from warehouse.database import read_connection
from warehouse.errors import LoadError, ReportError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

# After a Friday, a weekend and a holiday the newest filing day is five days old without anything being wrong: the index
# of a day is there on the next.
STALE_AFTER = timedelta(days=5)

SIMULATED = "Simulated data, made by the simulator: no real company or person is described."


@dataclass(frozen=True)
class Publication:
    """What the published file says of itself, from its table ``publication``.

    Attributes:
        published_at: When the copy was made, UTC.
        generation: Its name; the manifest beside it carries the same.
        code_version: Version of the code that made it.
        as_of_date: Knowledge date: the newest day the marts speak for; ``None`` where they know of no filing.
        is_simulated: Whether the filings were invented by the simulator.
        content_hash: Hash of all marts: equal hashes, equal marts.
        mart_count: Tables in the file besides ``publication``.
        row_count: Rows over all marts.
        source_count: Loaded partitions (filing days, quarters) the marts are made of.
    """

    published_at: datetime
    generation: str
    code_version: str
    as_of_date: date | None
    is_simulated: bool
    content_hash: str
    mart_count: int
    row_count: int
    source_count: int

    def age(self, today: date) -> timedelta | None:
        """How far behind a day the newest known day is; ``None`` where no day is known."""
        return None if self.as_of_date is None else max(today - self.as_of_date, timedelta())

    def is_stale(self, today: date) -> bool:
        """Whether filings of later days should be known by now.

        Simulated filings have no wall clock: their newest day is today, so they are never stale.
        """
        age = self.age(today)
        return not self.is_simulated and (age is None or age > STALE_AFTER)

    def freshness(self, today: date) -> str:
        """One sentence on how far the data reaches."""
        if self.as_of_date is None:
            return "No filing day is known yet."
        known = f"Filings known up to {long_date(self.as_of_date)}"
        if not self.is_stale(today):
            return f"{known}."
        return f"{known}, {(today - self.as_of_date).days} days ago: later filings are missing."


@dataclass(frozen=True)
class Column:
    """One column of a published table: its name, DuckDB type and description."""

    name: str
    data_type: str
    description: str


@dataclass(frozen=True)
class Published:
    """An open published file.

    Attributes:
        path: The file.
        connection: Read-only.
        publication: What the file says of itself.
    """

    path: Path
    connection: duckdb.DuckDBPyConnection
    publication: Publication

    def rows(self, query: str, parameters: Mapping[str, object] | None = None) -> list[dict[str, Any]]:
        """The rows of a query, each as column to value.

        Args:
            query: One SELECT; ``$name`` for values.
            parameters: Name to value.

        Raises:
            ReportError: The file has no such table or column, because another version of the code published it.
        """
        try:
            cursor = self.connection.execute(query, parameters or {})
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        except (duckdb.CatalogException, duckdb.BinderException) as error:
            raise ReportError(
                f"{self.path} lacks what this version of the code reads ({str(error).splitlines()[0]}). It was "
                f"published by version {self.publication.code_version}: publish again with make build."
            ) from error

    def has(self, table: str) -> bool:
        """Whether the file holds a table of that name."""
        return bool(self.rows("select 1 from duckdb_tables() where table_name = $table", {"table": table}))

    def columns(self, table: str) -> list[Column]:
        """The columns of a table in order, described as dbt describes them; empty where there is no such table."""
        return [
            Column(**row)
            for row in self.rows(
                """
                select column_name as name, data_type, coalesce(comment, '') as description
                from duckdb_columns()
                where table_name = $table and database_name = current_database()
                order by column_index
                """,
                {"table": table},
            )
        ]

    def description(self, table: str) -> str:
        """What a table holds, as dbt describes it; empty where there is no such table."""
        rows = self.rows("select comment from duckdb_tables() where table_name = $table", {"table": table})
        return (rows[0]["comment"] or "") if rows else ""


@contextmanager
def open_published(path: Path) -> Iterator[Published]:
    """Open the published file read-only; close it at the end.

    A publish in between swaps the file by rename: what is open stays what it was.

    Args:
        path: ``settings.published_path``.

    Raises:
        ReportError: Nothing is published there, or the file is no published copy; the message names the remedy.
    """
    if not path.is_file():
        raise ReportError(
            f"{path} does not exist: nothing has been published yet. Run `make demo`, or load data and run "
            "`make build`."
        )
    try:
        with read_connection(path) as connection:
            yield Published(path, connection, _read_publication(connection, path))
    except LoadError as error:
        raise ReportError(str(error)) from error


def long_date(day: date) -> str:
    """A day as people write it: ``9 January 2026``."""
    return f"{day.day} {day:%B %Y}"


def _read_publication(connection: duckdb.DuckDBPyConnection, path: Path) -> Publication:
    names = list(Publication.__dataclass_fields__)
    try:
        row = connection.execute(f"select {', '.join(names)} from publication").fetchone()  # noqa: S608 - our own names
    except duckdb.Error as error:
        raise ReportError(
            f"{path} is no published copy of this project ({str(error).splitlines()[0]}). Readers open "
            "DATA_DIR/published/insider_tiers.duckdb; make it with `make build`."
        ) from error
    if row is None:
        raise ReportError(f"{path} does not say what it is: its table publication is empty. Run `make build`.")
    values = dict(zip(names, row, strict=True))
    return Publication(**values | {"published_at": values["published_at"].replace(tzinfo=UTC)})
