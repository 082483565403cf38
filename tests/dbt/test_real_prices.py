"""Wild and merely unusual prices of the real quarterly sets, judged by the models as they stand."""

from __future__ import annotations

import csv
import io
import zipfile
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from tests.dbt.warehouse_of import load_rows, run_dbt
from warehouse.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.real

# Symbols by set: enough of each issuer's other filings to compare with.
ISSUERS = {
    "2005q2": {"NDAQ", "D"},
    "2009q4": {"BRK.A", "BRK.B", "BRKA"},
    "2010q1": {"BRK.A", "BRK.B", "BRKA"},
    "2025q4": {"LLY", "KYN", "URBN"},
}
# 40,000,000 dollars a share; 999,860; class A's price divided by the shares bought; price = shares; points lost.
WRONG = {
    "0000000000-05-002568",
    "0000000000-05-004065",
    "0000000000-09-006278",
    "0000905148-25-003613",
    "0000316011-25-000073",
    "0001193125-25-316075",
}


def read_tables(path: Path, symbols: set[str]) -> Iterator[tuple[str, list[dict[str, str | None]]]]:
    """The rows of the filings on these issuers, by raw table; empty fields as null."""
    with zipfile.ZipFile(path) as archive:

        def rows(member: str) -> Iterator[dict[str, str | None]]:
            with archive.open(f"{member}.tsv") as lines:
                text = io.TextIOWrapper(lines, encoding="utf-8", newline="")
                for row in csv.DictReader(text, delimiter="\t", quoting=csv.QUOTE_NONE):
                    yield {name.lower(): value or None for name, value in row.items() if name}

        submissions = [row for row in rows("SUBMISSION") if row["issuertradingsymbol"] in symbols]
        wanted = {row["accession_number"] for row in submissions}
        yield "submission", submissions
        for table in ("REPORTINGOWNER", "NONDERIV_TRANS", "FOOTNOTES"):
            yield table.lower(), [row for row in rows(table) if row["accession_number"] in wanted]


@pytest.fixture(scope="module")
def prices(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The issuers' filings loaded by the writer and judged by dbt."""
    data_dir = tmp_path_factory.mktemp("real_prices")
    loads: list[tuple[str, str, str, list[dict[str, Any]]]] = []
    for quarter, symbols in ISSUERS.items():
        found = list(real_data.rglob(f"{quarter}_form345.zip"))
        if not found:
            pytest.skip(f"{quarter}_form345.zip is not in {real_data}")
        loads += [("quarterly", quarter, table, rows) for table, rows in read_tables(found[0], symbols)]
    load_rows(Settings(data_dir=data_dir), loads)
    run_dbt(data_dir, "build", "--select", "+int_price_checks", "+int_line_corrections", "--resource-type", "model",
            "--resource-type", "seed")  # fmt: skip
    with duckdb.connect(str(data_dir / "warehouse.duckdb"), read_only=True) as connection:
        yield connection


def test_only_the_wrong_prices_are_suspect(prices: duckdb.DuckDBPyConnection) -> None:
    judged = prices.execute(
        "select left(transaction_line_key, 20), price_usd, price_status from intermediate.int_price_checks "
        "inner join intermediate.int_transaction_lines using (transaction_line_key)"
    ).fetchall()
    assert {accession for accession, _, status in judged if status == "suspect"} == WRONG
    valid = [float(price) for _, price, status in judged if status == "valid"]
    # Berkshire B before and after its split of 50 for 1, in January 2010, and class A beside it.
    assert sum(3000 < price < 3500 for price in valid) > 20
    assert sum(65 < price < 85 for price in valid) > 20


def test_lost_points_are_put_right_beside_what_was_filed(prices: duckdb.DuckDBPyConnection) -> None:
    corrected = prices.execute(
        "select left(transaction_line_key, 20), price_usd, price_usd_corrected from intermediate.int_line_corrections "
        "inner join intermediate.int_transaction_lines using (transaction_line_key) order by all"
    ).fetchall()
    assert [(accession, float(filed), float(right)) for accession, filed, right in corrected] == [
        ("0000316011-25-000073", 1031414, 1031.414),
        ("0000316011-25-000073", 1032319, 1032.319),
        ("0001193125-25-316075", 79198, 79.198),
    ]
