"""What loads note for the next build, and when a build computes everything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.warehouse.partitions import hash_of, some_rows, write_parquet, write_quarter, write_tsv
from warehouse.builds import begin_build, finish_build
from warehouse.raw_schema import REQUIRED_TABLES
from warehouse.writer import replace_partition

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

    Connection = duckdb.DuckDBPyConnection

CODE = "a" * 64


def load_quarter(connection: Connection, folder: Path, quarter: str, issuers: dict[str, str]) -> None:
    """Load a quarter with these filings, accession number to issuer."""
    folder = folder / hash_of(f"{quarter} {issuers}")
    tables = write_quarter(folder, {}, "a")
    rows: list[dict[str, Any]] = [
        {"accession_number": accession, "issuercik": issuer} for accession, issuer in issuers.items()
    ]
    tables["submission"] = write_tsv(folder, "submission", rows)
    replace_partition(
        connection,
        road="quarterly",
        partition=quarter,
        tables=tables,
        source_sha256=hash_of(str(issuers)),
        parser_version="1",
        is_simulated=True,
    )


def load_day(connection: Connection, folder: Path, issuers: dict[str, str], listed: list[str]) -> None:
    """Load a filing day with these filings and an index that lists others too."""
    folder = folder / hash_of(f"{issuers} {listed}")
    rows: dict[str, list[dict[str, Any]]] = {
        "submission": [{"accession_number": accession, "issuercik": issuer} for accession, issuer in issuers.items()],
        "filing_index": [
            some_rows("filing_index", 1, "a")[0] | {"file_name": f"edgar/data/1/{accession}.txt"}
            for accession in listed
        ],
    }
    replace_partition(
        connection,
        road="daily",
        partition="2024-07-01",
        tables={table: write_parquet(folder, table, rows.get(table, [])) for table in REQUIRED_TABLES["daily"]},
        source_sha256=hash_of(f"{issuers} {listed}"),
        parser_version="1",
        is_simulated=True,
    )


def load_records(connection: Connection, folder: Path, hashes: dict[str, str]) -> None:
    """Load issuer records, CIK to hash."""
    folder = folder / hash_of(str(hashes))
    rows: dict[str, list[dict[str, Any]]] = {
        "issuer_records": [{"cik": cik, "sha256": sha256} for cik, sha256 in hashes.items()]
    }
    replace_partition(
        connection,
        road="issuers",
        partition="issuers",
        tables={table: write_parquet(folder, table, rows.get(table, [])) for table in REQUIRED_TABLES["issuers"]},
        source_sha256=hash_of(str(hashes)),
        parser_version="1",
        is_simulated=True,
    )


def noted(connection: Connection) -> set[tuple[str | None, str | None]]:
    rows = connection.execute("select accession_number, issuercik from raw.changes").fetchall()
    assert len(rows) == len(set(rows))
    return {(accession, issuer) for accession, issuer in rows}


def build(connection: Connection, code: str = CODE) -> str | None:
    reason = begin_build(connection, code).full_reason
    finish_build(connection)
    return reason


def test_a_load_notes_the_filings_it_replaces_and_those_it_brings(connection: Connection, tmp_path: Path) -> None:
    load_quarter(connection, tmp_path, "2024q1", {"a": "1", "b": "2"})
    assert noted(connection) == {("a", "1"), ("b", "2")}
    build(connection)
    assert noted(connection) == set()

    load_quarter(connection, tmp_path, "2024q1", {"b": "3", "c": "4"})

    assert noted(connection) == {("a", "1"), ("b", "2"), ("b", "3"), ("c", "4")}


def test_a_filing_named_by_an_index_is_noted_without_its_issuer(connection: Connection, tmp_path: Path) -> None:
    load_day(connection, tmp_path, {"a": "1"}, ["a", "b"])
    assert noted(connection) == {("a", "1"), ("a", None), ("b", None)}


def test_only_records_that_differ_are_noted(connection: Connection, tmp_path: Path) -> None:
    load_records(connection, tmp_path, {"1": "x", "2": "y"})
    build(connection)
    load_records(connection, tmp_path, {"1": "x", "2": "z", "3": "w"})
    assert noted(connection) == {(None, "2"), (None, "3")}


def test_a_load_that_is_rolled_back_notes_nothing(connection: Connection, tmp_path: Path) -> None:
    connection.execute("begin")
    load_quarter(connection, tmp_path, "2024q1", {"a": "1"})
    connection.execute("rollback")
    assert noted(connection) == set()


def test_what_is_loaded_during_a_build_stays_for_the_next(connection: Connection, tmp_path: Path) -> None:
    load_quarter(connection, tmp_path, "2024q1", {"a": "1", "b": "2"})
    begin_build(connection, CODE)
    load_quarter(connection, tmp_path, "2024q1", {"a": "1", "c": "3"})
    finish_build(connection)
    assert noted(connection) == {("a", "1"), ("b", "2"), ("c", "3")}


def test_only_what_changed_is_computed_after_a_complete_build(connection: Connection, tmp_path: Path) -> None:
    load_quarter(connection, tmp_path, "2024q1", {str(number): str(number) for number in range(10)})
    assert build(connection) == "for nothing was built before"
    load_quarter(connection, tmp_path, "2024q2", {"x": "1"})
    plan = begin_build(connection, CODE)
    finish_build(connection)
    assert (plan.full_reason, plan.filing_count, plan.issuer_count) == (None, 1, 1)
    assert connection.execute(
        "select is_full, changed_filing_count, finished_at is not null from raw.builds order by started_at"
    ).fetchall() == [(True, 10, True), (False, 1, True)]


@pytest.mark.parametrize(
    ("happening", "reason"),
    [
        ("nothing", None),
        ("asked", "as asked"),
        ("unfinished", "for the build before this one did not come to its end"),
        ("code", "for the code of the models changed"),
        ("many", "for that is more than 40% of all issuers"),
    ],
)
def test_everything_is_computed_where_what_changed_is_not_enough(
    connection: Connection, tmp_path: Path, happening: str, reason: str | None
) -> None:
    load_quarter(connection, tmp_path, "2024q1", {str(number): str(number) for number in range(10)})
    build(connection)
    if happening == "unfinished":
        begin_build(connection, CODE)
    if happening == "many":
        load_quarter(connection, tmp_path, "2024q2", {f"x{number}": str(number) for number in range(5)})
    code = "b" * 64 if happening == "code" else CODE
    assert begin_build(connection, code, full=happening == "asked").full_reason == reason
