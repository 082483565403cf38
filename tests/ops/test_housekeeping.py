"""DATA_DIR does not grow with the number of runs: what is derived is given back, what is fetched stays."""

from __future__ import annotations

import os
from datetime import date
from typing import TYPE_CHECKING

from ops import steps
from ops.housekeeping import remove_old_files, tidy
from simulator.build import build_world
from tests.dbt.warehouse_of import load_mirror
from tests.warehouse.marts_by_hand import build_marts
from warehouse import compact as compaction
from warehouse.database import write_connection
from warehouse.generations import size_of
from warehouse.publish import publish
from warehouse.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

ROWS = 200_000


def test_building_and_publishing_again_and_again_does_not_grow_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compaction, "FREE_BYTES_BOUND", 1024 * 1024)
    settings = Settings(data_dir=tmp_path / "data", duckdb_threads=2)
    warehouse, everything, published = [], [], 0
    for run in range(10):
        # Every mart is written anew and differs, so that every run publishes.
        build_marts(settings, run % 2 + 1, rows=ROWS)
        published += publish(settings)["outcome"] == "published"
        tidy(settings)
        warehouse.append(settings.warehouse_path.stat().st_size)
        everything.append(size_of(settings.data_dir))
    assert published == 10
    assert warehouse[0] > 1024 * 1024
    # Rebuilding needs room beside what it replaces, and two generations are kept; that is reached with the third run.
    assert max(warehouse[3:]) <= 1.1 * max(warehouse[:3])
    assert max(everything[3:]) <= 1.1 * max(everything[:3])
    assert len(list((settings.published_dir / "generations").iterdir())) == 2


def test_a_warehouse_of_mostly_free_blocks_is_compacted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compaction, "FREE_BYTES_BOUND", 1024 * 1024)
    settings = Settings(data_dir=tmp_path / "data")
    build_marts(settings)
    with write_connection(settings) as connection:
        connection.execute("create table large as select hash(n) as number from range(700_000) numbers(n)")
        connection.execute("checkpoint")
        # What stays lies behind what goes; free blocks at the end of the file would be cut off.
        connection.execute("create table kept as select hash(n) as number from range(100_000) numbers(n)")
        connection.execute("checkpoint")
        connection.execute("drop table large")
    before = settings.warehouse_path.stat().st_size
    spilled = settings.data_dir / "dbt" / "spill" / "duckdb_temp_storage-0.tmp"
    spilled.parent.mkdir(parents=True)
    spilled.write_bytes(b"left by a run that was killed")
    result = tidy(settings)
    assert result.compaction.is_compacted
    assert "compacted" in str(result)
    assert settings.warehouse_path.stat().st_size < before / 2
    assert not spilled.exists()
    assert not tidy(settings).compaction.is_compacted


def test_parsed_files_of_loaded_days_are_let_go_and_not_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ops.housekeeping.KEPT_PARSED_DAYS", 2)
    settings = Settings(data_dir=tmp_path / "data", warehouse_wait_seconds=5)
    build_world(
        tmp_path / "mirror",
        start=date(2024, 6, 3),
        through=date(2024, 6, 28),
        daily_from=date(2024, 6, 24),
        issuers=60,
        with_cases=False,
    )
    load_mirror(tmp_path / "mirror", settings)
    parsed, landed = settings.parsed_dir / "daily", size_of(settings.landing_dir)
    with write_connection(settings) as connection:
        # As if the day had been parsed and its load were still to come.
        connection.execute("delete from raw.loads where _partition = '2024-06-25'")

    assert tidy(settings).parsed_day_count == 2
    assert sorted(path.name for path in parsed.iterdir()) == ["2024-06-25", "2024-06-27", "2024-06-28"]
    assert size_of(settings.landing_dir) == landed

    results = {result.partition: result.is_skipped for result in steps.load_landed(settings)}
    assert {day: results[day] for day in sorted(results) if "-" in day} == {
        "2024-06-24": True,
        "2024-06-25": False,
        "2024-06-26": True,
        "2024-06-27": True,
        "2024-06-28": True,
    }
    assert sorted(path.name for path in parsed.iterdir()) == ["2024-06-25", "2024-06-27", "2024-06-28"]


def test_old_logs_are_removed_with_the_folders_they_leave_empty(tmp_path: Path) -> None:
    old, young = (
        tmp_path / "dag_id=a" / "run_id=1" / "attempt=1.log",
        tmp_path / "dag_id=a" / "run_id=2" / "attempt=1.log",
    )
    for log in (old, young):
        log.parent.mkdir(parents=True)
        log.write_text("said")
    os.utime(old, (1_000, 1_000))
    assert remove_old_files(tmp_path, before=2_000) == 1
    assert young.read_text() == "said"
    assert not old.parent.exists()
