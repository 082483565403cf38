"""Tiingo's end-of-day prices: JSON, free key, closes as traded and adjusted, dividends and splits.

Request, fields and limits: https://www.tiingo.com/documentation/end-of-day (2.1.2: ``startDate``, ``endDate``;
``close`` raw, ``adjClose`` adjusted for splits and dividends by CRSP's method, ``divCash`` on the ex-date,
``splitFactor``) and https://www.tiingo.com/documentation/general/connecting (header ``Authorization: Token …``, so the
key stays out of the address). Limits are per hour and day, not per second; beyond them status 429 with the text below,
in earlier years status 200 with the text alone (https://github.com/hydrosquall/tiingo-python/issues/45).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from extract.prices.source import PriceRequest, PriceRow
from warehouse.errors import AccessRefused, FetchError, SettingsError, SourceDataError, Throttled

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from warehouse.settings import Settings

PART = "prices.json"
_OVER_LIMIT = b"you have run over your"
_REFUSED = (401, 403)


class Tiingo:
    """The source ``tiingo``.

    Args:
        settings: Base address and token.
    """

    name = "tiingo"

    def __init__(self, settings: Settings) -> None:
        self._url = settings.tiingo_url
        self._token = settings.tiingo_token

    def requests(self, ticker: str, first: date, last: date) -> list[PriceRequest]:
        """One request; see `PriceSource.requests`."""
        if not self._token:
            raise SettingsError("TIINGO_TOKEN must hold your token: make a free account at https://www.tiingo.com.")
        url = f"{self._url}/tiingo/daily/{ticker.lower()}/prices?startDate={first}&endDate={last}"
        return [PriceRequest(PART, url, headers={"Authorization": f"Token {self._token}"})]

    def refusal(self, status: int, body: bytes) -> FetchError | None:
        """An allocation used up, or a token that is not taken."""
        if _OVER_LIMIT in body[:500].lower():
            return Throttled(
                f"Tiingo answers {_words(body)!r}: the free allowance is per hour and per day, so run again later; "
                "what is landed is not asked for again (docs/runbooks/prices.md)"
            )
        if status in _REFUSED:
            return AccessRefused(f"Tiingo refuses the token (HTTP {status}: {_words(body)!r}): check TIINGO_TOKEN")
        return None

    def parse(self, parts: Mapping[str, bytes]) -> list[PriceRow]:
        """Rows of the JSON list, numbers as they were written."""
        try:
            listed = json.loads(parts[PART], parse_float=str, parse_int=str)
        except ValueError as error:
            raise SourceDataError(f"Tiingo sent no JSON: {error}") from error
        if not isinstance(listed, list):
            raise SourceDataError(f"Tiingo sent a JSON {type(listed).__name__} where its documentation has a list")
        return [_row(entry, place) for place, entry in enumerate(listed)]


def _row(entry: Any, place: int) -> PriceRow:
    if not isinstance(entry, dict) or not {"date", "close", "adjClose"} <= entry.keys():
        raise SourceDataError(f"Tiingo's row {place} lacks date, close or adjClose: {str(entry)[:120]!r}")
    return PriceRow(
        # 2019-01-02T00:00:00.000Z: midnight UTC stands for the day itself.
        price_date=str(entry["date"])[:10],
        close=_text(entry["close"]),
        adj_close=_text(entry["adjClose"]),
        dividend=_text(entry.get("divCash")),
        split_factor=_text(entry.get("splitFactor")),
        volume=_text(entry.get("volume")),
    )


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _words(body: bytes) -> str:
    return body[:200].decode("utf-8", errors="replace").strip()
