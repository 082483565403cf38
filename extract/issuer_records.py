"""Reads and keeps issuer records: the submissions JSON in which the SEC says what it now knows of a filer.

    landing/issuers/<CIK>/<fetched at>Z_<sha256[:12]>.json.gz  a version as served, packed; older ones are not packed
    landing/issuers/<CIK>/checked.json                         when it was last asked for, and what the server said

A version is kept when what it says of the filer is new, or when it lists a newer filing that tells results. The JSON
lists every filing and so changes with each; a longer list alone makes no version, or the landing zone would grow by
about a gigabyte a week. With results, and packed, it is about half a gigabyte a year.
https://www.sec.gov/search-filings/edgar-application-programming-interfaces
"""

from __future__ import annotations

import gzip
import hashlib
import json
import logging
import re
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from extract.landing import write_atomically
from warehouse.errors import SettingsError, SourceDataError
from warehouse.raw_schema import ISSUERS_PARTITION

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from warehouse.settings import Settings

logger = logging.getLogger(__name__)

CheckOutcome: TypeAlias = Literal["kept", "unchanged", "not_found", "unreadable"]

# Raw column to the JSON's own name.
FIELDS = {
    "name": "name",
    "entity_type": "entityType",
    "sic": "sic",
    "sic_description": "sicDescription",
    "tickers": "tickers",
    "exchanges": "exchanges",
    "former_names": "formerNames",
    "category": "category",
    "state_of_incorporation": "stateOfIncorporation",
}

# Raw column to the name of its list in the JSON's listing of recent filings.
LISTED_FIELDS = {
    "accession_number": "accessionNumber",
    "form_type": "form",
    "filing_date": "filingDate",
    "report_date": "reportDate",
    "acceptance_datetime": "acceptanceDateTime",
    "items": "items",
}

# The forms that tell results: earnings releases come as item 2.02 of an 8-K, reports as one of the others. Of all a
# filer lists only these are read; amendments repeat.
RESULTS_FORMS = frozenset({"8-K", "10-Q", "10-QT", "10-QSB", "10-K", "10-KT", "10-K405", "10-KSB", "20-F", "40-F"})
_RESULTS_ITEM = re.compile(r"(^|[,;\s])2\.02($|[,;\s])")

RECORD_SCHEMA = pa.schema(
    [
        *(pa.field(name, pa.string()) for name in ("cik", *FIELDS, "unreadable_reason")),
        pa.field("fetched_at", pa.timestamp("us")),
        pa.field("sha256", pa.string()),
        pa.field("is_simulated", pa.bool_()),
    ]
)

LISTED_SCHEMA = pa.schema(
    [
        *(pa.field(name, pa.string()) for name in ("cik", *LISTED_FIELDS, "unreadable_reason")),
        pa.field("fetched_at", pa.timestamp("us")),
        pa.field("sha256", pa.string()),
        pa.field("is_simulated", pa.bool_()),
    ]
)

_CIK = re.compile(r"(?:CIK)?(\d{1,10})", re.IGNORECASE)
_STAMP = "%Y%m%dT%H%M%S%f"
_BATCH_FILINGS = 50_000


@dataclass(frozen=True)
class Checked:
    """What is known of the last time a record was asked for.

    Attributes:
        url: Its address.
        checked_at: When the server answered, UTC.
        outcome: ``kept``: a new version; ``unchanged``; ``not_found``; ``unreadable``: kept, but it is no record.
        etag: ETag header, if any.
        last_modified: Last-Modified header, if any.
        is_simulated: Whether a simulator answered.
    """

    url: str
    checked_at: datetime
    outcome: CheckOutcome
    etag: str | None
    last_modified: str | None
    is_simulated: bool


def parse_cik(text: str) -> str:
    """A CIK as ten digits, from ``320193``, ``0000320193`` or ``CIK0000320193``.

    Raises:
        SettingsError: It is none.
    """
    match = _CIK.fullmatch(text.strip())
    if match is None or int(match[1]) == 0:
        raise SettingsError(f"{text!r} is no CIK: write its digits, for example 320193")
    return match[1].zfill(10)


def parse_issuer_record(content: bytes, *, cik: str) -> dict[str, str | None]:
    """The values of one submissions JSON, as written; lists and objects as JSON text.

    Args:
        content: The JSON as served.
        cik: Whose record it should be, ten digits.

    Returns:
        Column of ``raw.issuer_records`` to value, for the columns of ``FIELDS``.

    Raises:
        SourceDataError: It is no JSON object, or another filer's.
    """
    record = _record(content)
    written = str(record.get("cik", ""))
    if written.strip().zfill(10) != cik:
        raise SourceDataError(f"the record says that it is of CIK {written!r}, not of {cik}")
    return {column: _text(record.get(name)) for column, name in FIELDS.items()}


