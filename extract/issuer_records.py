"""Reads and keeps issuer records: the submissions JSON in which the SEC says what it now knows of a filer.

    landing/issuers/<CIK>/<fetched at>Z_<sha256[:12]>.json   a version as served
    landing/issuers/<CIK>/checked.json                       when it was last asked for, and what the server said

A version is kept when what it says of the filer is new. The JSON also lists the filer's filings and so changes with
every filing; a longer list alone makes no version, or the landing zone would grow by about a gigabyte a week.
https://www.sec.gov/search-filings/edgar-application-programming-interfaces
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from dataclasses import dataclass
from datetime import UTC, datetime
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

RECORD_SCHEMA = pa.schema(
    [
        *(pa.field(name, pa.string()) for name in ("cik", *FIELDS, "unreadable_reason")),
        pa.field("fetched_at", pa.timestamp("us")),
        pa.field("sha256", pa.string()),
        pa.field("is_simulated", pa.bool_()),
    ]
)

_CIK = re.compile(r"(?:CIK)?(\d{1,10})", re.IGNORECASE)
_STAMP = "%Y%m%dT%H%M%S%f"


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


def issuer_dir(cik: str, settings: Settings) -> Path:
    """Folder of everything known of a filer's record."""
    return settings.landing_dir / "issuers" / cik


def record_versions(cik: str, settings: Settings) -> list[Path]:
    """Every version of a filer's record, oldest first."""
    return sorted(issuer_dir(cik, settings).glob("[0-9]*_*.json"))


def store_record(cik: str, settings: Settings, content: bytes, fetched_at: datetime) -> CheckOutcome:
    """Keep a record as served, unless the newest version says the same of the filer.

    Returns:
        ``kept``, ``unchanged``, or ``unreadable`` when it is kept but is no record of this filer.
    """
    known = record_versions(cik, settings)
    newest = known[-1].read_bytes() if known else None
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
        write_atomically(issuer_dir(cik, settings) / f"{stamp}Z_{sha256[:12]}.json", content, to_disk=False)
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
    for path in sorted((settings.landing_dir / "issuers").glob("*/[0-9]*_*.json")):
        digest.update(f"{path.parent.name}/{path.name}\n".encode())
    for path in sorted((settings.landing_dir / "outcomes" / ISSUERS_PARTITION).glob("*.jsonl")):
        digest.update(f"{path.name} {path.stat().st_size}\n".encode())
    return digest.hexdigest()


def read_landed(settings: Settings) -> Iterator[dict[str, Any]]:
    """One row of ``raw.issuer_records`` per landed version, by CIK and time; an unreadable one with its reason."""
    for folder in sorted((settings.landing_dir / "issuers").glob("[0-9]*")):
        cik = folder.name
        checked = read_checked(cik, settings)
        if checked is None:
            logger.warning("%s has no readable checked.json: fetch CIK %s again", folder, cik)
            continue
        for path in record_versions(cik, settings):
            content = path.read_bytes()
            sha256 = hashlib.sha256(content).hexdigest()
            stamp, _, short_hash = path.stem.partition("Z_")
            row: dict[str, Any] = {
                "cik": cik,
                "fetched_at": datetime.strptime(stamp, _STAMP),  # noqa: DTZ007 - UTC, stored without its zone
                "sha256": sha256,
                "is_simulated": checked.is_simulated,
            }
            try:
                if not sha256.startswith(short_hash):
                    raise SourceDataError(f"{path.name} does not hold the bytes that were fetched")  # noqa: TRY301
                row |= parse_issuer_record(content, cik=cik)
            except SourceDataError as error:
                row["unreadable_reason"] = str(error)
            yield row


def write_records(path: Path, settings: Settings) -> tuple[int, set[bool]]:
    """Write every landed version as one Parquet file.

    Returns:
        The number of rows, and whether their servers were simulators.
    """
    rows = list(read_landed(settings))
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows, RECORD_SCHEMA), path, compression="zstd")
    return len(rows), {row["is_simulated"] for row in rows}


def _record(content: bytes) -> dict[str, Any]:
    try:
        record = json.loads(content)
    except ValueError as error:
        raise SourceDataError(f"{len(content)} bytes that are no JSON: {error}") from error
    if not isinstance(record, dict):
        raise SourceDataError(f"a JSON {type(record).__name__} where a record is an object")
    return record


def _substance(content: bytes) -> object:
    """What a record says of the filer itself; the bytes where it is no record."""
    try:
        return {name: value for name, value in _record(content).items() if name != "filings"}
    except SourceDataError:
        return content


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
