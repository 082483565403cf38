"""Which days EDGAR takes filings: every weekday but federal holidays and the days the government was closed by order.

EDGAR follows the federal calendar, not the exchange's: it is shut on Columbus Day and Veterans Day when stocks trade,
and open on Good Friday when they do not. The calendar is an aid: what `index.json` lists decides.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

import holidays

if TYPE_CHECKING:
    from collections.abc import Iterator

SATURDAY = 5

_ORDER = "federal departments closed by executive order"

# The SEC treats a day on which the President closes the federal departments as a federal holiday for filing purposes
# ("EDGAR will be closed", announced each time). Inauguration Day is not among them: EDGAR is open.
ONE_OFF_CLOSINGS: dict[date, str] = {
    date(2001, 12, 24): _ORDER,
    date(2003, 12, 26): _ORDER,
    date(2004, 6, 11): "day of mourning for President Reagan",
    date(2007, 1, 2): "day of mourning for President Ford",
    date(2007, 12, 24): _ORDER,
    date(2008, 12, 26): _ORDER,
    date(2012, 12, 24): _ORDER,
    date(2014, 12, 26): _ORDER,
    date(2018, 12, 5): "day of mourning for President George H. W. Bush",
    date(2018, 12, 24): _ORDER,
    date(2019, 12, 24): _ORDER,
    date(2020, 12, 24): _ORDER,
    date(2024, 12, 24): _ORDER,
    date(2025, 1, 9): "day of mourning for President Carter",
    date(2025, 12, 24): _ORDER,
    date(2025, 12, 26): _ORDER,
}


@lru_cache(maxsize=64)
def _federal_holidays(year: int) -> dict[date, str]:
    return dict(holidays.country_holidays("US", years=year).items())


def closing_reason(day: date) -> str | None:
    """Why EDGAR takes no filings on `day`: ``weekend``, the holiday's name or the order; ``None`` when it is open."""
    if is_weekend(day):
        return "weekend"
    return _federal_holidays(day.year).get(day) or ONE_OFF_CLOSINGS.get(day)


def is_weekend(day: date) -> bool:
    """Whether `day` is a Saturday or Sunday."""
    return day.weekday() >= SATURDAY


def is_business_day(day: date) -> bool:
    """Whether EDGAR is expected to take filings on `day`."""
    return closing_reason(day) is None


def business_days(first: date, last: date) -> Iterator[date]:
    """EDGAR's business days from `first` to `last`, both included, in order."""
    day = first
    while day <= last:
        if is_business_day(day):
            yield day
        day += timedelta(days=1)


def previous_business_days(day: date, count: int) -> list[date]:
    """The `count` business days before `day` (itself excluded), oldest first."""
    found: list[date] = []
    while len(found) < count:
        day -= timedelta(days=1)
        if is_business_day(day):
            found.append(day)
    return found[::-1]
