"""Fetches one filing day: its index, then every ownership filing the index lists, into the landing zone.

Run as often as you like: the index is asked for each time, a filing only until it is in the landing zone.
"""

from __future__ import annotations

import json
import logging
import re
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Literal, TypeAlias

from extract import landing
from extract.calendar import closing_reason, is_weekend
from extract.daily_index import parse_master_index
from extract.fetch_many import fetch_many
from extract.http import Fetched, Patience, SecClient
from extract.progress import ProgressCallback, log_progress
from warehouse.errors import FetchError, NotPublishedYet
from warehouse.quarters import Quarter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract.daily_index import IndexLine
    from warehouse.settings import Settings

logger = logging.getLogger(__name__)

Status: TypeAlias = Literal["fetched", "incomplete", "holiday", "no_filing_day"]

# The index is listed but not served: storage and listing disagree for a moment now and then.
_LISTED_BUT_MISSING_TRIES = 4

_NOT_SERVED = "the server has no such file although the index lists it"

_MASTER = re.compile(r"master\.(\d{8})\.idx")


@dataclass(frozen=True)
class FetchSummary:
    """What came of fetching a day.

    Attributes:
        day: The filing day.
        status: ``fetched``: everything listed is landed; ``incomplete``: something is not, see `not_found` and
            `failed`; ``holiday``: there is no index and there will be none; ``no_filing_day``: a weekend, nothing was
            asked.
        index_lines: Ownership-form lines in the newest index, one per filer and filing.
        accessions: Distinct ownership filings listed by any version of the index.
        fetched: Filings landed by this run.
        already_there: Filings landed by earlier runs.
        not_found: (accession number, reason) of each listed filing the server says it does not have.
        failed: (accession number, reason) of each listed filing that failed for good; another run may get it.
        elapsed_seconds: Time this run took.
    """

    day: date
    status: Status
    index_lines: int = 0
    accessions: int = 0
    fetched: int = 0
    already_there: int = 0
    not_found: tuple[tuple[str, str], ...] = ()
    failed: tuple[tuple[str, str], ...] = ()
    elapsed_seconds: float = 0.0

    @property
    def missing(self) -> tuple[tuple[str, str], ...]:
        """(accession number, reason) of each listed filing that is not landed."""
        return tuple(sorted(self.not_found + self.failed))


def index_url(day: date, settings: Settings) -> str:
    """Address of a day's master index."""
    return f"{_folder_url(day, settings)}/master.{day:%Y%m%d}.idx"


def filing_url(file_name: str, settings: Settings) -> str:
    """Address of a full submission, from the file name an index gives."""
    return f"{settings.sec_www_url}/Archives/{file_name}"


def fetch_filing_day(
    day: date,
    settings: Settings,
    *,
    progress: ProgressCallback | None = None,
    patience: Patience | None = None,
) -> FetchSummary:
    """Bring a filing day's index and ownership filings into the landing zone.

    A filing the server does not have, or that fails for good, is counted in ``missing`` and does not stop the day; the
    next run asks for it again.

    Args:
        day: The filing day.
        settings: Where to fetch from, how fast, and where to.
        progress: Called after every filing; a log line every few seconds when ``None``.
        patience: How long one fetch is pursued.

    Raises:
        NotPublishedYet: The index is not there yet; try again later.
        Throttled: The server kept asking us to slow down. What was fetched stays.
        FetchError: The server is down or the index cannot be had. What was fetched stays.
        SettingsError: ``SEC_CONTACT`` is missing for the SEC; nothing was asked.
    """
    started = time.monotonic()
    if is_weekend(day):
        logger.info("%s is a weekend: EDGAR has no index and is not asked", day)
        return FetchSummary(day, "no_filing_day")
    with SecClient(settings, patience) as client, landing.day_lock(day, settings):
        _update_index(client, day, settings)
        if landing.read_holiday(day, settings) is not None:
            return FetchSummary(day, "holiday", elapsed_seconds=time.monotonic() - started)
        index_lines, listed = _listed(day, settings)
        spooled = landing.sweep_spool(day, settings)
        there = (landing.landed_accessions(day, settings) | spooled) & listed.keys()
        wanted = {accession: line for accession, line in listed.items() if accession not in there}
        not_found, failed = _fetch_filings(client, day, wanted, settings, progress or log_progress(logger))
        row_count = landing.merge_spool(day, settings)
    summary = FetchSummary(
        day=day,
        status="incomplete" if not_found or failed else "fetched",
        index_lines=index_lines,
        accessions=len(listed),
        fetched=len(wanted) - len(not_found) - len(failed),
        already_there=len(there),
        not_found=tuple(sorted(not_found.items())),
        failed=tuple(sorted(failed.items())),
        elapsed_seconds=time.monotonic() - started,
    )
    logger.info("%s: %s, %d filings landed, %d missing", day, summary.status, row_count, len(summary.missing))
    for accession, reason in summary.missing:
        logger.warning("%s: %s is missing: %s", day, accession, reason)
    return summary


def _update_index(client: SecClient, day: date, settings: Settings) -> None:
    """Land the day's index or the reason why there is none; an index that has changed becomes a new version."""
    fetched = client.get(index_url(day, settings), kind="index", partition=day.isoformat(), record_missing=False)
    if fetched.is_missing and landing.index_versions(day, settings):
        client.record(fetched, "not_found", "an index known from before is gone; the last version stays in force")
        logger.warning("%s: the index is gone; the last version known stays in force", day)
        return
    if fetched.is_missing:
        found = _explain_absence(client, day, settings, fetched)
        if found is None:
            return
        fetched = found
    landing.store_index(day, settings, fetched.body, fetched.fetched_at)


