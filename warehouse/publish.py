"""Publishes the marts: a DuckDB file for readers, Parquet copies and a manifest, swapped in all at once.

The marts are copied under the writer's lock, so what is published is one state of the warehouse. Marts that are
published already, made of the same sources by the same code, are left as they are, byte for byte.
"""

from __future__ import annotations

import hashlib
import json
import logging
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import duckdb

from warehouse import generations
from warehouse.code_version import current_code_version
from warehouse.database import write_connection
from warehouse.errors import PublishError
from warehouse.marts import MARTS_SCHEMA, Mart, read_marts
from warehouse.raw_schema import SCHEMA
from warehouse.sql_text import identifier, literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from warehouse.settings import Settings

logger = logging.getLogger(__name__)

# The oldest reader we promise to serve is DuckDB 1.4. Every DuckDB file names the version of its storage at byte 12 of
# its header; 1.4 reads up to 67.
STORAGE_VERSION = "v1.4.0"
NEWEST_STORAGE_NUMBER = 67

PUBLICATION = "publication"
_PUBLICATION_COLUMNS: dict[str, tuple[str, str]] = {
    "published_at": ("timestamp", "When this copy was made, UTC."),
    "generation": ("varchar", "Name of this copy; the manifest and the Parquet files beside it carry the same."),
    "code_version": ("varchar", "Version of the code that made it: git describe, or the package version."),
    "as_of_date": ("date", "Newest day the marts speak for."),
    "is_simulated": ("boolean", "True: the filings were invented by the simulator."),
    "content_hash": ("varchar", "Hash of all marts: equal hashes, equal marts."),
    "mart_count": ("integer", "Tables in this file besides this one."),
    "row_count": ("bigint", "Rows over all marts."),
    "source_count": ("integer", "Loaded partitions (filing days and quarters) the marts are made of."),
}
_COPY = "published_copy"


def publish(settings: Settings, *, code_version: str | None = None) -> dict[str, Any]:
    """Publish the marts of the warehouse, unless exactly these are published already.

    Args:
        settings: Says where the warehouse and the published folder are.
        code_version: Version to put on record; `current_code_version` when ``None``.

    Returns:
        The manifest, and ``outcome``: ``published``, or ``unchanged`` (then no file was touched).

    Raises:
        PublishError: There is nothing to publish, no room for it, or it could not be written; the copy published
            before is untouched.
        LoadError: The warehouse stayed locked by another process.
    """
    if not settings.warehouse_path.is_file():
        raise PublishError(f"There is no {settings.warehouse_path}: load data and run make build first.")
    try:
        with write_connection(settings) as connection:
            return _publish(connection, settings, code_version or current_code_version())
    except (duckdb.Error, OSError) as error:
        raise PublishError(
            f"Publishing to {settings.published_dir} failed: {str(error).splitlines()[0]}. What was published before "
            "is untouched; mend the cause and publish again: python -m warehouse publish."
        ) from error


def is_up_to_date(settings: Settings) -> bool:
    """Whether the published copy is whole and was made of exactly what is loaded now, by this version of the code.

    Raises:
        LoadError: The warehouse stayed locked by another process.
    """
    if not settings.warehouse_path.is_file():
        return False
    current = generations.intact_manifest(settings.published_dir)
    if current is None or current.get("code_version") != current_code_version():
        return False
    with write_connection(settings) as connection:
        return bool(current["sources"] == _loaded_sources(connection)[0])


def storage_number(file: Path) -> int:
    """The storage version number a DuckDB file carries in its header."""
    with file.open("rb") as opened:
        return int.from_bytes(opened.read(20)[12:], "little")


