"""Joins a fund's landed answers to its series: the newest whole answer, and the tails that agree with it.

What is said of one fund comes from one source: the one that answered for it last. Two sources adjust from different
days and round differently, so their days are never mixed in a series.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from extract.prices.files import NAME as FILES
from extract.prices.files import parse_file
from extract.prices.landing import landed_answers
from extract.prices.stooq import Stooq
from extract.prices.tiingo import Tiingo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from extract.prices.landing import PriceAnswer
    from extract.prices.source import PriceRow, PriceSource
    from warehouse.settings import Settings

# An adjusted close is served with at least four decimals; the smallest dividend of a fund moves it by more than this.
_TOLERANCE = Decimal("0.000001")
# No sector fund has moved by so much in a day (the most since 1998: -20% on 2020-03-09, Energy); a split does.
JUMP = Decimal("0.25")


@dataclass(frozen=True)
class JoinedRow:
    """A day of a series and the answer it comes from."""

    row: PriceRow
    answer: PriceAnswer


def sources(settings: Settings) -> dict[str, PriceSource]:
    """The servers of prices by name."""
    return {source.name: source for source in (Tiingo(settings), Stooq(settings))}


def parser_of(source: str, settings: Settings) -> Callable[[Mapping[str, bytes]], list[PriceRow]]:
    """The parser of a source's answers."""
    return parse_file if source == FILES else sources(settings)[source].parse


def used_answers(ticker: str, settings: Settings) -> list[PriceAnswer]:
    """The answers a fund's series is made of, oldest first: a whole one and what was joined to it since."""
    answers = landed_answers(ticker, settings)
    if not answers:
        return []
    own = [answer for answer in answers if answer.source == answers[-1].source and answer.is_joined]
    wholes = [place for place, answer in enumerate(own) if answer.is_whole]
    return own[wholes[-1] :] if wholes else []


def read_answer(answer: PriceAnswer, settings: Settings) -> list[PriceRow]:
    """The rows of one answer whose day was over when it was given.

    Raises:
        SourceDataError: It cannot be read.
    """
    rows = parser_of(answer.source, settings)(answer.parts())
    return [row for row in rows if row.price_date <= answer.asked_to.isoformat()]


def series(ticker: str, settings: Settings) -> list[JoinedRow]:
    """The series of a fund, in the order of its answers; a day that stands twice in one answer stays twice.

    Raises:
        SourceDataError: An answer cannot be read.
    """
    joined: list[JoinedRow] = []
    for answer in used_answers(ticker, settings):
        known = {entry.row.price_date for entry in joined}
        joined += [JoinedRow(row, answer) for row in read_answer(answer, settings) if row.price_date not in known]
    return joined


def disagreement(known: Iterable[PriceRow], tail: Iterable[PriceRow]) -> str | None:
    """Why a tail cannot be joined to a series, in words; ``None`` when it can.

    It cannot when a day both hold has another value (a dividend or split has changed the adjusted history, or the
    source corrected itself), when they have no day in common, or when the new days bring a dividend, a split or a
    jump, which the source may apply to the past later (https://www.tiingo.com/kb/article/
    the-fastest-method-to-ingest-tiingo-end-of-day-stock-api-data: "we recommend redownloading the entire history").
    """
    by_day = {row.price_date: row for row in known}
    newest = max(by_day)
    rows = sorted(tail, key=lambda row: row.price_date)
    common = [row for row in rows if row.price_date in by_day]
    if not common:
        return "no day in common with what is landed"
    for row in common:
        before = by_day[row.price_date]
        for name, old, new in (("close", before.close, row.close), ("adj_close", before.adj_close, row.adj_close)):
            if _differ(old, new):
                return f"{name} of {row.price_date} was {old} and is {new}"
    last = by_day[newest].adj_close
    for row in (row for row in rows if row.price_date > newest):
        if _number(row.dividend) not in (None, Decimal(0)):
            return f"a dividend of {row.dividend} on {row.price_date}"
        if _number(row.split_factor) not in (None, Decimal(1)):
            return f"a split of {row.split_factor} on {row.price_date}"
        old_close, new_close = _number(last), _number(row.adj_close)
        if old_close and new_close and abs(new_close / old_close - 1) > JUMP:
            return f"a jump from {last} to {row.adj_close} on {row.price_date}"
        last = row.adj_close
    return None


def _differ(old: str | None, new: str | None) -> bool:
    before, after = _number(old), _number(new)
    if before is None or after is None:
        return (old or "") != (new or "")
    return abs(after - before) > _TOLERANCE * abs(before)


def _number(text: str | None) -> Decimal | None:
    try:
        return Decimal(text) if text else None
    except InvalidOperation:
        return None
