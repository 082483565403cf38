"""Reads the shape of a file before it is loaded: its columns by name, its rows by an independent count.

What the writer gets is a piece of SQL that yields the file's rows, with every source value as text, untouched.
"""

from __future__ import annotations

import json
import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from warehouse.errors import SourceDataError
from warehouse.raw_schema import COLUMN_ALIASES, FORM345, OPTIONAL_SOURCE_COLUMNS, STAMPS, file_columns
from warehouse.sql_text import identifier, literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import duckdb

logger = logging.getLogger(__name__)

_CHUNK_BYTES = 4 * 1024 * 1024
_CSV_LINE = re.compile(r"CSV Error on Line: (\d+)")
_CSV_WIDTH = re.compile(r"Expected Number of Columns: (\d+) Found: (\d+)")
_AGAIN = {
    ".parquet": "Delete its folder and parse the partition again: the landing zone has the bytes.",
    ".tsv": "Unpack the quarter's zip again; if it stays, fetch the set again, and keep both versions to compare.",
    ".jsonl": "Remove the damaged line; the landing zone's other files do not depend on it.",
}


@dataclass(frozen=True)
class SourceFile:
    """One file of rows for one raw table.

    Attributes:
        path: The file.
        table: The raw table it is for.
        columns: Raw column name to the column's expression in `relation`.
        row_count: Rows, counted without DuckDB.
        relation: SQL that yields the rows.
    """

    path: Path
    table: str
    columns: dict[str, str]
    row_count: int
    relation: str

    def expression(self, column: str, data_type: str) -> str:
        """SQL for the value of one raw column: from the file, or NULL where the file may lack it."""
        found = self.columns.get(column)
        return f"null::{data_type}" if found is None else f"cast({found} as {data_type})"

    def explain(self, error: duckdb.Error) -> str:
        """What is wrong with the file: name, line where known, and what to do."""
        message = str(error)
        place, what = f"{self.path}", message.splitlines()[0]
        if line := _CSV_LINE.search(message):
            place += f", line {line[1]}"
            what = message.splitlines()[2] if len(message.splitlines()) > 2 else what
        if width := _CSV_WIDTH.search(message):
            what = f"{width[2]} columns where the header has {width[1]}"
        return f"{place}: {what.rstrip('.')}. Nothing was loaded. {_AGAIN[self.path.suffix]}"


def open_source(table: str, path: Path) -> SourceFile:
    """Look at one file and say how its rows are to be read.

    Args:
        table: Raw table the rows are for.
        path: A ``.parquet`` file, a ``.tsv`` member of a quarterly set, or a ``.jsonl`` file.

    Raises:
        SourceDataError: The file is missing or unreadable, has an unknown column, or lacks one it must have.
    """
    openers = {".parquet": _open_parquet, ".tsv": _open_tsv, ".jsonl": _open_jsonl}
    if path.suffix not in openers:
        raise SourceDataError(f"{path}: files of rows end in {', '.join(openers)}.")
    try:
        return openers[path.suffix](table, path)
    except FileNotFoundError as error:
        raise SourceDataError(f"{path} is missing. {_AGAIN[path.suffix]}") from error
    except OSError as error:
        raise SourceDataError(f"{path} cannot be read: {error}. {_AGAIN[path.suffix]}") from error


def _open_parquet(table: str, path: Path) -> SourceFile:
    try:
        metadata = pq.read_metadata(path)
    except pa.ArrowInvalid as error:
        raise SourceDataError(f"{path} is not a whole Parquet file: {error}. {_AGAIN['.parquet']}") from error
    columns = _match(table, path, metadata.schema.to_arrow_schema().names, may_lack=frozenset())
    return SourceFile(path, table, columns, metadata.num_rows, f"read_parquet({_quoted(path)})")


def _open_jsonl(table: str, path: Path) -> SourceFile:
    known = {name for name, _ in file_columns(table)}
    row_count = 0
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                keys = json.loads(line).keys()
            except (ValueError, AttributeError) as error:
                raise SourceDataError(f"{path}, line {number}: not a JSON object. {_AGAIN['.jsonl']}") from error
            if set(keys) - STAMPS != known:
                difference = ", ".join(sorted((set(keys) - STAMPS) ^ known))
                raise SourceDataError(f"{path}, line {number}: unknown or missing for raw.{table}: {difference}.")
            row_count += 1
    listed = ", ".join(f"'{name}': 'VARCHAR'" for name in sorted(known))
    relation = f"read_json({_quoted(path)}, format = 'newline_delimited', columns = {{{listed}}})"
    return SourceFile(path, table, {name: f'"{name}"' for name in known}, row_count, relation)


def _open_tsv(table: str, path: Path) -> SourceFile:
    shape = _scan(path)
    may_lack = frozenset(FORM345[table].header_columns) | OPTIONAL_SOURCE_COLUMNS.get(table, frozenset())
    columns = _match(table, path, shape.header, may_lack=may_lack)
    if not shape.is_utf8:
        logger.warning("%s is not UTF-8: read as Latin-1, which keeps every byte", path)
    if shape.stray_return_line:
        logger.warning("%s: carriage return inside line %d; read line by line", path, shape.stray_return_line)
        return SourceFile(path, table, columns, shape.row_count, _split_lines(path, shape))
    listed = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in shape.header)
    # No quoting: the SEC's fields hold unbalanced quotes. No padding: a short row is an error, never a guess.
    relation = (
        f"read_csv({_quoted(path)}, delim = '\t', quote = '', escape = '', comment = '', header = true, "
        f"new_line = '{shape.new_line}', encoding = '{'utf-8' if shape.is_utf8 else 'latin-1'}', "
        f"auto_detect = false, null_padding = false, columns = {{{listed}}})"
    )
    return SourceFile(path, table, columns, shape.row_count, relation)


