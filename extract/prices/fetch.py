"""Brings the daily prices of the sector ETFs to the landing zone; asks only for the days that are missing."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Literal, TypeAlias

from extract.http import Patience, PriceClient
from extract.landing import OutcomeLog, partition_lock
from extract.prices import files
from extract.prices.landing import landed_answers, store_answer
from extract.prices.series import disagreement, parser_of, series, sources
from extract.progress import Progress, ProgressCallback, log_progress
from warehouse.errors import AccessRefused, FetchError, SettingsError, SourceDataError, Throttled
from warehouse.etfs import Etf, etfs
from warehouse.exchange_calendar import last_closed_day
from warehouse.raw_schema import PRICES_PARTITION

if TYPE_CHECKING:
    from collections.abc import Collection

    from extract.http import Fetched
    from extract.prices.source import PriceRow, PriceSource
    from warehouse.settings import Settings

logger = logging.getLogger(__name__)

Outcome: TypeAlias = Literal["new", "added", "reloaded", "up_to_date"]

# Asked for again each time, so that a changed past is noticed: two weeks hold at least eight trading days.
OVERLAP = timedelta(days=14)

NO_SOURCE = (
    "No source of prices is set. Set PRICE_SOURCE (tiingo, stooq or files) in .env; docs/prices.md says what each "
    "needs."
)


@dataclass(frozen=True)
class PricesFetched:
    """What came of asking for prices.

    Attributes:
        source: The source asked.
        outcomes: By ticker: ``new`` (the whole history for the first time), ``added`` (the missing days), ``reloaded``
            (the whole history again), ``up_to_date`` (nothing was missing, so nothing was asked).
        reloads: By ticker, why its history was fetched again.
        failed: By ticker, why it could not be had.
    """

    source: str
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    reloads: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        counted: dict[str, int] = {}
        for outcome in self.outcomes.values():
            counted[outcome] = counted.get(outcome, 0) + 1
        counts = [f"{count} {outcome.replace('_', ' ')}" for outcome, count in sorted(counted.items())]
        counts += [f"{len(self.failed)} failed"] if self.failed else []
        return f"prices from {self.source}: " + (", ".join(counts) or "nothing to fetch")


def fetch_prices(
    settings: Settings,
    *,
    tickers: Collection[str] | None = None,
    refresh: bool = False,
    now: datetime | None = None,
    progress: ProgressCallback | None = None,
    patience: Patience | None = None,
) -> PricesFetched:
    """Bring prices up to the last day the exchange has closed.

    Args:
        settings: Source, its address and key, the rate limit and the landing zone.
        tickers: Which funds; ``None`` for all of the sectors seed.
        refresh: Fetch the whole history of each again.
        now: The moment it is, with a time zone; the clock's when ``None``.
        progress: Called after each fund; logs by default.
        patience: How long one request is pursued.

    Raises:
        SettingsError: No source is set, its key or folder is missing, or a ticker is none of ours.
        AccessRefused: The source refuses the key.
        Throttled: The source's allowance is used up; what was fetched stays.
    """
    if settings.price_source is None:
        raise SettingsError(NO_SOURCE)
    wanted = _funds(tickers)
    moment = now or datetime.now(UTC)
    report = progress or log_progress(logger)
    summary = PricesFetched(settings.price_source)
    with partition_lock(PRICES_PARTITION, settings), PriceClient(settings, patience) as client:
        job = _Job(settings, client, last_closed_day(moment), refresh=refresh)
        for done, fund in enumerate(wanted):
            report(Progress(PRICES_PARTITION, done, len(wanted), job.byte_count))
            try:
                job.bring(fund, summary)
            except (Throttled, AccessRefused):
                raise
            except (FetchError, SourceDataError) as error:
                summary.failed[fund.ticker] = str(error)
        report(Progress(PRICES_PARTITION, len(wanted), len(wanted), job.byte_count))
    logger.info("%s", summary)
    for ticker, reason in summary.reloads.items():
        logger.warning("%s: the whole history was fetched again: %s", ticker, reason)
    for ticker, reason in summary.failed.items():
        logger.warning("%s could not be had: %s", ticker, reason)
    return summary


def _funds(tickers: Collection[str] | None) -> list[Etf]:
    known = {fund.ticker: fund for fund in etfs()}
    if tickers is None:
        return list(known.values())
    unknown = sorted({ticker.upper() for ticker in tickers} - known.keys())
    if unknown:
        raise SettingsError(f"{', '.join(unknown)}: the sectors seed has only {', '.join(known)}.")
    return [known[ticker] for ticker in dict.fromkeys(ticker.upper() for ticker in tickers)]


class _Job:
    """One run over the funds."""

    def __init__(self, settings: Settings, client: PriceClient, last_day: date, *, refresh: bool) -> None:
        self._settings = settings
        self._client = client
        self._last_day = last_day
        self._refresh = refresh
        self.byte_count = 0

    def bring(self, fund: Etf, summary: PricesFetched) -> None:
        """Bring one fund up to date and note what came of it."""
        if self._settings.price_source == files.NAME:
            summary.outcomes[fund.ticker] = self._copy(fund)
            return
        source = sources(self._settings)[str(self._settings.price_source)]
        joined = series(fund.ticker, self._settings)
        # A series of another source is not added to.
        known = [entry.row for entry in joined if entry.answer.source == source.name]
        if not known:
            self._ask(source, fund, fund.first_date, "first")
            summary.outcomes[fund.ticker] = "new"
            return
        reason = "asked for" if self._refresh else None
        if reason is None:
            newest = date.fromisoformat(max(row.price_date for row in known))
            if newest >= self._last_day:
                summary.outcomes[fund.ticker] = "up_to_date"
                return
            reason = self._ask(source, fund, newest - OVERLAP, "tail", known)
        summary.outcomes[fund.ticker] = "reloaded" if reason else "added"
        if reason:
            self._ask(source, fund, fund.first_date, reason)
            summary.reloads[fund.ticker] = reason

    def _ask(
        self, source: PriceSource, fund: Etf, first: date, reason: str, known: list[PriceRow] | None = None
    ) -> str | None:
        """Fetch from a day on and land it; for a tail, return why it cannot be joined to what is known."""
        fetched: dict[str, Fetched] = {}
        for request in source.requests(fund.ticker, first, self._last_day):
            answer = self._client.get(
                request.url,
                kind="price",
                partition=PRICES_PARTITION,
                headers=request.headers,
                secrets=request.secrets,
                refusal=source.refusal,
            )
            if answer.is_missing:
                raise FetchError(f"{request.url}: {source.name} has no fund {fund.ticker} (HTTP {answer.status})")
            fetched[request.part] = answer
            self.byte_count += len(answer.body)
        parts = {name: answer.body for name, answer in fetched.items()}
        rows = _of_days_over(source.parse(parts), self._last_day)
        conflict = disagreement(known, rows) if known else None
        if not known and not rows:
            raise SourceDataError(f"{source.name} has no day of {fund.ticker} from {first} to {self._last_day}")
        newest = max(fetched.values(), key=lambda answer: answer.fetched_at)
        store_answer(
            fund.ticker,
            self._settings,
            parts,
            source=source.name,
            fetched_at=newest.fetched_at,
            is_whole=not known,
            reason=conflict or reason,
            is_joined=conflict is None,
            asked_from=first,
            asked_to=self._last_day,
            row_count=len(rows),
            is_simulated=newest.is_simulated,
        )
        return conflict

    def _copy(self, fund: Etf) -> Outcome:
        """Land the user's file, unless the newest answer is this very file."""
        path = files.own_file(fund.ticker, self._settings)
        if path is None:
            raise FetchError(f"{self._settings.price_files_dir} holds no {fund.ticker}.csv or {fund.ticker}.parquet")
        content = path.read_bytes()
        parts = {path.name.lower(): content}
        rows = parser_of(files.NAME, self._settings)(parts)
        if not rows:
            raise SourceDataError(f"{path} holds no day")
        answers = landed_answers(fund.ticker, self._settings)
        moment = datetime.now(UTC)
        is_simulated = files.is_simulated(path)
        sha256 = hashlib.sha256(content).hexdigest()
        is_known = bool(answers) and (answers[-1].source, answers[-1].first_sha256) == (files.NAME, sha256)
        if not is_known:
            store_answer(
                fund.ticker,
                self._settings,
                parts,
                source=files.NAME,
                fetched_at=moment,
                is_whole=True,
                reason="another file" if answers else "first",
                is_joined=True,
                asked_from=fund.first_date,
                asked_to=self._last_day,
                row_count=len(rows),
                is_simulated=is_simulated,
            )
        OutcomeLog(self._settings).append(
            {
                "kind": "price",
                "accession_number": None,
                # The file's name alone: where a user keeps his files is nobody's business.
                "url": f"file:{path.name}",
                "outcome": "unchanged" if is_known else "fetched",
                "http_status": None,
                "byte_count": None if is_known else len(content),
                "sha256": None if is_known else sha256,
                "attempts": 1,
                "elapsed_ms": 0,
                "error": None,
                "is_simulated": is_simulated,
                "fetched_at": moment,
                "_partition": PRICES_PARTITION,
            }
        )
        self.byte_count += len(content)
        if is_known:
            return "up_to_date"
        return "reloaded" if answers else "new"


def _of_days_over(rows: list[PriceRow], last_day: date) -> list[PriceRow]:
    return [row for row in rows if row.price_date <= last_day.isoformat()]
