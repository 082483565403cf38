"""Gathers what is loaded and what is published, without waiting for a writer longer than a moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from warehouse.database import read_connection
from warehouse.generations import read_manifest, size_of
from warehouse.raw_schema import SCHEMA

if TYPE_CHECKING:
    from datetime import datetime

    from warehouse.settings import Settings


@dataclass(frozen=True)
class RoadStatus:
    """What one road has loaded.

    Attributes:
        road: ``daily`` or ``quarterly``.
        partition_count: Filing days or quarters.
        first_partition: The earliest.
        last_partition: The latest.
        row_count: Rows over all raw tables.
        last_loaded_at: UTC.
    """

    road: str
    partition_count: int
    first_partition: str
    last_partition: str
    row_count: int
    last_loaded_at: datetime


@dataclass(frozen=True)
class Status:
    """The state of a data folder.

    Attributes:
        roads: One per road that has loaded something.
        is_simulated: Whether what is loaded was invented by the simulator; ``None`` when nothing is loaded.
        sizes: Bytes of landing zone, warehouse and published copy.
        published_text: One line on the published copy.
    """

    roads: tuple[RoadStatus, ...]
    is_simulated: bool | None
    sizes: dict[str, int]
    published_text: str


def read_status(settings: Settings) -> Status:
    """Look at the warehouse and the published copy.

    Raises:
        LoadError: A writer has the warehouse open; the message says which.
    """
    roads: list[RoadStatus] = []
    is_simulated = None
    if settings.warehouse_path.is_file():
        with read_connection(settings.warehouse_path) as connection:
            rows = connection.execute(
                f"""
                select
                    _road,
                    count(distinct _partition),
                    min(_partition),
                    max(_partition),
                    sum(row_count)::bigint,
                    max(_loaded_at),
                    bool_or(is_simulated)
                from {SCHEMA}.loads
                group by _road
                order by _road
                """
            ).fetchall()
        roads = [RoadStatus(*row[:-1]) for row in rows]
        is_simulated = any(row[-1] for row in rows) if rows else None
    sizes = {
        "landing zone": size_of(settings.landing_dir),
        "warehouse": settings.warehouse_path.stat().st_size if settings.warehouse_path.is_file() else 0,
        "published": size_of(settings.published_dir),
    }
    return Status(tuple(roads), is_simulated, sizes, _describe_published(settings))


def _describe_published(settings: Settings) -> str:
    manifest = read_manifest(settings.published_dir)
    if manifest is None:
        return "nothing is published yet: make build"
    return (
        f"published as of {manifest['as_of_date']} on {manifest['published_at'][:16].replace('T', ' ')} UTC "
        f"by version {manifest['code_version']}: {settings.published_path}"
    )
