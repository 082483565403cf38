"""The evidence by another road: pandas, scipy and statsmodels on the published Parquet, one combination at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy.stats import spearmanr

if TYPE_CHECKING:
    from pathlib import Path

COMBINATION = ["measure", "window_days", "insider_group", "horizon_months"]
MULTIPLIERS = {"Overweight": 1.75, "Underweight": 0.625}
COST = 0.0005  # per dollar traded


def published(parquet: Path, mart: str) -> pd.DataFrame:
    """A published mart as a data frame."""
    return pd.concat([pd.read_parquet(path) for path in sorted((parquet / mart).glob("*.parquet"))], ignore_index=True)


def opinions_and_returns(parquet: Path) -> pd.DataFrame:
    """Every opinion of the tiers beside what followed and the year before, where both are known."""
    tiers = published(parquet, "fct_sector_tiers_quarterly")
    returns = published(parquet, "fct_sector_forward_returns")
    both = tiers[tiers["tier"] != "Insufficient history"].merge(returns, on=["quarter_end", "sector"])
    both["prior"] = both["trailing_12_month_return"] - both["market_trailing_12_month_return"]
    return both.dropna(subset=["excess_return", "prior"])


def newey_west(series: pd.Series, horizon: int) -> tuple[float, float, int]:
    """Mean of a series of quarters without holes, its standard error, and the lag."""
    lag = max(horizon, int(np.ceil(1.3 * np.sqrt(len(series)))))
    fit = sm.OLS(series.to_numpy(), np.ones(len(series))).fit(
        cov_type="HAC", cov_kwds={"maxlags": lag, "use_correction": True}
    )
    return float(fit.params[0]), float(fit.bse[0]), lag


def evidence(rows: pd.DataFrame) -> dict[str, float]:
    """The pooled numbers of one combination; those that need a quarter with both tiers are left to `spreads`."""
    horizon = int(rows["horizon_months"].iloc[0]) // 3
    quarters = rows.groupby("quarter_end")
    ic, ic_error, lag = newey_west(
        pd.Series([spearmanr(rows["percentile"], rows["excess_return"]).statistic for _, rows in quarters]), horizon
    )
    control, control_error, _ = newey_west(
        pd.Series([spearmanr(-rows["prior"], rows["excess_return"]).statistic for _, rows in quarters]), horizon
    )
    found = {
        "quarter_count": len(quarters),
        "observation_count": len(rows),
        "ic": ic,
        "ic_t": ic / ic_error,
        "control_ic": control,
        "control_ic_t": control / control_error,
    }
    groups = quarters.ngroup().to_numpy()
    for name, columns in {"slope": ["percentile"], "slope_beyond_prior": ["percentile", "prior"]}.items():
        fit = sm.OLS(rows["excess_return"].to_numpy(), sm.add_constant(rows[columns].to_numpy())).fit(
            cov_type="hac-groupsum", cov_kwds={"time": groups, "maxlags": lag, "use_correction": False}
        )
        correction = np.sqrt(len(quarters) / (len(quarters) - len(fit.params)))
        found |= {name: fit.params[1], f"{name}_t": fit.params[1] / (fit.bse[1] * correction)}
    found["prior_slope"] = fit.params[2]
    percentile = rows["percentile"]
    masks = (percentile <= 0.25, percentile.between(0.25, 0.5, "right"), percentile.between(0.5, 0.75, "neither"))
    for number, mask in enumerate((*masks, percentile >= 0.75), start=1):
        found |= {f"quartile_{number}_count": mask.sum()}
        found |= {f"quartile_{number}_excess_return": rows.loc[mask, "excess_return"].mean()}
    over, under = rows[rows["tier"] == "Overweight"], rows[rows["tier"] == "Underweight"]
    return found | {
        "overweight_count": len(over),
        "overweight_hit_rate": (over["excess_return"] > 0).mean(),
        "underweight_count": len(under),
        "underweight_hit_rate": (under["excess_return"] < 0).mean(),
        **spreads(rows),
    }


def spreads(rows: pd.DataFrame) -> dict[str, float]:
    """Overweight less Underweight, and last year's losers less its winners, in the quarters that have both tiers."""
    spread, control = [], []
    for _, quarter in rows.groupby("quarter_end"):
        means = quarter.groupby("tier")["excess_return"].mean()
        if {"Overweight", "Underweight"} <= set(means.index):
            spread.append(means["Overweight"] - means["Underweight"])
            ordered = quarter.sort_values("prior")["excess_return"]
            count = max(1, int(len(ordered) * 0.25 + 0.5))
            control.append(ordered.iloc[:count].mean() - ordered.iloc[-count:].mean())
    return {
        "spread_quarter_count": len(spread),
        "spread": float(np.mean(spread)) if spread else np.nan,
        "spread_hit_rate": float(np.mean([value > 0 for value in spread])) if spread else np.nan,
        "control_spread": float(np.mean(control)) if control else np.nan,
    }


