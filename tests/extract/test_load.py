"""From parsed files and landed zips into the raw tables."""

from __future__ import annotations

import csv
import gzip
import io
import json
import shutil
import zipfile
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest

from extract import landing
from extract.load import load_filing_day, load_quarter
from extract.ownership import PARSER_VERSION
from extract.parse_day import parsed_dir
from extract.quarterly_zip import unpacked_dir
from tests.warehouse.partitions import COUNTS_OF_A_DAY, Rows, contents, hash_of, write_day, write_quarter
from warehouse.database import write_connection
from warehouse.errors import LoadError, SourceDataError
from warehouse.raw_schema import FORM345, FORM345_TABLES, REQUIRED_TABLES
from warehouse.settings import Settings
from warehouse.sources import open_source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import duckdb

DAY = date(2024, 7, 1)
FETCHED_AT = datetime(2024, 10, 1, 6, 0, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", warehouse_wait_seconds=10)


@pytest.fixture
def connection(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    with write_connection(settings) as opened:
        yield opened


def write_parsed_day(day: date, settings: Settings, seed: str = "a", *, counts: dict[str, int] | None = None) -> None:
    """The files of a parsed day and its notes, as the parser leaves them."""
    written = COUNTS_OF_A_DAY if counts is None else counts
    folder = parsed_dir(day, settings)
    write_day(folder, written, seed)
    notes = {
        "source_sha256": hash_of(seed),
        "parser_version": PARSER_VERSION,
        "is_simulated": True,
        "filing_count": written.get("submission", 0),
        "row_counts": {table: written.get(table, 0) for table in REQUIRED_TABLES["daily"]},
        "quarantine_counts": {},
        "notices": {},
    }
    (folder / "parsed.json").write_text(json.dumps(notes))


def land_quarter(
    quarter: str, settings: Settings, seed: str, counts: dict[str, int], *, when: datetime = FETCHED_AT
) -> None:
    """A form345 zip in the landing zone, and the fetch that brought it."""
    files = write_quarter(settings.data_dir / "made" / seed, counts, seed)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files.values():
            archive.write(path, path.name)
    url = f"https://example.org/{quarter}_form345.zip"
    landing.store_quarterly_zip(
        quarter, settings, packed.getvalue(), url=url, fetched_at=when, headers={}, is_simulated=True
    )
    log = landing.OutcomeLog(settings)
    log.append(
        {
            "kind": "quarterly",
            "accession_number": None,
            "url": url,
            "outcome": "fetched",
            "http_status": 200,
            "byte_count": len(packed.getvalue()),
            "sha256": "s",
            "attempts": 1,
            "elapsed_ms": 5,
            "error": None,
            "is_simulated": True,
            "fetched_at": when,
            "_partition": quarter,
        }
    )


def test_a_parsed_day_is_loaded_and_the_second_time_skipped(
    connection: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    write_parsed_day(DAY, settings)
    assert load_filing_day(connection, DAY, settings).row_count == sum(COUNTS_OF_A_DAY.values())
    before = contents(connection)
    again = load_filing_day(connection, DAY, settings)
    assert again.is_skipped
    assert contents(connection) == before
    forced = load_filing_day(connection, DAY, settings, force=True)
    assert not forced.is_skipped
    assert contents(connection) == before


def test_a_day_parsed_anew_replaces_the_old_one(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    write_parsed_day(DAY, settings)
    load_filing_day(connection, DAY, settings)
    shutil.rmtree(parsed_dir(DAY, settings))
    write_parsed_day(DAY, settings, "b", counts={"submission": 1})
    load_filing_day(connection, DAY, settings)
    assert connection.execute("select accession_number from raw.submission").fetchall() == [("b accession_number 0",)]


def test_a_day_that_is_not_parsed_is_named_with_the_remedy(
    connection: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    with pytest.raises(LoadError, match="python -m extract filing-day 2024-07-01"):
        load_filing_day(connection, DAY, settings)


def test_files_that_lost_rows_are_refused_and_the_old_day_stays(
    connection: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    write_parsed_day(DAY, settings)
    load_filing_day(connection, DAY, settings)
    before = contents(connection)
    write_parsed_day(DAY, settings, "b")
    write_day(parsed_dir(DAY, settings), COUNTS_OF_A_DAY | {"footnotes": 1}, "b")
    with pytest.raises(LoadError, match=r"do not hold the rows .*\(footnotes\)"):
        load_filing_day(connection, DAY, settings)
    assert contents(connection) == before


def test_a_weekend_has_nothing_to_load(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    saturday = date(2024, 7, 6)
    write_parsed_day(saturday, settings, counts={})
    assert load_filing_day(connection, saturday, settings).is_skipped
    assert contents(connection)["loads"] == []


def test_the_gate_may_look_before_the_caller_commits(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    write_parsed_day(DAY, settings)
    connection.execute("begin")
    load_filing_day(connection, DAY, settings)
    assert connection.execute("select count(*) from raw.submission").fetchall() == [(COUNTS_OF_A_DAY["submission"],)]
    connection.execute("rollback")
    assert not any(contents(connection).values())


def test_a_landed_quarter_is_loaded_with_its_fetch_and_unpacked_files_go(
    connection: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    land_quarter("2024q3", settings, "a", {"submission": 4, "nonderiv_trans": 6})
    result = load_quarter(connection, "2024q3", settings)
    assert {table: count for table, count in result.row_counts.items() if count} == {
        "submission": 4,
        "nonderiv_trans": 6,
        "fetch_outcomes": 1,
    }
    assert not unpacked_dir("2024q3", settings).exists()
    assert connection.execute(
        "select distinct _road, _partition, acceptance_datetime from raw.submission"
    ).fetchall() == [("quarterly", "2024q3", None)]
    assert connection.execute("select url, fetched_at from raw.fetch_outcomes").fetchall() == [
        ("https://example.org/2024q3_form345.zip", FETCHED_AT.replace(tzinfo=None))
    ]
    before = contents(connection)
    assert load_quarter(connection, "2024q3", settings).is_skipped
    assert not load_quarter(connection, "2024q3", settings, force=True).is_skipped
    assert contents(connection) == before


def test_a_newer_version_of_a_quarter_replaces_the_older(
    connection: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    land_quarter("2024q3", settings, "a", {"submission": 4})
    load_quarter(connection, "2024q3", settings)
    land_quarter("2024q3", settings, "b", {"submission": 5}, when=FETCHED_AT.replace(day=2))
    assert load_quarter(connection, "2024q3", settings).row_counts["submission"] == 5
    assert connection.execute("select count(*) from raw.submission").fetchall() == [(5,)]


def test_a_quarter_that_is_not_landed_is_named_with_the_remedy(
    connection: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    with pytest.raises(SourceDataError, match="python -m extract quarter 2024q3"):
        load_quarter(connection, "2024q3", settings)


def test_a_refused_zip_leaves_the_quarter_that_was_there(
    connection: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    land_quarter("2024q3", settings, "a", {"submission": 4})
    load_quarter(connection, "2024q3", settings)
    before = contents(connection)
    landing.store_quarterly_zip(
        "2024q3", settings, b"PK cut off", url="u", fetched_at=FETCHED_AT.replace(day=3), headers={}, is_simulated=True
    )
    with pytest.raises(SourceDataError, match="no whole zip"):
        load_quarter(connection, "2024q3", settings)
    assert contents(connection) == before


def zip_of(real_data: Path, quarter: str) -> Path:
    return real_data / "edgar/files/structureddata/data/insider-transactions-data-sets" / f"{quarter}_form345.zip"


@pytest.mark.real
@pytest.mark.parametrize("quarter", ["2004q1", "2008q4", "2025q3"])
def test_real_quarters_equal_an_independent_count(
    connection: duckdb.DuckDBPyConnection, settings: Settings, real_data: Path, quarter: str
) -> None:
    path = zip_of(real_data, quarter)
    landing.store_quarterly_zip(
        quarter, settings, path.read_bytes(), url="u", fetched_at=FETCHED_AT, headers={}, is_simulated=False
    )
    load_quarter(connection, quarter, settings)
    with zipfile.ZipFile(path) as archive:
        for table in FORM345_TABLES:
            with archive.open(table.member) as member:
                text = io.TextIOWrapper(member, encoding="utf-8", newline="\n")
                rows = list(csv.DictReader(text, delimiter="\t", quoting=csv.QUOTE_NONE))
            expected = sorted(tuple(row.get(name.upper()) or None for name in table.source_columns) for row in rows)
            found = connection.execute(f"select {', '.join(table.source_columns)} from raw.{table.name}").fetchall()  # noqa: S608
            assert sorted(found, key=repr) == sorted(expected, key=repr)


@pytest.mark.real
@pytest.mark.parametrize("table", ["submission", "deriv_trans", "nonderiv_holding", "deriv_holding", "owner_signature"])
def test_tables_as_the_sec_served_them_are_read_by_the_same_rules(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, real_data: Path, table: str
) -> None:
    served = real_data / "as_served/form345_2024q3" / f"{FORM345[table].member}.gz"
    path = tmp_path / FORM345[table].member
    path.write_bytes(gzip.decompress(served.read_bytes()))
    source = open_source(table, path)
    columns = FORM345[table].source_columns
    listed = ", ".join(source.expression(name, "VARCHAR") for name in columns)
    found = connection.execute(f"select {listed} from {source.relation}").fetchall()  # noqa: S608
    rows: Rows = list(csv.DictReader(path.open(encoding="utf-8", newline="\n"), delimiter="\t", quoting=csv.QUOTE_NONE))
    expected: list[tuple[Any, ...]] = [tuple(row.get(name.upper()) or None for name in columns) for row in rows]
    assert source.row_count == len(expected) > 8_000
    assert sorted(found, key=repr) == sorted(expected, key=repr)
