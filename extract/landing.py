"""Reads and writes the landing zone: every byte fetched, as served, and one outcome row per fetch.

A file appears by rename, complete or not at all; everything after the landing zone can be rebuilt from it offline.

    landing/index/<day>/<fetched at>Z_<sha256[:12]>.idx   versions of the day's master index
    landing/index/<day>/listing_<fetched at>Z_<…>.json    the folder listing that decided "holiday"
    landing/index/<day>/holiday.json                      present while the day is known to have no index
    landing/filings/<day>.parquet                         one row per submission (FILING_SCHEMA)
    landing/filings/<day>.spool/<accession>.filing        the same, one file each, while a day is being fetched
    landing/quarterly/<quarter>/<sha256[:12]>_form345.zip and <sha256[:12]>.json
    landing/issuers/<CIK>/<fetched at>Z_<sha256[:12]>.json.gz  versions of an issuer's record (extract.issuer_records)
    landing/issuers/<CIK>/checked.json                    when that was last asked, and what the server said
    landing/prices/<TICKER>/<fetched at>Z_<source>/       one answer of a source of prices (extract.prices.landing)
    landing/outcomes/<partition>/<run>.jsonl              one JSON object per fetch
    landing/.locks/<partition>.lock                       held while a process works on a partition; empty
"""

from __future__ import annotations

import hashlib
import heapq
import json
import logging
import os
import shutil
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock, Timeout

from warehouse.errors import FetchError, SourceDataError
from warehouse.files import sync
from warehouse.raw_schema import LEDGER_TABLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from warehouse.settings import Settings

logger = logging.getLogger(__name__)