def _publish(connection: duckdb.DuckDBPyConnection, settings: Settings, code_version: str) -> dict[str, Any]:
    published = settings.published_dir
    published.mkdir(parents=True, exist_ok=True)
    generations.remove_leftovers(published)
    marts = _checked_marts(connection, settings)
    sources, is_simulated = _read_sources(connection, settings)
    described = {
        "code_version": code_version,
        "duckdb_version": duckdb.__version__,
        "as_of_date": _as_of_date(connection, marts),
        "is_simulated": is_simulated,
        "content_hash": _hash_of({mart.name: mart.content_hash for mart in marts}),
        "marts": {mart.name: mart.as_json() for mart in marts},
        "sources": sources,
    }
    current = generations.intact_manifest(published)
    if current is not None and all(_without_files(current).get(key) == value for key, value in described.items()):
        logger.info("%s: unchanged, nothing was swapped", published)
        return current | {"outcome": "unchanged"}
    generations.check_room(published, settings.warehouse_path.stat().st_size)
    published_at = datetime.now(UTC)
    stamp = published_at.strftime("%Y%m%dT%H%M%S%fZ")
    manifest = {"generation": stamp, "published_at": published_at.isoformat(), **described}
    with generations.new_generation(published, stamp) as folder:
        manifest = _write_generation(connection, folder, manifest, marts)
    logger.info("%s: %d marts published as of %s", published, len(marts), described["as_of_date"])
    return manifest | {"outcome": "published"}


def _checked_marts(connection: duckdb.DuckDBPyConnection, settings: Settings) -> list[Mart]:
    marts = read_marts(connection)
    if not marts:
        raise PublishError(f"Schema {MARTS_SCHEMA} of {settings.warehouse_path} is empty: run make build (dbt) first.")
    if any(mart.name == PUBLICATION for mart in marts):
        raise PublishError(f"A mart may not be called {PUBLICATION}: the published file has a table of that name.")
    return marts


def _read_sources(connection: duckdb.DuckDBPyConnection, settings: Settings) -> tuple[list[dict[str, Any]], bool]:
    """One entry per loaded partition, and whether they are simulated; there is at least one."""
    sources, is_simulated = _loaded_sources(connection)
    if not sources:
        raise PublishError(
            f"{settings.warehouse_path} has marts, but raw.loads is empty: where they come from cannot be put on "
            "record. Load a filing day or a quarter first: python -m extract --help."
        )
    return sources, is_simulated


def _loaded_sources(connection: duckdb.DuckDBPyConnection) -> tuple[list[dict[str, Any]], bool]:
    # How often a source was asked for is no part of it: a look-back that found nothing new adds fetch outcomes, which
    # reach raw with the partition's next load, and would make the same data look like another.
    rows = connection.execute(
        f"""
        select
            _road,
            _partition,
            any_value(source_sha256),
            any_value(_parser_version),
            coalesce(sum(row_count) filter (where table_name <> 'fetch_outcomes'), 0)::bigint,
            bool_or(is_simulated)
        from {SCHEMA}.loads
        group by _road, _partition
        order by _road, _partition
        """
    ).fetchall()
    sources = [
        {"road": road, "partition": partition, "sha256": sha256, "parser_version": version, "row_count": row_count}
        for road, partition, sha256, version, row_count, _ in rows
    ]
    return sources, any(row[-1] for row in rows)


def _as_of_date(connection: duckdb.DuckDBPyConnection, marts: Sequence[Mart]) -> str | None:
    """The newest day the marts speak for: the last as-of date or, where no mart has one, the last filing date."""
    for column in ("as_of_date", "filed_date"):
        holders = [mart.name for mart in marts if (column, "DATE") in {(name, kind) for name, kind, _ in mart.columns}]
        days = [
            row[0]
            for name in holders
            if (row := connection.execute(f"select max({column}) from {MARTS_SCHEMA}.{identifier(name)}").fetchone())
        ]
        if known := [day for day in days if day is not None]:
            return str(max(known).isoformat())
    return None


