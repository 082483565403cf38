"""Which filing day a run is for, and between which moments the daily schedule runs."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from warehouse.quarters import Quarter

if TYPE_CHECKING:
    from warehouse.settings import Settings

NEW_YORK = ZoneInfo("America/New_York")
# EDGAR takes filings from 06:00 to 22:00 New York time.
EDGAR_OPENS = time(6)
# A quarter past midnight from Tuesday to Saturday, for the day before. The interval of a run begins when EDGAR opened
# on its filing day, so its logical date is its filing day; no clock change falls into it.
NIGHTLY = "15 0 * * 2-6"
INTERVAL = timedelta(hours=18, minutes=15)

SATURDAY = 5


def filing_day_of(moment: datetime) -> date:
    """The last filing day that was over at a moment: the day before it in New York, a weekend counting as its Friday.

    Args:
        moment: End of a run's data interval (or the time it was triggered), with a time zone.
    """
    day = moment.astimezone(NEW_YORK).date() - timedelta(days=1)
    return day - timedelta(days=max(0, day.weekday() - SATURDAY + 1))


def schedule_bounds(settings: Settings, today: date | None = None) -> tuple[datetime, datetime | None]:
    """Begin and end of the daily schedule, in New York time.

    The begin is the opening of the first filing day: ``DAILY_START_DATE``, or the first day of the previous calendar
    quarter, the earliest no quarterly data set may cover yet. The end lets the run of ``DAILY_END_DATE`` start, which
    is the night after it, and no later one.

    Args:
        settings: The settings.
        today: For tests; the current day in New York when ``None``.
    """
    today = today or datetime.now(UTC).astimezone(NEW_YORK).date()
    first = settings.daily_start_date
    if first is None:
        first = Quarter.of(today).plus(-1).first_day
    last = settings.daily_end_date
    end = datetime.combine(last + timedelta(days=1), EDGAR_OPENS, tzinfo=NEW_YORK) if last else None
    return datetime.combine(first, EDGAR_OPENS, tzinfo=NEW_YORK), end
