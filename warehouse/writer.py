"""Loads files into the raw tables, one whole partition at a time: the only code that changes schema ``raw``.

A partition is a filing day of the daily road (Parquet files made by the parser), a quarter of the quarterly road
(the SEC's TSV members), all there is of the issuers or prices road, or a quarter whose tiers are frozen. Loading
replaces the partition in all its tables inside one transaction; loading the same source with the same parser again is
skipped. A frozen quarter is written once and never replaced.
"""

from __future__ import annotations

import logging
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from warehouse.database import in_transaction
from warehouse.errors import LoadError
from warehouse.raw_schema import (
    ISSUERS_PARTITION,
    OPTIONAL_TABLES,
    PRICES_PARTITION,
    REQUIRED_TABLES,
    ROADS,
    SCHEMA,
    file_columns,
    table_columns,
)
from warehouse.sources import SourceFile, open_source
from warehouse.sql_text import literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

logger = logging.getLogger(__name__)

# Roads that are loaded as a whole.
_ONE_PARTITION = {"issuers": ISSUERS_PARTITION, "prices": PRICES_PARTITION}
_GATE_RESULT_COLUMNS = tuple(name for name, _ in file_columns("gate_results"))


@dataclass(frozen=True)
class LoadResult:
    """What became of one load.

    Attributes:
        road: ``daily``, ``quarterly``, ``issuers``, ``prices`` or ``frozen``.
        partition: Filing day, quarter, ``issuers`` or ``prices``.
        is_skipped: Nothing was written: the same source, read by the same parser, is what the partition holds.
        row_counts: Rows per raw table in the partition now.
        elapsed_seconds: Time the load took.
    """

    road: str
    partition: str
    is_skipped: bool
    row_counts: dict[str, int] = field(default_factory=dict)
    elapsed_seconds: float = 0.0

    @property
    def row_count(self) -> int:
        """Rows over all tables."""
        return sum(self.row_counts.values())

    def __str__(self) -> str:
        if self.is_skipped:
            return f"{self.partition}: unchanged, {self.row_count:,} rows already loaded ({self.road} road)"
        return f"{self.partition}: {self.row_count:,} rows loaded in {self.elapsed_seconds:.1f} s ({self.road} road)"


def replace_partition(
    connection: duckdb.DuckDBPyConnection,
    *,
    road: str,
    partition: str,
    tables: Mapping[str, Path | Sequence[Path]],
    source_sha256: str,
    parser_version: str,
    is_simulated: bool,
    expected_counts: Mapping[str, int] | None = None,
    force: bool = False,
) -> LoadResult:
    """Replace one partition in all its raw tables by the rows of files.

    Works inside the caller's transaction where one is open (after an error the caller rolls it back), else in one of
    its own. Either the partition is replaced whole or it stays as it was.

    Args:
        connection: A connection of `warehouse.database.write_connection`.
        road: ``daily``, ``quarterly``, ``issuers``, ``prices`` or ``frozen``.
        partition: Filing day ``YYYY-MM-DD``, quarter ``2024q3``, ``issuers`` or ``prices``.
        tables: Raw table name to its file or files (``.parquet``, ``.tsv``, ``.jsonl``), read by column name. Every
            table of ``raw_schema.REQUIRED_TABLES[road]`` must be there.
        source_sha256: Hash of the bytes the files were made from.
        parser_version: Version of the code that made rows of those bytes.
        is_simulated: Whether the bytes came from a simulator.
        expected_counts: Rows per table that whoever made the files says he wrote.
        force: Load even when the same source and parser version are loaded already.

    Returns:
        The row counts, which are also written to ``raw.loads``, one row per table.

    Raises:
        SourceDataError: A file has an unknown column or lacks one; named with the file.
        LoadError: A table is missing, a row cannot be read, a count does not add up, or real and simulated data would
            mix; the message names file and line and says what to do.
    """
    _check_partition(road, partition)
    started = time.monotonic()
    _check_tables(road, partition, tables)
    loaded_at = datetime.now(UTC).replace(tzinfo=None)
    with _transaction(connection, f"{road} partition {partition}"):
        _refuse_a_mix(connection, partition, is_simulated=is_simulated)
        before = _what_is_loaded(connection, road, partition)
        if before and not force and before.is_made_of(source_sha256, parser_version, set(tables)):
            result = LoadResult(road, partition, is_skipped=True, row_counts=before.counts)
            logger.info("%s", result)
            return result
        if road == "frozen" and before:
            raise LoadError(
                f"The tiers of {partition} are frozen and never change, and these files hold others. Bring back the "
                f"files that were sealed when the quarter was frozen (a backup of landing/frozen/{partition})."
            )
        # Before anything is touched: every file's columns, and its rows by an independent count.
        files = {
            table: tuple(open_source(table, path) for path in ([given] if isinstance(given, Path) else given))
            for table, given in tables.items()
        }
        counts = {table: sum(source.row_count for source in sources) for table, sources in files.items()}
        if expected_counts is not None and dict(expected_counts) != counts:
            wrong = [table for table in counts if counts[table] != expected_counts.get(table)]
            raise LoadError(
                f"The files of {partition} do not hold the rows that were written into them ({', '.join(wrong)}). "
                "Delete their folder and parse the partition again; the landing zone has its bytes."
            )
        is_replacing = before is not None or not _is_empty(connection, road, partition)
        stamps = {"_road": road, "_partition": partition, "_loaded_at": loaded_at, "_parser_version": parser_version}
        with _changes_noted(connection, road, partition, loaded_at, is_replacing=is_replacing):
            if is_replacing:
                _delete(connection, road, partition)
            for table, sources in files.items():
                for source in sources:
                    _insert(connection, table, source, stamps)
        _verify(connection, road, partition, counts)
        connection.executemany(
            f"insert into {SCHEMA}.loads (_road, _partition, source_sha256, table_name, row_count, is_simulated, "
            "_parser_version, _loaded_at) values (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (road, partition, source_sha256, table, count, is_simulated, parser_version, loaded_at)
                for table, count in counts.items()
            ],
        )
    result = LoadResult(road, partition, False, counts, time.monotonic() - started)
    logger.info("%s", result)
    return result


