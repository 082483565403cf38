"""Stooq's daily prices: CSV, free key, closes as traded and adjusted; dividends and splits only in their effect.

Request: ``/q/d/l/?s=spy.us&d1=YYYYMMDD&d2=YYYYMMDD&i=d``; since early 2026 with ``apikey``, given out at
https://stooq.com/q/d/?s=spy.us&get_apikey; without one a page of instructions comes in place of the CSV
(https://github.com/pydata/pandas-datareader/issues/1012). Answer: ``Date,Open,High,Low,Close,Volume``, or ``No data``;
beyond the daily allowance the words below with status 200
(https://github.com/api-evangelist/stooq, openapi and rate-limits). Stooq adjusts by default; the check boxes of its
page of historical data, ``o=1111111`` in the address, leave out each kind of adjustment in turn (splits, dividends,
rights and so on). Stooq publishes no reference of its own, so what it serves is checked as the gate checks any source.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from extract.prices.source import PriceRequest, PriceRow
from warehouse.errors import AccessRefused, FetchError, SourceDataError, Throttled

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from warehouse.settings import Settings

ADJUSTED, AS_TRADED = "adjusted.csv", "as_traded.csv"
_LEAVE_OUT_EVERY_ADJUSTMENT = "1111111"
_OVER_LIMIT = b"exceeded the daily hits limit"
_NO_DATA = b"no data"
_START = b"date,open,high,low,close"


class Stooq:
    """The source ``stooq``.

    Args:
        settings: Base address and key.
    """

    name = "stooq"

    def __init__(self, settings: Settings) -> None:
        self._url = settings.stooq_url
        self._secrets = {"apikey": settings.stooq_api_key} if settings.stooq_api_key else {}

    def requests(self, ticker: str, first: date, last: date) -> list[PriceRequest]:
        """Two requests, with and without adjustment."""
        url = f"{self._url}/q/d/l/?s={ticker.lower()}.us&d1={first:%Y%m%d}&d2={last:%Y%m%d}&i=d"
        return [
            PriceRequest(ADJUSTED, url, secrets=self._secrets),
            PriceRequest(AS_TRADED, f"{url}&o={_LEAVE_OUT_EVERY_ADJUSTMENT}", secrets=self._secrets),
        ]

    def refusal(self, status: int, body: bytes) -> FetchError | None:
        """An allowance used up, or the page that says how to get a key."""
        start = body[:4000].lower()
        if _OVER_LIMIT in start:
            return Throttled(
                "Stooq answers 'Exceeded the daily hits limit': run again tomorrow, only what is missing will be asked "
                "for (docs/runbooks/prices.md)"
            )
        if b"apikey" in start and not start.lstrip().startswith(_START):
            return AccessRefused(f"Stooq wants a key, or another one (HTTP {status}): set STOOQ_API_KEY")
        return None

    def parse(self, parts: Mapping[str, bytes]) -> list[PriceRow]:
        """Rows of both files joined by day; a day that stands in one only has no value of the other."""
        adjusted, as_traded = _closes(parts[ADJUSTED]), _closes(parts[AS_TRADED])
        rows = []
        for day in sorted(adjusted.keys() | as_traded.keys()):
            close, volume = as_traded.get(day, (None, None))
            rows.append(PriceRow(day, close=close, adj_close=adjusted.get(day, (None, None))[0], volume=volume))
        return rows


def _closes(body: bytes) -> dict[str, tuple[str | None, str | None]]:
    """Day to close and volume, as written."""
    start = body[:200].lower().lstrip()
    if start.startswith(_NO_DATA):
        return {}
    if not start.startswith(_START):
        raise SourceDataError(f"Stooq sent something else than its CSV, beginning {body[:80]!r}")
    found: dict[str, tuple[str | None, str | None]] = {}
    for number, row in enumerate(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))), start=2):
        if not row["Date"] or row["Close"] is None:
            raise SourceDataError(f"Stooq's line {number} is cut off: {row}")
        found[row["Date"]] = (row["Close"], row.get("Volume"))
    return found
