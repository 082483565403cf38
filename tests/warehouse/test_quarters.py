"""Quarters: one name, one order, and the days they have."""

from __future__ import annotations

from datetime import date

import pytest

from warehouse.quarters import Quarter


def test_a_day_lies_in_one_quarter_with_one_name() -> None:
    assert [Quarter.of(date(2025, month, 1)).number for month in (1, 3, 4, 12)] == [1, 1, 2, 4]
    assert str(Quarter.of(date(2025, 12, 31))) == "2025q4"
    assert str(Quarter.of(date(2025, 1, 1))) == "2025q1"
    assert Quarter.named("2025q4") == Quarter.of(date(2025, 12, 31))


@pytest.mark.parametrize("text", ["2024q5", "2024q0", "24q1", "2024-q1", "2024Q1", "2024q1 ", "3024q1", "", "../q1"])
def test_what_names_no_quarter_is_none(text: str) -> None:
    assert Quarter.named(text) is None


def test_quarters_begin_and_end_on_their_first_and_last_day() -> None:
    bounds = [(str(quarter.first_day), str(quarter.last_day)) for quarter in (Quarter(2024, n) for n in (1, 2, 3, 4))]
    assert bounds == [
        ("2024-01-01", "2024-03-31"),
        ("2024-04-01", "2024-06-30"),
        ("2024-07-01", "2024-09-30"),
        ("2024-10-01", "2024-12-31"),
    ]


def test_quarters_are_counted_across_years() -> None:
    first = Quarter(2025, 1)
    later = [str(first.plus(count)) for count in (-12, -1, 0, 1, 4)]
    assert later == ["2022q1", "2024q4", "2025q1", "2025q2", "2026q1"]
    assert first.plus(-1).last_day == date(2024, 12, 31)
    assert [first.plus(count) - first for count in (-5, 0, 7)] == [-5, 0, 7]
    assert Quarter(2024, 4) < first < Quarter(2025, 2)
