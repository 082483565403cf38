"""The days the New York Stock Exchange trades, from the `holidays` library, one-off closings included.

Compared with the dates of 8,222 closes of SPY from 1993 to 2025 it has no day too many and none too few (the test on
real prices repeats that), so no larger library of exchange calendars is needed; half days are trading days.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

_NEW_YORK = ZoneInfo("America/New_York")
_SATURDAY = 5
# Sources have a day's close by then: https://www.tiingo.com/documentation/end-of-day says 17:30.
_CLOSES_KNOWN_AT = time(17, 30)


@lru_cache(maxsize=128)
def _closings(year: int) -> dict[date, str]:
    return dict(holidays.financial_holidays("NYSE", years=year).items())


def exchange_holidays(first_year: int, last_year: int) -> list[tuple[date, str]]:
    """Weekdays on which the exchange is closed, with the reason, in order."""
    found = {day: name for year in range(first_year, last_year + 1) for day, name in _closings(year).items()}
    return sorted((day, name) for day, name in found.items() if day.weekday() < _SATURDAY)


def is_trading_day(day: date) -> bool:
    """Whether the exchange trades on `day`."""
    return day.weekday() < _SATURDAY and day not in _closings(day.year)


def trading_days(first: date, last: date) -> list[date]:
    """The trading days from `first` to `last`, both included."""
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return [day for day in days if is_trading_day(day)]


def last_closed_day(moment: datetime) -> date:
    """The newest trading day whose close can be known at `moment` (with a time zone)."""
    local = moment.astimezone(_NEW_YORK)
    day = local.date()
    if local.time() < _CLOSES_KNOWN_AT:
        day -= timedelta(days=1)
    while not is_trading_day(day):
        day -= timedelta(days=1)
    return day
