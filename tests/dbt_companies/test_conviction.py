"""The conviction score knows nothing of later, and its parts are what a plain computation gives."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from tests.dbt.warehouse_of import DBT, read_csv
from tests.dbt_companies.definition import Convictions, differences, records, releases_of, timing_of
from tests.dbt_companies.histories import as_known_on, random_lines

if TYPE_CHECKING:
    import duckdb

    from tests.dbt_companies.company_models import CompanyModels

SEEDS = DBT / "seeds" / "companies"
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
        f"seeds.{name}": pd.read_csv(SEEDS / f"{name}.csv") for name in ("conviction_weights", "conviction_scores")
    }
    return models.run({LINES: lines, "staging.stg_sec__issuer_filings": filings, **seeds}, MODELS)


@pytest.mark.parametrize("seed", range(200, 204))
def test_what_becomes_known_later_changes_no_score(company_models: CompanyModels, seed: int) -> None:
    lines = random_lines(seed, 420)
    cut = lines["transaction_date"].min() + timedelta(days=200)
    before = as_known_on(lines, cut)
    query = """
        select score.* exclude (known_to, restored_from, restored_to), timing.last_released_on,
            timing.expected_release_on, timing.is_in_expected_blackout
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


@pytest.mark.parametrize("seed", range(300, 303))
def test_every_part_of_the_score_is_that_of_the_definition(company_models: CompanyModels, seed: int) -> None:
    lines = random_lines(seed, 500, days=700)
    random = np.random.default_rng(seed)
    lines["value_usd"] = lines["value_usd"] * random.lognormal(0, 1, len(lines))
    lines["share_count_owned_after"] = lines["share_count"] * random.choice([0.5, 1.0, 3.0, np.nan], len(lines))
    lines["holding_key"] = random.choice(["Common|D|", "Common|I|By Trust"], len(lines))
    lines["rule_10b5_1_status"] = random.choice(["yes", "no", "unknown"], len(lines))
    filings = listed_filings(seed)
    # Of one issuer no results are known.
    filings = filings[filings["cik"] != f"{4:010d}"]
    told: dict[str, list[tuple[date, bool]]] = {}
    for issuer, day, is_release in zip(
        filings["cik"], filings["filed_date"], filings["is_earnings_release"], strict=True
    ):
        told.setdefault(issuer, []).append((day, is_release))
    releases = {issuer: releases_of(of_issuer) for issuer, of_issuer in told.items()}
    weights = {row["component"]: float(row["weight"]) for row in read_csv(SEEDS / "conviction_weights.csv")}
    scores = {(row["component"], row["code"]): float(row["score"]) for row in read_csv(SEEDS / "conviction_scores.csv")}
    expected = Convictions(records(lines), releases, weights, scores).by_line()
    with run(company_models, lines, filings) as connection:
        cursor = connection.execute(
            "select score.*, timing.last_released_on, timing.expected_release_on "
            "from marts.fct_trade_conviction as score "
            "inner join marts.fct_trade_timing as timing on score.transaction_line_key = timing.transaction_line_key"
        )
        names = [column[0] for column in cursor.description or []]
        actual = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    assert {row["transaction_line_key"] for row in actual} == set(expected)
    assert len(actual) == len(expected) > 400
    assert differences(actual, expected) == []
    for row in actual:
        timing = timing_of(row["transaction_date"], releases.get(row["issuer_cik"], ()))
        assert (row["last_released_on"], row["expected_release_on"]) == (timing.last, timing.expected)
    for column in ("cluster_code", "pattern_code", "timing_code", "holding_score", "opportunistic_code"):
        assert len({row[column] for row in actual}) > 2, column
