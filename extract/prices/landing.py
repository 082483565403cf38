"""The landing zone of prices: every answer as served, beside what was asked and why.

    landing/prices/<TICKER>/<fetched at>Z_<source>/<part>.gz   the bytes of one answer, compressed
    landing/prices/<TICKER>/<fetched at>Z_<source>/answer.json what was asked, when, and the hash of each part; last

A whole answer holds a fund's history; those after it hold the newest days and some before them. Dividends and splits
change the whole adjusted history, so an answer that disagrees with what is landed is kept but not joined to it, and a
whole one is fetched; see `extract.prices.series`.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import logging
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from extract.landing import write_atomically
from warehouse.errors import SourceDataError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from warehouse.settings import Settings

logger = logging.getLogger(__name__)

_NOTES = "answer.json"
_STAMP = "%Y%m%dT%H%M%S%f"


@dataclass(frozen=True)
class PriceAnswer:
    """One landed answer.

    Attributes:
        ticker: The fund.
        source: ``tiingo``, ``stooq`` or ``files``.
        fetched_at: When it had arrived, UTC.
        is_whole: Whether the whole history was asked for.
        reason: Why: the first, a refresh, or what disagreed with what was landed.
        is_joined: Whether its days belong to the series; a tail that disagrees does not.
        asked_from: First day asked for.
        asked_to: Last day asked for; later days in the answer are not over yet and not read.
        row_count: Days it holds.
        sha256: Hash of each part as served.
        is_simulated: Whether a simulator answered.
        folder: Where it lies.
    """

    ticker: str
    source: str
    fetched_at: datetime
    is_whole: bool
    reason: str
    is_joined: bool
    asked_from: date
    asked_to: date
    row_count: int
    sha256: dict[str, str]
    is_simulated: bool
    folder: Path = field(compare=False)

    @property
    def first_sha256(self) -> str:
        """Hash of its first part."""
        return next(iter(self.sha256.values()))

    def parts(self) -> dict[str, bytes]:
        """The bytes as served.

        Raises:
            SourceDataError: They are not those that were fetched.
        """
        found = {}
        for name, sha256 in self.sha256.items():
            path = self.folder / f"{name}.gz"
            try:
                content = gzip.decompress(path.read_bytes())
            except (OSError, EOFError) as error:
                raise SourceDataError(f"{path} cannot be read ({error}): remove its folder and fetch again") from error
            if hashlib.sha256(content).hexdigest() != sha256:
                raise SourceDataError(f"{path} does not hold the bytes that were fetched: remove its folder")
            found[name] = content
        return found


def prices_dir(settings: Settings) -> Path:
    """Folder of every landed price."""
    return settings.landing_dir / "prices"


def has_landed_prices(settings: Settings) -> bool:
    """Whether any price was ever landed."""
    return any(prices_dir(settings).glob(f"*/*/{_NOTES}"))


def landed_answers(ticker: str, settings: Settings) -> list[PriceAnswer]:
    """Every answer of a fund, oldest first; one without notes was interrupted and is none."""
    found = []
    for notes in (prices_dir(settings) / ticker).glob(f"*/{_NOTES}"):
        fields = json.loads(notes.read_bytes())
        fields |= {
            "fetched_at": datetime.fromisoformat(fields["fetched_at"]),
            "asked_from": date.fromisoformat(fields["asked_from"]),
            "asked_to": date.fromisoformat(fields["asked_to"]),
        }
        found.append(PriceAnswer(**fields, folder=notes.parent))
    return sorted(found, key=lambda answer: answer.fetched_at)


def landed_tickers(settings: Settings) -> list[str]:
    """Every fund of which something is landed."""
    return sorted({path.parent.parent.name for path in prices_dir(settings).glob(f"*/*/{_NOTES}")})


def store_answer(
    ticker: str,
    settings: Settings,
    parts: Mapping[str, bytes],
    *,
    source: str,
    fetched_at: datetime,
    is_whole: bool,
    reason: str,
    is_joined: bool,
    asked_from: date,
    asked_to: date,
    row_count: int,
    is_simulated: bool,
) -> PriceAnswer:
    """Keep one answer; it counts from the moment its notes are written."""
    folder = prices_dir(settings) / ticker / f"{fetched_at.astimezone(UTC).strftime(_STAMP)}Z_{source}"
    answer = PriceAnswer(
        ticker=ticker,
        source=source,
        fetched_at=fetched_at.astimezone(UTC),
        is_whole=is_whole,
        reason=reason,
        is_joined=is_joined,
        asked_from=asked_from,
        asked_to=asked_to,
        row_count=row_count,
        sha256={name: hashlib.sha256(content).hexdigest() for name, content in parts.items()},
        is_simulated=is_simulated,
        folder=folder,
    )
    for name, content in parts.items():
        write_atomically(folder / f"{name}.gz", gzip.compress(content, mtime=0))
    notes: dict[str, Any] = {name: value for name, value in vars(answer).items() if name != "folder"}
    for name in ("fetched_at", "asked_from", "asked_to"):
        notes[name] = notes[name].isoformat()
    write_atomically(folder / _NOTES, json.dumps(notes, indent=1).encode())
    return answer


def landed_state(settings: Settings) -> str:
    """Hash of which answers are landed; changes whenever there is something new to load.

    Without the outcomes: that a file was looked at and had not changed reaches raw with the next load.
    """
    digest = hashlib.sha256()
    for path in sorted(prices_dir(settings).glob(f"*/*/{_NOTES}")):
        digest.update(f"{path.parent.parent.name}/{path.parent.name}\n".encode())
    return digest.hexdigest()
