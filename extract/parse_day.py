"""Turn one landed filing day into Parquet files of raw rows, ready for the writer.

Works offline from the landing zone, one submission at a time, so memory does not grow with the day. The day's folder
appears by rename, complete or not at all. A filing that cannot be read becomes a quarantine row; the day goes on.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from extract import landing
from extract.calendar import is_weekend
from extract.daily_index import DailyIndex, parse_master_index
from extract.ownership import PARSER_VERSION, ParsedFiling, QuarantinedFiling, parse_filing, quarantine
from warehouse.errors import SourceDataError
from warehouse.raw_schema import REQUIRED_TABLES, file_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from warehouse.settings import Settings

logger = logging.getLogger(__name__)

TABLES = REQUIRED_TABLES["daily"]

# Rows wait for their Parquet row group until so many filings, or so many bytes of submissions, were read.
_BATCH_FILINGS = 500
_BATCH_BYTES = 16 * 1024 * 1024

_ARROW_TYPES = {
    "VARCHAR": pa.string(),
    "INTEGER": pa.int32(),
    "BIGINT": pa.int64(),
    "BOOLEAN": pa.bool_(),
    "TIMESTAMP": pa.timestamp("us"),
}
_NOTES = "parsed.json"


@dataclass(frozen=True)
class ParsedDay:
    """What came of parsing a day.

    Attributes:
        day: The filing day.
        folder: Where its files are.
        source_sha256: Hash of what was read: indexes, filings, filing fetches, holiday marker.
        parser_version: `ownership.PARSER_VERSION` that read it.
        is_simulated: Whether a simulator served it.
        filing_count: Submissions read, quarantined ones included.
        row_counts: Rows per raw table.
        quarantine_counts: Quarantined filings per reason code.
        notices: What reached no row or contradicts the header, over all filings (see `ownership.NOTICES`).
        is_skipped: The files were there already, made of the same bytes by the same parser.
    """

    day: date
    folder: Path
    source_sha256: str
    parser_version: str
    is_simulated: bool
    filing_count: int
    row_counts: dict[str, int]
    quarantine_counts: dict[str, int]
    notices: dict[str, int]
    is_skipped: bool = False

    @property
    def tables(self) -> dict[str, Path]:
        """Raw table name to its Parquet file."""
        return {table: self.folder / f"{table}.parquet" for table in TABLES}


def parsed_dir(day: date, settings: Settings) -> Path:
    """Folder of a day's parsed files."""
    return settings.parsed_dir / "daily" / day.isoformat()


def read_parsed_day(day: date, settings: Settings) -> ParsedDay | None:
    """What is parsed of a day; ``None`` when nothing is, or not all of it."""
    folder = parsed_dir(day, settings)
    try:
        parsed = ParsedDay(day=day, folder=folder, **json.loads((folder / _NOTES).read_bytes()))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:
        logger.warning("%s cannot be read (%s): the day counts as not parsed", folder / _NOTES, error)
        return None
    return parsed if all(path.is_file() for path in parsed.tables.values()) else None


def parse_filing_day(day: date, settings: Settings) -> ParsedDay:
    """Parse a day's landed indexes and submissions into ``parsed/daily/<day>/``.

    Skipped when that folder was made from the same bytes by the same parser. Later fetches of an unchanged index are no
    reason to parse again: they stay in the landing zone until something else of the day changes.

    Args:
        day: The filing day; a weekend gives empty files.
        settings: Where landing zone and parsed files are.

    Raises:
        SourceDataError: Nothing of the day is landed, an index cannot be read, or the day mixes real and simulated
            filings.
    """
    with landing.day_lock(day, settings):
        sources = _read_sources(day, settings)
        known = read_parsed_day(day, settings)
        if (
            known is not None
            and known.parser_version == PARSER_VERSION
            and known.source_sha256 == sources.sha256
            and known.is_simulated == sources.is_simulated
        ):
            logger.info("%s: parsed already, %d filings", day, known.filing_count)
            return ParsedDay(**{**vars(known), "is_skipped": True})
        folder = parsed_dir(day, settings)
        folder.parent.mkdir(parents=True, exist_ok=True)
        for leftover in folder.parent.glob(f".{day.isoformat()}.*"):
            shutil.rmtree(leftover)
        unfinished = folder.with_name(f".{day.isoformat()}.{os.getpid()}.new")
        unfinished.mkdir()
        try:
            parsed = _write_day(day, settings, sources, unfinished)
            _put_in_place(unfinished, folder)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    logger.info("%s: %d filings parsed, %d quarantined", day, parsed.filing_count, parsed.row_counts["quarantine"])
    for notice, count in sorted(parsed.notices.items()):
        logger.warning("%s: %s (%d times)", day, notice, count)
    return parsed


