"""A few filing days in, every mart out: compared with committed CSV whose arithmetic golden/README.md tells.

After a change of the marts that is meant, ``WRITE_GOLDEN=1`` writes the files anew; the diff is what to review.
"""

from __future__ import annotations

import csv
import os
import shutil
from pathlib import Path

import duckdb
import pytest

from tests.dbt.warehouse_of import load_rows, read_csv, run_dbt
from warehouse.settings import Settings

CORRECTIONS_TEST = "assert_corrections_are_of_what_was_filed"
GOLDEN = Path(__file__).parent / "golden"

# What of each mart is compared; where a mart has a row per day and sector, the rows in which something happened.
QUERIES = {
    "fct_insider_transactions": "select * from marts.fct_insider_transactions order by transaction_line_key",
    "bridge_filing_owners": "select * from marts.bridge_filing_owners order by accession_number, owner_cik",
    "dim_issuers": "select * from marts.dim_issuers order by issuer_cik",
    "dim_insiders": "select * from marts.dim_insiders order by owner_cik",
    "dim_dates": "select * from marts.dim_dates order by date_day",
    "fct_filing_day_ledger": "select * from marts.fct_filing_day_ledger order by filing_day",
    "fct_sector_ratios_daily": """
        select as_of_date, sector, window_days, insider_group, buy_count, sell_count, buy_share_count, sell_share_count,
            buy_usd, sell_usd, buy_sell_ratio_usd, sell_buy_ratio_usd, npr_count, npr_usd
        from marts.fct_sector_ratios_daily
        where buy_count + sell_count > 0 and window_days = 90 and insider_group in ('all', 'officers_directors')
        order by as_of_date, sector, insider_group""",
}


@pytest.fixture(scope="module")
def golden_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse built from golden/raw by the writer and by dbt, unit tests included."""
    data_dir = tmp_path_factory.mktemp("golden")
    rows = []
    for path in sorted((GOLDEN / "raw").glob("*.csv")):
        for row in read_csv(path):
            road, partition = row.pop("road"), row.pop("partition")
            rows.append((road, partition, path.stem, [{name: value or None for name, value in row.items()}]))
    load_rows(Settings(data_dir=data_dir), rows)
    run_dbt(data_dir, "build")
    return data_dir / "warehouse.duckdb"


@pytest.mark.parametrize("mart", QUERIES)
def test_marts_equal_the_committed_ones(golden_warehouse: Path, mart: str) -> None:
    with duckdb.connect(str(golden_warehouse), read_only=True) as connection:
        cursor = connection.execute(QUERIES[mart])
        assert cursor.description is not None
        header = [column[0] for column in cursor.description]
        actual = [["" if value is None else str(value) for value in row] for row in cursor.fetchall()]
    path = GOLDEN / "expected" / f"{mart}.csv"
    if os.environ.get("WRITE_GOLDEN"):
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([header, *actual])
    with path.open(encoding="utf-8", newline="") as file:
        expected_header, *expected = list(csv.reader(file))
    assert header == expected_header
    assert actual == expected


def test_the_arithmetic_of_the_readme(golden_warehouse: Path) -> None:
    with duckdb.connect(str(golden_warehouse), read_only=True) as connection:
        ratios = {
            (str(day), sector): (buys, sells, float(bought), float(sold))
            for day, sector, buys, sells, bought, sold in connection.execute(
                "select as_of_date, sector, buy_count, sell_count, buy_usd, sell_usd "
                "from marts.fct_sector_ratios_daily where window_days = 90 and insider_group = 'all'"
            ).fetchall()
        }
        assert ratios["2025-01-03", "Consumer Discretionary"] == (3, 0, 31_000, 0)
        assert ratios["2025-01-03", "Health Care"] == (0, 1, 0, 11_000)
        assert ratios["2025-01-02", "Health Care"] == (0, 1, 0, 10_000)
        day = connection.execute(
            "select index_line_count, accession_count, lost_quarantined_count, parsed_accession_count, "
            "transaction_line_count, lost_withdrawn_count, lost_date_not_valid_count, lost_plan_purchase_count, "
            "signal_line_count, lost_price_not_valid_count, headline_line_count "
            "from marts.fct_filing_day_ledger where filing_day = date '2025-01-03'"
        ).fetchone()
        assert day == (5, 5, 1, 4, 6, 1, 1, 1, 3, 2, 1)


def test_a_correction_of_what_was_not_filed_fails_the_build_by_name(golden_warehouse: Path, tmp_path: Path) -> None:
    shutil.copy(golden_warehouse, tmp_path / "warehouse.duckdb")
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        line, price = connection.execute(
            "select accession_number, price_usd from intermediate.int_transaction_lines "
            "where table_code = 'N' and line_number = 1 and price_usd > 0 order by all limit 1"
        ).fetchone() or ("", 0)
        insert = "insert into seeds.form4_corrections values (?, 'N', 1, 'price_usd', ?, '1.5', 'A slip.', 'None.')"
        connection.execute(insert, [line, str(price)])
    run_dbt(tmp_path, "test", "--select", CORRECTIONS_TEST)
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute(insert, [line, str(price + 1)])
    with pytest.raises(AssertionError, match=CORRECTIONS_TEST):
        run_dbt(tmp_path, "test", "--select", CORRECTIONS_TEST)


def test_building_twice_gives_the_same_marts(golden_warehouse: Path) -> None:
    digest = "select sum(hash(row)) from marts.{} as row"

    def digests() -> list[object]:
        with duckdb.connect(str(golden_warehouse), read_only=True) as connection:
            return [connection.execute(digest.format(mart)).fetchone() for mart in QUERIES]

    before = digests()
    run_dbt(golden_warehouse.parent, "run")
    assert digests() == before
