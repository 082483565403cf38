"""Cluster buys against the definition played through day by day, and nothing later changes what was known."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from tests.dbt_companies.definition import clusters_by_definition, records
from tests.dbt_companies.histories import as_known_on, random_lines

if TYPE_CHECKING:
    from tests.dbt_companies.company_models import CompanyModels

LINES = "intermediate.int_signal_lines_detailed"
MODELS = {
    "int_cluster_purchases",
    "int_cluster_windows",
    "int_clusters_opened",
    "int_cluster_lines",
    "int_clusters_grown",
    "int_issuer_returns",
    "fct_cluster_buys",
}


# Prices of nobody that is here: the clusters are looked at without their returns.
NO_PRICES = {
    "seeds.issuer_prices": pd.DataFrame({"issuer_cik": ["none"], "price_date": [date(2019, 1, 7)], "adj_close": [1.0]}),
    "intermediate.int_etf_returns_daily": pd.DataFrame(
        {"etf_symbol": ["none"], "price_date": [date(2019, 1, 7)], "adjusted_close_usd": [1.0]}
    ),
    "marts.dim_sectors": pd.DataFrame({"sector": ["All"], "etf_symbol": ["SPY"]}),
}


def tables_of(lines: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """What the models of clusters start from: lines, the names and links of their filings, and no prices."""
    of_filing = ["owner_names", "filing_url"]
    filings = lines[["accession_number", *of_filing]].drop_duplicates()
    return {LINES: lines.drop(columns=of_filing), "intermediate.int_filings": filings, **NO_PRICES}


@pytest.mark.parametrize("seed", range(8))
def test_clusters_are_those_of_the_definition(company_models: CompanyModels, seed: int) -> None:
    lines = random_lines(seed, 260)
    expected = {
        (c.issuer, c.first, c.last, c.known_from, c.known_to, c.owners, round(c.dollars, 4), frozenset(c.roles))
        for c in clusters_by_definition(records(lines))
    }
    with company_models.run(tables_of(lines), MODELS) as connection:
        actual = {
            (issuer, first, last, known_from, known_to, owners, round(float(dollars), 4), frozenset(roles.split(",")))
            for issuer, first, last, known_from, known_to, owners, dollars, roles in connection.execute(
                "select issuer_cik, first_trade_date, last_trade_date, known_from, known_to, owner_count, value_usd, "
                "role_codes from marts.fct_cluster_buys"
            ).fetchall()
        }
    assert len(expected) > 5
    assert actual == expected


@pytest.mark.parametrize("seed", range(100, 106))
def test_what_becomes_known_later_changes_no_cluster_of_the_past(company_models: CompanyModels, seed: int) -> None:
    lines = random_lines(seed, 420)
    cut = lines["transaction_date"].min() + timedelta(days=200)
    before = as_known_on(lines, cut)
    query = """
        select * exclude (latest_first_trade_date, latest_last_trade_date, latest_owner_count, latest_value_usd)
            replace (case when known_to <= $cut then known_to end as known_to)
        from marts.fct_cluster_buys where known_from <= $cut order by cluster_key"""
    with company_models.run(tables_of(before), MODELS) as known, company_models.run(tables_of(lines), MODELS) as full:
        as_known = known.execute(query, {"cut": cut}).fetchall()
        as_told_later = full.execute(query, {"cut": cut}).fetchall()
    assert len(as_known) > 2
    assert as_known == as_told_later


def test_a_purchase_known_late_joins_what_has_grown_but_not_what_was_known(company_models: CompanyModels) -> None:
    """Three owners in January, three in February; a purchase filed in June lies between them."""
    lines = random_lines(1, 8, issuers=1).iloc[:8].assign(direction="buy", value_usd=20_000.0)
    days = [(1, 3), (1, 8), (1, 20), (2, 20), (2, 22), (2, 24), (2, 5)]
    lines["transaction_date"] = [date(2024, month, day) for month, day in [*days, (1, 5)]]
    lines["known_from"] = lines["enters_on"] = [date(2024, month, day + 2) for month, day in days[:6]] + [
        date(2024, 6, 3),
        date(2024, 1, 6),
    ]
    # What an amendment left is none of them.
    lines["known_to"] = [*[None] * 7, date(2024, 1, 7)]
    lines["lead_owner_cik"] = list("12345678")
    with company_models.run(tables_of(lines), MODELS) as connection:
        rows = connection.execute(
            "select first_trade_date, last_trade_date, owner_count, latest_first_trade_date, latest_last_trade_date, "
            "latest_owner_count from marts.fct_cluster_buys order by known_from"
        ).fetchall()
    grown = (date(2024, 1, 3), date(2024, 2, 24), 7)
    assert rows == [
        (date(2024, 1, 3), date(2024, 1, 20), 3, *grown),
        (date(2024, 2, 20), date(2024, 2, 24), 3, *grown),
    ]
