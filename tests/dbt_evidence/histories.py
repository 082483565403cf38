"""Histories with a known truth, as the tables the statistics are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.signal import lfilter
from scipy.stats import norm, rankdata

if TYPE_CHECKING:
    from collections.abc import Sequence

SECTOR_COUNT = 11
PERSISTENCE = 0.6  # of what insiders think, from one quarter to the next
DEVIATION = 0.06  # of a sector's excess return over a quarter
SPLIT = 0.5


def history(seed: int, quarters: int, horizon: int, effect: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One history: opinions that last, returns that overlap and move together, and an effect of one on the other.

    Args:
        seed: Of the random numbers; it also names the history (column ``measure``).
        quarters: How many have an opinion and a return.
        horizon: Quarters a return spans.
        effect: What a percentile of 1 adds to the next quarter's return, over one of 0.

    Returns:
        Rows of ``int_evidence_observations`` and of ``rpt_signal_evidence_quarterly``.
    """
    random = np.random.default_rng(seed)
    length = quarters + 60
    shocks = random.standard_normal((length, SECTOR_COUNT)) * np.sqrt(1 - PERSISTENCE**2)
    thought = lfilter([1.0], [1.0, -PERSISTENCE], shocks, axis=0)
    percentile = norm.cdf(thought)
    # Sectors move together: half of the variance is one factor, to which they are exposed in both directions.
    exposure = np.linspace(-1.5, 1.5, SECTOR_COUNT)
    factor = random.standard_normal((length, 1)) * exposure
    own = random.standard_normal((length, SECTOR_COUNT))
    quarterly = DEVIATION * (factor + own) / np.sqrt(2)
    quarterly[1:] += effect * (percentile[:-1] - 0.5)
    sums = np.cumsum(np.vstack([np.zeros(SECTOR_COUNT), quarterly]), axis=0)
    at = np.arange(50, 50 + quarters)
    excess = sums[at + 1 + horizon] - sums[at + 1]
    prior = sums[at + 1] - sums[at + 1 - 4]
    percentile = percentile[at]
    name, first = f"seed_{seed}", 8000
    tier = np.where(percentile >= 0.75, "Overweight", np.where(percentile <= 0.25, "Underweight", "Neutral"))
    places = rankdata(prior, axis=1)
    control = np.where(places <= 3, "worst", np.where(places > SECTOR_COUNT - 3, "best", "middle"))
    numbers = np.repeat(np.arange(first, first + quarters), SECTOR_COUNT)
    keys = {"measure": name, "window_days": 90, "insider_group": "all", "horizon_months": 3 * horizon}
    observations = pd.DataFrame(
        keys
        | {
            "quarter_number": numbers,
            "period": np.where(numbers < first + SPLIT * quarters, "before", "after"),
            "sector": np.tile([f"sector {number:02d}" for number in range(SECTOR_COUNT)], quarters),
            "percentile": percentile.ravel(),
            "tier": tier.ravel(),
            "excess_return": excess.ravel(),
            "prior_excess_return": prior.ravel(),
            "control_group": control.ravel(),
        }
    )
    sections = pd.DataFrame(
        keys
        | {
            "quarter_number": np.arange(first, first + quarters),
            "ic": _correlations(percentile, excess),
            "control_ic": -_correlations(prior, excess),
            "spread": _spreads(excess, tier == "Overweight", tier == "Underweight"),
            "control_spread": _spreads(excess, control == "worst", control == "best"),
        }
    )
    return observations, sections


def histories(seeds: Sequence[int], quarters: int, horizon: int, effect: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Many histories in one table, told apart by ``measure``."""
    made = [history(seed, quarters, horizon, effect) for seed in seeds]
    return (
        pd.concat([observations for observations, _ in made], ignore_index=True),
        pd.concat([sections for _, sections in made], ignore_index=True),
    )


def _correlations(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    ranks = [rankdata(values, axis=1) - (SECTOR_COUNT + 1) / 2 for values in (left, right)]
    correlations: np.ndarray = (ranks[0] * ranks[1]).sum(axis=1) / np.sqrt(
        (ranks[0] ** 2).sum(axis=1) * (ranks[1] ** 2).sum(axis=1)
    )
    return correlations


def _spreads(excess: np.ndarray, is_first: np.ndarray, is_second: np.ndarray) -> np.ndarray:
    def mean_where(group: np.ndarray) -> np.ndarray:
        counts = group.sum(axis=1)
        means: np.ndarray = np.where(counts > 0, (excess * group).sum(axis=1) / np.maximum(counts, 1), np.nan)
        return means

    spreads: np.ndarray = mean_where(is_first) - mean_where(is_second)
    return spreads
