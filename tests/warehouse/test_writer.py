"""Loading a partition: whole or not at all, twice changes nothing, every row counted."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.warehouse.partitions import (
    COUNTS_OF_A_DAY,
    contents,
    load_day,
    some_rows,
    write_day,
    write_parquet,
    write_quarter,
    write_tsv,
)
from warehouse.database import write_connection
from warehouse.errors import LoadError, SourceDataError
from warehouse.raw_schema import FORM345, REQUIRED_TABLES
from warehouse.settings import Settings
from warehouse.writer import LoadResult, record_gate_results, replace_partition, skip_if_loaded

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb


def load_quarter_files(
    connection: duckdb.DuckDBPyConnection, tables: dict[str, Any], sha256: str = "a" * 64, **options: Any
) -> LoadResult:
    arguments: dict[str, Any] = {
        "road": "quarterly",
        "partition": "2024q3",
        "tables": tables,
        "source_sha256": sha256,
        "parser_version": "1",
        "is_simulated": True,
    }
    return replace_partition(connection, **(arguments | options))


def test_a_day_is_loaded_with_provenance_and_counts(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    result = load_day(connection, tmp_path, "2024-07-01", COUNTS_OF_A_DAY, "a")
    assert not result.is_skipped
    assert {table: count for table, count in result.row_counts.items() if count} == COUNTS_OF_A_DAY
    assert connection.execute(
        "select distinct _road, _partition, _parser_version, _loaded_at is not null from raw.nonderiv_trans"
    ).fetchall() == [("daily", "2024-07-01", "1", True)]
    loads = connection.execute("select table_name, row_count, is_simulated from raw.loads").fetchall()
    assert sorted(loads) == sorted((table, COUNTS_OF_A_DAY.get(table, 0), True) for table in REQUIRED_TABLES["daily"])
    assert contents(connection)["nonderiv_trans"][0][0] == "a accession_number 0"


def test_the_same_source_is_skipped_and_says_so(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    load_day(connection, tmp_path, "2024-07-01", COUNTS_OF_A_DAY, "a")
    loaded_at = connection.execute("select distinct _loaded_at from raw.submission").fetchall()
    before = contents(connection)
    again = load_day(connection, tmp_path, "2024-07-01", COUNTS_OF_A_DAY, "a")
    assert again.is_skipped
    assert again.row_count == sum(COUNTS_OF_A_DAY.values())
    assert "unchanged" in str(again)
    assert contents(connection) == before
    assert connection.execute("select distinct _loaded_at from raw.submission").fetchall() == loaded_at


def test_a_partition_that_is_loaded_needs_its_files_no_more(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    tables = write_quarter(tmp_path, {"submission": 2}, "a")
    load_quarter_files(connection, tables)
    ask = {"road": "quarterly", "partition": "2024q3", "source_sha256": "a" * 64}
    loaded = skip_if_loaded(connection, **ask, parser_version="1")
    assert loaded is not None
    assert loaded.row_counts["submission"] == 2
    assert skip_if_loaded(connection, **ask, parser_version="2") is None
    for path in tables.values():
        path.unlink()
    assert load_quarter_files(connection, tables).is_skipped


def test_force_loads_again_and_changes_only_the_time(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    load_day(connection, tmp_path, "2024-07-01", COUNTS_OF_A_DAY, "a")
    before, first = contents(connection), connection.execute("select max(_loaded_at) from raw.loads").fetchall()
    assert not load_day(connection, tmp_path, "2024-07-01", COUNTS_OF_A_DAY, "a", force=True).is_skipped
    assert contents(connection) == before
    assert connection.execute("select min(_loaded_at) from raw.loads").fetchall() > first


def test_another_parser_version_loads_again(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    tables = write_quarter(tmp_path, {"submission": 2}, "a")
    load_quarter_files(connection, tables)
    assert not load_quarter_files(connection, tables, parser_version="2").is_skipped
    assert connection.execute("select count(*), min(_parser_version) from raw.submission").fetchall() == [(2, "2")]


def test_a_new_source_replaces_only_its_own_partition(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    load_day(connection, tmp_path, "2024-07-01", COUNTS_OF_A_DAY, "a")
    load_day(connection, tmp_path, "2024-07-02", COUNTS_OF_A_DAY, "b")
    load_quarter_files(connection, write_quarter(tmp_path / "q", {"submission": 5}, "q"))
    load_day(connection, tmp_path, "2024-07-01", {"submission": 1}, "c")
    assert connection.execute(
        "select _road, _partition, count(*) from raw.submission group by all order by all"
    ).fetchall() == [("daily", "2024-07-01", 1), ("daily", "2024-07-02", 3), ("quarterly", "2024q3", 5)]
    # What the new source has no rows for is gone from every table, the ledgers too.
    for table in ("reportingowner", "filing_index", "quarantine"):
        assert connection.execute(f"select distinct _partition from raw.{table}").fetchall() == [("2024-07-02",)]


days = st.sampled_from(["2024-07-01", "2024-07-02", "2024-07-03"])
loads = st.lists(
    st.tuples(days, st.sampled_from("ab"), st.integers(0, 3), st.booleans(), st.booleans()), min_size=1, max_size=8
)


@hypothesis_settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=loads)
def test_whatever_the_order_the_last_load_of_each_day_stands(
    history: list[tuple[str, str, int, bool, bool]], tmp_path: Path
) -> None:
    """Loads in any order, repeated, forced, kept or rolled back: the table holds each day's last kept source."""
    folder = tmp_path / "property"
    shutil.rmtree(folder, ignore_errors=True)
    expected: dict[str, list[str]] = {}
    with write_connection(Settings(data_dir=folder / "data", duckdb_threads=1)) as connection:
        for day, seed, rows, force, keep in history:
            connection.execute("begin")
            load_day(connection, folder, day, {"submission": rows}, seed, force=force)
            connection.execute("commit" if keep else "rollback")
            if keep:
                expected[day] = [f"{seed} accession_number {number}" for number in range(rows)]
        for day in ("2024-07-01", "2024-07-02", "2024-07-03"):
            found = connection.execute(
                "select issuercik is null, accession_number from raw.submission where _partition = ? order by 2", [day]
            ).fetchall()
            assert len(found) == len(expected.get(day, []))
        kept = connection.execute("select count(*) from raw.loads where table_name = 'submission'").fetchall()
        assert kept == [(len(expected),)]


