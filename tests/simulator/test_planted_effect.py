"""A planted effect is in the prices exactly, in the trades clearly, and with an effect of nothing in neither."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from simulator.build import SIGNALS, build_world
from simulator.days import number, quarter_name
from simulator.quarter import first_state, make_quarter
from simulator.world import SECTOR_NAMES, World, make_world

if TYPE_CHECKING:
    from pathlib import Path

EFFECT = 0.05


def world_of(seed: int, effect: float | None, issuers: int = 11) -> World:
    return make_world(
        seed=seed,
        start=date(2012, 1, 3),
        through=date(2021, 12, 31),
        issuers=issuers,
        contrarian=0.0,
        filings_per_issuer=7.6,
        effect=effect,
    )


def next_quarter_returns(world: World) -> tuple[np.ndarray, np.ndarray]:
    """Each signal, and the fund's log return less the market's from the first close after its quarter to the next."""
    signals, returns = [], []
    logs = np.log(world.sector_close) - np.log(world.market_close)
    for entry in world.signals:
        first_day = entry.quarter_end + timedelta(days=1)
        after = date(first_day.year + (first_day.month + 3) // 13, (first_day.month + 2) % 12 + 1, 1)
        begin, end = np.searchsorted(world.trading, [number(first_day), number(after)])
        if end < len(world.trading):
            signals.append(entry.signal)
            returns.append(logs[SECTOR_NAMES.index(entry.sector), end] - logs[SECTOR_NAMES.index(entry.sector), begin])
    return np.array(signals), np.array(returns)


def slope(world: World) -> tuple[float, float]:
    """Least squares slope of next quarter's return on the signal, and its standard error."""
    signals, returns = next_quarter_returns(world)
    value = float(signals @ returns / (signals @ signals))
    residual = returns - value * signals
    return value, float(np.sqrt(residual @ residual / (len(signals) - 1) / (signals @ signals)))


@pytest.mark.parametrize("effect", [0.0, EFFECT, -EFFECT])
def test_the_estimate_covers_the_truth_over_many_seeds(effect: float) -> None:
    estimates = [slope(world_of(seed, effect)) for seed in range(1, 41)]
    covered = sum(abs(value - effect) <= 1.96 * error for value, error in estimates)
    # 95% of 40 is 38; fewer than 33 has a chance of a few in a thousand where the estimate is honest.
    assert covered >= 33
    assert np.mean([value for value, _ in estimates]) == pytest.approx(effect, abs=0.001)


def test_insiders_trade_on_what_they_know_and_only_then() -> None:
    known = purchases_and_signals(world_of(3, EFFECT, issuers=110))
    assert np.corrcoef(*known)[0, 1] > 0.5
    without = world_of(3, None, issuers=110)
    assert without.signals == ()
    assert not without.insight.any()


def purchases_and_signals(world: World) -> tuple[np.ndarray, np.ndarray]:
    """Share of purchases among purchases and sales, and the signal, by sector and quarter, over two years."""
    state = first_state(world)
    shares, signals = [], []
    for name in [f"{year}q{quarter}" for year in (2019, 2020) for quarter in (1, 2, 3, 4)]:
        made = make_quarter(world, name, state)
        issuers = dict(zip(made.header["accession"].to_pylist(), made.header["issuer"].to_pylist(), strict=True))
        lines = made.tables["NONDERIV_TRANS"]
        codes = np.array(lines["TRANS_CODE"].to_pylist())
        sectors = world.issuer_sector[[issuers[number] for number in lines["ACCESSION_NUMBER"].to_pylist()]]
        for entry in world.signals:
            if quarter_name(entry.quarter_end) == name:
                mine = sectors == SECTOR_NAMES.index(entry.sector)
                bought, sold = (np.sum((codes == code) & mine) for code in "PS")
                shares.append(bought / max(1, bought + sold))
                signals.append(entry.signal)
    return np.array(shares), np.array(signals)


def test_the_truth_stands_beside_the_world(tmp_path: Path) -> None:
    build_world(
        tmp_path / "world",
        start=date(2024, 1, 2),
        through=date(2025, 1, 16),
        daily_from=date(2025, 1, 2),
        issuers=11,
        effect=EFFECT,
        with_cases=False,
    )
    with (tmp_path / "world" / SIGNALS).open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) % len(SECTOR_NAMES) == 0
    assert {row["sector"] for row in rows} == set(SECTOR_NAMES)
    for row in rows:
        assert float(row["log_return"]) in (0.0, pytest.approx(EFFECT * float(row["signal"]), abs=1e-8))
    by_quarter = {row["quarter_end"]: float(row["log_return"]) for row in rows}
    assert by_quarter["2024-06-30"] != 0
    # The quarter after is not over: nothing can have been added.
    assert by_quarter["2024-12-31"] == 0