def parse_listed_filings(content: bytes) -> list[dict[str, str | None]]:
    """The filings of `RESULTS_FORMS` that a submissions JSON lists as recent, as written, in its order.

    Args:
        content: The JSON as served.

    Returns:
        One mapping from the columns of ``LISTED_FIELDS`` per filing; none where nothing is listed.

    Raises:
        SourceDataError: It is no JSON object, or its lists do not fit each other.
    """
    filings = _record(content).get("filings")
    recent = filings.get("recent") if isinstance(filings, dict) else None
    if not recent:
        return []
    if not isinstance(recent, dict):
        raise SourceDataError(f"recent filings as a JSON {type(recent).__name__} where they are lists by name")
    forms = recent.get("form") or []
    lists = {column: recent.get(name) for column, name in LISTED_FIELDS.items()}
    lengths = {name: len(values) if isinstance(values, list) else None for name, values in lists.items()}
    if not forms and not any(lengths.values()):
        return []
    if set(lengths.values()) != {len(forms)}:
        raise SourceDataError(f"recent filings whose lists differ in length: {lengths}")
    rows = zip(*(values for values in lists.values() if values is not None), strict=True)
    listed = [dict(zip(LISTED_FIELDS, map(_text, row), strict=True)) for row in rows]
    return [filing for filing in listed if filing["form_type"] in RESULTS_FORMS]


def issuer_dir(cik: str, settings: Settings) -> Path:
    """Folder of everything known of a filer's record."""
    return settings.landing_dir / "issuers" / cik


def record_versions(cik: str, settings: Settings) -> list[Path]:
    """Every version of a filer's record, oldest first."""
    return sorted(issuer_dir(cik, settings).glob("[0-9]*_*.json*"))


def read_version(path: Path) -> bytes:
    """The record as served.

    Raises:
        SourceDataError: The packed file is damaged.
    """
    content = path.read_bytes()
    if path.suffix != ".gz":
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise SourceDataError(f"{path.name} cannot be unpacked: {error}") from error


def store_record(cik: str, settings: Settings, content: bytes, fetched_at: datetime) -> CheckOutcome:
    """Keep a record as served, unless the newest version says the same of the filer and knows its newest results.

    Returns:
        ``kept``, ``unchanged``, or ``unreadable`` when it is kept but is no record of this filer.
    """
    known = record_versions(cik, settings)
    newest = _read_for_comparison(known[-1]) if known else None
    try:
        parse_issuer_record(content, cik=cik)
        is_readable = True
    except SourceDataError as error:
        logger.warning("CIK %s: %s", cik, error)
        is_readable = False
    if newest is None or _substance(newest) != _substance(content):
        sha256 = hashlib.sha256(content).hexdigest()
        stamp = fetched_at.astimezone(UTC).strftime(_STAMP)
        # Not forced to disk: what a power cut damages is noticed by its hash.
        packed = gzip.compress(content, compresslevel=6, mtime=0)
        write_atomically(issuer_dir(cik, settings) / f"{stamp}Z_{sha256[:12]}.json.gz", packed, to_disk=False)
        return "kept" if is_readable else "unreadable"
    return "unchanged" if is_readable else "unreadable"


def mark_checked(cik: str, settings: Settings, checked: Checked) -> None:
    """Write down that a record was asked for; without it no version of that filer counts."""
    fields = {**vars(checked), "checked_at": checked.checked_at.astimezone(UTC).isoformat()}
    write_atomically(issuer_dir(cik, settings) / "checked.json", json.dumps(fields, indent=1).encode(), to_disk=False)


def read_checked(cik: str, settings: Settings) -> Checked | None:
    """When a record was last asked for; ``None`` when never, or when that note is damaged."""
    path = issuer_dir(cik, settings) / "checked.json"
    try:
        fields = json.loads(path.read_bytes())
        return Checked(**{**fields, "checked_at": datetime.fromisoformat(fields["checked_at"])})
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        logger.warning("%s cannot be read (%s): the record will be asked for again", path, error)
        return None


def has_landed_issuers(settings: Settings) -> bool:
    """Whether any record was ever asked for."""
    return any((settings.landing_dir / "issuers").glob("*/checked.json"))


def landed_state(settings: Settings) -> str:
    """Hash of which versions and outcomes are landed; changes whenever there is something new to load."""
    digest = hashlib.sha256()
    for path in sorted((settings.landing_dir / "issuers").glob("*/[0-9]*_*.json*")):
        digest.update(f"{path.parent.name}/{path.name}\n".encode())
    for path in sorted((settings.landing_dir / "outcomes" / ISSUERS_PARTITION).glob("*.jsonl")):
        digest.update(f"{path.name} {path.stat().st_size}\n".encode())
    return digest.hexdigest()


