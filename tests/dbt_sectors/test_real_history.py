"""History people know, from the real quarterly sets of 2004 to 2012 (companies of the S&P 500), nothing tuned."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from extract import landing
from extract.issuer_records import Checked, mark_checked, store_record
from extract.load import load_issuers, load_quarter
from extract.prices.fetch import fetch_prices
from extract.quarterly_fetch import FOLDERS
from ops import steps
from tests.dbt_evidence import computed_again
from tests.dbt_evidence.computed_again import COMBINATION, published
from warehouse.database import read_connection, write_connection
from warehouse.publish import publish
from warehouse.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

    from tests.dbt.project_models import ProjectModels

pytestmark = [pytest.mark.real, pytest.mark.e2e]

FETCHED_AT = datetime(2026, 8, 22, tzinfo=UTC)


@pytest.fixture(scope="module")
def history(
    real_data: Path, project_models: ProjectModels, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Ratios, tiers and evidence of the 36 quarters, published; SIC codes from the issuers' submissions JSON."""
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("history"), price_source="files", price_files_dir=real_data / "prices"
    )
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
    fetch_prices(settings)
    steps.load_prices(settings)
    with write_connection(settings) as connection:
        project_models.run(
            connection,
            "fct_etf_prices_daily",
            "rpt_sector_coverage",
            "rpt_signal_evidence",
            "rpt_tier_backtest",
        )
    publish(settings)
    with read_connection(settings.warehouse_path) as connection:
        yield connection


@pytest.fixture(scope="module")
def parquet(history: duckdb.DuckDBPyConnection) -> Path:
    """The published Parquet of the history."""
    row = history.execute("select path from duckdb_databases() where path is not null").fetchone()
    assert row is not None
    return Path(row[0]).parent / "published" / "parquet"


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


def test_the_evidence_computed_again_from_the_published_parquet(parquet: Path) -> None:
    found = published(parquet, "rpt_signal_evidence")
    pooled = found[(found["scope"] == "pooled") & (found["period"] == "all") & (found["window_days"] == 90)]
    ours = pooled[pooled["measure"] != "npr_conviction"].set_index(COMBINATION)
    rows = computed_again.opinions_and_returns(parquet)
    combinations: dict[Any, pd.DataFrame] = dict(list(rows[rows["window_days"] == 90].groupby(COMBINATION)))
    assert set(combinations) == set(ours.index)
    assert len(combinations) == 5 * 4 * 4
    for key, observations in combinations.items():
        for name, value in computed_again.evidence(observations).items():
            assert ours.loc[key, name] == pytest.approx(value, abs=1e-9, nan_ok=True), (key, name)


def test_the_headline_of_these_years_is_told_as_it_is(parquet: Path) -> None:
    found = published(parquet, "rpt_signal_evidence")
    (headline,) = found[found["is_headline"]].to_dict("records")
    assert headline["quarter_count"] == 24
    assert str(headline["first_quarter_end"])[:10] == "2007-03-31"
    # No effect, for or against, on 24 quarters of nine sectors; nor of the control. docs/evidence.md says so.
    assert headline["verdict"] == headline["verdict_beyond_prior"] == "not_told_from_chance"
    assert headline["ic_low"] < headline["ic"] < headline["ic_high"]
    assert np.isfinite(headline["control_ic_t"])
    # A sector alone has six years of year-long returns: too few to say anything.
    alone = found[(found["scope"] != "pooled") & (found["horizon_months"] == 12)]
    assert len(alone) > 300
    assert set(alone["verdict"]) == {"too_few_quarters"}
    conviction = found[(found["measure"] == "npr_conviction") & (found["scope"] == "pooled")]
    assert set(conviction["insider_group"]) == {"all", "officers_directors"}
    assert conviction.loc[conviction["period"] == "all", "ic_minus_count_t"].notna().all()


@pytest.mark.parametrize(("rebalancing", "every_months"), [("monthly", 1), ("quarterly", 3), ("annual", 12)])
def test_the_backtest_computed_again_from_the_published_parquet(
    parquet: Path, rebalancing: str, every_months: int
) -> None:
    months = published(parquet, "rpt_tier_backtest_monthly")
    ours = months[(months["portfolio"] == "tier") & (months["rebalancing"] == rebalancing)].sort_values("month_date")
    again = computed_again.backtest(parquet, every_months)
    assert list(computed_again.month_of(ours["month_date"])) == list(again)
    growth = pd.Series(list(again.values()))
    assert ours["growth_of_one"].to_numpy() == pytest.approx(growth.to_numpy(), abs=1e-9)
    summary = published(parquet, "rpt_tier_backtest")
    (row,) = summary[
        (summary["portfolio"] == "tier") & (summary["rebalancing"] == rebalancing) & (summary["period"] == "all")
    ].to_dict("records")
    assert row["return_pa"] == pytest.approx(growth.iloc[-1] ** (12 / (len(growth) - 1)) - 1, abs=1e-9)
    assert row["max_drawdown"] == pytest.approx((growth / growth.cummax() - 1).min(), abs=1e-9)
    assert row["volatility_pa"] == pytest.approx(growth.pct_change().std() * np.sqrt(12), abs=1e-9)
