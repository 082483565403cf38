"""Check a landed quarterly data set (form345 zip) and unpack its tables for the writer.

A zip from the network is hostile input: names, sizes and checksums are checked, nothing is written outside the
quarter's folder, and that folder appears by rename, complete or not at all. Columns are matched by header, so that a
new or renamed column is an error instead of a silent loss.
"""

from __future__ import annotations

import logging
import os
import shutil
import stat
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from extract import landing
from warehouse.errors import SourceDataError
from warehouse.raw_schema import COLUMN_ALIASES, FORM345, FORM345_TABLES, OPTIONAL_SOURCE_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import IO

    from warehouse.settings import Settings

logger = logging.getLogger(__name__)

# The largest sets unpack to some 150 MB in all; a quarter never comes near these.
MAX_MEMBER_BYTES = 1024**3
MAX_TOTAL_BYTES = 2 * 1024**3
_MAX_HEADER_BYTES = 64 * 1024
_CHUNK_BYTES = 1024 * 1024
_TABLE_OF_MEMBER = {table.member.lower(): table.name for table in FORM345_TABLES}
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)


@dataclass(frozen=True)
class _Member:
    table: str
    info: zipfile.ZipInfo


def unpacked_dir(quarter: str, settings: Settings) -> Path:
    """Folder of a quarter's unpacked tables."""
    return settings.parsed_dir / "quarterly" / quarter


def unpack_quarter(quarter: str, settings: Settings) -> dict[str, Path]:
    """Check the newest landed version of a quarter and unpack its eight tables.

    Args:
        quarter: For example ``2024q3``.
        settings: Where landing zone and parsed files are.

    Returns:
        Raw table name to its TSV file, as in the zip.

    Raises:
        SourceDataError: The quarter is not landed, or its zip is truncated, damaged, too large, misses a table or has
            an unknown column; the message names zip, member and column. What was unpacked before is untouched.
    """
    versions = landing.quarterly_zips(quarter, settings)
    if not versions:
        folder = landing.quarterly_dir(quarter, settings)
        raise SourceDataError(f"no data set of {quarter} is landed in {folder}: fetch the quarter first")
    return unpack_zip(versions[-1].path, unpacked_dir(quarter, settings))


def unpack_zip(path: Path, folder: Path) -> dict[str, Path]:
    """Check a form345 zip and unpack its eight tables into a folder, which replaces the one that was there.

    Raises:
        SourceDataError: See `unpack_quarter`.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = folder.with_name(f".{folder.name}.{os.getpid()}.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    try:
        with _opened(path) as archive:
            for member in _members(path, archive):
                _unpack(path, archive, member, unfinished / FORM345[member.table].member)
        if folder.exists():
            shutil.rmtree(folder)
        unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return {table.name: folder / table.member for table in FORM345_TABLES}


def remove_unpacked(quarter: str, settings: Settings) -> None:
    """Remove a quarter's unpacked tables; the landed zip stays."""
    shutil.rmtree(unpacked_dir(quarter, settings), ignore_errors=True)