def skip_if_loaded(
    connection: duckdb.DuckDBPyConnection, *, road: str, partition: str, source_sha256: str, parser_version: str
) -> LoadResult | None:
    """The result to return when a partition holds this source, read by this parser; ``None`` when it is to be loaded.

    For callers who would otherwise unpack or parse for nothing; `replace_partition` asks for itself.
    """
    loaded = _what_is_loaded(connection, road, partition)
    if loaded is None or (loaded.source_sha256, loaded.parser_version) != (source_sha256, parser_version):
        return None
    result = LoadResult(road, partition, is_skipped=True, row_counts=loaded.counts)
    logger.info("%s", result)
    return result


def record_gate_results(connection: duckdb.DuckDBPyConnection, rows: Sequence[Mapping[str, Any]]) -> int:
    """Append the results of a quality gate to ``raw.gate_results``.

    A gate that fails rolls the load back, and with it what was recorded in the same transaction: record after it.

    Args:
        connection: A connection of `warehouse.database.write_connection`.
        rows: One mapping per expectation with exactly the keys gate, partition, checked_at (UTC), passed, severity,
            expectation, failing_count, sample.

    Returns:
        The number of rows written.

    Raises:
        LoadError: A row lacks a key or has one more.
    """
    for row in rows:
        if set(row) != set(_GATE_RESULT_COLUMNS):
            difference = sorted(set(row) ^ set(_GATE_RESULT_COLUMNS))
            raise LoadError(
                f"A gate result must have the keys {', '.join(_GATE_RESULT_COLUMNS)}; differs in {difference}."
            )
    if not rows:
        return 0
    loaded_at = datetime.now(UTC).replace(tzinfo=None)
    columns = (*_GATE_RESULT_COLUMNS, "_partition", "_loaded_at")
    values = [[*(_naive_utc(row[name]) for name in _GATE_RESULT_COLUMNS), row["partition"], loaded_at] for row in rows]
    listed = ", ".join(f'"{name}"' for name in columns)
    with _transaction(connection, "gate results"):
        connection.executemany(
            f"insert into {SCHEMA}.gate_results ({listed}) values ({', '.join('?' * len(columns))})", values
        )
    return len(values)


@dataclass(frozen=True)
class _Loaded:
    source_sha256: str
    parser_version: str
    counts: dict[str, int]

    def is_made_of(self, source_sha256: str, parser_version: str, tables: set[str]) -> bool:
        return (self.source_sha256, self.parser_version, set(self.counts)) == (source_sha256, parser_version, tables)


