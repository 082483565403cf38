"""The statistics say what the truth is as often as they claim, and are those of the library computed another way."""

from __future__ import annotations

import functools
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.stats import spearmanr

from tests.dbt_evidence.histories import PERSISTENCE, SECTOR_COUNT, histories, history
from tests.dbt_evidence.python_model import PATH, load_model

model = load_model()
SEEDS = range(1000, 1400)
# Of 400 histories with a chance of 7% (5%) in each, more than 44 (or fewer than 8) are found once in a thousand times.
MOST_FOUND, FEWEST_FOUND = 44 / 400, 8 / 400


@functools.cache
def estimates(quarters: int, horizon: int, effect: float) -> pd.DataFrame:
    """Estimates over all sectors of many histories, with their intervals; one row per history and statistic."""
    rows = [
        {"history": key[0], "statistic": name, **estimate._asdict()}
        for key, panel in model.panels(*histories(SEEDS, quarters, horizon, effect))
        for name, estimate in model.pooled_statistics(panel, slice(None))
        if estimate is not None
    ]
    table = pd.DataFrame(rows)
    table["low"] = table["value"] - table["critical_t"] * table["standard_error"]
    table["high"] = table["value"] + table["critical_t"] * table["standard_error"]
    return table


def found_in(rows: pd.DataFrame) -> float:
    return float(((rows["low"] > 0) | (rows["high"] < 0)).mean())


@pytest.mark.parametrize(("quarters", "horizon"), [(24, 1), (24, 4), (80, 1), (80, 4)])
def test_where_there_is_no_effect_about_one_in_twenty_is_found(quarters: int, horizon: int) -> None:
    table = estimates(quarters, horizon, 0.0)
    for statistic in ("ic", "spread", "slope", "slope_beyond_prior"):
        rows = table[table["statistic"] == statistic]
        assert len(rows) == len(SEEDS)
        assert FEWEST_FOUND <= found_in(rows) <= MOST_FOUND, statistic


def test_without_allowing_for_overlap_three_times_as_many_would_be_found() -> None:
    _, sections = histories(SEEDS, 24, 4, 0.0)
    ics = sections["ic"].to_numpy().reshape(len(SEEDS), 24)
    plain = ics.mean(axis=1) / (ics.std(axis=1, ddof=1) / np.sqrt(24))
    assert (np.abs(plain) > 1.96).mean() > 0.13


def test_a_sector_alone_is_told_from_chance_as_rarely_as_it_should_be() -> None:
    # The shortest history on which a sector's year-long returns are given an interval.
    found = []
    for _, panel in model.panels(*histories(SEEDS[:150], 48, 4, 0.0)):
        for place in (0, 5, 10):
            estimate = model.rank_correlation(panel.percentile[:, place], panel.excess[:, place], 4)
            found.append(abs(estimate.value / estimate.standard_error) > estimate.critical_t)
    # Measured on thousands: 8 to 9%.
    assert np.mean(found) < 0.13


@pytest.mark.parametrize("effect", [0.05, -0.05])
def test_the_interval_covers_a_planted_effect(effect: float) -> None:
    horizon = 4
    table = estimates(80, horizon, effect)
    slopes = table[table["statistic"] == "slope"]
    # What lasts goes on paying; percentiles of normals correlate a little less than the normals do.
    truth = effect * sum(6 / np.pi * np.arcsin(PERSISTENCE**step / 2) for step in range(horizon))
    assert slopes["value"].mean() == pytest.approx(truth, rel=0.06)
    assert ((slopes["low"] <= truth) & (truth <= slopes["high"])).mean() >= 1 - MOST_FOUND
    # And it is told from nothing, in the right direction, most of the time.
    right = (slopes["low"] > 0) if effect > 0 else (slopes["high"] < 0)
    assert right.mean() > 0.5
    for statistic in ("ic", "spread"):
        assert np.sign(table.loc[table["statistic"] == statistic, "value"].mean()) == np.sign(effect)


def test_what_overlaps_is_worth_fewer_quarters() -> None:
    def typical(horizon: int) -> float:
        table = estimates(80, horizon, 0.0)
        return float(table.loc[table["statistic"] == "ic", "effective_n"].median())

    assert typical(4) < 0.8 * typical(1) <= 0.8 * 80


