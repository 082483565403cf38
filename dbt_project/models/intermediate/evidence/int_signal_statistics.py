"""What no SQL can say of the signal: estimates with standard errors that know of overlapping returns.

Every estimate is a least squares coefficient (a mean is the regression on a constant), its standard error that of
Newey and West (1987) with Bartlett weights, over quarters; where several sectors stand in one quarter their scores are
summed first, as Driscoll and Kraay (1998) do, because sectors move together. The lag is at least the horizon, as
returns over the horizon overlap, and at least 1.3 times the root of the number of quarters; critical values are those
of a lag that is a fixed share of the sample (Kiefer and Vogelsang 2005): with few quarters a t of 2 is not rare. Both
follow the advice of Lazarus, Lewis, Stock and Watson (2018).

The libraries are imported where they are used: a build without prices has nothing to compute and does not load them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    import pandas as pd
    import pyarrow as pa

PERIODS = ("all", "before", "after")
# With fewer quarters of a tier the residuals all but vanish, and so would the error made of them.
LEAST_QUARTERS_OF_A_TIER = 4
COUNTED_TWIN = "npr_count"


class Estimate(NamedTuple):
    """One coefficient and how sure it is.

    Attributes:
        value: The coefficient.
        standard_error: Newey-West; ``None`` where the observations leave none.
        effective_n: Independent quarters that would give the same standard error, at most those there are.
        quarter_count: Quarters with an observation.
        lag: Quarters whose correlation is allowed for.
        critical_t: What the absolute t exceeds by chance once in twenty times.
    """

    value: float
    standard_error: float | None
    effective_n: float | None
    quarter_count: int
    lag: int
    critical_t: float


def hac_lag(quarter_count: int, horizon_quarters: int) -> int:
    """Lag in quarters: the horizon, or more as the sample grows (Lazarus et al. 2018); never the whole sample."""
    return max(0, min(quarter_count - 1, max(horizon_quarters, math.ceil(1.3 * math.sqrt(quarter_count)))))


def critical_t(quarter_count: int, lag: int) -> float:
    """Two-sided 5% critical value for Bartlett weights of this lag (Kiefer and Vogelsang 2005, table 1)."""
    share = min(1.0, (lag + 1) / quarter_count)
    return 1.9600 + 2.9694 * share + 0.4160 * share**2 - 0.5324 * share**3


def regress(
    outcome: np.ndarray, regressors: np.ndarray, contrast: np.ndarray, horizon_quarters: int
) -> Estimate | None:
    """Least squares with a constant, and the standard error of one combination of its coefficients.

    Args:
        outcome: Quarters x sectors, without a gap between quarters; NaN where there is no observation.
        regressors: Quarters x sectors x k; NaN where there is no observation.
        contrast: Weights of the constant and the k coefficients.
        horizon_quarters: How many quarters a return spans.

    Returns:
        The combination, or ``None`` when the observations do not determine it.
    """
    import numpy as np
    from statsmodels.stats.sandwich_covariance import S_hac_simple

    quarters, sectors = outcome.shape
    is_valid = ~np.isnan(outcome) & ~np.isnan(regressors).any(axis=2)
    design = np.concatenate([np.ones((quarters, sectors, 1)), np.where(np.isnan(regressors), 0.0, regressors)], axis=2)
    design *= is_valid[:, :, None]
    flat = design.reshape(quarters * sectors, -1)
    target = np.where(is_valid, outcome, 0.0).ravel()
    quarter_count = int(is_valid.any(axis=1).sum())
    products = flat.T @ flat
    scale = np.sqrt(np.diag(products))
    if quarter_count <= len(contrast) or not scale.all():
        return None
    if np.linalg.matrix_rank(products / np.outer(scale, scale), tol=1e-10, hermitian=True) < len(contrast):
        return None
    bread = np.linalg.inv(products)
    coefficients = bread @ (flat.T @ target)
    # A quarter without observations has a score of nothing and keeps its place, so that lags stay lags.
    scores = (
        (flat * (target - flat @ coefficients)[:, None]).reshape(quarters, sectors, -1).sum(axis=1) @ bread @ contrast
    )
    lag = hac_lag(quarter_count, horizon_quarters)
    # Residuals are smaller than errors by what the coefficients took: the usual correction, of quarters here.
    correction = quarter_count / (quarter_count - len(contrast))
    variance = correction * float(S_hac_simple(scores, nlags=lag)[0, 0])
    plain_variance = correction * float(scores @ scores)
    value = float(contrast @ coefficients)
    is_certain = variance <= 1e-16 * max(value * value, 1e-12)
    return Estimate(
        value=value,
        standard_error=None if is_certain else math.sqrt(variance),
        effective_n=None if is_certain else min(1.0, plain_variance / variance) * quarter_count,
        quarter_count=quarter_count,
        lag=lag,
        critical_t=critical_t(quarter_count, lag),
    )


def mean(series: np.ndarray, horizon_quarters: int) -> Estimate | None:
    """Mean of a series of quarters, NaN where there is no value."""
    import numpy as np

    none = np.empty((len(series), 1, 0))
    return regress(series[:, None], none, np.array([1.0]), horizon_quarters)


def rank_correlation(left: np.ndarray, right: np.ndarray, horizon_quarters: int) -> Estimate | None:
    """Spearman correlation of two series of quarters: the slope between their ranks, scaled to a deviation of 1."""
    import numpy as np
    from scipy.stats import rankdata

    def scaled(series: np.ndarray) -> np.ndarray:
        ranks = rankdata(series[is_valid])
        deviation = ranks.std()
        whole = np.full(len(series), np.nan)
        whole[is_valid] = (ranks - ranks.mean()) / deviation if deviation else 0.0
        return whole

    is_valid = ~np.isnan(left) & ~np.isnan(right)
    if not is_valid.any():
        return None
    return regress(scaled(right)[:, None], scaled(left)[:, None, None], np.array([0.0, 1.0]), horizon_quarters)


def difference_of_groups(
    outcome: np.ndarray, is_first: np.ndarray, is_second: np.ndarray, horizon_quarters: int
) -> Estimate | None:
    """Mean of the quarters of one group less that of another; no standard error where either has too few of them."""
    import numpy as np

    estimate = regress(
        outcome[:, None],
        np.stack([is_first, is_second], axis=-1)[:, None, :].astype(float),
        np.array([0.0, 1.0, -1.0]),
        horizon_quarters,
    )
    smaller = min(int((group & ~np.isnan(outcome)).sum()) for group in (is_first, is_second))
    if estimate is None or smaller >= LEAST_QUARTERS_OF_A_TIER:
        return estimate
    return estimate._replace(standard_error=None, effective_n=None)


class Panel(NamedTuple):
    """What one measure, window, group and horizon said and what came of it.

    Attributes:
        sectors: Names, in the order of the columns.
        periods: Period of each quarter.
        horizon_quarters: Quarters a return spans.
        percentile, excess, prior: Quarters x sectors, NaN where there is no observation.
        tier, control: The same with names, ``None`` where there is none.
        ic, control_ic, count_ic, spread, control_spread: One number a quarter, NaN where there is none.
    """

    sectors: tuple[str, ...]
    periods: np.ndarray
    horizon_quarters: int
    percentile: np.ndarray
    excess: np.ndarray
    prior: np.ndarray
    tier: np.ndarray
    control: np.ndarray
    ic: np.ndarray
    control_ic: np.ndarray
    count_ic: np.ndarray
    spread: np.ndarray
    control_spread: np.ndarray


def pooled_statistics(panel: Panel, rows: slice) -> Iterator[tuple[str, Estimate | None]]:
    """The estimates over all sectors, for the quarters of a period."""
    import numpy as np

    horizon = panel.horizon_quarters
    excess, percentile, prior = panel.excess[rows], panel.percentile[rows], panel.prior[rows]
    yield "ic", mean(panel.ic[rows], horizon)
    yield "control_ic", mean(panel.control_ic[rows], horizon)
    yield "ic_minus_control", mean((panel.ic - panel.control_ic)[rows], horizon)
    yield "ic_minus_count", mean((panel.ic - panel.count_ic)[rows], horizon)
    yield "spread", mean(panel.spread[rows], horizon)
    yield "control_spread", mean(panel.control_spread[rows], horizon)
    yield "slope", regress(excess, percentile[:, :, None], np.array([0.0, 1.0]), horizon)
    both = np.stack([percentile, prior], axis=-1)
    yield "slope_beyond_prior", regress(excess, both, np.array([0.0, 1.0, 0.0]), horizon)
    yield "prior_slope", regress(excess, both, np.array([0.0, 0.0, 1.0]), horizon)


def sector_statistics(panel: Panel, place: int) -> Iterator[tuple[str, Estimate | None]]:
    """The estimates of one sector over its quarters."""
    import numpy as np

    horizon = panel.horizon_quarters
    excess, percentile, prior = panel.excess[:, place], panel.percentile[:, place], panel.prior[:, place]
    tier, control = panel.tier[:, place], panel.control[:, place]
    yield "ic", rank_correlation(percentile, excess, horizon)
    yield "control_ic", rank_correlation(-prior, excess, horizon)
    yield "spread", difference_of_groups(excess, tier == "Overweight", tier == "Underweight", horizon)
    yield "control_spread", difference_of_groups(excess, control == "worst", control == "best", horizon)
    yield "slope", regress(excess[:, None], percentile[:, None, None], np.array([0.0, 1.0]), horizon)
    both = np.stack([percentile, prior], axis=-1)[:, None, :]
    yield "slope_beyond_prior", regress(excess[:, None], both, np.array([0.0, 1.0, 0.0]), horizon)
    yield "prior_slope", regress(excess[:, None], both, np.array([0.0, 0.0, 1.0]), horizon)


def panel_statistics(panel: Panel) -> Iterator[tuple[str, str, str, Estimate]]:
    """Every estimate of a panel: scope, period, name, estimate. Sectors are looked at over all quarters only."""
    import numpy as np

    for period in PERIODS:
        places = np.flatnonzero((panel.periods == period) | (period == "all"))
        if len(places):
            rows = slice(int(places[0]), int(places[-1]) + 1)
            yield from (
                ("pooled", period, name, estimate)
                for name, estimate in pooled_statistics(panel, rows)
                if estimate is not None
            )
    for place, sector in enumerate(panel.sectors):
        yield from (
            (sector, "all", name, estimate)
            for name, estimate in sector_statistics(panel, place)
            if estimate is not None
        )


def _table(column: pd.Series, at: tuple[np.ndarray, np.ndarray], empty: np.ndarray) -> np.ndarray:
    empty[at] = column.to_numpy(dtype=empty.dtype)
    return empty


def _series(section: pd.DataFrame | None, column: str, first: int, length: int) -> np.ndarray:
    import numpy as np

    values = np.full(length, np.nan)
    if section is not None:
        place = section["quarter_number"].to_numpy() - first
        is_inside = (place >= 0) & (place < length)
        values[place[is_inside]] = section[column].to_numpy(dtype=float)[is_inside]
    return values


def panels(observations: pd.DataFrame, cross_sections: pd.DataFrame) -> Iterator[tuple[tuple[Any, ...], Panel]]:
    """Cut the observations into panels.

    Args:
        observations: Usable rows of ``int_evidence_observations``.
        cross_sections: Rows of ``rpt_signal_evidence_quarterly``, with ``quarter_number``.

    Yields:
        (measure, window_days, insider_group, horizon_months) and its panel.
    """
    import numpy as np

    keys = ["measure", "window_days", "insider_group", "horizon_months"]
    sections: dict[Any, pd.DataFrame] = dict(list(cross_sections.groupby(keys)))
    groups: Iterator[tuple[Any, pd.DataFrame]] = iter(observations.groupby(keys))
    for key, group in groups:
        first = int(group["quarter_number"].min())
        length = int(group["quarter_number"].max()) - first + 1
        sectors = tuple(sorted(group["sector"].unique()))
        shape = (length, len(sectors))
        at = (
            group["quarter_number"].to_numpy() - first,
            np.searchsorted(np.array(sectors), group["sector"].to_numpy(dtype=str)),
        )
        periods = np.full(length, "", dtype=object)
        periods[at[0]] = group["period"].to_numpy(dtype=object)
        section, counted = sections.get(key), sections.get((COUNTED_TWIN, *key[1:]))
        yield (
            key,
            Panel(
                sectors=sectors,
                periods=periods,
                horizon_quarters=int(key[3]) // 3,
                percentile=_table(group["percentile"], at, np.full(shape, np.nan)),
                excess=_table(group["excess_return"], at, np.full(shape, np.nan)),
                prior=_table(group["prior_excess_return"], at, np.full(shape, np.nan)),
                tier=_table(group["tier"], at, np.full(shape, None)),
                control=_table(group["control_group"], at, np.full(shape, None)),
                ic=_series(section, "ic", first, length),
                control_ic=_series(section, "control_ic", first, length),
                count_ic=_series(counted if key[0] != COUNTED_TWIN else None, "ic", first, length),
                spread=_series(section, "spread", first, length),
                control_spread=_series(section, "control_spread", first, length),
            ),
        )


def schema() -> pa.Schema:
    """Columns of the table."""
    import pyarrow as pa

    text, whole, number = pa.string(), pa.int32(), pa.float64()
    return pa.schema(
        [
            ("measure", text),
            ("window_days", whole),
            ("insider_group", text),
            ("horizon_months", whole),
            ("scope", text),
            ("period", text),
            ("statistic", text),
            ("value", number),
            ("standard_error", number),
            ("effective_n", number),
            ("quarter_count", whole),
            ("hac_lag", whole),
            ("critical_t", number),
        ]
    )


def statistics(observations: pd.DataFrame, cross_sections: pd.DataFrame) -> pa.Table:
    """Every estimate of every combination that has observations, one row each."""
    import pyarrow as pa

    names = schema().names
    return pa.Table.from_pylist(
        [
            dict(zip(names, (*key, scope, period, name, *estimate), strict=True))
            for key, panel in panels(observations, cross_sections)
            for scope, period, name, estimate in panel_statistics(panel)
        ],
        schema=schema(),
    )


def model(dbt: Any, session: Any) -> Any:  # noqa: ARG001 - dbt hands over both
    """The table, for dbt: empty where no return is known."""
    dbt.config(materialized="table")
    observations = dbt.ref("int_evidence_observations").filter("is_usable")
    cross_sections = dbt.ref("rpt_signal_evidence_quarterly")
    if observations.limit(1).fetchone() is None:
        return schema().empty_table()
    # Sorted, so that sums come out the same to the last digit whatever the order of the rows.
    keys = "measure, window_days, insider_group, horizon_months, quarter_end"
    sections = cross_sections.order(keys).to_arrow_table().to_pandas()
    sections["quarter_number"] = [day.year * 4 + (day.month - 1) // 3 for day in sections["quarter_end"]]
    return statistics(observations.order(f"{keys}, sector").to_arrow_table().to_pandas(), sections)