def source_version(day: date, settings: Settings) -> tuple[str, str]:
    """What parsing the day now would put on record: the hash of its landed bytes, and the parser.

    Raises:
        SourceDataError: As for `parse_filing_day`.
    """
    return _read_sources(day, settings).sha256, PARSER_VERSION


@dataclass(frozen=True)
class _Sources:
    versions: list[landing.IndexVersion]
    holiday: landing.Holiday | None
    outcomes: list[dict[str, Any]]
    sha256: str
    is_simulated: bool

    @cached_property
    def indexes(self) -> list[DailyIndex]:
        """Read only where the day is parsed."""
        return [parse_master_index(version.path.read_bytes()) for version in self.versions]


def _read_sources(day: date, settings: Settings) -> _Sources:
    """Everything of a day but its submissions, and a hash that covers those too."""
    versions = landing.index_versions(day, settings)
    holiday = landing.read_holiday(day, settings)
    if not versions and holiday is None and not is_weekend(day):
        raise SourceDataError(
            f"nothing of {day} is landed in {landing.index_dir(day, settings)}: fetch the filing day first"
        )
    outcomes = landing.read_outcomes(day.isoformat(), settings)
    filings = _landed_hashes(day, settings)
    simulated = {is_simulated for _, _, is_simulated in filings}
    if len(simulated) > 1:
        raise SourceDataError(
            f"{landing.filings_path(day, settings)} mixes simulated and real filings: remove it and fetch the day again"
        )
    simulated |= {bool(outcome["is_simulated"]) for outcome in outcomes if outcome["outcome"] == "fetched"}
    if holiday is not None:
        simulated.add(holiday.is_simulated)
    facts = {
        "indexes": [version.sha256 for version in versions],
        "holiday": (holiday.url, holiday.reason) if holiday else None,
        "filings": [(accession, sha256) for accession, sha256, _ in filings],
        "fetches": [outcome for outcome in outcomes if outcome["kind"] == "filing"],
    }
    return _Sources(
        versions=versions,
        holiday=holiday,
        outcomes=outcomes,
        sha256=hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest(),
        is_simulated=True in simulated,
    )


def _landed_hashes(day: date, settings: Settings) -> list[tuple[str, str, bool]]:
    path = landing.filings_path(day, settings)
    if not path.exists():
        return []
    table = pq.read_table(path, columns=["accession_number", "sha256", "is_simulated"])
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


def _write_day(day: date, settings: Settings, sources: _Sources, folder: Path) -> ParsedDay:
    # A day's index may list older dates; an accession's own date is what the index says of it.
    filed_dates = {
        accession: line.filed_date for index in sources.indexes for accession, line in index.ownership_filings.items()
    }
    notices: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    filing_count = 0
    with _DayFiles(folder) as files:
        for landed in landing.iter_filings(day, settings):
            filing = _parse_landed(landed, filed_dates.get(landed.accession_number, day))
            filing_count += 1
            if isinstance(filing, QuarantinedFiling):
                reasons[filing.reason_code] += 1
                files.add("quarantine", [_quarantine_row(filing)])
                logger.warning("%s: %s quarantined: %s", day, filing.accession_number, filing.reason)
            else:
                notices.update(filing.notices)
                for table, rows in filing.rows.items():
                    files.add(table, rows)
            files.flush_if_full(landed.byte_count)
        for table, ledger_rows in _ledger_rows(sources).items():
            files.add(table, ledger_rows)
        row_counts = files.finish()
    parsed = ParsedDay(
        day=day,
        folder=parsed_dir(day, settings),
        source_sha256=sources.sha256,
        parser_version=PARSER_VERSION,
        is_simulated=sources.is_simulated,
        filing_count=filing_count,
        row_counts=row_counts,
        quarantine_counts=dict(reasons),
        notices=dict(notices),
    )
    notes = {name: value for name, value in vars(parsed).items() if name not in {"day", "folder", "is_skipped"}}
    (folder / _NOTES).write_text(json.dumps(notes, indent=1, sort_keys=True))
    return parsed


