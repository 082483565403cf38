"""Fetches what the SEC's own list says of issuers (submissions JSON) into the landing zone, as served.

Asked for are the issuers named by loaded filings, never their owners. What was answered within a week is not asked for
again, so a run that was stopped goes on where it was.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from extract.fetch_many import fetch_many
from extract.http import Patience, SecClient
from extract.issuer_records import Checked, CheckOutcome, mark_checked, parse_cik, read_checked, store_record
from extract.landing import partition_lock
from extract.progress import ProgressCallback, log_progress
from warehouse.database import read_connection
from warehouse.raw_schema import ISSUERS_PARTITION

if TYPE_CHECKING:
    from collections.abc import Collection

    from warehouse.settings import Settings

logger = logging.getLogger(__name__)

FRESH_FOR = timedelta(days=7)

# CIKs are numbers; zeros and blanks around them are spelling. Those without a header SIC need their record most.
_ISSUERS = r"""
select
    lpad(trim(issuercik), 10, '0') as cik,
    coalesce(bool_or(trim(assigned_sic) <> ''), false) as has_header_sic
from raw.submission
where regexp_full_match(trim(issuercik), '0*[1-9]\d*') and length(trim(issuercik)) <= 10
group by cik
order by has_header_sic, cik
"""


@dataclass(frozen=True)
class IssuersFetched:
    """What came of asking for records.

    Attributes:
        outcomes: Number of records by what became of them (see `extract.issuer_records.Checked`).
        fresh: Records not asked for: they were within the last week.
        failed: Reason by CIK of those that could not be had.
    """

    outcomes: dict[CheckOutcome, int]
    fresh: int = 0
    failed: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        counts = [f"{count} {outcome.replace('_', ' ')}" for outcome, count in sorted(self.outcomes.items())]
        counts += [f"{len(self.failed)} failed"] if self.failed else []
        counts += [f"{self.fresh} asked for within the last {FRESH_FOR.days} days"] if self.fresh else []
        return "issuer records: " + (", ".join(counts) or "nothing to fetch")


def known_issuers(settings: Settings) -> list[str]:
    """CIKs (ten digits) of every issuer a loaded filing names, those without a SIC in any header first.

    The warehouse is opened for reading and closed again. Empty where nothing is loaded yet.

    Raises:
        LoadError: A writer kept the warehouse to itself.
    """
    if not settings.warehouse_path.is_file():
        return []
    with read_connection(settings.warehouse_path, wait_seconds=settings.warehouse_wait_seconds) as connection:
        return [cik for cik, _ in connection.execute(_ISSUERS).fetchall()]


def fetch_issuers(
    settings: Settings,
    *,
    ciks: Collection[str] | None = None,
    refresh: bool = False,
    limit: int | None = None,
    progress: ProgressCallback | None = None,
    patience: Patience | None = None,
) -> IssuersFetched:
    """Bring issuers' records to the landing zone.

    Args:
        settings: Server, rate limit, landing zone and, for the known issuers, the warehouse.
        ciks: Whose records; ``None`` for every known issuer.
        refresh: Ask also for what was asked for within the last week.
        limit: At most so many records: first those never asked for, then the oldest.
        progress: Called as records arrive; logs by default.
        patience: How long one record is pursued.

    Raises:
        FetchError: The server seems to be down. A single record that cannot be had is in ``failed``.
        Throttled: The server kept asking us to slow down.
        LoadError: See `known_issuers`.
        SettingsError: One of `ciks` is no CIK.
    """
    asked = known_issuers(settings) if ciks is None else [parse_cik(cik) for cik in ciks]
    asked = list(dict.fromkeys(asked))
    with SecClient(settings, patience) as client, partition_lock(ISSUERS_PARTITION, settings):
        known = {cik: read_checked(cik, settings) for cik in asked}
        now = datetime.now(UTC)
        wanted = asked if refresh else [cik for cik in asked if not _is_fresh(known[cik], now)]
        fresh = len(asked) - len(wanted)
        # A stable sort: among those never asked for, the order of `known_issuers` stays.
        wanted = sorted(wanted, key=lambda cik: checked.checked_at.timestamp() if (checked := known[cik]) else 0.0)
        landed, failed = fetch_many(
            client,
            ISSUERS_PARTITION,
            wanted[:limit],
            lambda cik: _land_record(client, cik, settings),
            kind="issuer records",
            report=progress or log_progress(logger),
        )
    summary = IssuersFetched(dict(Counter(landed.values())), fresh, failed)
    logger.info("%s", summary)
    for cik, reason in failed.items():
        logger.warning("the record of CIK %s could not be had: %s", cik, reason)
    return summary


def _is_fresh(checked: Checked | None, now: datetime) -> bool:
    # An unreadable answer may have been an accident of the server: it is asked for again.
    return checked is not None and checked.outcome != "unreadable" and now - checked.checked_at < FRESH_FOR


def _land_record(client: SecClient, cik: str, settings: Settings) -> tuple[CheckOutcome, int]:
    """Ask for one record, conditionally where it is known; what became of it and its size in bytes."""
    url = f"{settings.sec_data_url}/submissions/CIK{cik}.json"
    known = read_checked(cik, settings)
    conditional: dict[str, str] = {}
    if known and known.url == url and known.outcome in ("kept", "unchanged"):
        validators = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
        conditional = {name: value for name, value in validators.items() if value}
    fetched = client.get(url, kind="issuer", partition=ISSUERS_PARTITION, conditional=conditional)
    etag, last_modified = fetched.headers.get("ETag"), fetched.headers.get("Last-Modified")
    outcome: CheckOutcome
    if fetched.is_missing:
        outcome, etag, last_modified = "not_found", None, None
    elif fetched.is_unchanged and known:
        outcome, etag, last_modified = "unchanged", etag or known.etag, last_modified or known.last_modified
    else:
        outcome = store_record(cik, settings, fetched.body, fetched.fetched_at)
    mark_checked(cik, settings, Checked(url, fetched.fetched_at, outcome, etag, last_modified, fetched.is_simulated))
    return outcome, len(fetched.body)
