"""Calendar quarters by name, as the SEC calls its data sets: ``2024q3``."""

from __future__ import annotations

import re
from datetime import date, timedelta

_NAME = re.compile(r"(?P<year>(?:19|20)\d{2})q(?P<number>[1-4])")


def quarter_name(day: date) -> str:
    """The quarter of a day: ``2024q3``."""
    return f"{day.year}q{(day.month + 2) // 3}"


def last_day_of(name: str) -> date | None:
    """The last day of a quarter; ``None`` where the text names none."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    year, number = int(match["year"]), int(match["number"])
    return date(year + number // 4, number % 4 * 3 + 1, 1) - timedelta(days=1)