@dataclass(frozen=True)
class _Shape:
    header: tuple[str, ...]
    row_count: int
    new_line: str  # as DuckDB writes it: \n or \r\n, backslashes and all
    is_utf8: bool
    stray_return_line: int  # 1-based; 0 when there is none


def _scan(path: Path) -> _Shape:
    """Read a TSV file once: header, line ends, encoding, and the number of its rows."""
    header: tuple[str, ...] = ()
    new_line, row_count, line_count, is_utf8, stray_return_line = b"\n", 0, 0, True, 0
    for block in _whole_lines(path):
        if not header:
            first = block.split(b"\n", 1)[0]
            new_line = b"\r\n" if first.endswith(b"\r") else b"\n"
            header = tuple(first.removesuffix(b"\r").decode("utf-8-sig", errors="replace").split("\t"))
        if block.startswith(new_line) or b"\n" + new_line in block:
            row_count += sum(1 for line in block.split(b"\n") if line.removesuffix(b"\r"))
        else:
            row_count += block.count(b"\n")
        if not block.isascii() and is_utf8:
            is_utf8 = _is_utf8(block)
        if b"\r" in block and not stray_return_line:
            inside = re.search(rb"\r(?!\n)" if new_line == b"\r\n" else rb"\r", block)
            mixed = new_line == b"\r\n" and block.count(b"\r\n") != block.count(b"\n")
            if inside or mixed:
                stray_return_line = line_count + block.count(b"\n", 0, inside.start() if inside else 0) + 1
        line_count += block.count(b"\n")
    if not any(name.strip() for name in header):
        raise SourceDataError(f"{path} is empty: not even a header. {_AGAIN['.tsv']}")
    spelled = "\\r\\n" if new_line == b"\r\n" else "\\n"
    return _Shape(header, row_count - 1, spelled, is_utf8, stray_return_line)


def _whole_lines(path: Path) -> Iterator[bytes]:
    """Blocks of a few megabytes that end where a line ends; the last line gets a line end where it lacks one."""
    carried = b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            block, line_end, rest = (carried + chunk).rpartition(b"\n")
            carried = rest
            if line_end:
                yield block + line_end
    if carried:
        yield carried + b"\n"


def _is_utf8(block: bytes) -> bool:
    try:
        block.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _split_lines(path: Path, shape: _Shape) -> str:
    r"""SQL that splits lines at \n alone and fields at tabs: slower, but a carriage return may be anywhere."""
    if not shape.is_utf8:
        raise SourceDataError(
            f"{path}: line {shape.stray_return_line} has a carriage return inside a field, and the file is not UTF-8 "
            f"either. {_AGAIN['.tsv']}"
        )
    width = len(shape.header)
    trimmed = "rtrim(line, chr(13))" if shape.new_line == "\\r\\n" else "line"
    names = ", ".join(
        f"nullif(fields[{index}], '') as {identifier(name)}" for index, name in enumerate(shape.header, 1)
    )
    return (
        f"(select {names} from (select case when len(fields) = {width} then fields "
        "else error('CSV Error on Line: ' || line_number || chr(10) || chr(10) || "
        f"'Expected Number of Columns: {width} Found: ' || len(fields)) end as fields from ("
        f"select string_split({trimmed}, chr(9)) as fields, line_number from ("
        "select unnest(string_split(content, chr(10))) as line, "
        "generate_subscripts(string_split(content, chr(10)), 1) as line_number "
        f"from read_text({_quoted(path)})) where line_number > 1 and {trimmed} != '')))"
    )


def _match(table: str, path: Path, names: Sequence[str], *, may_lack: frozenset[str]) -> dict[str, str]:
    """Match a file's columns to the raw table's by name, whatever their order and case."""
    known = {name for name, _ in file_columns(table)}
    aliases = COLUMN_ALIASES.get(table, {})
    matched: dict[str, str] = {}
    for name in names:
        column = name.strip().lower()
        column = column if column in known else aliases.get(column, column)
        if column in STAMPS:
            continue  # the writer's own stamps count, whatever a file says
        if column not in known:
            raise SourceDataError(
                f"{path}: unknown column {name!r} for raw.{table}. If the source has a new column, add it to "
                "warehouse/raw_schema.py; loading it would otherwise lose it silently."
            )
        if column in matched:
            raise SourceDataError(f"{path}: column {name!r} stands there twice.")
        matched[column] = identifier(name)
    if lacking := sorted(known - set(matched) - may_lack):
        raise SourceDataError(f"{path}: column(s) {', '.join(lacking)} of raw.{table} missing. {_AGAIN[path.suffix]}")
    return matched


def _quoted(path: Path) -> str:
    return literal(str(path))
