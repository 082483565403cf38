"""Writes a published file with the marts a tier report reads: columns by their contracts, rows by the test.

The contracts are held against the SQL when dbt builds, so a report that reads these tables reads the real ones.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import duckdb
import pandas as pd
import yaml

from tests.conftest import REPOSITORY
from tests.reports.published_by_hand import write_publication
from warehouse.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

QUARTER_END, BEFORE = date(2025, 12, 31), date(2025, 9, 30)

Row = dict[str, Any]

# Sector, percentile now and before, tier, support, momentum.
SECTORS = (
    ("Energy", 0.95, 0.60, "Overweight", "firm", "diverges"),
    ("Health Care", 0.80, 0.78, "Overweight", "mixed", "confirms"),
    ("Utilities", 0.76, 0.10, "Overweight", "fragile", "unknown"),
    ("Materials", 0.70, 0.70, "Neutral", "firm", "no opinion"),
    ("Industrials", 0.61, 0.55, "Neutral", "firm", "no opinion"),
    ("Financials", 0.52, 0.52, "Neutral", "mixed", "no opinion"),
    ("Real Estate", 0.50, 0.45, "Neutral", "firm", "no opinion"),
    ("Consumer Staples", 0.41, 0.40, "Neutral", "firm", "no opinion"),
    ("Communication Services", 0.33, 0.90, "Neutral", "firm", "no opinion"),
    ("Consumer Discretionary", 0.22, 0.30, "Underweight", "firm", "confirms"),
    ("Information Technology", 0.07, 0.09, "Underweight", "firm", "diverges"),
)


def tier_of(percentile: float) -> str:
    return "Overweight" if percentile >= 0.75 else "Underweight" if percentile <= 0.25 else "Neutral"


def tier_rows() -> list[Row]:
    """Eleven sectors at two quarter ends."""
    multipliers = {"Overweight": 1.75, "Neutral": 1.0, "Underweight": 0.625}
    total = sum(multipliers[tier] for _, _, _, tier, _, _ in SECTORS)
    rows = []
    for number, (sector, now, before, tier, support, confirmation) in enumerate(SECTORS):
        weight = multipliers[tier] / total
        was = tier_of(before)
        rows.append(
            {
                "quarter_end": QUARTER_END, "sector": sector, "etf_symbol": f"XL{number}", "tier": tier,
                "sector_rank": number + 1, "value": 0.7 - number / 7, "five_year_average": -0.3 - number / 90,
                "percentile": now, "history_months": 60, "previous_quarter_tier": was,
                "tier_change": "unchanged" if was == tier else "up" if now > before else "down",
                "previous_quarter_percentile": before, "percentile_change": now - before, "benchmark_weight": 1 / 11,
                "suggested_weight": weight, "active_weight": weight - 1 / 11, "suggested_weight_change": 0.01,
                "buy_usd": 1_000_000 + number, "sell_usd": 500_000, "issuer_count": 3 if support == "fragile" else 40,
                "top_issuer_cik": f"{number:010d}", "top_issuer_name": f"{sector} Holdings <& Co>",
                "top_issuer_share": 0.31, "tier_without_top_issuer": tier, "is_fragile": support == "fragile",
                "measure_count": 5, "agreeing_measure_count": 4, "tier_support": support, "cluster_count": 1,
                "cluster_usd": 60_000, "confirmation": confirmation,
            }
        )  # fmt: skip
        rows.append(rows[-1] | {"quarter_end": BEFORE, "percentile": before, "tier": was, "tier_change": "first"})
    return rows


def driver_rows() -> list[Row]:
    return [
        {
            "quarter_end": QUARTER_END, "sector": sector, "driver_rank": rank, "issuer_cik": f"{number}{rank}",
            "issuer_name": f"{sector} {rank}", "issuer_symbol": f"S{number}{rank}", "buy_usd": 3_000_000 / rank,
            "sell_usd": 100_000, "usd_share": 0.4 / rank, "value_contribution": 0.2 / rank,
            "cluster_owner_count": 4 if rank == 1 else 0,
        }
        for number, (sector, *_) in enumerate(SECTORS)
        for rank in (1, 2)
    ]  # fmt: skip


def cluster_rows() -> list[Row]:
    return [
        {
            "quarter_end": QUARTER_END, "sector": sector, "tier": tier, "cluster_key": f"key {sector}",
            "issuer_cik": "1", "issuer_name": f"Cluster of {sector}", "issuer_symbol": "CL",
            "first_trade_date": date(2025, 11, 3), "last_trade_date": date(2025, 11, 14),
            "known_from": date(2025, 11, 17), "owner_count": 3, "owner_names": "Doe; Roe; =1+1",
            "role_codes": "ceo,director,director", "value_usd": 250_000, "conviction_score": 71.4,
            "is_high_conviction": True, "filing_urls": "https://www.sec.gov/Archives/1.txt https://www.sec.gov/2.txt",
        }
        for sector, _, _, tier, _, _ in SECTORS[:4]
    ]  # fmt: skip


def ledger_row(**changed: Any) -> Row:
    counts = {name: 0 for name, _ in contract("rpt_quarter_ledger")[0] if name.endswith("_count")}
    return counts | {
        "quarter_end": QUARTER_END, "filing_day_count": 63, "later_filing_day_count": 6, "filing_count": 40_000,
        "transaction_line_count": 90_000, "lost_derivative_count": 20_000, "lost_not_open_market_count": 45_000,
        "open_market_line_count": 25_000, "lost_joint_duplicate_count": 1_000, "signal_line_count": 24_000,
        "lost_not_officer_or_director_count": 3_000, "lost_price_not_valid_count": 500, "headline_line_count": 20_500,
    } | changed  # fmt: skip


def evidence_row(**changed: Any) -> Row:
    """The headline's evidence, where nothing can be told from chance."""
    return {
        "measure": "npr_usd", "window_days": 90, "insider_group": "officers_directors", "horizon_months": 12,
        "scope": "pooled", "period": "all", "is_headline": True, "split_date": date(2012, 6, 30),
        "first_quarter_end": date(2009, 3, 31), "last_quarter_end": date(2024, 12, 31), "quarter_count": 64,
        "observation_count": 600, "combination_count": 160, "verdict": "not_told_from_chance",
        "verdict_beyond_prior": "not_told_from_chance", "ic": 0.04, "ic_low": -0.08, "ic_high": 0.16, "ic_t": 0.9,
        "ic_effective_n": 21.3, "control_ic": -0.02, "spread": 0.011, "spread_quarter_count": 50,
        "spread_hit_rate": 0.54, "control_spread": -0.013, "overweight_count": 170, "overweight_hit_rate": 0.51,
        "underweight_count": 150, "underweight_hit_rate": 0.55, "quartile_1_excess_return": -0.012,
        "quartile_2_excess_return": 0.003, "quartile_3_excess_return": -0.001, "quartile_4_excess_return": 0.006,
        "quartile_1_count": 150, "quartile_2_count": 140, "quartile_3_count": 140, "quartile_4_count": 170,
    } | changed  # fmt: skip