def _write_generation(
    connection: duckdb.DuckDBPyConnection, folder: Path, manifest: dict[str, Any], marts: Sequence[Mart]
) -> dict[str, Any]:
    """Write the three parts of one generation; return the manifest with each file's size and hash."""
    file = folder / generations.DATABASE
    parquet = {mart.name: folder / generations.PARQUET / f"{mart.name}.parquet" for mart in marts}
    connection.execute(f"attach {literal(str(file))} as {_COPY} (storage_version '{STORAGE_VERSION}')")
    try:
        for mart in marts:
            _copy(connection, mart)
        _write_publication(connection, manifest, marts)
        connection.execute(f"checkpoint {_COPY}")
        for mart in marts:
            _write_parquet(connection, parquet[mart.name], mart, manifest)
    except BaseException:
        # After an error of the disk even letting go may fail; the first error is the one to tell.
        with suppress(duckdb.Error):
            connection.execute(f"detach {_COPY}")
        raise
    connection.execute(f"detach {_COPY}")
    _check_storage(file)
    entries = {name: {**entry, "parquet": generations.seal(parquet[name])} for name, entry in manifest["marts"].items()}
    manifest = manifest | {"marts": entries, "duckdb": {"storage_version": STORAGE_VERSION, **generations.seal(file)}}
    path = folder / generations.MANIFEST
    path.write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    generations.seal(path)
    return manifest


def _copy(connection: duckdb.DuckDBPyConnection, mart: Mart) -> None:
    """Copy one mart into the new file, sorted, with its descriptions."""
    target = f"{_COPY}.main.{identifier(mart.name)}"
    order = ", ".join(identifier(name) for name in mart.sort_columns)
    connection.execute(f"create table {target} as from {MARTS_SCHEMA}.{identifier(mart.name)} order by {order}")
    row = connection.execute(f"select count(*) from {target}").fetchone()
    if not row or row[0] != mart.row_count:
        raise PublishError(f"{mart.name}: {mart.row_count} rows in the warehouse, {row} in the copy. Publish again.")
    if mart.description:
        connection.execute(f"comment on table {target} is {literal(mart.description)}")
    for name, _, description in mart.columns:
        if description:
            connection.execute(f"comment on column {target}.{identifier(name)} is {literal(description)}")


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
    listed = ", ".join(f"{name} {data_type}" for name, (data_type, _) in _PUBLICATION_COLUMNS.items())
    connection.execute(f"create table {target} ({listed})")
    connection.execute(
        f"insert into {target} values ({', '.join('?' * len(_PUBLICATION_COLUMNS))})",
        [values[name] for name in _PUBLICATION_COLUMNS],
    )
    connection.execute(f"comment on table {target} is 'What this file is. One row.'")
    for name, (_, description) in _PUBLICATION_COLUMNS.items():
        connection.execute(f"comment on column {target}.{name} is {literal(description)}")


def _write_parquet(connection: duckdb.DuckDBPyConnection, path: Path, mart: Mart, manifest: Mapping[str, Any]) -> None:
    carried = {
        "generation": manifest["generation"],
        "is_simulated": str(manifest["is_simulated"]).lower(),
        "as_of_date": manifest["as_of_date"] or "",
        "content_hash": mart.content_hash,
    }
    metadata = ", ".join(f"{name}: {literal(value)}" for name, value in carried.items())
    connection.execute(
        f"copy {_COPY}.main.{identifier(mart.name)} to {literal(str(path))} "
        f"(format parquet, compression zstd, kv_metadata {{{metadata}}})"
    )


def _check_storage(file: Path) -> None:
    number = storage_number(file)
    if number > NEWEST_STORAGE_NUMBER:
        raise PublishError(
            f"The copy came out in storage version {number}; DuckDB 1.4 reads up to {NEWEST_STORAGE_NUMBER}. "
            "Install the DuckDB version of requirements.lock."
        )


def _without_files(manifest: Mapping[str, Any]) -> dict[str, Any]:
    marts = {
        name: {key: value for key, value in mart.items() if key != "parquet"}
        for name, mart in manifest["marts"].items()
    }
    return {**manifest, "marts": marts}


def _hash_of(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
