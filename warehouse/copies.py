"""Writes the readers' DuckDB file and Parquet files: whole, or from those of the generation before.

A night changes some of the newest rows of twenty years, and by an amendment a few of an older year. Where most of a
generation is what was published before, its DuckDB file starts as a copy of the previous one: in every mart the rows of
the changed years are taken out and written anew, each year in order, so that a query for a period still reads only its
part of the file. Parquet files of unchanged years are hard links to the previous ones. What a copy holds is known by
the hashes of the previous manifest, whose files were just compared with theirs; what cannot be brought up to date is
written whole.
"""

from __future__ import annotations

import logging
import os
import shutil
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import duckdb

from warehouse import generations
from warehouse.database import STORAGE_VERSION
from warehouse.errors import PublishError
from warehouse.marts import MARTS_SCHEMA, Mart
from warehouse.sql_text import identifier, literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

logger = logging.getLogger(__name__)

PUBLICATION = "publication"
WHOLE = "all"

PUBLICATION_COLUMNS: dict[str, tuple[str, str]] = {
    "published_at": ("timestamp", "When this copy was made, UTC."),
    "generation": ("varchar", "Name of this copy; the manifest beside it carries the same."),
    "code_version": ("varchar", "Version of the code that made it: git describe, or the package version."),
    "as_of_date": ("date", "Newest day the marts speak for."),
    "is_simulated": ("boolean", "True: the filings were invented by the simulator."),
    "content_hash": ("varchar", "Hash of all marts: equal hashes, equal marts."),
    "mart_count": ("integer", "Tables in this file besides this one."),
    "row_count": ("bigint", "Rows over all marts."),
    "source_count": ("integer", "Loaded partitions (filing days and quarters) the marts are made of."),
}
_COPY = "published_copy"

# Beyond this share of values to write, copying the rest saves nothing.
_MOST_TO_REWRITE = 0.5
# A file that has become larger than this, for each of its values, than when it was last written whole, and some blocks
# more, is written whole: rows that are taken out of the middle of a row group keep their room, and free blocks theirs.
_MOST_GROWTH = 1.25
_SPARE_BYTES = 4 * 262_144
# Values sorted at one time: about three gigabytes, half of what the writer may use.
_MOST_TO_SORT = 250_000_000


@dataclass(frozen=True)
class Previous:
    """The generation before, every file of which has the bytes its manifest names.

    Attributes:
        published: The published folder.
        manifest: Its manifest.
    """

    published: Path
    manifest: Mapping[str, Any]

    @classmethod
    def of(cls, published: Path, current: Mapping[str, Any] | None, coming: Mapping[str, Any]) -> Previous | None:
        """The current generation, if it is intact and its hashes and files can stand in the coming one.

        Hashes of another DuckDB version cannot be compared, and every file says whether it is simulated.
        """
        if current is None or any(current[key] != coming[key] for key in ("duckdb_version", "is_simulated")):
            return None
        return cls(published, current)

    @property
    def generation(self) -> str:
        """Its name."""
        return str(self.manifest["generation"])

    def entry(self, mart: Mart) -> Mapping[str, Any] | None:
        """What its manifest says of a mart; ``None`` if the mart is new, or has other columns or another order."""
        entry: Mapping[str, Any] | None = self.manifest["marts"].get(mart.name)
        if entry is None or entry["sort_columns"] != list(mart.sort_columns):
            return None
        shape = [(column["name"], column["type"]) for column in entry["columns"]]
        return entry if shape == [(name, data_type) for name, data_type, _ in mart.columns] else None


@dataclass(frozen=True)
class _Change:
    """What has to be written of one mart: all of it, some years (which may have lost all their rows), or nothing."""

    mart: Mart
    is_whole: bool
    years: tuple[int, ...] = ()

    @property
    def value_count(self) -> int:
        """Values to write: the work."""
        changed = sum(rows.row_count for year, rows in self.mart.years.items() if year in self.years)
        return (self.mart.row_count if self.is_whole else changed) * len(self.mart.columns)


