"""The user's own price files: one CSV or Parquet file per fund, ``XLB.csv`` or ``XLB.parquet``.

Columns, by name in any order and case: ``date`` (YYYY-MM-DD), ``close`` and ``adj_close`` must be there; ``dividend``,
``split_factor`` and ``volume`` may; others are not read. ``close`` is the close without adjustment for dividends: as
traded where ``split_factor`` says when a split happened, else already divided by later splits, as most exports have it.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from extract.prices.source import PriceRow
from warehouse.errors import SettingsError, SourceDataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from warehouse.settings import Settings

NAME = "files"
SUFFIXES = (".csv", ".parquet")
_REQUIRED = ("date", "close", "adj_close")
_COLUMNS = (*_REQUIRED, "dividend", "split_factor", "volume")
# Written by the simulator beside its files.
_SIMULATED = "simulated.json"


def own_file(ticker: str, settings: Settings) -> Path | None:
    """The user's file of a fund; ``None`` when there is none.

    Raises:
        SettingsError: The folder is not there, or holds two files of this fund.
    """
    folder = settings.price_files_dir
    if folder is None or not folder.is_dir():
        raise SettingsError(f"PRICE_FILES_DIR={folder} is no folder: name the one that holds your price files.")
    found = [path for path in folder.iterdir() if path.stem.upper() == ticker and path.suffix.lower() in SUFFIXES]
    if len(found) > 1:
        raise SettingsError(f"{folder} holds {', '.join(sorted(path.name for path in found))}: keep one of them.")
    return found[0] if found else None


def is_simulated(path: Path) -> bool:
    """Whether the simulator wrote a file."""
    return any((folder / _SIMULATED).is_file() for folder in (path.parent, path.parent.parent))


def parse_file(parts: Mapping[str, bytes]) -> list[PriceRow]:
    """The rows of one file.

    Raises:
        SourceDataError: It cannot be read, or lacks a column.
    """
    ((name, content),) = parts.items()
    rows = _parquet_rows(name, content) if name.endswith(".parquet") else _csv_rows(name, content)
    return [
        PriceRow(
            price_date=(row["date"] or "")[:10],
            close=row["close"],
            adj_close=row["adj_close"],
            dividend=row.get("dividend"),
            split_factor=row.get("split_factor"),
            volume=row.get("volume"),
        )
        for row in rows
    ]


def _csv_rows(name: str, content: bytes) -> list[dict[str, str | None]]:
    try:
        reader = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
        header = next(reader, [])
        columns = _columns(name, header)
        rows: list[dict[str, str | None]] = []
        for number, values in enumerate(reader, start=2):
            if not values:
                continue
            if len(values) != len(header):
                raise SourceDataError(f"{name}, line {number}: {len(values)} values under {len(header)} names")
            rows.append({column: values[place] or None for column, place in columns.items()})
    except (UnicodeDecodeError, csv.Error) as error:
        raise SourceDataError(f"{name} is no CSV file in UTF-8: {error}") from error
    return rows


def _parquet_rows(name: str, content: bytes) -> list[dict[str, str | None]]:
    try:
        table = pq.read_table(pa.BufferReader(content))
    except (pa.ArrowInvalid, OSError) as error:
        raise SourceDataError(f"{name} is no Parquet file: {error}") from error
    columns = _columns(name, table.column_names)
    picked = {column: table.column(place).to_pylist() for column, place in columns.items()}
    return [{column: _text(picked[column][row]) for column in picked} for row in range(table.num_rows)]


def _columns(name: str, header: Iterable[str]) -> dict[str, int]:
    places = {column.strip().lower(): place for place, column in enumerate(header)}
    if lacking := [column for column in _REQUIRED if column not in places]:
        raise SourceDataError(f"{name} lacks the column(s) {', '.join(lacking)}: see docs/prices.md")
    return {column: places[column] for column in _COLUMNS if column in places}


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
