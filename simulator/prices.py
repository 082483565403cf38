"""The price shops: the daily prices of a mirror in the shapes of Tiingo and Stooq, as of any day, with their manners.

A shop computes adjusted closes from closes as traded, dividends and splits when it is asked, as of the last day it
serves: when a fund goes ex-dividend or splits, its whole adjusted history changes, as with the real ones.
Tiingo: https://www.tiingo.com/documentation/end-of-day. Stooq: the address and columns every user of it knows
(``/q/d/l/``), its words for a used-up allowance and its page about keys as reported in public trackers.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from simulator import pages

if TYPE_CHECKING:
    from pathlib import Path

    from simulator.manners import Manners

TIINGO_START, TIINGO_END = "/tiingo/daily/", "/prices"
STOOQ_PATH = "/q/d/l/"


@dataclass(frozen=True)
class ShopAnswer:
    """What a shop answers: status, body, MIME type, and the word for it in the statistics."""

    status: int
    body: bytes
    content_type: str
    outcome: str


@dataclass(frozen=True)
class _Day:
    date: str
    open: float
    high: float
    low: float
    close: float
    volume: int
    dividend: float
    split: float


def is_shop(path: str) -> bool:
    """Whether an address belongs to a price shop."""
    return path == STOOQ_PATH or (path.startswith(TIINGO_START) and path.endswith(TIINGO_END))


def answer(root: Path, path: str, query: str, authorization: str, manners: Manners) -> ShopAnswer:
    """What the shop at `path` says to a request.

    Args:
        root: The mirror; its ``prices/{TICKER}.csv`` must have the columns ``dividend`` and ``split_factor``.
        path: Path of the address.
        query: Its query.
        authorization: The header of that name.
        manners: Last day served, days left out, whether a key is wanted.
    """
    asked = {name: values[0] for name, values in parse_qs(query).items()}
    if path == STOOQ_PATH:
        return _stooq(root, asked, manners)
    return _tiingo(root, path.removeprefix(TIINGO_START).removesuffix(TIINGO_END), asked, authorization, manners)


def used_up(path: str) -> ShopAnswer:
    """The shop's words for an allowance that is used up, with status 200."""
    body = pages.STOOQ_USED_UP if path == STOOQ_PATH else pages.TIINGO_USED_UP
    return ShopAnswer(200, body, "text/html", "used_up")


def _tiingo(root: Path, ticker: str, asked: dict[str, str], authorization: str, manners: Manners) -> ShopAnswer:
    if manners.require_price_key and not authorization.startswith("Token "):
        return _json(401, {"detail": "Please supply a token"}, "no_key")
    days = _days(root, ticker.upper(), manners)
    if not days:
        return _json(404, {"detail": f"Error: Ticker '{ticker.upper()}' not found"}, "missing")
    adjusted = _adjusted(days)
    first, last = asked.get("startDate", days[-1].date), asked.get("endDate", days[-1].date)
    rows = [
        {
            "date": f"{day.date}T00:00:00.000Z",
            "close": day.close,
            "high": day.high,
            "low": day.low,
            "open": day.open,
            "volume": day.volume,
            "adjClose": round(day.close * factor, 10),
            "adjHigh": round(day.high * factor, 10),
            "adjLow": round(day.low * factor, 10),
            "adjOpen": round(day.open * factor, 10),
            "adjVolume": day.volume,
            "divCash": day.dividend,
            "splitFactor": day.split,
        }
        for day, factor in zip(days, adjusted, strict=True)
        if first <= day.date <= last
    ]
    return _json(200, rows, "served")


def _stooq(root: Path, asked: dict[str, str], manners: Manners) -> ShopAnswer:
    if manners.require_price_key and not asked.get("apikey"):
        return ShopAnswer(200, pages.STOOQ_KEY, "text/html", "no_key")
    days = _days(root, asked.get("s", "").removesuffix(".us").upper(), manners)
    leave_out = asked.get("o", "").startswith("1")
    factors = [1.0] * len(days) if leave_out else _adjusted(days)
    first, last = asked.get("d1", ""), asked.get("d2", "99999999")
    lines = [
        f"{day.date},{day.open * factor:.4f},{day.high * factor:.4f},{day.low * factor:.4f},"
        f"{day.close * factor:.4f},{day.volume}"
        for day, factor in zip(days, factors, strict=True)
        if first <= day.date.replace("-", "") <= last
    ]
    if not lines:
        return ShopAnswer(200, b"No data", "text/plain", "served")
    body = "\r\n".join(["Date,Open,High,Low,Close,Volume", *lines]) + "\r\n"
    return ShopAnswer(200, body.encode(), "text/csv", "served")


def _json(status: int, value: object, outcome: str) -> ShopAnswer:
    return ShopAnswer(status, json.dumps(value).encode(), "application/json", outcome)


def _days(root: Path, ticker: str, manners: Manners) -> list[_Day]:
    """The days a shop has of a fund; none for a fund, or a file, it does not know."""
    file = root / "prices" / f"{ticker}.csv"
    if not ticker.isalnum() or not file.is_file():
        return []
    last = manners.prices_through or "9999"
    with file.open(encoding="utf-8", newline="") as lines:
        return [
            _Day(
                date=row["date"],
                open=float(row["open"]),
                high=float(row["high"]),
                low=float(row["low"]),
                close=float(row["close"]),
                volume=int(row["volume"]),
                dividend=float(row["dividend"]),
                split=float(row["split_factor"]),
            )
            for row in csv.DictReader(lines)
            if row["date"] <= last and f"{ticker}:{row['date']}" not in manners.prices_missing
        ]


def _adjusted(days: list[_Day]) -> list[float]:
    """Factor from close as traded to adjusted close, by day: 1 on the last, less before each dividend and split."""
    factors = [1.0] * len(days)
    for place in range(len(days) - 1, 0, -1):
        after, before = days[place], days[place - 1]
        # The close before is worth this much less without the dividend and in shares of today (CRSP).
        step = (1 - after.dividend * after.split / before.close) / after.split
        factors[place - 1] = factors[place] * step
    return factors