class _TooLargeError(Exception):
    """The copy takes more room than what it holds would take in a file written whole."""


def write_copies(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    manifest: Mapping[str, Any],
    marts: Sequence[Mart],
    previous: Previous | None,
) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """Write the DuckDB file and the Parquet files of a generation.

    Args:
        connection: The warehouse, open for writing.
        folder: The empty folder of the generation.
        manifest: Its manifest, so far.
        marts: What to write.
        previous: The generation to start from, if there is one.

    Returns:
        For each mart its sealed Parquet files with size and hash; and of the DuckDB file, the generation it was made
        from (``None`` when it was written whole) and how large it was when it was last written whole.

    Raises:
        PublishError: The rows that arrived are not those that were counted.
    """
    file = folder / generations.DATABASE
    if previous is not None and _was_brought_up_to_date(connection, file, manifest, marts, previous):
        made = {"made_from": previous.generation, "written_whole": previous.manifest["duckdb"]["written_whole"]}
    else:
        with _attached(connection, file):
            for mart in marts:
                _create(connection, mart)
                _check_count(connection, mart)
            _write_publication(connection, manifest, marts)
        size = {"byte_count": file.stat().st_size, "value_count": _value_count(marts)}
        made = {"made_from": None, "written_whole": size}
    with _attached(connection, file):
        parquet = {mart.name: _write_parquet(connection, folder, mart, manifest, previous) for mart in marts}
    return parquet, made


def _value_count(marts: Sequence[Mart]) -> int:
    return sum(mart.row_count * len(mart.columns) for mart in marts)


@contextmanager
def _attached(connection: duckdb.DuckDBPyConnection, file: Path) -> Iterator[None]:
    """Have the copy attached; at the end what was written to it is in the file itself, with no log beside it."""
    connection.execute(f"attach {literal(str(file))} as {_COPY} (storage_version '{STORAGE_VERSION}')")
    try:
        yield
        connection.execute(f"checkpoint {_COPY}")
    except BaseException:
        # After an error of the disk even letting go may fail; the first error is the one to tell.
        with suppress(duckdb.Error):
            connection.execute(f"detach {_COPY}")
        raise
    connection.execute(f"detach {_COPY}")


def _was_brought_up_to_date(
    connection: duckdb.DuckDBPyConnection,
    file: Path,
    manifest: Mapping[str, Any],
    marts: Sequence[Mart],
    previous: Previous,
) -> bool:
    """Make the file from a copy of the previous one; leave nothing and say no where that gains nothing or fails."""
    changes = [_change(mart, previous.entry(mart)) for mart in marts]
    if sum(change.value_count for change in changes) > _MOST_TO_REWRITE * _value_count(marts):
        return False
    try:
        shutil.copyfile(previous.published / generations.DATABASE, file)
        with _attached(connection, file):
            _take_out(connection, changes, previous)
            # Blocks that become free here are used by what comes: the file does not grow by what is replaced.
            connection.execute(f"checkpoint {_COPY}")
            for change in changes:
                _put_in(connection, change, previous)
                _check_count(connection, change.mart)
            _write_publication(connection, manifest, marts)
        _check_size(file, marts, previous)
    except (duckdb.Error, PublishError, _TooLargeError) as error:
        # Of a disk that is full the whole file will tell, too.
        logger.warning("%s is written whole: %s", file.name, str(error).splitlines()[0])
        for path in file.parent.glob(f"{file.name}*"):
            path.unlink()
        return False
    return True


def _change(mart: Mart, entry: Mapping[str, Any] | None) -> _Change:
    if entry is None:
        return _Change(mart, is_whole=True)
    if entry["content_hash"] == mart.content_hash:
        return _Change(mart, is_whole=False)
    if not entry["years"] or not mart.years:
        return _Change(mart, is_whole=True)
    before = {int(year): rows for year, rows in entry["years"].items()}
    now = {year: rows.as_json() for year, rows in mart.years.items()}
    changed = sorted(year for year in before.keys() | now.keys() if before.get(year) != now.get(year))
    return _Change(mart, is_whole=False, years=tuple(changed))


