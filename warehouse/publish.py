"""Publishes the marts: a DuckDB file for readers, Parquet copies and a manifest, swapped in all at once.

The marts are copied under the writer's lock, so what is published is one state of the warehouse. Marts that are
published already, made of the same sources by the same code, are left as they are, byte for byte. Where only some years
changed, the rest comes from the generation before (`warehouse.copies`).
"""

from __future__ import annotations

import hashlib
import json
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import duckdb

from warehouse import generations
from warehouse.code_version import current_code_version
from warehouse.copies import PUBLICATION, Previous, write_copies
from warehouse.database import STORAGE_VERSION, write_connection
from warehouse.errors import PublishError
from warehouse.marts import MARTS_SCHEMA, Mart, read_marts
from warehouse.raw_schema import SCHEMA
from warehouse.sql_text import identifier

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from warehouse.settings import Settings

logger = logging.getLogger(__name__)

# The oldest reader we promise to serve is DuckDB 1.4. Every DuckDB file names the version of its storage at byte 12 of
# its header; 1.4 reads up to 67.
NEWEST_STORAGE_NUMBER = 67


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
        "layout": generations.LAYOUT,
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
    previous = Previous.of(published, current, manifest)
    with generations.new_generation(published, stamp) as folder:
        manifest = _write_generation(connection, folder, manifest, marts, previous)
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
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    manifest: dict[str, Any],
    marts: Sequence[Mart],
    previous: Previous | None,
) -> dict[str, Any]:
    """Write the three parts of one generation; return the manifest with each file's size and hash."""
    file = folder / generations.DATABASE
    parquet, made = write_copies(connection, folder, manifest, marts, previous)
    _check_storage(file)
    entries = {name: {**entry, "parquet": parquet[name]} for name, entry in manifest["marts"].items()}
    sealed = {"storage_version": STORAGE_VERSION, **made, **generations.seal(file)}
    manifest = manifest | {"marts": entries, "duckdb": sealed}
    path = folder / generations.MANIFEST
    path.write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    generations.seal(path)
    return manifest


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
