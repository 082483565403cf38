"""The warehouse file: settles with the same data, gives space back, survives a kill at any moment."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.warehouse.marts_by_hand import build_marts
from tests.warehouse.partitions import contents, hash_of, load_day, write_day
from tests.warehouse.processes import kill, start
from warehouse import compact as compaction
from warehouse.compact import compact
from warehouse.database import write_connection
from warehouse.errors import LoadError
from warehouse.publish import publish, storage_number
from warehouse.writer import replace_partition

if TYPE_CHECKING:
    from pathlib import Path

    from warehouse.settings import Settings

COUNTS = {"submission": 900, "reportingowner": 900, "nonderiv_trans": 2_000, "footnotes": 900}


def bloat(settings: Settings, tmp_path: Path) -> None:
    """Leave much free space behind: a large table that is dropped again, between rows that stay."""
    with write_connection(settings) as connection:
        connection.execute("create table large as select hash(n) as a, hash(n + 1) as b from range(700_000) numbers(n)")
        connection.execute("checkpoint")
        load_day(connection, tmp_path, "2024-07-01", COUNTS, "a")
        connection.execute("checkpoint")
        connection.execute("drop table large")


def test_ten_reloads_of_the_same_days_do_not_grow_the_file(settings: Settings, tmp_path: Path) -> None:
    days = [f"2024-07-{day:02d}" for day in range(1, 5)]
    files = {day: write_day(tmp_path / day, COUNTS, day) for day in days}
    sizes = []
    for run in range(11):
        with write_connection(settings) as connection:
            for day in days:
                replace_partition(
                    connection,
                    road="daily",
                    partition=day,
                    tables=files[day],
                    source_sha256=hash_of(f"{run} {day}"),
                    parser_version="1",
                    is_simulated=True,
                )
        sizes.append(settings.warehouse_path.stat().st_size)
    # The first reload needs room beside what it replaces; after that the freed blocks are used in turns.
    assert max(sizes[2:]) <= 2.5 * sizes[0]
    assert max(sizes[6:]) <= 1.15 * max(sizes[1:6])
    assert not settings.warehouse_path.with_suffix(".duckdb.wal").exists()


def test_a_file_that_is_mostly_free_is_compacted_and_nothing_is_lost(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compaction, "FREE_BYTES_BOUND", 1024 * 1024)
    build_marts(settings)
    bloat(settings, tmp_path)
    with write_connection(settings) as connection:
        before = contents(connection)
    first = publish(settings, code_version="v1")
    assert storage_number(settings.warehouse_path) == storage_number(settings.published_path)
    result = compact(settings)
    assert storage_number(settings.warehouse_path) == storage_number(settings.published_path)
    assert result.is_compacted
    assert result.byte_count_after < result.byte_count_before / 2
    assert settings.warehouse_path.stat().st_size == result.byte_count_after
    assert "compacted" in str(result)
    with write_connection(settings) as connection:
        assert contents(connection) == before
    # Tables, views and descriptions alike: what would be published is the same to the last byte.
    assert publish(settings, code_version="v1") == first | {"outcome": "unchanged"}
    assert not compact(settings).is_compacted


def test_a_file_with_little_to_gain_is_left_as_it_is(settings: Settings, tmp_path: Path) -> None:
    bloat(settings, tmp_path)
    inode = settings.warehouse_path.stat().st_ino
    result = compact(settings)
    assert not result.is_compacted
    assert "left as it is" in str(result)
    assert settings.warehouse_path.stat().st_ino == inode
    assert compact(settings, force=True).is_compacted
    assert settings.warehouse_path.stat().st_ino != inode


def test_without_a_warehouse_there_is_nothing_to_compact(settings: Settings) -> None:
    with pytest.raises(LoadError, match="nothing to compact"):
        compact(settings)
    assert not settings.data_dir.exists()


COMPACT_AGAIN_AND_AGAIN = """
import sys
from pathlib import Path
from warehouse.compact import compact
from warehouse.settings import Settings
print("ready", flush=True)
while True:
    compact(Settings(data_dir=Path(sys.argv[1]), duckdb_threads=1), force=True)
"""

LOAD_MANY_DAYS = """
import sys
from pathlib import Path
from tests.warehouse.partitions import load_day
from warehouse.database import write_connection
from warehouse.settings import Settings
print("ready", flush=True)
for number in range(1, 13):
    with write_connection(Settings(data_dir=Path(sys.argv[1]), duckdb_threads=1)) as connection:
        load_day(connection, Path(sys.argv[2]), f"2024-08-{number:02d}", {"submission": 20}, "w")
"""


@pytest.mark.parametrize("delay_seconds", [0.03, 0.12, 0.3])
def test_a_compaction_that_is_killed_leaves_the_warehouse(
    settings: Settings, tmp_path: Path, delay_seconds: float
) -> None:
    bloat(settings, tmp_path)
    with write_connection(settings) as connection:
        before = contents(connection)
    process = start(COMPACT_AGAIN_AND_AGAIN, settings.data_dir)
    time.sleep(delay_seconds)
    kill(process)
    with write_connection(settings) as connection:
        assert contents(connection) == before
    compact(settings)
    assert not list(settings.data_dir.glob("*.compacting"))


def test_a_writer_loses_nothing_to_a_compaction_beside_it(settings: Settings, tmp_path: Path) -> None:
    bloat(settings, tmp_path)
    compactors = [start(COMPACT_AGAIN_AND_AGAIN, settings.data_dir) for _ in range(2)]
    writer = start(LOAD_MANY_DAYS, settings.data_dir, tmp_path / "beside")
    writer.communicate(timeout=300)
    for process in compactors:
        assert process.poll() is None
        kill(process)
    assert writer.returncode == 0
    with write_connection(settings) as connection:
        assert connection.execute("select count(*) from raw.submission where _partition > '2024-08'").fetchall() == [
            (240,)
        ]
