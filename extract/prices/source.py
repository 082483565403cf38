"""What a source of daily prices is to the rest of the room: requests, its own words of refusal, and a pure parser."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from warehouse.errors import FetchError


@dataclass(frozen=True)
class PriceRow:
    """One day of one fund, values as the source wrote them.

    Attributes:
        price_date: The day, ``YYYY-MM-DD``.
        close: Close without adjustment for dividends; as traded, unless the source says otherwise.
        adj_close: Close adjusted for dividends and splits.
        dividend: Cash per share that went ex on this day; ``None`` where the source does not say.
        split_factor: New shares per old share from this day on (1 on most days); ``None`` where it does not say.
        volume: Shares traded.
    """

    price_date: str
    close: str | None
    adj_close: str | None
    dividend: str | None = None
    split_factor: str | None = None
    volume: str | None = None


@dataclass(frozen=True)
class PriceRequest:
    """One request for one fund.

    Attributes:
        part: File name the answer is kept under; the parser gets the answers by it.
        url: Address without any key.
        headers: Further headers.
        secrets: Query parameters nobody may read in a log.
    """

    part: str
    url: str
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    secrets: dict[str, str] = field(default_factory=dict, repr=False)


class PriceSource(Protocol):
    """A server of daily prices."""

    name: str

    def requests(self, ticker: str, first: date, last: date) -> list[PriceRequest]:
        """What to ask for the days from `first` to `last`, both included.

        Raises:
            SettingsError: The source needs a key that is not set.
        """

    def refusal(self, status: int, body: bytes) -> FetchError | None:
        """What the source means by an answer that holds no prices; ``None`` for any other answer."""

    def parse(self, parts: Mapping[str, bytes]) -> list[PriceRow]:
        """The rows of one answer, in the source's order.

        Raises:
            SourceDataError: The bytes are not what the source documents.
        """