@pytest.mark.parametrize("horizon", [1, 4])
def test_the_regressions_are_those_of_the_library(horizon: int) -> None:
    observations, sections = history(7, 40, horizon, 0.03)
    # Sectors that begin later, and one with a hole.
    begins_later = (observations["sector"] > "sector 08") & (observations["quarter_number"] < 8010)
    observations = observations[~begins_later].drop(observations.index[200])
    table = model.statistics(observations, sections).to_pandas()
    ours = table[(table["scope"] == "pooled") & (table["period"] == "all")].set_index("statistic")
    lag = int(ours.loc["slope", "hac_lag"])
    assert lag == max(horizon, int(np.ceil(1.3 * np.sqrt(40))))
    outcome = observations["excess_return"].to_numpy()
    for columns, names in (
        (["percentile"], ["slope"]),
        (["percentile", "prior_excess_return"], ["slope_beyond_prior", "prior_slope"]),
    ):
        fit = sm.OLS(outcome, sm.add_constant(observations[columns].to_numpy())).fit(
            cov_type="hac-groupsum",
            cov_kwds={"time": observations["quarter_number"].to_numpy(), "maxlags": lag, "use_correction": False},
        )
        for place, name in enumerate(names, start=1):
            assert ours.loc[name, "value"] == pytest.approx(fit.params[place], rel=1e-9)
            # The library's own correction for few groups is another one than ours, of quarters and coefficients.
            corrected = fit.bse[place] * np.sqrt(40 / (40 - len(fit.params)))
            assert ours.loc[name, "standard_error"] == pytest.approx(corrected, rel=1e-9)
    whole = sm.OLS(sections["ic"].to_numpy(), np.ones(40)).fit(
        cov_type="HAC", cov_kwds={"maxlags": int(ours.loc["ic", "hac_lag"]), "use_correction": True}
    )
    assert ours.loc["ic", "value"] == pytest.approx(whole.params[0], rel=1e-9)
    assert ours.loc["ic", "standard_error"] == pytest.approx(whole.bse[0], rel=1e-9)


def test_a_sector_alone_is_a_rank_correlation_over_time() -> None:
    observations, sections = history(8, 60, 2, 0.03)
    table = model.statistics(observations, sections).to_pandas().set_index(["scope", "period", "statistic"])
    for sector, rows in observations.groupby("sector"):
        expected = spearmanr(rows["percentile"], rows["excess_return"]).statistic
        assert table.loc[(sector, "all", "ic"), "value"] == pytest.approx(expected, abs=1e-12)
        control = spearmanr(-rows["prior_excess_return"], rows["excess_return"]).statistic
        assert table.loc[(sector, "all", "control_ic"), "value"] == pytest.approx(control, abs=1e-12)
        means = rows.groupby("tier")["excess_return"].mean()
        spread = means["Overweight"] - means["Underweight"]
        assert table.loc[(sector, "all", "spread"), "value"] == pytest.approx(spread, abs=1e-12)
    assert len(observations.groupby("sector")) == SECTOR_COUNT


def test_the_periods_are_the_quarters_on_either_side() -> None:
    observations, sections = history(9, 60, 1, 0.03)
    table = model.statistics(observations, sections).to_pandas().set_index(["scope", "period", "statistic"])
    for period, quarters in (("before", slice(0, 30)), ("after", slice(30, 60)), ("all", slice(0, 60))):
        row = table.loc[("pooled", period, "ic")]
        assert row["value"] == pytest.approx(sections["ic"].to_numpy()[quarters].mean(), abs=1e-12)
        assert row["quarter_count"] == len(sections["ic"].to_numpy()[quarters])


def test_a_hole_between_quarters_keeps_its_place() -> None:
    series = np.array([1.0, -1.0, 1.0, np.nan, 1.0, -1.0, 1.0, -1.0])
    joined = series[~np.isnan(series)]
    with_hole, without = model.mean(series, 1), model.mean(joined, 1)
    assert with_hole.value == without.value
    assert with_hole.quarter_count == without.quarter_count == 7
    assert with_hole.standard_error != pytest.approx(without.standard_error, rel=1e-3)


def test_what_cannot_be_known_is_not_made_up() -> None:
    nothing = np.full(20, np.nan)
    assert model.mean(nothing, 1) is None
    constant = model.mean(np.full(20, 0.25), 1)
    assert (constant.value, constant.standard_error, constant.effective_n) == (0.25, None, None)
    same = np.ones((20, 3, 2))
    assert model.regress(np.random.default_rng(1).normal(size=(20, 3)), same, np.array([0, 1, 0]), 1) is None
    # One quarter of a tier has no residual: an error made of it would be too small to be true.
    outcome = np.random.default_rng(2).normal(size=20)
    once = np.arange(20) == 3
    often = np.arange(20) > 9
    lonely = model.difference_of_groups(outcome, once, often, 1)
    assert lonely.value == pytest.approx(outcome[3] - outcome[often].mean())
    assert lonely.standard_error is None


def test_the_critical_value_of_short_lags_is_that_of_the_normal() -> None:
    assert model.critical_t(10_000, 1) == pytest.approx(1.96, abs=0.01)
    assert model.critical_t(16, 6) > 3
    assert model.hac_lag(80, 4) == 12
    assert model.hac_lag(4, 4) == 3


def test_a_build_without_prices_loads_no_library() -> None:
    # pyarrow alone, which dbt's own adapter loads to write a Python model's table.
    program = (
        "import runpy, sys; model = runpy.run_path(sys.argv[1]); "
        "libraries = {'pandas', 'scipy', 'statsmodels'} & set(sys.modules); "
        "print(model['schema']().empty_table().num_rows, sorted(libraries))"
    )
    said = subprocess.run([sys.executable, "-c", program, str(PATH)], check=True, capture_output=True, text=True).stdout
    assert said.strip() == "0 []"