def _check_partition(road: str, partition: str) -> None:
    if road not in ROADS:
        raise LoadError(f"{road!r} is no road: choose one of {', '.join(ROADS)}.")
    try:
        if road == "daily":
            valid = datetime.strptime(partition, "%Y-%m-%d").strftime("%Y-%m-%d") == partition  # noqa: DTZ007 - a day
        elif road in _ONE_PARTITION:
            valid = partition == _ONE_PARTITION[road]
        else:
            year, _, quarter = partition.partition("q")
            valid = len(year) == 4 and year.isdecimal() and quarter in {"1", "2", "3", "4"}
    except ValueError:
        valid = False
    if not valid:
        forms = {
            "daily": "a filing day, YYYY-MM-DD",
            "quarterly": "a quarter like 2024q3",
            **_ONE_PARTITION,
            "frozen": "a quarter like 2024q3",
        }
        raise LoadError(f"{partition!r} is no partition of the {road} road: give {forms[road]}.")


def _check_tables(road: str, partition: str, tables: Mapping[str, Path | Sequence[Path]]) -> None:
    missing = [table for table in REQUIRED_TABLES[road] if table not in tables]
    if missing:
        raise LoadError(
            f"The {road} partition {partition} lacks the table(s) {', '.join(missing)}: parse or unpack it again."
        )
    unknown = sorted(set(tables) - {*REQUIRED_TABLES[road], *OPTIONAL_TABLES[road]})
    if unknown:
        raise LoadError(f"The {road} road has no table {', '.join(unknown)}: see warehouse/raw_schema.py.")


@contextmanager
def _transaction(connection: duckdb.DuckDBPyConnection, what: str) -> Iterator[None]:
    """Run the block in the caller's transaction where one is open, else in its own."""
    is_ours = not in_transaction(connection)
    if is_ours:
        connection.execute("begin")
    try:
        yield
        if is_ours:
            connection.execute("commit")
    except BaseException as error:
        if is_ours:
            _roll_back(connection)
        if isinstance(error, duckdb.Error):
            raise LoadError(
                f"The {what} could not be written: {str(error).splitlines()[0]}. Nothing of it was kept; mend the "
                "cause and load it again."
            ) from error
        raise


def _roll_back(connection: duckdb.DuckDBPyConnection) -> None:
    try:
        connection.execute("rollback")
    except duckdb.Error:
        # Some errors end the transaction by themselves (a full disk while committing): there is nothing to roll back.
        logger.debug("no transaction to roll back", exc_info=True)


def _refuse_a_mix(connection: duckdb.DuckDBPyConnection, partition: str, *, is_simulated: bool) -> None:
    other = connection.execute(
        f"select _road, _partition from {SCHEMA}.loads where is_simulated is distinct from ? limit 1", [is_simulated]
    ).fetchone()
    if other:
        new, old = ("simulated", "real") if is_simulated else ("real", "simulated")
        raise LoadError(
            f"{partition} is {new} and this warehouse holds {old} data ({other[0]} partition {other[1]}): the two are "
            f"never mixed. Keep the {new} data in a folder of its own: set DATA_DIR to a new, empty folder "
            "(for example DATA_DIR=data-2) and run this again."
        )


def _what_is_loaded(connection: duckdb.DuckDBPyConnection, road: str, partition: str) -> _Loaded | None:
    rows = connection.execute(
        f"select source_sha256, _parser_version, table_name, row_count from {SCHEMA}.loads "
        "where _road = ? and _partition = ?",
        [road, partition],
    ).fetchall()
    if not rows:
        return None
    return _Loaded(rows[0][0], rows[0][1], {table: count for _, _, table, count in rows})


def _tables_of(road: str) -> tuple[str, ...]:
    return (*REQUIRED_TABLES[road], *OPTIONAL_TABLES[road], "loads")


def _where(table: str) -> str:
    """Condition for one partition; the tables without ``_road`` tell the roads apart by the partition's form."""
    has_road = any(name == "_road" for name, _ in table_columns(table))
    return "_partition = $partition and _road = $road" if has_road else "_partition = $partition"


def _parameters(table: str, road: str, partition: str) -> dict[str, str]:
    return {"partition": partition} | ({"road": road} if "$road" in _where(table) else {})


def _count(connection: duckdb.DuckDBPyConnection, table: str, road: str, partition: str) -> int:
    row = connection.execute(
        f"select count(*) from {SCHEMA}.{table} where {_where(table)}", _parameters(table, road, partition)
    ).fetchone()
    return int(row[0]) if row else 0


def _is_empty(connection: duckdb.DuckDBPyConnection, road: str, partition: str) -> bool:
    return not any(_count(connection, table, road, partition) for table in _tables_of(road))