def _parse_landed(landed: landing.LandedFiling, filed_date: date) -> ParsedFiling | QuarantinedFiling:
    try:
        return parse_filing(landed.content, accession_number=landed.accession_number, filed_date=filed_date)
    except Exception as error:  # a fault of ours must not cost the other filings of the day
        logger.exception("%s: our parser failed", landed.accession_number)
        return quarantine(
            landed.content,
            accession_number=landed.accession_number,
            reason_code="parser_error",
            detail=f"{type(error).__name__}: {error}",
        )


def _quarantine_row(filing: QuarantinedFiling) -> list[Any]:
    return [filing.accession_number, filing.reason_code, filing.reason, filing.byte_count, filing.sha256]


def _ledger_rows(sources: _Sources) -> dict[str, list[list[Any]]]:
    """The rows about indexes and fetches, in the columns of `file_columns`."""
    urls = {outcome["sha256"]: outcome["url"] for outcome in sources.outcomes if outcome["kind"] == "index"}
    lines: list[list[Any]] = []
    files: list[list[Any]] = []
    for version, index in zip(sources.versions, sources.indexes, strict=True):
        ownership = index.ownership_lines
        lines += [
            [
                line.cik,
                line.company_name,
                line.form_type,
                line.date_filed,
                line.file_name,
                line.line_number,
                version.number,
            ]
            for line in ownership
        ]
        files.append(
            [
                "published",
                version.number,
                urls.get(version.sha256),
                _naive_utc(version.fetched_at),
                version.sha256,
                version.path.stat().st_size,
                len(index.lines),
                len(ownership),
                len(index.unreadable),
                "\n".join(line.text for line in index.unreadable) or None,
            ]
        )
    if sources.holiday is not None:
        decided_at = _naive_utc(sources.holiday.decided_at)
        files.append(["holiday", None, sources.holiday.url, decided_at, None, None, 0, 0, 0, None])
    fetches = [
        [
            _naive_utc(datetime.fromisoformat(outcome[name])) if name == "fetched_at" else outcome[name]
            for name, _ in file_columns("fetch_outcomes")
        ]
        for outcome in sources.outcomes
    ]
    return {"filing_index": lines, "filing_index_files": files, "fetch_outcomes": fetches}


class _DayFiles:
    """The Parquet files of one day, written a batch of rows at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = ExitStack()
        self._rows: dict[str, list[Sequence[Any]]] = {table: [] for table in TABLES}
        self._row_counts = dict.fromkeys(TABLES, 0)
        self._filings = self._bytes = 0
        self._schemas = {
            table: pa.schema([(name, _ARROW_TYPES[data_type]) for name, data_type in file_columns(table)])
            for table in TABLES
        }
        self._writers: Mapping[str, pq.ParquetWriter] = {}

    def __enter__(self) -> _DayFiles:
        self._writers = {
            table: self._stack.enter_context(
                pq.ParquetWriter(self._folder / f"{table}.parquet", schema, compression="zstd")
            )
            for table, schema in self._schemas.items()
        }
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def add(self, table: str, rows: Iterable[Sequence[Any]]) -> None:
        """Add rows in the order of the table's columns."""
        self._rows[table].extend(rows)

    def flush_if_full(self, byte_count: int) -> None:
        """Count one submission of that size as read, and write out what waits when it is enough."""
        self._filings += 1
        self._bytes += byte_count
        if self._filings >= _BATCH_FILINGS or self._bytes >= _BATCH_BYTES:
            self._flush()

    def finish(self) -> dict[str, int]:
        """Write the rest; the rows of every table."""
        self._flush()
        return self._row_counts

    def _flush(self) -> None:
        for table, rows in self._rows.items():
            if rows:
                schema = self._schemas[table]
                columns = [
                    pa.array(values, field.type) for values, field in zip(zip(*rows, strict=True), schema, strict=True)
                ]
                self._writers[table].write_batch(pa.record_batch(columns, schema=schema))
                self._row_counts[table] += len(rows)
                rows.clear()
        self._filings = self._bytes = 0


def _put_in_place(unfinished: Path, folder: Path) -> None:
    """Let a folder appear under its name; a kill between the two steps costs another parse, never a wrong file."""
    replaced = unfinished.with_suffix(".old")
    if folder.exists():
        folder.rename(replaced)
    unfinished.rename(folder)
    shutil.rmtree(replaced, ignore_errors=True)


def _naive_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