def month_of(days: pd.Series) -> pd.Series:
    """Months counted from the year 0."""
    stamps = pd.to_datetime(days)
    return stamps.dt.year * 12 + stamps.dt.month - 1


def month_end_tiers(parquet: Path) -> dict[tuple[int, str], str]:
    """Headline tier of every month-end and sector."""
    ratios = published(parquet, "fct_sector_ratios_daily")
    chosen = (ratios["window_days"] == 90) & (ratios["insider_group"] == "officers_directors") & ratios["is_month_end"]
    rows = ratios[chosen & ~ratios["sector"].isin(["All", "Unmapped"])]
    values = {
        (int(month), str(sector)): float(value)
        for month, sector, value in zip(month_of(rows["as_of_date"]), rows["sector"], rows["npr_usd"], strict=True)
    }

    def tier(month: int, sector: str) -> str:
        value = values[month, sector]
        past = np.array([values.get((earlier, sector), np.nan) for earlier in range(month - 60, month)])
        past = past[~np.isnan(past)]
        if np.isnan(value) or len(past) < 36:
            return "Insufficient history"
        percentile = ((past < value).sum() + 0.5 * (past == value).sum()) / len(past)
        return "Overweight" if percentile >= 0.75 else "Underweight" if percentile <= 0.25 else "Neutral"

    return {key: tier(*key) for key in values}


def backtest(parquet: Path, every_months: int) -> dict[int, float]:
    """Growth of one dollar in the tiers, valued at the first close of each month, by a plain loop."""
    prices = published(parquet, "fct_etf_prices_daily").dropna(subset=["adjusted_close_usd", "sector"])
    prices["month"] = month_of(prices["price_date"])
    firsts = prices.sort_values("price_date").groupby(["month", "sector"], as_index=False).first()
    closes = {
        (int(month), str(sector)): float(close)
        for month, sector, close in zip(firsts["month"], firsts["sector"], firsts["adjusted_close_usd"], strict=True)
    }
    tiers = month_end_tiers(parquet)
    sectors = {sector for _, sector in tiers}
    first = min(month for (month, _), tier in tiers.items() if tier != "Insufficient history" and month % 3 == 2) + 1
    last = max(month for month, _ in tiers) + 2
    worth: dict[str, float] = {}
    grown: dict[int, float] = {}
    for month in range(first, last + 1):
        worth = {s: amount * closes[month, s] / closes[month - 1, s] for s, amount in worth.items()}
        value = sum(worth.values()) if worth else 1.0
        grown[month] = value
        if month == first or (month < last and month % every_months == 0):
            raw = {s: MULTIPLIERS.get(tiers[month - 1, s], 1.0) for s in sectors if (month, s) in closes}
            target = {sector: weight / sum(raw.values()) for sector, weight in raw.items()}
            if month > first:
                value *= 1 - COST * sum(
                    abs(target.get(s, 0.0) - worth.get(s, 0.0) / grown[month]) for s in {*target, *worth}
                )
            worth = {sector: value * weight for sector, weight in target.items()}
    return grown