def test_a_load_inside_the_callers_transaction_is_the_callers_to_keep_or_drop(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    load_day(connection, tmp_path, "2024-07-01", COUNTS_OF_A_DAY, "a")
    before = contents(connection)
    connection.execute("begin")
    load_day(connection, tmp_path, "2024-07-01", {"submission": 1}, "b")
    assert len(contents(connection)["submission"]) == 1
    connection.execute("rollback")
    assert contents(connection) == before


def test_an_error_inside_the_callers_transaction_leaves_the_partition_after_rollback(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    tables = write_quarter(tmp_path, {"submission": 3, "footnotes": 2}, "a")
    load_quarter_files(connection, tables)
    before = contents(connection)
    with tables["footnotes"].open("ab") as file:
        file.write(b"only one field\n")
    connection.execute("begin")
    with pytest.raises(LoadError, match=r"FOOTNOTES\.tsv, line 4: 1 columns where the header has 3"):
        load_quarter_files(connection, tables, "b" * 64)
    connection.execute("rollback")
    assert contents(connection) == before


def test_a_bad_row_names_file_and_line_and_keeps_the_quarter_that_was_there(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    tables = write_quarter(tmp_path, {"submission": 3, "footnotes": 2}, "a")
    load_quarter_files(connection, tables)
    before = contents(connection)
    with tables["owner_signature"].open("ab") as file:
        file.write(b"a\tb\tc\td\n")
    with pytest.raises(LoadError, match=r"OWNER_SIGNATURE\.tsv, line 2: 4 columns.*[Uu]npack the quarter's zip again"):
        load_quarter_files(connection, tables, "b" * 64)
    assert contents(connection) == before


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_wild_text_arrives_untouched(connection: duckdb.DuckDBPyConnection, tmp_path: Path, line_end: str) -> None:
    wild = [
        'He said "no',
        "''",
        '"',
        " padded ",
        "#comment",
        "a,b;c|d",
        "\\N",
        "NULL",
        "\\",
        "naïve \u2028 \x85 café",
        "24035774.0000",
        "x" * 100_000,
    ]
    rows = [
        {"accession_number": f"{number}", "footnote_id": "F1", "footnote_txt": text} for number, text in enumerate(wild)
    ]
    tables = write_quarter(tmp_path, {}, "a") | {
        "footnotes": write_tsv(tmp_path, "footnotes", rows, line_end=line_end),
    }
    load_quarter_files(connection, tables)
    found = connection.execute("select footnote_txt from raw.footnotes order by accession_number::int").fetchall()
    assert [text for (text,) in found] == wild


def test_a_carriage_return_inside_a_field_arrives_untouched(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    rows = [
        {"accession_number": "1", "footnote_id": "F1", "footnote_txt": text} for text in ("one\rtwo", "three", "\r")
    ]
    tables = write_quarter(tmp_path, {}, "a") | {"footnotes": write_tsv(tmp_path, "footnotes", rows)}
    load_quarter_files(connection, tables)
    found = connection.execute("select footnote_txt from raw.footnotes order by 1").fetchall()
    assert found == [("\r",), ("one\rtwo",), ("three",)]
    tables["footnotes"].write_bytes(tables["footnotes"].read_bytes() + b"short\n")
    with pytest.raises(LoadError, match="line 5: 1 columns where the header has 3"):
        load_quarter_files(connection, tables, "b" * 64)


def test_bytes_that_are_not_utf8_are_read_as_latin1(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    tables = write_quarter(tmp_path, {}, "a")
    tables["footnotes"].write_bytes("ACCESSION_NUMBER\tFOOTNOTE_ID\tFOOTNOTE_TXT\n1\tF1\tcafé\n".encode("latin-1"))
    load_quarter_files(connection, tables)
    assert connection.execute("select footnote_txt from raw.footnotes").fetchall() == [("café",)]


def test_columns_go_by_name_in_any_order_and_known_misspelling(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    columns = [name.upper() for name in reversed(FORM345["deriv_trans"].source_columns)]
    columns[columns.index("EXCERCISE_DATE")] = "Exercise_Date "
    columns[columns.index("EQUITY_SWAP_TRANS_CD_FN")] = "EQUITY_SWAP_INVOLVED_FN"
    tables = write_quarter(tmp_path, {}, "a")
    values = "\t".join(f"v:{name.strip().lower()}" for name in columns)
    tables["deriv_trans"].write_text("\ufeff" + "\t".join(columns) + "\n" + values + "\n", encoding="utf-8")
    load_quarter_files(connection, tables)
    found = connection.execute(
        "select accession_number, excercise_date, equity_swap_trans_cd_fn, nature_of_ownership_fn from raw.deriv_trans"
    ).fetchall()
    assert found == [("v:accession_number", "v:exercise_date", "v:equity_swap_involved_fn", "v:nature_of_ownership_fn")]


def test_a_set_made_before_the_10b5_1_box_has_13_columns(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    header = FORM345["submission"].source_columns[:13]
    tables = write_quarter(tmp_path, {}, "a") | {
        "submission": write_tsv(tmp_path, "submission", some_rows("submission", 2, "a"), header=header)
    }
    load_quarter_files(connection, tables)
    assert connection.execute(
        "select count(*), count(aff10b5one), count(assigned_sic) from raw.submission"
    ).fetchall() == [(2, 0, 0)]


def test_an_unknown_column_is_refused_by_name(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    header = (*FORM345["footnotes"].source_columns, "footnote_mood")
    tables = write_quarter(tmp_path, {}, "a") | {"footnotes": write_tsv(tmp_path, "footnotes", [], header=header)}
    with pytest.raises(SourceDataError, match=r"FOOTNOTES\.tsv: unknown column 'FOOTNOTE_MOOD'"):
        load_quarter_files(connection, tables)


def test_a_missing_column_is_refused_by_name(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    tables = write_quarter(tmp_path, {}, "a") | {
        "footnotes": write_tsv(tmp_path, "footnotes", [], header=("accession_number", "footnote_id"))
    }
    with pytest.raises(SourceDataError, match=r"FOOTNOTES\.tsv: column\(s\) footnote_txt .* missing"):
        load_quarter_files(connection, tables)


def test_a_missing_table_is_refused_by_name(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    tables = write_quarter(tmp_path, {}, "a")
    del tables["deriv_holding"]
    with pytest.raises(LoadError, match="deriv_holding"):
        load_quarter_files(connection, tables)


def test_a_missing_and_a_truncated_file_are_refused_by_name(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    tables = write_day(tmp_path, COUNTS_OF_A_DAY, "a")
    whole = tables["submission"].read_bytes()
    tables["submission"].write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SourceDataError, match=r"submission\.parquet is not a whole Parquet file"):
        load_quarter_files(connection, tables, road="daily", partition="2024-07-01")
    tables["submission"].unlink()
    with pytest.raises(SourceDataError, match=r"submission\.parquet is missing"):
        load_quarter_files(connection, tables, road="daily", partition="2024-07-01")
    empty = write_quarter(tmp_path / "q", {}, "a")
    empty["submission"].write_bytes(b"")
    with pytest.raises(SourceDataError, match=r"SUBMISSION\.tsv is empty"):
        load_quarter_files(connection, empty)


def test_blank_lines_and_a_last_line_without_end_are_counted_right(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    tables = write_quarter(tmp_path, {}, "a")
    tables["footnotes"].write_bytes(b"ACCESSION_NUMBER\tFOOTNOTE_ID\tFOOTNOTE_TXT\n1\tF1\tx\n\n\n2\tF1\ty\n\n3\tF1\tz")
    assert load_quarter_files(connection, tables).row_counts["footnotes"] == 3


def test_real_and_simulated_data_never_mix(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    load_day(connection, tmp_path, "2024-07-01", COUNTS_OF_A_DAY, "a", is_simulated=True)
    before = contents(connection)
    for day in ("2024-07-01", "2024-07-02"):
        with pytest.raises(LoadError, match=r"never mixed.*DATA_DIR"):
            load_day(connection, tmp_path, day, COUNTS_OF_A_DAY, "b", is_simulated=False)
    assert contents(connection) == before


@pytest.mark.parametrize(
    ("road", "partition"),
    [
        ("daily", "2024q3"),
        ("daily", "2024-02-30"),
        ("daily", "20240701"),
        ("quarterly", "2024-07-01"),
        ("quarterly", "2024q5"),
        ("weekly", "1"),
    ],
)
def test_a_partition_that_is_none_is_refused(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, road: str, partition: str
) -> None:
    with pytest.raises(LoadError):
        load_quarter_files(connection, write_quarter(tmp_path, {}, "a"), road=road, partition=partition)


def test_several_files_of_one_table_are_loaded_together(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    tables: dict[str, Any] = write_day(tmp_path, {}, "a")
    tables["footnotes"] = [
        write_parquet(tmp_path / part, "footnotes", some_rows("footnotes", 2, part)) for part in ("one", "two")
    ]
    result = load_quarter_files(connection, tables, road="daily", partition="2024-07-01")
    assert result.row_counts["footnotes"] == 4


def test_times_are_kept_in_utc(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    outcomes = tmp_path / "fetch_outcomes.jsonl"
    outcomes.write_text(
        '{"kind": "quarterly", "accession_number": null, "url": "u", "outcome": "fetched", "http_status": 200, '
        '"byte_count": 5, "sha256": "s", "attempts": 1, "elapsed_ms": 7, "error": null, "is_simulated": true, '
        '"fetched_at": "2024-10-01T06:00:00.250000+00:00", "_partition": "2024q3"}\n'
    )
    tables: dict[str, Any] = write_quarter(tmp_path, {}, "a") | {"fetch_outcomes": [outcomes]}
    load_quarter_files(connection, tables)
    assert connection.execute("select fetched_at, attempts, is_simulated from raw.fetch_outcomes").fetchall() == [
        (datetime(2024, 10, 1, 6, 0, 0, 250000), 1, True)  # noqa: DTZ001 - naive UTC by design
    ]


def test_gate_results_are_appended(connection: duckdb.DuckDBPyConnection) -> None:
    row = {
        "gate": "raw_filing_day",
        "partition": "2024-07-01",
        "checked_at": datetime(2024, 7, 2, 5, 0, tzinfo=UTC),
        "passed": False,
        "severity": "error",
        "expectation": "every accession of the index is loaded",
        "failing_count": 2,
        "sample": "[]",
    }
    assert record_gate_results(connection, [row, row]) == 2
    assert record_gate_results(connection, []) == 0
    assert connection.execute(
        'select distinct "partition", _partition, checked_at from raw.gate_results'
    ).fetchall() == [
        ("2024-07-01", "2024-07-01", datetime(2024, 7, 2, 5, 0))  # noqa: DTZ001 - naive UTC by design
    ]
    with pytest.raises(LoadError, match="mood"):
        record_gate_results(connection, [row | {"mood": "good"}])
