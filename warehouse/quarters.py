"""Calendar quarters: named as the SEC calls its data sets (``2024q3``), ordered, counted, with their days."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

_NAME = re.compile(r"(?P<year>(?:19|20)\d{2})q(?P<number>[1-4])")


@dataclass(frozen=True, order=True)
class Quarter:
    """A calendar quarter; as text it is its name, ``2024q3``.

    Attributes:
        year: The year it lies in.
        number: 1 to 4.
    """

    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> Quarter:
        """The quarter a day lies in."""
        return cls(day.year, (day.month + 2) // 3)

    @classmethod
    def named(cls, name: str) -> Quarter | None:
        """The quarter of this name; ``None`` where the text names none."""
        match = _NAME.fullmatch(name)
        return cls(int(match["year"]), int(match["number"])) if match else None

    def __str__(self) -> str:
        return f"{self.year}q{self.number}"

    def __sub__(self, other: Quarter) -> int:
        """How many quarters this one lies after another."""
        return (self.year - other.year) * 4 + self.number - other.number

    def plus(self, count: int) -> Quarter:
        """The quarter that lies so many quarters later; earlier below zero."""
        year, number = divmod(self.year * 4 + self.number - 1 + count, 4)
        return Quarter(year, number + 1)

    @property
    def first_day(self) -> date:
        """1 January, April, July or October."""
        return date(self.year, 3 * self.number - 2, 1)

    @property
    def last_day(self) -> date:
        """31 March, 30 June, 30 September or 31 December."""
        return self.plus(1).first_day - timedelta(days=1)
