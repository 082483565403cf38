"""History people know, from the real quarterly sets of 2004 to 2012 (companies of the S&P 500), nothing tuned."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from extract import landing
from extract.issuer_records import Checked, mark_checked, store_record
from extract.load import load_issuers, load_quarter
from extract.quarterly_fetch import FOLDERS
from warehouse.database import read_connection, write_connection
from warehouse.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import duckdb

    from tests.dbt.project_models import ProjectModels

pytestmark = [pytest.mark.real, pytest.mark.e2e]

FETCHED_AT = datetime(2026, 8, 22, tzinfo=UTC)


@pytest.fixture(scope="module")
def history(
    real_data: Path, project_models: ProjectModels, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Ratios, tiers and coverage of the 36 quarters, the SIC codes from the issuers' submissions JSON."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("history"))
    shutil.copy(project_models.empty, settings.warehouse_path)
    sets = real_data / "edgar" / FOLDERS[0].lstrip("/")
    quarters = [f"{year}q{quarter}" for year in range(2004, 2013) for quarter in range(1, 5)]
    with write_connection(settings) as connection:
        for quarter in quarters:
            name = f"{quarter}_form345.zip"
            landing.store_quarterly_zip(
                quarter,
                settings,
                (sets / name).read_bytes(),
                url=f"{settings.sec_www_url}{FOLDERS[0]}/{name}",
                fetched_at=FETCHED_AT,
                headers={},
                is_simulated=False,
            )
            load_quarter(connection, quarter, settings)
        for (number,) in connection.execute("select distinct issuercik from raw.submission").fetchall():
            cik = f"{int(number):010d}"
            path = real_data / "edgar" / "submissions" / f"CIK{cik}.json"
            if path.is_file():
                outcome = store_record(cik, settings, path.read_bytes(), FETCHED_AT)
                url = f"{settings.sec_data_url}/submissions/{path.name}"
                mark_checked(cik, settings, Checked(url, FETCHED_AT, outcome, None, None, is_simulated=False))
        load_issuers(connection, settings)
        project_models.run(connection, "fct_sector_tiers_quarterly", "rpt_sector_coverage")
    with read_connection(settings.warehouse_path) as connection:
        yield connection


def test_financials_were_overweight_through_the_crisis(history: duckdb.DuckDBPyConnection) -> None:
    tiers = dict(
        history.execute(
            "select quarter_end, tier from marts.fct_sector_tiers_quarterly "
            "where is_headline and sector = 'Financials' and history_months >= 36"
        ).fetchall()
    )
    assert len(tiers) > 20
    for quarter_end in (date(2008, 12, 31), date(2009, 3, 31), date(2009, 6, 30)):
        assert tiers[quarter_end] == "Overweight", quarter_end
    # Not a sector that is always so.
    assert list(tiers.values()).count("Overweight") < len(tiers) / 2


@pytest.mark.parametrize("window_days", [30, 90])
@pytest.mark.parametrize("insider_group", ["all", "officers_directors"])
def test_the_market_bought_most_against_its_sales_in_late_2008(
    history: duckdb.DuckDBPyConnection, window_days: int, insider_group: str
) -> None:
    peak = history.execute(
        "select as_of_date, buy_sell_ratio_count from marts.fct_sector_ratios_daily "
        "where sector = 'All' and window_days = ? and insider_group = ? and as_of_date >= '2004-07-01' "
        "order by buy_sell_ratio_count desc nulls last limit 1",
        [window_days, insider_group],
    ).fetchone()
    assert peak is not None
    assert date(2008, 10, 1) <= peak[0] <= date(2008, 12, 31)
    assert peak[1] > 1


def test_nearly_every_line_whose_code_is_known_has_a_sector(history: duckdb.DuckDBPyConnection) -> None:
    found = history.execute(
        "select sum(signal_line_count), sum(mapped_line_count) from marts.rpt_sector_coverage "
        "where sic_source in ('filing_header', 'latest_known')"
    ).fetchone()
    assert found is not None
    assert found[0] > 30_000
    assert found[1] / found[0] >= 0.99
