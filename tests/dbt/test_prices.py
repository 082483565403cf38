"""Prices to returns through the whole road: files, gate, raw, dbt; computed again from the files by pandas."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import duckdb
import pandas as pd
import pytest

from extract.prices.fetch import fetch_prices
from ops import steps
from simulator.build import SPLIT_DATE, SPLIT_ETF, build_world
from tests.dbt.warehouse_of import run_dbt
from warehouse.etfs import etfs
from warehouse.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

HORIZONS = (3, 6, 9, 12)
LONGEST_WAIT = pd.Timedelta(days=7)


def build_prices(files: Path, empty_build: Path, folder: Path) -> duckdb.DuckDBPyConnection:
    """Load a folder of price files into a copy of the empty warehouse and build what is made of them."""
    settings = Settings(data_dir=folder / "data", price_source="files", price_files_dir=files)
    settings.data_dir.mkdir()
    shutil.copy(empty_build / "warehouse.duckdb", settings.warehouse_path)
    fetch_prices(settings)
    steps.load_prices(settings)
    models = ["path:models/intermediate/prices", "path:models/marts/prices"]
    run_dbt(settings.data_dir, "build", "--exclude-resource-type", "unit_test", "--select", *models)
    return duckdb.connect(str(settings.warehouse_path), read_only=True)


def computed_again(files: Path) -> pd.DataFrame:
    """Forward and trailing returns by another road: pandas on the files, date by date."""
    closes = {
        fund.ticker: pd.read_csv(files / f"{fund.ticker}.csv", parse_dates=["date"]).set_index("date")["adj_close"]
        for fund in etfs()
    }
    newest = max(series.index.max() for series in closes.values())

    def first_after(ticker: str, day: pd.Timestamp) -> float:
        later = closes[ticker].loc[day + pd.Timedelta(days=1) :]
        # The market's own days say when the exchange traded.
        traded = closes["SPY"].loc[day + pd.Timedelta(days=1) :]
        if not len(later) or not len(traded) or later.index[0] > traded.index[0]:
            return float("nan")
        return float(later.iloc[0])

    def last_until(ticker: str, day: pd.Timestamp) -> float:
        earlier = closes[ticker].loc[:day]
        if not len(earlier) or earlier.index[-1] < day - LONGEST_WAIT:
            return float("nan")
        return float(earlier.iloc[-1])

    def month_end(day: pd.Timestamp, months: int) -> pd.Timestamp:
        return day + pd.offsets.MonthEnd(months)

    rows = []
    first = min(series.index.min() for series in closes.values())
    for quarter_end in pd.date_range(first, newest, freq="QE"):
        market_start = first_after("SPY", quarter_end)
        for fund in etfs():
            if fund.sector == "All":
                continue
            start = first_after(fund.ticker, quarter_end)
            year_before = last_until(fund.ticker, month_end(quarter_end, -12))
            for horizon in HORIZONS:
                end = month_end(quarter_end, horizon)
                own = first_after(fund.ticker, end) / start - 1
                rows.append(
                    {
                        "quarter_end": quarter_end,
                        "sector": fund.sector,
                        "horizon_months": horizon,
                        "forward_return": own,
                        "excess_return": own - (first_after("SPY", end) / market_start - 1),
                        "trailing_12_month_return": last_until(fund.ticker, quarter_end) / year_before - 1,
                        "momentum_12_1": last_until(fund.ticker, month_end(quarter_end, -1)) / year_before - 1,
                    }
                )
    return pd.DataFrame(rows)


def check_returns(connection: duckdb.DuckDBPyConnection, files: Path) -> pd.DataFrame:
    """Compare every row of the mart with the independent computation."""
    ours = connection.sql("select * from marts.fct_sector_forward_returns").df()
    ours["quarter_end"] = ours["quarter_end"].astype("datetime64[ns]")
    again = computed_again(files)
    again["quarter_end"] = again["quarter_end"].astype("datetime64[ns]")
    keys = ["quarter_end", "sector", "horizon_months"]
    both = ours.merge(again, on=keys, how="outer", suffixes=("", "_again"), indicator=True)
    assert set(both["_merge"]) == {"both"}
    for column in ("forward_return", "excess_return", "trailing_12_month_return", "momentum_12_1"):
        assert (both[column].isna() == both[f"{column}_again"].isna()).all(), column
        assert (both[column] - both[f"{column}_again"]).abs().max() < 1e-12, column
    return ours


def test_returns_of_simulated_funds_computed_again(empty_build: Path, tmp_path: Path) -> None:
    build_world(tmp_path / "world", issuers=5, with_cases=False)
    with build_prices(tmp_path / "world" / "prices", empty_build, tmp_path) as connection:
        returns = check_returns(connection, tmp_path / "world" / "prices")
        assert returns["forward_return"].notna().sum() > 1000
        splits = connection.sql("select etf_symbol, price_date from marts.fct_etf_prices_daily where split_factor <> 1")
        assert splits.fetchall() == [(SPLIT_ETF, SPLIT_DATE)]
        around = connection.execute(
            "select close_usd / lag(close_usd) over (order by price_date), total_return_factor "
            "from marts.fct_etf_prices_daily where etf_symbol = ? qualify price_date = ?",
            [SPLIT_ETF, SPLIT_DATE],
        ).fetchall()
        # The close halves; who held the fund lost nothing.
        assert around == [(pytest.approx(0.5, abs=0.05), pytest.approx(1, abs=0.1))]
        dividends = connection.sql(
            "select min(dividend_usd / close_usd), max(dividend_usd / close_usd) "
            "from marts.fct_etf_prices_daily where dividend_usd > 0 and etf_symbol = 'XLB'"
        ).fetchall()
        assert dividends == [(pytest.approx(0.004, rel=0.1), pytest.approx(0.004, rel=0.1))]


def test_returns_of_the_real_funds_computed_again(real_data: Path, empty_build: Path, tmp_path: Path) -> None:
    with build_prices(real_data / "prices", empty_build, tmp_path) as connection:
        returns = check_returns(connection, real_data / "prices")
        young = returns[returns["sector"].isin(["Communication Services", "Real Estate"])]
        begun = young[young["forward_return"].notna()].groupby("sector")["quarter_end"].min()
        assert begun.dt.strftime("%Y-%m-%d").to_dict() == {
            "Communication Services": "2018-06-30",
            "Real Estate": "2015-12-31",
        }
        reasons = set(returns.loc[returns["forward_return"].isna(), "missing_reason"])
        assert reasons == {"etf_not_yet_trading", "not_over_yet"}
        # Nothing of the years 1998 to 2025 is a jump, and dividends came every quarter.
        facts = connection.sql(
            "select count(*) filter (is_unusual_move), count(*) filter (split_factor <> 1), "
            "count(*) filter (dividend_usd > 0 and etf_symbol = 'XLU') from marts.fct_etf_prices_daily"
        ).fetchone()
        assert facts == (0, 0, 108)


def test_without_prices_the_marts_are_there_and_empty(empty_build: Path) -> None:
    with duckdb.connect(str(empty_build / "warehouse.duckdb"), read_only=True) as connection:
        for mart in ("fct_etf_prices_daily", "fct_sector_forward_returns", "rpt_sector_confirmation"):
            assert connection.table(f"marts.{mart}").fetchall() == []