def _take_out(connection: duckdb.DuckDBPyConnection, changes: Sequence[_Change], previous: Previous) -> None:
    """Remove from the copy every row and table that is not to be kept."""
    connection.execute(f"drop table {_COPY}.main.{PUBLICATION}")
    for name in previous.manifest["marts"]:
        change = next((change for change in changes if change.mart.name == name), None)
        target = f"{_COPY}.main.{identifier(name)}"
        if change is None or change.is_whole:
            connection.execute(f"drop table {target}")
        else:
            for year in change.years:
                connection.execute(f"delete from {target} where {_in_years(change.mart, year, year)}")


def _put_in(connection: duckdb.DuckDBPyConnection, change: _Change, previous: Previous) -> None:
    mart = change.mart
    if change.is_whole:
        _create(connection, mart)
        return
    for year in change.years:
        _insert(connection, mart, _in_years(mart, year, year))
    entry = previous.manifest["marts"][mart.name]
    if any(entry[key] != mart.as_json()[key] for key in ("description", "columns")):
        _describe(connection, mart)


def _in_years(mart: Mart, first: int, last: int) -> str:
    column = identifier(str(mart.year_column))
    return f"{column} >= make_date({first}, 1, 1) and {column} < make_date({last + 1}, 1, 1)"


def _create(connection: duckdb.DuckDBPyConnection, mart: Mart) -> None:
    """Copy one mart into the new file, sorted, with its descriptions.

    Some years at a time where it is kept by years: twenty years of wide rows do not fit the memory a sort may take, and
    would be written to disk and read again for it.
    """
    name = identifier(mart.name)
    connection.execute(f"create table {_COPY}.main.{name} as from {MARTS_SCHEMA}.{name} with no data")
    for part in _parts(mart):
        _insert(connection, mart, part)
    _describe(connection, mart)


def _parts(mart: Mart) -> list[str]:
    """Conditions that cut a mart into stretches of years that are sorted in memory, or leave it whole."""
    stretches: list[list[int]] = []
    value_count = 0
    for year, rows in mart.years.items():
        value_count += rows.row_count * len(mart.columns)
        if not stretches or value_count > _MOST_TO_SORT:
            stretches.append([])
            value_count = rows.row_count * len(mart.columns)
        stretches[-1].append(year)
    return [_in_years(mart, years[0], years[-1]) for years in stretches] or ["true"]


def _insert(connection: duckdb.DuckDBPyConnection, mart: Mart, part: str) -> None:
    name = identifier(mart.name)
    order = ", ".join(identifier(column) for column in mart.sort_columns)
    connection.execute(f"insert into {_COPY}.main.{name} from {MARTS_SCHEMA}.{name} where {part} order by {order}")


def _describe(connection: duckdb.DuckDBPyConnection, mart: Mart) -> None:
    target = f"{_COPY}.main.{identifier(mart.name)}"
    connection.execute(f"comment on table {target} is {_text(mart.description)}")
    for name, _, description in mart.columns:
        connection.execute(f"comment on column {target}.{identifier(name)} is {_text(description)}")


def _text(description: str) -> str:
    return literal(description) if description else "null"


def _check_count(connection: duckdb.DuckDBPyConnection, mart: Mart) -> None:
    """Compare the rows that stand in the copy with those counted, year by year where the mart is kept so."""
    year = f"year({identifier(str(mart.year_column))})" if mart.years else "null"
    found = dict(
        connection.execute(
            f"select {year} as part, count(*) from {_COPY}.main.{identifier(mart.name)} group by part"
        ).fetchall()
    )
    expected: dict[int | None, int] = {part: rows.row_count for part, rows in mart.years.items()}
    expected = expected or {None: mart.row_count}
    if found != {part: count for part, count in expected.items() if count}:
        raise PublishError(f"{mart.name}: {expected} rows in the warehouse, {found} in the copy. Publish again.")


