"""The conviction score knows nothing of later, and its parts are what a plain computation gives."""

from __future__ import annotations

import math
import statistics
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from tests.dbt.warehouse_of import DBT
from tests.dbt_companies.histories import random_lines

if TYPE_CHECKING:
    import duckdb

    from tests.dbt_companies.company_models import CompanyModels

LINES = "intermediate.int_signal_lines_detailed"
MODELS = {
    "int_cluster_purchases",
    "int_cluster_windows",
    "int_purchases_in_clusters",
    "int_earnings_releases",
    "int_trade_days_timed",
    "int_trades_measured",
    "fct_trade_timing",
    "fct_trade_conviction",
}


def listed_filings(seed: int, through: date = date(2021, 1, 1)) -> pd.DataFrame:
    """Releases of each issuer about every 91 days, reports some days after them; those filed up to the day."""
    random = np.random.default_rng(seed)
    rows = []
    for issuer in range(5):
        day = date(2017, 11, 1) + timedelta(days=int(random.integers(0, 60)))
        while day.year < 2021:
            report = day + timedelta(days=int(random.integers(0, 9)))
            rows.append((f"{issuer:010d}", "8-K", True, day))
            rows.append((f"{issuer:010d}", "10-Q", False, report))
            day += timedelta(days=91 + int(random.integers(-7, 8)))
    filings = pd.DataFrame(rows, columns=["cik", "form_type", "is_earnings_release", "filed_date"])
    return filings[filings["filed_date"] <= through].assign(is_readable=True)


def run(models: CompanyModels, lines: pd.DataFrame, filings: pd.DataFrame) -> duckdb.DuckDBPyConnection:
    seeds = {
        f"seeds.{name}": pd.read_csv(DBT / "seeds" / "companies" / f"{name}.csv")
        for name in ("conviction_weights", "conviction_scores")
    }
    return models.run({LINES: lines, "staging.stg_sec__issuer_filings": filings, **seeds}, MODELS)


@pytest.mark.parametrize("seed", range(200, 204))
def test_what_becomes_known_later_changes_no_score(company_models: CompanyModels, seed: int) -> None:
    lines = random_lines(seed, 420)
    cut = lines["transaction_date"].min() + timedelta(days=200)
    before = lines[lines["known_from"] <= cut].copy()
    before["known_to"] = [None if day is None or day > cut else day for day in before["known_to"]]
    query = """
        select score.* exclude (known_to), timing.last_released_on, timing.expected_release_on,
            timing.is_in_expected_blackout
        from marts.fct_trade_conviction as score
        inner join marts.fct_trade_timing as timing on score.transaction_line_key = timing.transaction_line_key
        where score.known_from <= ? order by score.transaction_line_key"""
    with (
        run(company_models, before, listed_filings(seed, cut)) as known,
        run(company_models, lines, listed_filings(seed)) as full,
    ):
        earlier, later = known.execute(query, [cut]).df(), full.execute(query, [cut]).df()
    assert len(earlier) > 200
    assert set(earlier["timing_code"]) == {"blackout", "open"}
    assert set(earlier["cluster_code"].dropna()) == {"in_cluster", "alone"}
    pd.testing.assert_frame_equal(earlier, later, check_exact=True)


def test_sizes_are_compared_with_what_was_known_before(company_models: CompanyModels) -> None:
    lines = random_lines(7, 500)
    lines["value_usd"] = lines["value_usd"] * np.random.default_rng(7).lognormal(0, 1, len(lines))
    with run(company_models, lines, listed_filings(7)) as connection:
        rows = connection.execute(
            "select issuer_cik, lead_owner_cik, transaction_date, direction, enters_on, size_deviation "
            "from intermediate.int_trades_measured where size_deviation is not null"
        ).fetchall()
    key = ["issuer_cik", "lead_owner_cik", "transaction_date", "direction", "enters_on"]
    far = date(9999, 12, 31)
    trades = (
        lines.assign(leaves=[far if day is None else day for day in lines["known_to"]])
        .groupby(key)
        .agg(value=("value_usd", "sum"), leaves=("leaves", "max"))
    )
    trades = trades[trades["value"] > 0].reset_index()
    assert len(rows) > 100
    for issuer, owner, traded, direction, known, deviation in rows:
        same = trades[(trades["issuer_cik"] == issuer) & (trades["direction"] == direction)]
        own = same[
            (same["lead_owner_cik"] == owner) & (same["transaction_date"] == traded) & (same["enters_on"] == known)
        ]
        # Superseded the day before or earlier: what is superseded today was still believed when the day began.
        past = same[(same["enters_on"] < known) & (same["leaves"] >= known)]
        logs = [math.log(value) for value in past["value"]]
        expected = (math.log(own["value"].iloc[0]) - statistics.mean(logs)) / statistics.stdev(logs)
        assert deviation == pytest.approx(expected, abs=1e-5)