def _delete(connection: duckdb.DuckDBPyConnection, road: str, partition: str) -> None:
    for table in _tables_of(road):
        connection.execute(f"delete from {SCHEMA}.{table} where {_where(table)}", _parameters(table, road, partition))


def _insert(connection: duckdb.DuckDBPyConnection, table: str, source: SourceFile, stamps: Mapping[str, Any]) -> None:
    targets, values = [], []
    for name, data_type in table_columns(table):
        targets.append(f'"{name}"')
        if name in stamps:
            values.append(f"{_literal(stamps[name])}::{data_type}")
        else:
            values.append(source.expression(name, data_type))
    try:
        row = connection.execute(
            f"insert into {SCHEMA}.{table} ({', '.join(targets)}) select {', '.join(values)} from {source.relation}"
        ).fetchone()
    except duckdb.Error as error:
        raise LoadError(source.explain(error)) from error
    inserted = int(row[0]) if row else 0
    if inserted != source.row_count:
        raise LoadError(
            f"{source.path}: {source.row_count:,} rows were counted in the file and {inserted:,} were read. "
            "The file is damaged or not what its name says: make it again from the landing zone."
        )


# What a partition says of which filing, for the builds that follow.
_TOUCHED = {
    "daily": f"""
        select accession_number, issuercik from {SCHEMA}.submission where _road = 'daily' and _partition = $partition
        union
        select replace(split_part(trim(file_name), '/', 4), '.txt', ''), null
        from {SCHEMA}.filing_index
        where _partition = $partition
    """,
    "quarterly": f"""
        select distinct accession_number, issuercik
        from {SCHEMA}.submission
        where _road = 'quarterly' and _partition = $partition
    """,
}


@contextmanager
def _changes_noted(
    connection: duckdb.DuckDBPyConnection, road: str, partition: str, loaded_at: datetime, *, is_replacing: bool
) -> Iterator[None]:
    """Note for the next build what the block replaces and what it brings."""
    if road == "issuers":
        with _new_records_noted(connection, loaded_at):
            yield
        return
    if road not in _TOUCHED:
        # Prices and frozen tiers say nothing new of filings; what is made of them is computed whole.
        yield
        return
    if is_replacing:
        _note(connection, _TOUCHED[road], {"partition": partition}, loaded_at)
    yield
    _note(connection, _TOUCHED[road], {"partition": partition}, loaded_at, is_noted_before=is_replacing)


@contextmanager
def _new_records_noted(connection: duckdb.DuckDBPyConnection, loaded_at: datetime) -> Iterator[None]:
    """The records of all issuers are one partition, always replaced whole: only versions that come or go count."""
    versions = f"select cik, sha256, fetched_at from {SCHEMA}.issuer_records"
    connection.execute(f"create or replace temporary table records_before as {versions}")
    yield
    differing = (
        f"select distinct null::varchar as accession_number, cik as issuercik from (({versions} except from "
        f"records_before) union all (from records_before except {versions}))"
    )
    _note(connection, differing, {}, loaded_at)
    connection.execute("drop table records_before")


def _note(
    connection: duckdb.DuckDBPyConnection,
    query: str,
    parameters: Mapping[str, str],
    loaded_at: datetime,
    *,
    is_noted_before: bool = True,
) -> None:
    """Add filings and issuers to ``raw.changes``, each once however often it is loaded before the next build."""
    connection.execute(f"create or replace temporary table touched as {query}", dict(parameters))
    if is_noted_before:
        connection.execute(
            f"""
            delete from {SCHEMA}.changes
            where
                not is_taken
                and concat_ws('|', accession_number, issuercik)
                in (select concat_ws('|', accession_number, issuercik) from touched)
            """
        )
    connection.execute(f"insert into {SCHEMA}.changes select *, false, ? from touched", [loaded_at])
    connection.execute("drop table touched")


def _literal(value: object) -> str:
    return literal(value.isoformat(sep=" ") if isinstance(value, datetime) else str(value))


def _naive_utc(value: object) -> object:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).replace(tzinfo=None)
    return value


def _verify(connection: duckdb.DuckDBPyConnection, road: str, partition: str, counts: Mapping[str, int]) -> None:
    """Count again what stands in the tables, independently of what the inserts reported."""
    for table in _tables_of(road):
        if table == "loads":
            continue
        found = _count(connection, table, road, partition)
        if found != counts.get(table, 0):
            raise LoadError(
                f"raw.{table} holds {found:,} rows of {partition} after loading {counts.get(table, 0):,}. "
                "Nothing was kept; load it again, and rebuild the warehouse if this comes back: make rebuild."
            )
