"""Tiers, percentiles and fragility against a second computation in pandas that reads only ratios and lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from tests.dbt_sectors.definition import ratios_by_definition
from tests.dbt_sectors.histories import SECTORS, random_lines

if TYPE_CHECKING:
    import duckdb

    from tests.dbt_sectors.sector_models import SectorModels

MEASURES = ("npr_count", "npr_share_count", "npr_usd", "npr_usd_capped", "breadth")
KEYS = ["sector", "window_days", "insider_group"]


def _tier(value: float, history: np.ndarray) -> tuple[float, str]:
    """Mid-rank percentile and tier of a value among its history, by the words of the definition."""
    history = history[~np.isnan(history)]
    if np.isnan(value) or len(history) == 0:
        return np.nan, "Insufficient history"
    percentile = (np.sum(history < value) + np.sum(history == value) / 2) / len(history)
    if len(history) < 36:
        return percentile, "Insufficient history"
    if percentile >= 0.75:
        return percentile, "Overweight"
    return percentile, "Underweight" if percentile <= 0.25 else "Neutral"


@pytest.fixture(scope="module")
def six_years(sector_models: SectorModels, tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    return sector_models.run(random_lines(21, 5000, days=2300), tmp_path_factory.mktemp("six_years"))


def test_tiers_equal_a_second_computation(six_years: duckdb.DuckDBPyConnection) -> None:
    ratios = six_years.sql("select * from marts.fct_sector_ratios_daily where is_month_end").df()
    tiers = six_years.sql("select * from marts.fct_sector_tiers_quarterly").df()
    ends = sorted(set(ratios["as_of_date"]))
    quarter_ends = [end for end in ends if end.month % 3 == 0]
    assert len(tiers) == len(quarter_ends) * 11 * 2 * 4 * len(MEASURES)
    tiers = tiers.set_index(["quarter_end", "measure", *KEYS]).sort_index()
    seen = set()
    for keys, group in ratios[ratios["sector"].isin(SECTORS) & (ratios["sector"] != "Unmapped")].groupby(KEYS):
        series = group.set_index("as_of_date")
        for end in quarter_ends:
            past = [day for day in ends if day < end][-60:]
            for measure in MEASURES:
                history = series.loc[past, measure].to_numpy(dtype=float)
                value = float(series.loc[end, measure])
                row = tiers.loc[(end, measure, *keys)]
                percentile, tier = _tier(value, history)
                _, tier_without = _tier(float(row["value_without_top_issuer"]), history)
                assert row["tier"] == tier
                assert row["tier_without_top_issuer"] == tier_without
                assert row["history_months"] == np.sum(~np.isnan(history))
                np.testing.assert_allclose(row["percentile"], percentile, rtol=0, atol=0)
                np.testing.assert_allclose(row["value"], value, rtol=0, atol=0)
                if row["history_months"]:
                    np.testing.assert_allclose(row["five_year_average"], np.nanmean(history), rtol=1e-9, atol=1e-12)
                assert row["is_fragile"] == (tier != tier_without or row["issuer_count"] < 5)
                seen.add(tier)
    assert seen == {"Overweight", "Neutral", "Underweight", "Insufficient history"}


def test_fragility_leaves_out_the_issuer_with_the_most_dollars(six_years: duckdb.DuckDBPyConnection) -> None:
    """The value without the largest issuer is the definition's value of the lines without that issuer."""
    quarter_end = "2023-06-30"
    tiers = six_years.execute(
        "select * from marts.fct_sector_tiers_quarterly where quarter_end = ? and top_issuer_cik is not null",
        [quarter_end],
    ).df()
    checked = 0
    for sector, window, group, issuer in (
        tiers[["sector", "window_days", "insider_group", "top_issuer_cik"]].drop_duplicates().itertuples(index=False)
    ):
        # The tail of the history is all that a window at the quarter end can hold.
        six_years.execute(
            f"""
            create or replace temp view lines_without as
            select * from intermediate.int_signal_lines
            where transaction_date > date '{quarter_end}' - 90 and transaction_date <= date '{quarter_end}'
              and known_from <= date '{quarter_end}'
              and not (issuer_cik = '{issuer}' and sector = '{sector}')
            union all by name
            -- A line elsewhere that is filed on the quarter end, so that the definition's days reach it.
            from (
                select * replace ('Unmapped' as sector, '9999999999' as issuer_cik, date '{quarter_end}' as known_from)
                from intermediate.int_signal_lines limit 1
            )
            """  # noqa: S608
        )
        expected = ratios_by_definition(six_years, "lines_without")
        expected = expected[
            (expected["as_of_date"] == pd.Timestamp(quarter_end))
            & (expected["sector"] == sector)
            & (expected["window_days"] == window)
            & (expected["insider_group"] == group)
        ]
        rows = tiers[
            (tiers["sector"] == sector) & (tiers["window_days"] == window) & (tiers["insider_group"] == group)
        ].set_index("measure")
        for measure in MEASURES:
            actual = float(rows.loc[measure, "value_without_top_issuer"])
            wanted = float(expected[measure].iloc[0]) if len(expected) else np.nan
            np.testing.assert_allclose(actual, wanted, rtol=0, atol=0)
            checked += 1
    assert checked >= 40


def test_the_largest_issuer_has_the_most_dollars(six_years: duckdb.DuckDBPyConnection) -> None:
    shares = six_years.sql(
        """
        with dollars as (
            select tiers.quarter_end, tiers.sector, tiers.window_days, tiers.top_issuer_cik, tiers.top_issuer_share,
                lines.issuer_cik, sum(coalesce(lines.value_usd, 0)) as usd
            from marts.fct_sector_tiers_quarterly as tiers
            join intermediate.int_signal_lines as lines
              on lines.sector = tiers.sector
             and lines.known_from <= tiers.quarter_end
             and (lines.known_to is null or lines.known_to > tiers.quarter_end)
             and lines.transaction_date > tiers.quarter_end - tiers.window_days
             and lines.transaction_date <= tiers.quarter_end
            where tiers.measure = 'npr_usd' and tiers.insider_group = 'all'
            group by all
        )
        select arg_max(issuer_cik, usd) = any_value(top_issuer_cik) as is_same,
            abs(cast(max(usd) as double) / cast(sum(usd) as double) - any_value(top_issuer_share)) as difference
        from dollars group by quarter_end, sector, window_days having sum(usd) > 0
        """
    ).df()
    assert len(shares) > 80
    assert shares["is_same"].all()
    assert shares["difference"].max() < 1e-12
