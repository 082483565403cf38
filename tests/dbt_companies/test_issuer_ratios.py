"""Ratios, runs and reversals of single issuers are those of the definition, at every quarter end."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from tests.dbt_companies.definition import is_same, issuer_quarters, records
from tests.dbt_companies.histories import random_lines

if TYPE_CHECKING:
    from tests.dbt_companies.company_models import CompanyModels

MODELS = {
    "int_signal_lines_grouped",
    "int_as_of_dates",
    "int_issuer_totals_at_quarter_ends",
    "fct_issuer_ratios_quarterly",
}


def calendar(first: date, last: date) -> pd.DataFrame:
    """Every day with its month and quarter ends."""
    dates = pd.date_range(first, last)
    return pd.DataFrame(
        {"date_day": dates.date, "is_month_end": dates.is_month_end, "is_quarter_end": dates.is_quarter_end}
    )


@pytest.mark.parametrize("seed", range(3))
def test_every_quarter_of_every_issuer_is_that_of_the_definition(company_models: CompanyModels, seed: int) -> None:
    """Few enough trades that issuers pause for quarters, in years enough for reversals."""
    lines = random_lines(seed, 420, days=2500, issuers=8, insiders=4)
    lines["sector"] = [
        f"Sector {(day.year + int(cik)) % 3}" for day, cik in zip(lines["known_from"], lines["issuer_cik"], strict=True)
    ]
    # Years of selling, then of buying, by the issuer.
    is_selling = [
        (day.year + int(cik)) % 5 < 3 for day, cik in zip(lines["transaction_date"], lines["issuer_cik"], strict=True)
    ]
    lines["direction"] = lines["direction"].where(~pd.Series(is_selling), "sell")
    days = calendar(lines["known_from"].min(), lines["known_from"].max() + timedelta(days=100))
    ends = [day for day, is_end in zip(days["date_day"], days["is_quarter_end"], strict=True) if is_end]
    expected = issuer_quarters(records(lines), ends)
    with company_models.run({"intermediate.int_signal_lines": lines, "marts.dim_dates": days}, MODELS) as connection:
        cursor = connection.execute("select * from marts.fct_issuer_ratios_quarterly")
        names = [column[0] for column in cursor.description or []]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    actual = {(row["quarter_end"], row["issuer_cik"], row["insider_group"]): row for row in rows}
    assert len(rows) == len(actual) > 300
    assert set(actual) == set(expected)
    for key, totals in expected.items():
        assert actual[key]["sector"] in totals.pop("sectors")
        wrong = {
            name: (actual[key][name], value) for name, value in totals.items() if not is_same(actual[key][name], value)
        }
        assert not wrong, key
    assert max(row["sell_buy_below_one_quarters"] for row in rows) > 2
    assert sum(row["is_reversal_to_buying"] for row in rows) > 1
    assert sum(row["is_reversal_to_selling"] for row in rows) > 1
