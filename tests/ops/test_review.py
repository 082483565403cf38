"""The review page of a small warehouse: its counts are SQL's, every flag is there, filers' text is escaped."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING

import duckdb
import pytest
from click.testing import CliRunner

from ops.review.__main__ import main
from ops.review.facets import facet_columns, other_columns, read_facet
from tests.conftest import REPOSITORY
from tests.dbt.warehouse_of import load_rows, read_csv, run_dbt
from warehouse.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

GOLDEN_ROWS = REPOSITORY / "tests" / "dbt" / "golden" / "raw"
HOSTILE = "0000000001-25-000098"
HOSTILE_NOTE = "Sold under a <b>Rule 10b5-1</b> plan & <script>alert('owned')</script>"


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The golden rows and one more filing whose note and owner try to be markup, built by dbt; the page is written."""
    folder = tmp_path_factory.mktemp("review")
    rows = []
    for path in sorted(GOLDEN_ROWS.glob("*.csv")):
        for row in read_csv(path):
            road, partition = row.pop("road"), row.pop("partition")
            rows.append((road, partition, path.stem, [{name: value or None for name, value in row.items()}]))
    for table, values in {
        "submission": {
            "filing_date": "2025-01-03",
            "document_type": "4",
            "issuercik": "0000000101",
            "issuername": "ALPHA MOTORS INC",
            "remarks": "Signed under a <i>power</i> of attorney",
        },
        "reportingowner": {
            "rptownercik": "0000000777",
            "rptownername": "O'Brien <& Sons>",
            "rptowner_relationship": "Officer",
        },
        "nonderiv_trans": {
            "nonderiv_trans_sk": "1",
            "trans_date": "2025-01-02",
            "trans_code": "S",
            "trans_shares": "12345.5",
            "trans_pricepershare": "10.0",
            "trans_pricepershare_fn": "F1",
            "trans_acquired_disp_cd": "D",
        },
        "footnotes": {"footnote_id": "F1", "footnote_txt": HOSTILE_NOTE},
    }.items():
        rows.append(("daily", "2025-01-03", table, [{"accession_number": HOSTILE, **values}]))
    load_rows(Settings(data_dir=folder), rows)
    no_tests = ("--exclude-resource-type", "unit_test", "--exclude-resource-type", "test")
    run_dbt(folder, "build", "--select", "+fct_insider_transactions", *no_tests)
    result = CliRunner().invoke(main, ["--examples", "50"], env={"DATA_DIR": str(folder)}, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert str(folder / "review" / "index.html") in result.output
    return folder


@pytest.fixture
def connection(data_dir: Path) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(data_dir / "warehouse.duckdb"), read_only=True)


@pytest.fixture
def page(data_dir: Path) -> str:
    return (data_dir / "review" / "index.html").read_text(encoding="utf-8")


def test_every_flag_and_verdict_of_the_mart_is_counted_as_sql_counts_it(
    data_dir: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    columns = connection.execute("describe marts.fct_insider_transactions").fetchall()
    flags = {name for name, kind, *_ in columns if kind == "BOOLEAN"}
    listed = facet_columns(connection)
    assert len(flags) > 10
    assert flags <= set(listed)
    assert {"price_status", "price_reason_code", "insider_class", "exclusion_reason", "role_code"} <= set(listed)
    assert [name for name, *_ in columns] == sorted(
        [*listed, *other_columns(connection)], key=[name for name, *_ in columns].index
    )
    with (data_dir / "review" / "counts.csv").open(encoding="utf-8", newline="") as file:
        written = {
            (row["column"], row["value"]): (int(row["line_count"]), int(row["open_market_count"]))
            for row in csv.DictReader(file)
        }
    counted = {
        (column, value or ""): (lines, open_market)
        for column in listed
        for value, lines, open_market in connection.execute(
            f"select {column}::varchar, count(*), count(*) filter (where transaction_code in ('P', 'S') "  # noqa: S608
            "and table_code = 'N') from marts.fct_insider_transactions group by 1"
        ).fetchall()
    }
    assert written == counted


def test_the_page_shows_every_value_and_says_that_it_is_simulated(
    page: str, connection: duckdb.DuckDBPyConnection
) -> None:
    for column in facet_columns(connection):
        for value in read_facet(connection, column, examples=1).values:
            assert f"{column} = {'(none)' if value.text is None else value.text}</strong>" in page
    assert "Simulated data." in page


def test_the_filers_words_are_quoted_and_cannot_be_markup(page: str) -> None:
    assert HOSTILE_NOTE not in page
    assert "<script" not in page
    assert "&lt;b&gt;Rule 10b5-1&lt;/b&gt; plan &amp; &lt;script&gt;alert(&#39;owned&#39;)&lt;/script&gt;" in page
    assert "O&#39;Brien &lt;&amp; Sons&gt;" in page
    assert "Signed under a &lt;i&gt;power&lt;/i&gt; of attorney" in page


def test_an_example_stands_beside_its_filing_its_verdicts_and_what_the_rules_read(page: str) -> None:
    (status,) = re.findall(r"<details>\s*<summary><strong>rule_10b5_1_status = yes</strong>.*?</details>", page, re.S)
    (example,) = (line for line in status.split('<div class="line">') if HOSTILE in line)
    assert "https://www.sec.gov/Archives/edgar/data/101/000000000125000098/0000000001-25-000098-index.htm" in example
    assert "12,345.5 at 10 = 123,455 USD" in example
    assert "rule_10b5_1_status = yes" in example
    assert re.search(r"int_line_notes: [^<]*says_10b5_1_plan", example)
    assert "F1 (trade, mentions_10b5_1)" in example


def test_examples_are_the_same_every_time_and_each_is_of_another_filing(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    first = read_facet(connection, "transaction_code", examples=3)
    assert first == read_facet(connection, "transaction_code", examples=3)
    assert max(len(value.example_keys) for value in first.values) == 3
    for value in first.values:
        filings = [key.split("|")[0] for key in value.example_keys]
        assert len(filings) == len(set(filings)) > 0


def test_a_folder_without_a_warehouse_is_an_error_that_says_so(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, [], env={"DATA_DIR": str(tmp_path / "nothing")})
    assert result.exit_code == 1
    assert "There is no" in result.output
