"""Numbers and days as the pages write them, each on both sides of its rule."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from reports import texts
from reports.packing import AMOUNT_SCALE, RATIO_SCALE, amount_codes, pack, ratio_codes, unpack


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (texts.signed(0.684), "+0.68"),
        (texts.signed(-0.684), "\N{MINUS SIGN}0.68"),
        (texts.signed(-0.001), "0.00"),
        (texts.share(0.314), "31%"),
        (texts.share(None), "\N{EN DASH}"),
        (texts.usd(1_249_999), "$1.2m"),
        (texts.usd(999_960), "$1.0m"),
        (texts.usd(-2_500_000_000), "\N{MINUS SIGN}$2.5bn"),
        (texts.usd(950), "$950"),
        (texts.usd(0), "$0"),
        (texts.ordinal(31.2), "31st"),
        (texts.ordinal(12), "12th"),
        (texts.ordinal(0), "0th"),
        (texts.plural(1, "trade"), "1 trade"),
        (texts.plural(1200, "trade"), "1,200 trades"),
        (texts.listed(["Energy"]), "Energy"),
        (texts.listed(["Energy", "Materials", "Utilities"]), "Energy, Materials and Utilities"),
        (texts.quarter(date(2025, 12, 31)), "2025 Q4"),
        (texts.short_day(date(2026, 1, 9)), "9 Jan 2026"),
        (texts.day(None), "\N{EN DASH}"),
    ],
)
def test_written(written: str, expected: str) -> None:
    assert written == expected


def test_packed_numbers_come_back() -> None:
    amounts = np.array([[0, 1, 7, 250.5, 1e9, np.nan], [3, 3, 3, 0, 1e12, 2e13]])
    codes = unpack(pack(amount_codes(amounts)), amounts.shape)
    back = np.expm1(codes / AMOUNT_SCALE)
    assert back[0, :5] == pytest.approx(amounts[0, :5], rel=5e-4)
    assert back[0, 5] == 0
    assert back[1, 5] == pytest.approx(1e13, rel=5e-4)
    ratios = np.array([-1, -0.33333, 0, 0.5, 1, np.nan])
    codes = unpack(pack(ratio_codes(ratios)), ratios.shape)
    assert codes[-1] == 0
    assert (codes[:-1].astype(float) - 1) / RATIO_SCALE - 1 == pytest.approx(ratios[:-1], abs=1 / RATIO_SCALE)
