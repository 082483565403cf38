"""Which filing day a run is for: New York's calendar, through weekends, daylight saving and quarter ends."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from ops.filing_days import INTERVAL, NEW_YORK, NIGHTLY, filing_day_of, schedule_bounds
from warehouse.settings import Settings


@pytest.mark.parametrize(
    ("night", "filing_day"),
    [
        ("2025-12-23T05:15Z", "2025-12-22"),  # Tuesday 00:15 in New York: Monday
        ("2025-12-27T05:15Z", "2025-12-26"),  # Saturday: Friday
        ("2026-03-10T04:15Z", "2026-03-09"),  # the Tuesday after clocks went forward
        ("2025-11-04T05:15Z", "2025-11-03"),  # the Tuesday after clocks went back
        ("2025-12-24T03:00Z", "2025-12-22"),  # still Tuesday evening in New York: Tuesday is not over
        ("2025-12-28T17:00Z", "2025-12-26"),  # triggered on a Sunday: Friday
        ("2025-12-29T17:00Z", "2025-12-26"),  # triggered on a Monday: Friday
    ],
)
def test_the_filing_day_is_the_last_one_that_was_over_in_new_york(night: str, filing_day: str) -> None:
    assert filing_day_of(datetime.fromisoformat(night)) == date.fromisoformat(filing_day)


@pytest.mark.parametrize(
    ("today", "first"),
    [("2026-11-20", "2026-07-01"), ("2026-01-02", "2025-10-01"), ("2026-04-01", "2026-01-01")],
)
def test_the_schedule_begins_with_the_previous_quarter(today: str, first: str) -> None:
    begin, end = schedule_bounds(Settings(data_dir=Path("unused")), date.fromisoformat(today))
    assert begin == datetime.fromisoformat(f"{first}T06:00").replace(tzinfo=NEW_YORK)
    assert end is None


def nights(settings: Settings) -> list[date]:
    """Filing days of every run the real timetable makes between the schedule's bounds."""
    from airflow.timetables.base import TimeRestriction
    from airflow.timetables.trigger import CronTriggerTimetable
    from pendulum import instance

    timetable = CronTriggerTimetable(NIGHTLY, timezone=str(NEW_YORK), interval=INTERVAL)
    begin, end = schedule_bounds(settings)
    restriction = TimeRestriction(instance(begin), instance(end) if end else None, catchup=True)
    days, interval = [], None
    while info := timetable.next_dagrun_info(last_automated_data_interval=interval, restriction=restriction):
        interval = info.data_interval
        assert interval
        assert info.logical_date
        assert info.logical_date >= begin, "a run before its tasks' start date would have no tasks"
        assert info.logical_date.astimezone(NEW_YORK).date() == filing_day_of(interval.end)
        days.append(filing_day_of(interval.end))
    return days


def test_one_run_per_weekday_between_the_bounds_both_included() -> None:
    settings = Settings(data_dir=Path("unused"), daily_start_date=date(2025, 10, 24), daily_end_date=date(2026, 3, 16))
    days = nights(settings)
    every = [date(2025, 10, 24) + timedelta(days=offset) for offset in range(144)]
    assert every[-1] == date(2026, 3, 16)
    assert days == [day for day in every if day.weekday() < 5]


def test_a_moment_without_a_place_is_taken_as_given() -> None:
    assert filing_day_of(datetime(2026, 1, 1, 4, 59, tzinfo=UTC)) == date(2025, 12, 30)
