"""Writes partitions by hand: the Parquet files of a filing day, the TSV members of a quarter."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from warehouse import writer
from warehouse.raw_schema import ALL_TABLES, FORM345, REQUIRED_TABLES, file_columns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import duckdb

Rows = list[dict[str, Any]]

# Rows per table of a small filing day.
COUNTS_OF_A_DAY = {
    "submission": 3,
    "reportingowner": 4,
    "nonderiv_trans": 7,
    "footnotes": 2,
    "filing_index": 9,
    "quarantine": 1,
}

_ARROW = {
    "VARCHAR": pa.string(),
    "INTEGER": pa.int32(),
    "BIGINT": pa.int64(),
    "BOOLEAN": pa.bool_(),
    "TIMESTAMP": pa.timestamp("us"),
}


def some_rows(table: str, count: int, seed: str) -> Rows:
    """Rows whose every value tells table, row and seed apart; every third value is NULL."""
    rows: Rows = []
    for number in range(count):
        row: dict[str, Any] = {}
        for place, (name, data_type) in enumerate(file_columns(table)):
            if data_type != "VARCHAR" or (place + number) % 3 == 2:
                row[name] = None
            else:
                row[name] = f"{seed} {name} {number}"
        rows.append(row)
    return rows


def write_parquet(folder: Path, table: str, rows: Rows) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{table}.parquet"
    schema = pa.schema([(name, _ARROW[data_type]) for name, data_type in file_columns(table)])
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path)
    return path


def write_tsv(
    folder: Path, table: str, rows: Rows, *, header: Sequence[str] | None = None, line_end: str = "\n"
) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FORM345[table].member
    names = list(FORM345[table].source_columns) if header is None else list(header)
    lines = ["\t".join(name.upper() for name in names)]
    lines += ["\t".join(row.get(name.lower()) or "" for name in names) for row in rows]
    path.write_bytes("".join(line + line_end for line in lines).encode())
    return path


def write_day(folder: Path, counts: Mapping[str, int], seed: str) -> dict[str, Path]:
    """The Parquet files of a filing day with so many rows per table (none where not named)."""
    return {
        table: write_parquet(folder, table, some_rows(table, counts.get(table, 0), seed))
        for table in REQUIRED_TABLES["daily"]
    }


def write_quarter(folder: Path, counts: Mapping[str, int], seed: str) -> dict[str, Path]:
    """The TSV members of a quarter with so many rows per table (none where not named)."""
    return {
        table: write_tsv(folder, table, some_rows(table, counts.get(table, 0), seed))
        for table in REQUIRED_TABLES["quarterly"]
    }


def hash_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def load_day(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    partition: str,
    counts: Mapping[str, int],
    seed: str,
    *,
    is_simulated: bool = True,
    force: bool = False,
) -> writer.LoadResult:
    """Write a filing day's files and load them."""
    return writer.replace_partition(
        connection,
        road="daily",
        partition=partition,
        tables=write_day(folder / partition / seed, counts, seed),
        source_sha256=hash_of(json.dumps([seed, dict(counts)])),
        parser_version="1",
        is_simulated=is_simulated,
        force=force,
    )


def contents(connection: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every raw table, in a stable order, without the time of loading."""
    found = {}
    for table in ALL_TABLES:
        connection.execute(f"select * exclude (_loaded_at) from raw.{table}")
        found[table] = sorted(connection.fetchall(), key=repr)
    return found