@dataclass(frozen=True)
class LandedVersion:
    """One landed version as rows.

    Attributes:
        record: Its row of ``raw.issuer_records``.
        listed: Its filings in the columns of ``raw.issuer_filings``; one row with the reason where the listing
            cannot be read.
    """

    record: dict[str, Any]
    listed: list[dict[str, Any]]


def read_landed(settings: Settings) -> Iterator[LandedVersion]:
    """Every landed version, by CIK and time; an unreadable one with its reason."""
    for folder in sorted((settings.landing_dir / "issuers").glob("[0-9]*")):
        cik = folder.name
        checked = read_checked(cik, settings)
        if checked is None:
            logger.warning("%s has no readable checked.json: fetch CIK %s again", folder, cik)
            continue
        for path in record_versions(cik, settings):
            yield _read_landed(path, cik, is_simulated=checked.is_simulated)


def _read_landed(path: Path, cik: str, *, is_simulated: bool) -> LandedVersion:
    stamp, _, short_hash = path.name.split(".")[0].partition("Z_")
    row: dict[str, Any] = {
        "cik": cik,
        "fetched_at": datetime.strptime(stamp, _STAMP),  # noqa: DTZ007 - UTC, stored without its zone
        "is_simulated": is_simulated,
    }
    try:
        content = read_version(path)
        row["sha256"] = hashlib.sha256(content).hexdigest()
        if not row["sha256"].startswith(short_hash):
            raise SourceDataError(f"{path.name} does not hold the bytes that were fetched")  # noqa: TRY301
        record = parse_issuer_record(content, cik=cik)
    except SourceDataError as error:
        return LandedVersion(row | {"unreadable_reason": str(error)}, [])
    try:
        listed = [row | filing for filing in parse_listed_filings(content)]
    except SourceDataError as error:
        listed = [row | {"unreadable_reason": str(error)}]
    return LandedVersion(row | record, listed)


def write_records(folder: Path, settings: Settings) -> tuple[dict[str, int], set[bool]]:
    """Write every landed version, and every filing they list once, as two Parquet files.

    A filing that several versions list alike stands there once, with the time of the first; a version that says
    something else of it adds a row.

    Returns:
        The number of rows of ``issuer_records`` and ``issuer_filings``, and whether their servers were simulators.
    """
    records: list[dict[str, Any]] = []
    filings: list[dict[str, Any]] = []
    filing_count = 0
    folder.mkdir(parents=True, exist_ok=True)
    with pq.ParquetWriter(folder / "issuer_filings.parquet", LISTED_SCHEMA, compression="zstd") as writer:
        for _, versions in groupby(read_landed(settings), key=lambda version: version.record["cik"]):
            seen: set[tuple[Any, ...]] = set()
            for version in versions:
                records.append(version.record)
                for filing in version.listed:
                    said = tuple(filing.get(name) for name in (*LISTED_FIELDS, "unreadable_reason"))
                    if said not in seen:
                        seen.add(said)
                        filings.append(filing)
            if len(filings) >= _BATCH_FILINGS:
                filing_count += _write_batch(writer, filings)
        filing_count += _write_batch(writer, filings)
    pq.write_table(pa.Table.from_pylist(records, RECORD_SCHEMA), folder / "issuer_records.parquet", compression="zstd")
    counts = {"issuer_records": len(records), "issuer_filings": filing_count}
    return counts, {record["is_simulated"] for record in records}


def _write_batch(writer: pq.ParquetWriter, filings: list[dict[str, Any]]) -> int:
    count = len(filings)
    writer.write_table(pa.Table.from_pylist(filings, LISTED_SCHEMA))
    filings.clear()
    return count


def _read_for_comparison(path: Path) -> bytes | None:
    """A landed version; ``None`` where it is damaged, so that the next answer is kept."""
    try:
        return read_version(path)
    except SourceDataError as error:
        logger.warning("%s: %s", path.parent.name, error)
        return None


def _record(content: bytes) -> dict[str, Any]:
    try:
        record = json.loads(content)
    except ValueError as error:
        raise SourceDataError(f"{len(content)} bytes that are no JSON: {error}") from error
    if not isinstance(record, dict):
        raise SourceDataError(f"a JSON {type(record).__name__} where a record is an object")
    return record


def _substance(content: bytes) -> object:
    """What a record says of the filer itself and the newest results it lists; the bytes where it is no record."""
    try:
        own = {name: value for name, value in _record(content).items() if name != "filings"}
        listed = parse_listed_filings(content)
    except SourceDataError:
        return content
    results = [
        (filing["filing_date"] or "", filing["accession_number"] or "") for filing in listed if _is_results(filing)
    ]
    return own, max(results, default=None)


def _is_results(filing: dict[str, str | None]) -> bool:
    return filing["form_type"] != "8-K" or _RESULTS_ITEM.search(filing["items"] or "") is not None


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