def _check_size(file: Path, marts: Sequence[Mart], previous: Previous) -> None:
    whole = previous.manifest["duckdb"]["written_whole"]
    expected = whole["byte_count"] * _value_count(marts) / max(whole["value_count"], 1)
    if file.stat().st_size > _MOST_GROWTH * expected + _SPARE_BYTES:
        raise _TooLargeError(f"{file.stat().st_size:,} bytes, where a file written whole has {expected:,.0f}")


def _write_publication(
    connection: duckdb.DuckDBPyConnection, manifest: Mapping[str, Any], marts: Sequence[Mart]
) -> None:
    """Write the table that says what the file is."""
    target = f"{_COPY}.main.{PUBLICATION}"
    values = {
        **{name: manifest[name] for name in ("generation", "code_version", "is_simulated", "content_hash")},
        "published_at": datetime.fromisoformat(manifest["published_at"]).replace(tzinfo=None),
        "as_of_date": date.fromisoformat(manifest["as_of_date"]) if manifest["as_of_date"] else None,
        "mart_count": len(marts),
        "row_count": sum(mart.row_count for mart in marts),
        "source_count": len(manifest["sources"]),
    }
    listed = ", ".join(f"{name} {data_type}" for name, (data_type, _) in PUBLICATION_COLUMNS.items())
    connection.execute(f"create table {target} ({listed})")
    connection.execute(
        f"insert into {target} values ({', '.join('?' * len(PUBLICATION_COLUMNS))})",
        [values[name] for name in PUBLICATION_COLUMNS],
    )
    connection.execute(f"comment on table {target} is 'What this file is. One row.'")
    for name, (_, description) in PUBLICATION_COLUMNS.items():
        connection.execute(f"comment on column {target}.{name} is {literal(description)}")


def _write_parquet(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    mart: Mart,
    manifest: Mapping[str, Any],
    previous: Previous | None,
) -> dict[str, Any]:
    """Write the Parquet files of a mart: one, or one a year, those of unchanged years being the previous ones."""
    target = folder / generations.PARQUET / mart.name
    target.mkdir()
    carried = {
        "generation": manifest["generation"],
        "is_simulated": str(manifest["is_simulated"]).lower(),
        "as_of_date": manifest["as_of_date"] or "",
        "content_hash": mart.content_hash,
    }
    table = f"{_COPY}.main.{identifier(mart.name)}"
    if not mart.years:
        path = target / f"{WHOLE}.parquet"
        return {path.name: _write_file(connection, path, f"from {table}", carried)}
    entries = {}
    for year, rows in mart.years.items():
        path = target / f"{year:04d}.parquet"
        entry = _linked(path, mart, year, previous)
        if entry is None:
            query = f"from {table} where {_in_years(mart, year, year)}"
            entry = _write_file(connection, path, query, carried | {"content_hash": rows.content_hash})
        entries[path.name] = entry
    return entries


def _linked(path: Path, mart: Mart, year: int, previous: Previous | None) -> dict[str, Any] | None:
    """Give the previous file of a year another name, if it holds the same rows in the same order."""
    entry = previous.entry(mart) if previous else None
    if previous is None or entry is None or entry["years"].get(str(year)) != mart.years[year].as_json():
        return None
    try:
        os.link(previous.published / generations.PARQUET / mart.name / path.name, path)
    except OSError as error:
        # Some network file systems know no second name for a file.
        logger.info("%s is written anew: %s", path, error)
        return None
    return dict(entry["parquet"][path.name])


def _write_file(
    connection: duckdb.DuckDBPyConnection, path: Path, query: str, carried: Mapping[str, str]
) -> dict[str, Any]:
    metadata = ", ".join(f"{name}: {literal(value)}" for name, value in carried.items())
    connection.execute(
        f"copy ({query}) to {literal(str(path))} (format parquet, compression zstd, kv_metadata {{{metadata}}})"
    )
    return generations.seal(path)
