"""Each expectation of the gate over prices."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from quality.price_suite import PRICES
from quality.raw_gate import check_prices
from warehouse.etfs import etfs
from warehouse.exchange_calendar import trading_days

if TYPE_CHECKING:
    from quality.gate import GateResult
    from tests.quality.conftest import RawWarehouse

# Days from the first of the youngest fund.
COUNT = 60


@pytest.fixture
def prices(raw: RawWarehouse) -> RawWarehouse:
    """Twelve good series of sixty days, a dividend and a split in each."""
    last = trading_days(date(2018, 6, 19), date(2018, 12, 31))[COUNT - 1]
    for fund in etfs():
        days = trading_days(max(fund.first_date, date(2018, 6, 19)), last)
        for number, day in enumerate(days):
            dividend, split = (1.0 if number == 20 else 0.0), (2.0 if number == 40 else 1.0)
            close = 100.0 if number < 40 else 50.0
            adjusted = 100 * 0.99 / 2 if number < 20 else 50.0
            raw.add(
                "etf_prices",
                ticker=fund.ticker,
                price_date=day.isoformat(),
                close=str(close),
                adj_close=str(adjusted),
                dividend=str(dividend),
                split_factor=str(split),
                source="tiingo",
            )
    return raw


def check(raw: RawWarehouse) -> GateResult:
    return check_prices(raw.connection, raw.settings, data_docs=False)


def test_good_series_pass_but_for_the_histories_that_begin_late(prices: RawWarehouse) -> None:
    result = check(prices)
    assert (result.gate, result.partition) == ("prices", "prices")
    # Only XLC is that young.
    assert [(failure.expectation, failure.failing_count) for failure in result.failures] == [
        ("price_history_complete", len(etfs()) - 1)
    ]


def test_no_price_at_all_is_a_warning_per_fund(raw: RawWarehouse) -> None:
    result = check(raw)
    assert result.passed
    assert [(failure.expectation, failure.failing_count) for failure in result.failures] == [
        ("price_series_present", len(etfs()))
    ]


# Two hundred days before, for one fund: one odd day is then less than a hundredth of its series.
OLDER = """
    insert into raw.etf_prices (ticker, price_date, close, adj_close)
    select '{ticker}', day::date::varchar, '100', '49.5'
    from range(date '2017-09-01', date '2018-06-19', interval 1 day) as days (day)
    where isodow(day) < 6 and strftime(day, '%m-%d') not in (
        '09-04', '11-23', '12-25', '01-01', '01-15', '02-19', '03-30', '05-28'
    )
"""
UPDATE = "update raw.etf_prices set"

# Each on a fund of its own, so that one run of the gate judges them all.
WARNINGS = {
    "price_series_present": "delete from raw.etf_prices where ticker = 'XLC'",
    "price_values_readable": f"{OLDER.format(ticker='XLY')}; "
    f"{UPDATE} adj_close = 'n/a' where ticker = 'XLY' and price_date = '2018-07-05'",
    "price_history_complete": "delete from raw.etf_prices where ticker = 'SPY' and price_date < '2018-06-21'",
    "price_series_level": "delete from raw.etf_prices where ticker = 'XLE' and price_date > '2018-09-01'",
    "price_days_gap_free": f"{OLDER.format(ticker='XLF')}; "
    "delete from raw.etf_prices where ticker = 'XLF' and price_date = '2018-07-06'",
    "price_days_are_trading_days": f"{OLDER.format(ticker='XLV')}; "
    f"{UPDATE} price_date = '2018-07-04' where ticker = 'XLV' and price_date = '2018-07-05'",
    "price_moves_usual": f"{UPDATE} close = '36.5', adj_close = '36.5' where ticker = 'XLI' and price_date = "
    "(select max(price_date) from raw.etf_prices)",
    "price_adjustments_explained": f"{UPDATE} dividend = '0.5' where ticker = 'XLK' and dividend = '1.0'",
}
ERRORS = {
    "price_funds_known": f"{UPDATE} ticker = 'ABC' where ticker = 'XLC'",
    "price_days_unique": "insert into raw.etf_prices select * from raw.etf_prices "
    "where ticker = 'XLY' and price_date = '2018-06-20'",
    "price_values_readable_mostly": f"{UPDATE} close = '0' where ticker = 'XLP' and price_date < '2018-07'",
    "price_days_gap_free_mostly": "delete from raw.etf_prices where ticker = 'XLE' and price_date like '2018-07-1%'",
    "price_days_are_trading_days_mostly": f"{UPDATE} price_date = (price_date::date + 1)::varchar where ticker = 'XLF'",
    "price_moves_possible": f"{UPDATE} adj_close = close where ticker = 'XLV'",
}


def test_what_leaves_a_hole_is_a_warning(prices: RawWarehouse) -> None:
    for fault in WARNINGS.values():
        prices.run(fault)
    result = check(prices)
    assert result.passed
    assert {outcome.expectation for outcome in result.failures} == set(WARNINGS)
    assert all(outcome.sample for outcome in result.failures)
    found = {outcome.expectation: outcome.sample for outcome in result.failures}
    named = {expectation: sample[0] for expectation, sample in found.items()}
    # A day that cannot be read (XLY) is missing too, and so is one that was moved (XLV).
    assert {row["ticker"]: row["first_missing_day"] for row in found["price_days_gap_free"]} == {
        "XLF": "2018-07-06",
        "XLV": "2018-07-05",
        "XLY": "2018-07-05",
    }
    assert named["price_days_are_trading_days"]["first_closed_day"] == "2018-07-04"
    assert named["price_moves_usual"]["unusual_return"] == "-27.0%"


def test_what_would_make_returns_false_is_an_error(prices: RawWarehouse) -> None:
    for fault in ERRORS.values():
        prices.run(fault)
    result = check(prices)
    assert not result.passed
    assert {outcome.expectation for outcome in result.errors} == set(ERRORS)
    assert all(outcome.sample for outcome in result.errors)


def test_every_expectation_has_a_case() -> None:
    expected = {expect.name: expect.severity for frame in PRICES.frames for expect in frame.expectations}
    assert expected == dict.fromkeys(WARNINGS, "warning") | dict.fromkeys(ERRORS, "error")