FILING_SCHEMA = pa.schema(
    [
        pa.field("accession_number", pa.string(), nullable=False),
        pa.field("form_type", pa.string(), nullable=False),
        pa.field("url", pa.string(), nullable=False),
        pa.field("fetched_at", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("http_status", pa.int32(), nullable=False),
        pa.field("sha256", pa.string(), nullable=False),
        pa.field("byte_count", pa.int64(), nullable=False),
        pa.field("attempts", pa.int32(), nullable=False),
        pa.field("is_simulated", pa.bool_(), nullable=False),
        pa.field("content", pa.binary(), nullable=False),
    ]
)

# Filings differ in size by a factor of thousands, so row groups are bounded by bytes: memory stays flat.
ROW_GROUP_BYTES = 8 * 1024 * 1024
ROW_GROUP_ROWS = 2_000

OUTCOME_COLUMNS = tuple(name for name, _ in LEDGER_TABLES["fetch_outcomes"] if name != "_loaded_at")

_STAMP = "%Y%m%dT%H%M%S%f"
_LOCK_WAIT_SECONDS = 3600.0


@dataclass(frozen=True)
class IndexVersion:
    """One distinct version of a day's master index.

    Attributes:
        number: 1 for the first version seen.
        path: The file, verbatim.
        fetched_at: When it was fetched, UTC.
        sha256: Hash of the bytes.
    """

    number: int
    path: Path
    fetched_at: datetime
    sha256: str


@dataclass(frozen=True)
class LandedFiling:
    """One submission as served, with where and when it was fetched (see ``FILING_SCHEMA``)."""

    accession_number: str
    form_type: str
    url: str
    fetched_at: datetime
    http_status: int
    sha256: str
    byte_count: int
    attempts: int
    is_simulated: bool
    content: bytes


@dataclass(frozen=True)
class Holiday:
    """What is known of a day without an index.

    Attributes:
        url: Address of the index that is not there.
        decided_at: When that was decided, UTC.
        http_status: Status of the index request.
        reason: Why it is no delay: the calendar's reason, or the later day that is listed.
        listing: Name of the kept folder listing, beside this marker; ``None`` when there was none to be had.
        is_simulated: Whether a simulator said so.
    """

    url: str
    decided_at: datetime
    http_status: int
    reason: str
    listing: str | None
    is_simulated: bool


# ---------------------------------------------------------------------------------------------------- index files


def index_dir(day: date, settings: Settings) -> Path:
    """Folder of everything known of a day's index."""
    return settings.landing_dir / "index" / day.isoformat()


def landed_days(settings: Settings) -> list[date]:
    """Every filing day of which an index, a holiday or filings are landed, oldest first."""
    found = {path.name for path in (settings.landing_dir / "index").glob("????-??-??")}
    found |= {path.stem for path in (settings.landing_dir / "filings").glob("????-??-??.parquet")}
    return sorted(date.fromisoformat(name) for name in found)


def index_versions(day: date, settings: Settings) -> list[IndexVersion]:
    """Every version of the day's master index, oldest first; empty when none was fetched yet."""
    paths = sorted(index_dir(day, settings).glob("[0-9]*.idx"))
    return [
        IndexVersion(number, path, _stamp_of(path), hashlib.sha256(path.read_bytes()).hexdigest())
        for number, path in enumerate(paths, start=1)
    ]


def store_index(day: date, settings: Settings, content: bytes, fetched_at: datetime) -> bool:
    """Keep a fetched index unless it equals the newest version; a holiday marker, now refuted, goes.

    Returns:
        Whether the bytes are a new version.
    """
    known = index_versions(day, settings)
    sha256 = hashlib.sha256(content).hexdigest()
    is_new = not known or known[-1].sha256 != sha256
    if is_new:
        write_atomically(index_dir(day, settings) / f"{_stamp(fetched_at)}_{sha256[:12]}.idx", content)
    _holiday_path(day, settings).unlink(missing_ok=True)
    return is_new


def mark_holiday(
    day: date,
    settings: Settings,
    *,
    url: str,
    http_status: int,
    reason: str,
    listing: bytes | None,
    is_simulated: bool,
    decided_at: datetime,
) -> Holiday:
    """Keep the outcome "no index on this day" and the folder listing it rests on."""
    listing_name = None
    if listing is not None:
        listing_name = f"listing_{_stamp(decided_at)}_{hashlib.sha256(listing).hexdigest()[:12]}.json"
        write_atomically(index_dir(day, settings) / listing_name, listing)
    holiday = Holiday(url, decided_at, http_status, reason, listing_name, is_simulated)
    fields = {**vars(holiday), "decided_at": _iso(decided_at)}
    write_atomically(_holiday_path(day, settings), json.dumps(fields, indent=1).encode())
    return holiday


def read_holiday(day: date, settings: Settings) -> Holiday | None:
    """The holiday marker of a day, or ``None``."""
    try:
        fields = json.loads(_holiday_path(day, settings).read_bytes())
    except FileNotFoundError:
        return None
    return Holiday(**{**fields, "decided_at": datetime.fromisoformat(fields["decided_at"])})


def _holiday_path(day: date, settings: Settings) -> Path:
    return index_dir(day, settings) / "holiday.json"


# -------------------------------------------------------------------------------------------------------- filings


def filings_path(day: date, settings: Settings) -> Path:
    """The day's submissions, one row each."""
    return settings.landing_dir / "filings" / f"{day.isoformat()}.parquet"


def spool_dir(day: date, settings: Settings) -> Path:
    """Folder of the submissions fetched so far while a day is being fetched."""
    return settings.landing_dir / "filings" / f"{day.isoformat()}.spool"


def spool_filing(day: date, settings: Settings, filing: LandedFiling) -> None:
    """Keep one submission until the day's file is written: a line of JSON, then the bytes as served."""
    head = {name: value for name, value in vars(filing).items() if name != "content"}
    head["fetched_at"] = _iso(filing.fetched_at)
    path = spool_dir(day, settings) / f"{filing.accession_number}.filing"
    # Not forced to disk: what a power cut damages is noticed by its hash and fetched again.
    write_atomically(path, json.dumps(head).encode() + b"\n" + filing.content, to_disk=False)


def sweep_spool(day: date, settings: Settings) -> set[str]:
    """Accession numbers safely spooled; half-written files of a killed run and damaged ones are removed."""
    good: set[str] = set()
    folder = spool_dir(day, settings)
    if not folder.is_dir():
        return good
    for path in sorted(folder.iterdir()):
        try:
            good.add(_read_spooled(path).accession_number)
        except SourceDataError as error:
            logger.warning("removing %s: %s; it will be fetched again", path, error)
            path.unlink()
    return good


def landed_accessions(day: date, settings: Settings) -> set[str]:
    """Accession numbers in the day's file (not the spool)."""
    path = filings_path(day, settings)
    if not path.exists():
        return set()
    try:
        column = pq.read_table(path, columns=["accession_number"])["accession_number"]
    except (pa.ArrowInvalid, OSError) as error:
        raise SourceDataError(
            f"{path} cannot be read ({error}): delete it and run the day again; its filings will be fetched again"
        ) from error
    return set(column.to_pylist())


def merge_spool(day: date, settings: Settings) -> int:
    """Write the day's file anew from itself and the spool, then remove the spool; memory does not grow with the day.

    Rows stand in the order of their accession numbers. Where both hold a submission, the newer, spooled one stays.

    Returns:
        Number of rows in the file.
    """
    folder, path = spool_dir(day, settings), filings_path(day, settings)
    spooled = sorted(folder.glob("*.filing")) if folder.is_dir() else []
    if not spooled and path.exists():
        shutil.rmtree(folder, ignore_errors=True)
        return int(pq.read_metadata(path).num_rows)
    newer = {file.stem for file in spooled}
    old = (filing for filing in iter_filings(day, settings) if filing.accession_number not in newer)
    new = (_read_spooled(file) for file in spooled)
    merged = heapq.merge(old, new, key=lambda filing: filing.accession_number)
    count = write_filings(path, merged)
    shutil.rmtree(folder, ignore_errors=True)
    return count


def write_filings(path: Path, filings: Iterable[LandedFiling]) -> int:
    """Write submissions to a parquet file that appears by rename.

    Args:
        path: Where it shall appear.
        filings: Consumed one by one; at most ``ROW_GROUP_BYTES`` of them (or one filing) are held at a time.

    Returns:
        Number of rows written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    count = 0
    try:
        with pq.ParquetWriter(unfinished, FILING_SCHEMA, compression="zstd", use_dictionary=["form_type"]) as writer:
            for group in _row_groups(filings):
                writer.write_batch(pa.RecordBatch.from_pylist([vars(filing) for filing in group], FILING_SCHEMA))
                count += len(group)
        sync(unfinished)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return count


def iter_filings(day: date, settings: Settings) -> Iterator[LandedFiling]:
    """The day's submissions in order of accession number, one by one; none when the day was not fetched."""
    path = filings_path(day, settings)
    if not path.exists():
        return
    with pq.ParquetFile(path, pre_buffer=False) as file:
        for group in range(file.num_row_groups):
            for row in file.read_row_group(group).to_pylist():
                yield LandedFiling(**row)


@contextmanager
def day_lock(day: date, settings: Settings) -> Iterator[None]:
    """Let one process at a time work on a day's landing; the lock ends with the process that holds it.

    Raises:
        FetchError: Another process held the day for an hour.
    """
    with partition_lock(day.isoformat(), settings):
        yield


@contextmanager
def partition_lock(partition: str, settings: Settings) -> Iterator[None]:
    """Let one process at a time work on a partition's landing; the lock ends with the process that holds it.

    Raises:
        FetchError: Another process held it for an hour.
    """
    path = settings.landing_dir / ".locks" / f"{partition}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path, thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        logger.warning("%s: being fetched by another process; waiting for it", partition)
        try:
            lock.acquire(timeout=_LOCK_WAIT_SECONDS, poll_interval=0.5)
        except Timeout as error:
            raise FetchError(
                f"{partition} has been locked by another process for {_LOCK_WAIT_SECONDS:.0f} s ({path}): see whether "
                "a fetch of it hangs, stop it, and run again"
            ) from error
    try:
        yield
    finally:
        lock.release()


def _row_groups(filings: Iterable[LandedFiling]) -> Iterator[list[LandedFiling]]:
    group: list[LandedFiling] = []
    size = 0
    for filing in filings:
        if group and (size + filing.byte_count > ROW_GROUP_BYTES or len(group) >= ROW_GROUP_ROWS):
            yield group
            group, size = [], 0
        group.append(filing)
        size += filing.byte_count
    if group:
        yield group


def _read_spooled(path: Path) -> LandedFiling:
    if path.suffix != ".filing":
        raise SourceDataError(f"{path} is unfinished: its run was killed")
    head, _, content = path.read_bytes().partition(b"\n")
    try:
        fields = json.loads(head)
        filing = LandedFiling(**{**fields, "fetched_at": datetime.fromisoformat(fields["fetched_at"])}, content=content)
    except (ValueError, KeyError, TypeError) as error:
        raise SourceDataError(f"{path} has no readable first line: {error}") from error
    if filing.byte_count != len(content) or filing.sha256 != hashlib.sha256(content).hexdigest():
        raise SourceDataError(f"{path} holds {len(content)} bytes that are not the {filing.byte_count} fetched")
    return filing


# ------------------------------------------------------------------------------------------------- quarterly sets


@dataclass(frozen=True)
class QuarterlyZip:
    """One version of a quarter's data set.

    Attributes:
        path: The zip as served.
        url: Where it was fetched.
        fetched_at: When, UTC.
        etag: ETag header, if any.
        last_modified: Last-Modified header, if any.
        sha256: Hash of the zip.
        byte_count: Its size.
        is_simulated: Whether a simulator served it.
    """

    path: Path
    url: str
    fetched_at: datetime
    etag: str | None
    last_modified: str | None
    sha256: str
    byte_count: int
    is_simulated: bool


def landed_quarters(settings: Settings) -> list[str]:
    """Every quarter of which a data set is landed, oldest first."""
    return sorted(path.name for path in (settings.landing_dir / "quarterly").glob("????q?"))


def quarterly_dir(quarter: str, settings: Settings) -> Path:
    """Folder of every version of a quarter's data set."""
    return settings.landing_dir / "quarterly" / quarter


def quarterly_zips(quarter: str, settings: Settings) -> list[QuarterlyZip]:
    """Every version of a quarter's data set, oldest first; the last one is current."""
    found = []
    for notes in quarterly_dir(quarter, settings).glob("*.json"):
        fields = json.loads(notes.read_bytes())
        path = notes.with_name(f"{notes.stem}_form345.zip")
        found.append(QuarterlyZip(**{**fields, "fetched_at": datetime.fromisoformat(fields["fetched_at"])}, path=path))
    return sorted(found, key=lambda version: version.fetched_at)


def store_quarterly_zip(
    quarter: str,
    settings: Settings,
    content: bytes,
    *,
    url: str,
    fetched_at: datetime,
    headers: Mapping[str, str],
    is_simulated: bool,
) -> QuarterlyZip:
    """Keep a quarter's zip as served and, beside it, where and when it was fetched."""
    sha256 = hashlib.sha256(content).hexdigest()
    folder = quarterly_dir(quarter, settings)
    path = folder / f"{sha256[:12]}_form345.zip"
    version = QuarterlyZip(
        path,
        url,
        fetched_at,
        headers.get("etag"),
        headers.get("last-modified"),
        sha256,
        len(content),
        is_simulated,
    )
    fields: dict[str, Any] = {**vars(version), "fetched_at": _iso(fetched_at)}
    del fields["path"]
    write_atomically(path, content)
    # Last: a zip without its notes is no version.
    write_atomically(folder / f"{sha256[:12]}.json", json.dumps(fields, indent=1).encode())
    return version


# ------------------------------------------------------------------------------------------------------- outcomes


class OutcomeLog:
    """Appends one JSON object per fetch to ``landing/outcomes/<partition>/<run>.jsonl``; safe among threads.

    Args:
        settings: Where the landing zone is.
    """

    def __init__(self, settings: Settings) -> None:
        self._folder = settings.landing_dir / "outcomes"
        self._run = f"{_stamp(datetime.now(UTC))}_{os.getpid()}"
        self._lock = threading.Lock()

    def append(self, row: Mapping[str, Any]) -> None:
        """Write one row; its keys are the columns of ``raw.fetch_outcomes`` but ``_loaded_at``."""
        ordered = {name: row[name] for name in OUTCOME_COLUMNS}
        ordered["fetched_at"] = _iso(row["fetched_at"])
        path = self._folder / str(row["_partition"]) / f"{self._run}.jsonl"
        with self._lock:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("ab") as file:
                file.write(json.dumps(ordered).encode() + b"\n")


def read_outcomes(partition: str, settings: Settings) -> list[dict[str, Any]]:
    """Every fetch of a partition in order of time, as written (``fetched_at`` an ISO text in UTC).

    The last line of a run that was killed may be cut; it is skipped with a warning.
    """
    rows: list[dict[str, Any]] = []
    for path in sorted((settings.landing_dir / "outcomes" / partition).glob("*.jsonl")):
        for number, line in enumerate(path.read_bytes().splitlines(), start=1):
            try:
                rows.append(json.loads(line))
            except ValueError:
                logger.warning("%s line %d is cut off (%d bytes): the run was killed", path, number, len(line))
    return sorted(rows, key=lambda row: str(row["fetched_at"]))


def write_outcomes(folder: Path, partition: str, settings: Settings) -> tuple[Path, int]:
    """Write every fetch of a partition as one file for the writer; its path and how many fetches there are."""
    rows = read_outcomes(partition, settings)
    path = folder / "fetch_outcomes.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path, len(rows)


# ---------------------------------------------------------------------------------------------------------- files


def write_atomically(path: Path, content: bytes, *, to_disk: bool = True) -> None:
    """Write a file that appears complete or not at all, even after a power cut when forced `to_disk`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.tmp")
    try:
        unfinished.write_bytes(content)
        if to_disk:
            sync(unfinished)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime(_STAMP) + "Z"


def _stamp_of(path: Path) -> datetime:
    return datetime.strptime(path.name.split("Z_", 1)[0], _STAMP).replace(tzinfo=UTC)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
