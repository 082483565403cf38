"""The tier by hand of docs/method.md: every number of its table, asked of the models on the trades it names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from tests.conftest import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

    from tests.dbt_sectors.sector_models import SectorModels

# Month after month until the quarter: issuers D and E, dollars bought and sold on the tenth.
PERIODS = (("2020-07", "2020-12", 90_000, 10_000), ("2021-01", "2023-09", 10_000, 30_000))
QUARTER = (("A", "2023-10-10", "buy", 60_000), ("B", "2023-11-10", "buy", 30_000), ("C", "2023-12-10", "sell", 30_000))


def _lines() -> pd.DataFrame:
    trades: list[tuple[str, pd.Timestamp, str, int]] = []
    for first, last, bought, sold in PERIODS:
        for month in pd.period_range(first, last, freq="M"):
            day = month.to_timestamp() + pd.Timedelta(days=9)
            trades += [("D", day, "buy", bought), ("E", day, "sell", sold)]
    trades += [(issuer, pd.Timestamp(day), direction, usd) for issuer, day, direction, usd in QUARTER]
    return pd.DataFrame(
        [
            {
                "transaction_line_key": str(number),
                "insider_key": issuer,
                "issuer_cik": issuer,
                "sector": "Utilities",
                "transaction_date": day,
                "known_from": day + pd.Timedelta(days=2),
                "known_to": pd.NaT,
                "direction": direction,
                "share_count": float(usd / 10),
                "value_usd": float(usd),
                "is_officer_or_director": True,
                "is_executive": False,
                "is_opportunistic": False,
            }
            for number, (issuer, day, direction, usd) in enumerate(trades)
        ]
    )


def _told() -> dict[str, str]:
    """The rows of the table in the document."""
    text = (REPOSITORY / "docs" / "method.md").read_text(encoding="utf-8")
    section = text.split("### A tier by hand", 1)[1].split("\n#", 1)[0]
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", section, re.MULTILINE)
    return {label.strip(): value.strip() for label, value in rows if label.strip() != "step"}


@pytest.fixture(scope="module")
def found(sector_models: SectorModels, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder: Path = tmp_path_factory.mktemp("by_hand")
    connection = sector_models.run(_lines(), folder, last_day="2023-12-31")
    where = "sector = 'Utilities' and window_days = 90 and insider_group = 'officers_directors'"
    values: dict[Any, Any] = (
        connection.sql(
            f"select * from marts.fct_sector_ratios_daily where {where} and as_of_date = '2023-12-31'"  # noqa: S608
        )
        .df()
        .to_dict("records")[0]
    )
    values |= (
        connection.sql(
            f"select * from marts.fct_sector_tiers_quarterly where {where} and is_headline "  # noqa: S608
            "and quarter_end = '2023-12-31'"
        )
        .df()
        .to_dict("records")[0]
    )
    past = connection.sql(
        f"select npr_usd from marts.fct_sector_ratios_daily where {where} and is_month_end "  # noqa: S608
        "and as_of_date < '2023-12-31' and npr_usd is not null"
    ).df()["npr_usd"]
    values["below"] = int((past < values["value"]).sum())
    values["below_without"] = int((past < values["value_without_top_issuer"]).sum())
    connection.close()
    return values


def test_every_number_of_the_example_is_the_models(found: dict[str, Any]) -> None:
    expected = {
        "dollars bought in the 90 days": f"{found['buy_usd']:,.0f}",
        "dollars sold in the 90 days": f"{found['sell_usd']:,.0f}",
        "net purchase ratio in dollars": f"{found['value']:.3f}",
        "month-ends before it with a value": f"{found['history_months']}",
        "of these below": f"{found['below']}",
        "percentile": f"{found['percentile']:.3f}",
        "five-year average": f"{found['five_year_average']:.3f}",
        "tier": found["tier"],
        "issuers that traded": f"{found['issuer_count']}",
        "share of the largest issuer": f"{found['top_issuer_share']:.0%}",
        "ratio without it": f"{found['value_without_top_issuer']:.3f}",
        "month-ends below that": f"{found['below_without']}",
        "tier without it": found["tier_without_top_issuer"],
        "fragile": "yes" if found["is_fragile"] else "no",
        "benchmark weight": f"{found['benchmark_weight']:.1%}",
        "suggested weight": f"{found['suggested_weight']:.1%}",
    }
    assert _told() == expected
