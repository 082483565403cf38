"""Gathers what is loaded and what is published, without waiting for a writer longer than a moment."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from warehouse.database import read_connection
from warehouse.generations import read_manifest, size_of
from warehouse.quarters import Quarter
from warehouse.raw_schema import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from warehouse.settings import Settings

# A filing day (2024-07-01) or a quarter (2024q3).
_PARTITION = re.compile(r"(?<!\d)(?P<year>(?:19|20)\d\d)(?:q(?P<quarter>[1-4])|-(?P<month>\d\d)-\d\d)(?!\d)")


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
        sizes: Bytes of each part of the data folder.
        landed_by_year: Bytes of the landing zone by the year of the filing day or quarter.
        history_years: Years from the first loaded day or quarter to the last; 0.0 when nothing is loaded.
        published_text: One line on the published copy.
    """

    roads: tuple[RoadStatus, ...]
    is_simulated: bool | None
    sizes: dict[str, int]
    landed_by_year: dict[int, int]
    history_years: float
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
        "parsed": size_of(settings.parsed_dir),
        "warehouse": settings.warehouse_path.stat().st_size if settings.warehouse_path.is_file() else 0,
        "published": size_of(settings.published_dir),
        "quality": size_of(settings.quality_dir),
        "dbt": size_of(settings.data_dir / "dbt"),
        "airflow": size_of(settings.data_dir / "airflow"),
    }
    return Status(
        tuple(roads),
        is_simulated,
        sizes,
        landed_by_year(settings.landing_dir),
        _years_of(roads),
        _describe_published(settings),
    )


def landed_by_year(landing: Path) -> dict[int, int]:
    """Bytes of the landing zone by the year in the name of their filing day or quarter; 0 for what has none."""
    sizes: dict[int, int] = {}
    for path in landing.rglob("*"):
        if path.is_file():
            found = _PARTITION.search(str(path.relative_to(landing)))
            year = int(found["year"]) if found else 0
            sizes[year] = sizes.get(year, 0) + path.stat().st_size
    return dict(sorted(sizes.items()))


def _years_of(roads: Sequence[RoadStatus]) -> float:
    """Years of filings the roads hold, from the first day of the first partition to the last day of the last one."""
    quarters = sorted(
        Quarter.named(partition) or Quarter.of(date.fromisoformat(partition))
        for road in roads
        for partition in (road.first_partition, road.last_partition)
        if _PARTITION.match(partition)
    )
    return (quarters[-1] - quarters[0] + 1) / 4 if quarters else 0.0


def _describe_published(settings: Settings) -> str:
    manifest = read_manifest(settings.published_dir)
    if manifest is None:
        return "nothing is published yet: make build"
    return (
        f"published as of {manifest['as_of_date']} on {manifest['published_at'][:16].replace('T', ' ')} UTC "
        f"by version {manifest['code_version']}: {settings.published_path}"
    )