def read_header(first_line: bytes, *, table: str, where: str) -> dict[str, str]:
    """Match the header of a form345 table to the columns of the raw table, by name.

    Order and case do not matter; the SEC's other spellings (``EXCERCISE_DATE``, ``EQUITY_SWAP_INVOLVED_FN``) are known;
    SUBMISSION may lack ``AFF10B5ONE``. Columns that only the SEC's metadata file lists (``CONTACT_*``) are not missed.

    Args:
        first_line: The header line, with or without its line end.
        table: Raw table name.
        where: Zip and member, for the message.

    Returns:
        Column as written to raw column, in the order of the file.

    Raises:
        SourceDataError: A column is unknown, stands there twice, or is missing; the message names it.
    """
    known = FORM345[table].source_columns
    aliases = COLUMN_ALIASES.get(table, {})
    matched: dict[str, str] = {}
    for written in first_line.rstrip(b"\r\n").decode("utf-8-sig", errors="replace").split("\t"):
        name = written.strip().lower()
        column = name if name in known else aliases.get(name, name)
        if column not in known:
            raise SourceDataError(
                f"{where}: unknown column {written[:80]!r}. If it is a new one of the SEC's, add it to "
                "warehouse/raw_schema.py; until then what is loaded of this quarter stays as it is."
            )
        if column in matched.values():
            raise SourceDataError(f"{where}: column {written[:80]!r} stands there twice.")
        matched[written] = column
    may_lack = OPTIONAL_SOURCE_COLUMNS.get(table, frozenset())
    if missing := [column.upper() for column in known if column not in matched.values() and column not in may_lack]:
        raise SourceDataError(
            f"{where}: column {', '.join(missing)} is missing. Fetch the set again; if it stays away, the SEC has "
            "changed its layout: see warehouse/raw_schema.py."
        )
    return matched


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except FileNotFoundError as error:
        raise SourceDataError(f"{path} is missing although its notes are there: fetch the quarter again") from error
    except (*_DAMAGE, OSError) as error:
        raise SourceDataError(f"{path} is no whole zip ({error}): fetch the quarter again") from error


def _members(path: Path, archive: zipfile.ZipFile) -> Iterator[_Member]:
    """The eight tables, once every name and size in the zip has been checked."""
    found: dict[str, zipfile.ZipInfo] = {}
    for info in archive.infolist():
        where = f"{path}, member {info.filename!r}"
        _check_member(info, where)
        name = info.filename.lower()
        if name in found:
            raise SourceDataError(f"{where} stands in the zip twice: which one counts is unknown")
        if name.endswith(".tsv") and name not in _TABLE_OF_MEMBER:
            raise SourceDataError(f"{where} is a table we do not know: add it to warehouse/raw_schema.py")
        if name not in _TABLE_OF_MEMBER:
            logger.debug("%s is no table and is not unpacked", where)
        found[name] = info
    total = sum(info.file_size for info in found.values())
    if total > MAX_TOTAL_BYTES:
        raise SourceDataError(f"{path} would unpack to {total} bytes, at most {MAX_TOTAL_BYTES} are accepted")
    if missing := [table.member for table in FORM345_TABLES if table.member.lower() not in found]:
        raise SourceDataError(f"{path}: member {', '.join(missing)} is missing: fetch the quarter again")
    for name, table in _TABLE_OF_MEMBER.items():
        yield _Member(table, found[name])


def _check_member(info: zipfile.ZipInfo, where: str) -> None:
    name = info.filename
    # The original name, because ZipInfo cuts names at a NUL byte.
    if name != info.orig_filename or any(mark in name for mark in ("/", "\\", ":", "\0")) or name in {"", ".", ".."}:
        raise SourceDataError(f"{where} (as {info.orig_filename!r}) is no plain file name: the zip is not the SEC's")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise SourceDataError(f"{where} is a symbolic link: the zip is not the SEC's")
    if info.flag_bits & 1:
        raise SourceDataError(f"{where} is encrypted: the zip is not the SEC's")
    if info.file_size > MAX_MEMBER_BYTES:
        raise SourceDataError(f"{where} has {info.file_size} bytes, at most {MAX_MEMBER_BYTES} are accepted")


def _unpack(path: Path, archive: zipfile.ZipFile, member: _Member, target: Path) -> None:
    where = f"{path}, member {member.info.filename!r}"
    try:
        with archive.open(member.info) as source:
            first_line = source.readline(_MAX_HEADER_BYTES)
            read_header(first_line, table=member.table, where=where)
            _copy(source, first_line, target)
    except _DAMAGE as error:
        # Truncated data and a wrong CRC both end here, before the quarter's folder is touched.
        raise SourceDataError(f"{where} cannot be unpacked ({error}): fetch the quarter again") from error
    except OSError as error:
        raise SourceDataError(f"{where} cannot be unpacked to {target}: {error}") from error


def _copy(source: IO[bytes], first_line: bytes, target: Path) -> None:
    with target.open("wb") as file:
        file.write(first_line)
        shutil.copyfileobj(source, file, _CHUNK_BYTES)
