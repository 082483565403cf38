"""EDGAR's business days, against the days on which filings really were made."""

from __future__ import annotations

import csv
import gzip
import json
import re
from datetime import date
from typing import TYPE_CHECKING

import pytest

from extract.calendar import (
    ONE_OFF_CLOSINGS,
    business_days,
    closing_reason,
    is_business_day,
    previous_business_days,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        (date(2024, 1, 1), "New Year's Day"),
        (date(2024, 10, 14), "Columbus Day"),  # the exchange trades
        (date(2024, 11, 11), "Veterans Day"),  # the exchange trades
        (date(2021, 6, 18), "Juneteenth National Independence Day (observed)"),
        (date(2025, 1, 9), "day of mourning for President Carter"),
        (date(2024, 6, 1), "weekend"),
        (date(2024, 3, 29), None),  # Good Friday: the exchange is shut, EDGAR is not
        (date(2021, 1, 20), None),  # Inauguration Day
        (date(2024, 1, 2), None),
    ],
)
def test_closings_and_their_reasons(day: date, reason: str | None) -> None:
    assert closing_reason(day) == reason


def test_one_off_closings_are_weekdays_the_holiday_calendar_does_not_know() -> None:
    assert all(day.weekday() < 5 for day in ONE_OFF_CLOSINGS)
    assert {closing_reason(day) for day in ONE_OFF_CLOSINGS} == set(ONE_OFF_CLOSINGS.values())


def test_business_days_skip_weekends_and_holidays() -> None:
    assert [day.day for day in business_days(date(2025, 12, 22), date(2026, 1, 2))] == [22, 23, 29, 30, 31, 2]
    assert [day.day for day in previous_business_days(date(2025, 12, 29), 3)] == [19, 22, 23]


@pytest.mark.real
def test_no_filing_was_ever_made_on_a_day_the_calendar_calls_closed(real_data: Path) -> None:
    filed: set[date] = set()
    with gzip.open(real_data / "form345_notes/openinsider_2004_2012.csv.gz", "rt") as notes:
        filed |= {date.fromisoformat(row["filing_datetime"][:10]) for row in csv.DictReader(notes)}
    with gzip.open(real_data / "form345_notes/superjin_2025.csv.gz", "rt") as notes:
        rows = csv.DictReader(notes)
        filed |= {date.fromisoformat(row["filing_date"]) for row in rows if row["filing_date_source"] == "source_csv"}
    for path in (real_data / "edgar/submissions").glob("*.json"):
        filed |= {
            date.fromisoformat(day) for day in json.loads(path.read_bytes())["filings"]["recent"].get("filingDate", [])
        }
    assert len(filed) > 5_000
    # EDGAR was shut on 2018-12-05 but its software did not know: two filings of the evening before carry that date.
    assert [day for day in sorted(filed) if not is_business_day(day)] == [date(2018, 12, 5)]


@pytest.mark.real
def test_a_captured_folder_listing_holds_exactly_the_business_days_of_its_quarter(real_data: Path) -> None:
    listing = (real_data / "as_served/index/daily_index_2018_QTR4.htm").read_text()
    listed = {date.fromisoformat(day) for day in re.findall(r"form\.(\d{8})\.idx", listing)}
    assert sorted(listed) == list(business_days(date(2018, 10, 1), date(2018, 12, 31)))