def _explain_absence(client: SecClient, day: date, settings: Settings, fetched: Fetched) -> Fetched | None:
    """Tell apart the meanings of "no such file": holiday (``None``), not there yet (raises), there after all."""
    listing = _listing(client, day, day, settings)
    for _ in range(_LISTED_BUT_MISSING_TRIES):
        if listing is None or day not in _listed_days(listing):
            break
        client.record(fetched, "not_found", "listed in index.json but not served; asked again")
        client.wait(1.0)
        fetched = client.get(fetched.url, kind="index", partition=day.isoformat(), record_missing=False)
        if not fetched.is_missing:
            return fetched
    else:
        client.record(fetched, "not_found", "listed in index.json but not served")
        raise FetchError(f"{fetched.url} is listed in its folder's index.json but is not served: try again later")
    reason = _holiday_reason(client, day, settings, listing)
    if reason is None:
        client.record(fetched, "not_published", "neither this day's index nor a later one is listed")
        raise NotPublishedYet(
            f"the index of {day} is not published yet ({fetched.url}: HTTP {fetched.status}). EDGAR publishes it from "
            "about 22:00 New York time; try again later. See docs/runbooks/no_index_today.md"
        )
    client.record(fetched, "holiday", reason)
    landing.mark_holiday(
        day,
        settings,
        url=fetched.url,
        http_status=fetched.status,
        reason=reason,
        listing=listing.body if listing else None,
        is_simulated=fetched.is_simulated,
        decided_at=datetime.now(UTC),
    )
    logger.info("%s has no index: %s", day, reason)
    return None


def _holiday_reason(client: SecClient, day: date, settings: Settings, listing: Fetched | None) -> str | None:
    reason = closing_reason(day)
    if reason is not None:
        return reason
    later = [other for other in _listed_days(listing) if other > day]
    if not later:
        # The last days of a quarter: what proves that the day was skipped stands in the next quarter's folder.
        next_quarter = Quarter.of(day).plus(1).first_day
        following = _listing(client, next_quarter, day, settings)
        later = list(_listed_days(following))
    if not later:
        return None
    logger.warning("%s: no index although the calendar knows of no closing, and %s has one", day, min(later))
    return f"the index of a later day, {min(later)}, is listed"


def _listing(client: SecClient, folder_day: date, day: date, settings: Settings) -> Fetched | None:
    """The listing of the folder `folder_day` belongs to; ``None`` when that folder does not exist (yet)."""
    url = f"{_folder_url(folder_day, settings)}/index.json"
    listing = client.get(url, kind="listing", partition=day.isoformat())
    return None if listing.is_missing else listing


def _listed_days(listing: Fetched | None) -> set[date]:
    if listing is None:
        return set()
    try:
        names = [str(item["name"]) for item in json.loads(listing.body)["directory"]["item"]]
    except (ValueError, KeyError, TypeError) as error:
        raise FetchError(f"{listing.url} is no directory listing ({error!r}): see whether its shape changed") from error
    matches = filter(None, map(_MASTER.fullmatch, names))
    return {datetime.strptime(match.group(1), "%Y%m%d").date() for match in matches}  # noqa: DTZ007 - a calendar day


def _listed(day: date, settings: Settings) -> tuple[int, dict[str, IndexLine]]:
    """Ownership lines of the newest index, and the filings of every version: one gone since may still be served."""
    listed: dict[str, IndexLine] = {}
    line_count = 0
    for version in landing.index_versions(day, settings):
        index = parse_master_index(version.path.read_bytes())
        line_count = len(index.ownership_lines)
        for unreadable in index.unreadable:
            logger.warning("%s line %d cannot be read: %r", version.path, unreadable.line_number, unreadable.text)
        listed.update(index.ownership_filings)
    return line_count, listed


def _fetch_filings(
    client: SecClient, day: date, wanted: Mapping[str, IndexLine], settings: Settings, report: ProgressCallback
) -> tuple[dict[str, str], dict[str, str]]:
    """Fetch filings into the spool; reasons by accession number of those not found, and of those that failed."""

    def land(accession: str) -> tuple[bool, int]:
        size = _land_filing(client, day, accession, wanted[accession], settings)
        return size is not None, size or 0

    is_served, failed = fetch_many(client, day.isoformat(), wanted, land, kind="filings", report=report)
    return {accession: _NOT_SERVED for accession, served in is_served.items() if not served}, failed


def _land_filing(client: SecClient, day: date, accession: str, line: IndexLine, settings: Settings) -> int | None:
    """Fetch one submission into the spool; its size, or ``None`` when the server has no such file."""
    url = filing_url(line.file_name, settings)
    fetched = client.get(url, kind="filing", partition=day.isoformat(), accession_number=accession)
    if fetched.is_missing:
        return None
    filing = landing.LandedFiling(
        accession_number=accession,
        form_type=line.form_type,
        url=url,
        fetched_at=fetched.fetched_at,
        http_status=fetched.status,
        sha256=fetched.sha256,
        byte_count=len(fetched.body),
        attempts=fetched.attempts,
        is_simulated=fetched.is_simulated,
        content=fetched.body,
    )
    landing.spool_filing(day, settings, filing)
    return len(fetched.body)


def _folder_url(day: date, settings: Settings) -> str:
    return f"{settings.sec_www_url}/Archives/edgar/daily-index/{day.year}/QTR{Quarter.of(day).number}"
