"""EDGAR's business days and the exchange's trading days."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

import holidays
import numpy as np

EPOCH = date(1970, 1, 1)


def number(day: date) -> int:
    """Days since 1970-01-01, the unit of every date array here."""
    return (day - EPOCH).days


def from_number(value: int) -> date:
    """The date of a day number."""
    return EPOCH + timedelta(days=int(value))


@lru_cache(maxsize=8)
def _closed(first_year: int, last_year: int, market: bool) -> frozenset[int]:
    years = range(first_year, last_year + 1)
    calendar = (
        holidays.financial_holidays("NYSE", years=years) if market else holidays.country_holidays("US", years=years)
    )
    return frozenset(number(day) for day in calendar)


def _open_days(start: date, through: date, *, market: bool) -> np.ndarray:
    days = np.arange(number(start), number(through) + 1)
    weekday = (days + 3) % 7  # day 0 was a Thursday
    closed = np.array(sorted(_closed(start.year, through.year, market)), dtype=np.int64)
    return days[(weekday < 5) & ~np.isin(days, closed)]


def edgar_days(start: date, through: date) -> np.ndarray:
    """Day numbers on which EDGAR takes filings: weekdays that are no federal holiday."""
    return _open_days(start, through, market=False)


def trading_days(start: date, through: date) -> np.ndarray:
    """Day numbers on which the New York Stock Exchange trades."""
    return _open_days(start, through, market=True)


def quarter_name(day: date) -> str:
    """The calendar quarter of a day, like ``2025q4``."""
    return f"{day.year}q{(day.month - 1) // 3 + 1}"


def quarter_bounds(name: str) -> tuple[date, date]:
    """First and last day of a quarter."""
    year, quarter = int(name[:4]), int(name[5])
    first = date(year, 3 * quarter - 2, 1)
    after = date(year + quarter // 4, 3 * quarter % 12 + 1, 1)
    return first, after - timedelta(days=1)


def quarters(start: date, through: date) -> list[str]:
    """Every quarter touched by the days, in order."""
    names = [quarter_name(start)]
    while quarter_bounds(names[-1])[1] < through:
        names.append(quarter_name(quarter_bounds(names[-1])[1] + timedelta(days=1)))
    return names