def whole_quarter() -> dict[str, list[Row]]:
    """The rows of a quarter with everything but prices."""
    return {
        "rpt_tier_report": tier_rows(),
        "rpt_tier_drivers": driver_rows(),
        "rpt_tier_clusters": cluster_rows(),
        "rpt_quarter_ledger": [ledger_row()],
        "rpt_sector_confirmation": [],
        "fct_tier_restatements": [],
    }


def contract(mart: str) -> tuple[list[tuple[str, str]], dict[str, str]]:
    """Columns and types of a mart as its contract says, and descriptions by column."""
    (path,) = (REPOSITORY / "dbt_project" / "models" / "marts").rglob(f"{mart}.yml")
    (model,) = yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
    columns = [(column["name"], column["data_type"]) for column in model["columns"]]
    return columns, {column["name"]: column["description"] for column in model["columns"]}


def write_published(
    folder: Path, marts: Mapping[str, Sequence[Row]], *, is_simulated: bool = True, generation: int = 1
) -> Settings:
    """Write a published file with these marts; a mart that is not named is not in it."""
    settings = Settings(data_dir=folder)
    settings.published_dir.mkdir(parents=True, exist_ok=True)
    settings.published_path.unlink(missing_ok=True)
    with duckdb.connect(str(settings.published_path)) as connection:
        write_publication(connection, is_simulated=is_simulated)
        connection.execute("update publication set generation = ?", [f"2026010{generation}T070000000000Z"])
        for mart, rows in marts.items():
            columns, descriptions = contract(mart)
            listed = ", ".join(f"{name} {data_type}" for name, data_type in columns)
            connection.execute(f"create table {mart} ({listed})")
            for name, description in descriptions.items():
                said = description.replace("'", "''")
                connection.execute(f"comment on column {mart}.{name} is '{said}'")
            if rows:
                assert {name for row in rows for name in row} <= {name for name, _ in columns}
                # One frame a table: inserting row by row takes seconds.
                connection.register("rows", pd.DataFrame(list(rows)).astype(object))
                connection.execute(f"insert into {mart} by name select * from rows")
                connection.unregister("rows")
    return settings
