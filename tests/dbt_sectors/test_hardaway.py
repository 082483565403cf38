"""The worked example of the buy-sell ratio guide, from seven filings to its five numbers, through the whole project."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import duckdb
import pytest

from tests.dbt.warehouse_of import load_rows, run_dbt
from warehouse.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.e2e

# Owner, relationship as the form has it, title, code, shares, trade date.
TRADES = (
    ("Strand Harold", "Officer", "Chief Executive Officer", "P", 30_150, date(2007, 12, 15)),
    ("Hardaway Hair Dryer Employee Stock Ownership Plan", "TenPercentOwner", "", "P", 28_000, date(2007, 12, 8)),
    ("Curl Maria", "Officer", "Marketing Director", "P", 2_850, date(2007, 11, 29)),
    ("Comb Peter", "Officer", "Chief Financial Officer", "S", 42_000, date(2007, 11, 3)),
    ("Bang Irene", "Other", "Engineering Staff", "P", 1_500, date(2007, 11, 2)),
    ("Wave Otto", "Officer", "Sales Manager", "S", 12_500, date(2007, 11, 1)),
    ("Lock Anna", "Officer", "Assistant Controller", "S", 8_000, date(2007, 11, 1)),
)


@pytest.fixture(scope="module")
def hardaway(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    """A warehouse that holds the seven filings and nothing else, built by dbt."""
    folder: Path = tmp_path_factory.mktemp("hardaway")
    settings = Settings(data_dir=folder)
    submissions, owners, lines = [], [], []
    for number, (owner, relationship, title, code, shares, traded) in enumerate(TRADES, start=1):
        accession = f"0000000777-07-{number:06d}"
        submissions.append(
            {
                "accession_number": accession,
                "filing_date": f"{traded + timedelta(days=2):%d-%b-%Y}".upper(),
                "period_of_report": f"{traded:%d-%b-%Y}".upper(),
                "document_type": "4",
                "issuercik": "0000000777",
                "issuername": "HARDAWAY HAIR DRYER CO",
                "issuertradingsymbol": "HHD",
            }
        )
        owners.append(
            {
                "accession_number": accession,
                "rptownercik": f"{9000 + number:010d}",
                "rptownername": owner,
                "rptowner_relationship": relationship,
                "rptowner_title": title,
            }
        )
        lines.append(
            {
                "accession_number": accession,
                "nonderiv_trans_sk": str(number),
                "security_title": "Common Stock",
                "trans_date": f"{traded:%d-%b-%Y}".upper(),
                "trans_form_type": "4",
                "trans_code": code,
                "trans_shares": f"{shares}.0",
                "trans_pricepershare": "10.0",
                "trans_acquired_disp_cd": "A" if code == "P" else "D",
                "direct_indirect_ownership": "D",
            }
        )
    load_rows(
        settings,
        [
            ("quarterly", "2007q4", "submission", submissions),
            ("quarterly", "2007q4", "reportingowner", owners),
            ("quarterly", "2007q4", "nonderiv_trans", lines),
        ],
    )
    run_dbt(
        folder,
        "build",
        "--select",
        "+fct_sector_ratios_daily",
        "+fct_insider_transactions",
        "--exclude-resource-type",
        "test",
        "unit_test",
    )
    return duckdb.connect(str(settings.warehouse_path), read_only=True)


def test_all_seven_trades_put_the_stock_plan_back(hardaway: duckdb.DuckDBPyConnection) -> None:
    """The guide's first numbers count the plan's purchase: it is flagged, not deleted, so SQL can put it back."""
    numbers = hardaway.sql(
        """
        select
            count(*) filter (direction = 'sell') / count(*) filter (direction = 'buy'),
            sum(share_count) filter (direction = 'sell') / sum(share_count) filter (direction = 'buy'),
            (count(*) filter (direction = 'buy') - count(*) filter (direction = 'sell')) / count(*)
        from marts.fct_insider_transactions
        where is_signal_trade or exclusion_reason = 'plan_purchase'
        """
    ).fetchone()
    assert numbers == pytest.approx((0.75, 1.00, 1 / 7))


def test_without_the_stock_plan_and_executives_alone(hardaway: duckdb.DuckDBPyConnection) -> None:
    ratios = dict(
        hardaway.sql(
            """
            select insider_group, sell_buy_ratio_share_count
            from marts.fct_sector_ratios_daily
            where sector = 'All' and window_days = 90
              and as_of_date = (select max(as_of_date) from marts.fct_sector_ratios_daily)
            """
        ).fetchall()
    )
    assert ratios["all"] == pytest.approx(62_500 / 34_500)
    assert ratios["executives"] == pytest.approx(42_000 / 30_150)


def test_the_plan_is_left_out_with_its_reason(hardaway: duckdb.DuckDBPyConnection) -> None:
    excluded = hardaway.sql(
        "select owner_names, exclusion_reason from marts.fct_insider_transactions where not is_signal_trade"
    ).fetchall()
    assert excluded == [("Hardaway Hair Dryer Employee Stock Ownership Plan", "plan_purchase")]
