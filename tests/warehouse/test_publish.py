"""Publishing: all or nothing, one generation, readers never disturbed, nothing touched when nothing changed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from datetime import date
from hashlib import sha256
from typing import TYPE_CHECKING

import duckdb
import pytest

from tests.conftest import REPOSITORY
from tests.warehouse.marts_by_hand import ROWS, build_marts, generation_of, generation_seen_by
from tests.warehouse.processes import kill, start
from warehouse import generations
from warehouse.code_version import current_code_version
from warehouse.database import write_connection
from warehouse.errors import LoadError, PublishError
from warehouse.marts import read_marts
from warehouse.publish import NEWEST_STORAGE_NUMBER, is_up_to_date, publish, storage_number
from warehouse.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

SWAPS = 30


def files_of(settings: Settings) -> dict[str, tuple[int, int, str]]:
    """Every file that readers see: inode, time of change and hash."""
    return {
        str(path.relative_to(settings.published_dir)): (
            path.stat().st_ino,
            path.stat().st_mtime_ns,
            sha256(path.read_bytes()).hexdigest(),
        )
        for path in sorted((settings.published_dir / "current").resolve().rglob("*"))
        if path.is_file()
    }


def test_analysts_find_tables_descriptions_and_what_the_file_is(settings: Settings) -> None:
    build_marts(settings)
    manifest = publish(settings, code_version="v1")
    assert manifest["outcome"] == "published"
    with duckdb.connect(str(settings.published_path), read_only=True) as connection:
        assert connection.execute("show tables").fetchall() == [
            ("dim_sectors",),
            ("fct_sector_ratios_daily",),
            ("publication",),
        ]
        assert connection.execute("select * from dim_sectors").fetchall() == [("Energy", "XLE")]
        assert connection.execute(
            "select comment from duckdb_tables() where table_name = 'fct_sector_ratios_daily'"
        ).fetchall() == [("Ratios. One row per day; it's a test.",)]
        assert connection.execute(
            "select column_name, comment, data_type from duckdb_columns() where column_name = 'npr_usd'"
        ).fetchall() == [("npr_usd", "Net purchase ratio, dollars", "DECIMAL(18,4)")]
        assert connection.execute(
            "select code_version, as_of_date, is_simulated, content_hash, mart_count, row_count, source_count "
            "from publication"
        ).fetchall() == [("v1", date(2024, 1, 2), True, manifest["content_hash"], 2, ROWS + 1, 1)]
        # Sorted by the day a number was known, so that a query for a period reads only its part.
        days = [row[0] for row in connection.execute("select as_of_date from fct_sector_ratios_daily").fetchall()]
        assert days == sorted(days)


def test_the_manifest_names_every_file_with_its_hash(settings: Settings) -> None:
    build_marts(settings)
    publish(settings, code_version="v1")
    manifest = json.loads((settings.published_dir / "manifest.json").read_text())
    assert "outcome" not in manifest
    assert manifest["sources"] == [
        {"road": "daily", "partition": "2024-01-02", "sha256": f"{1:064d}", "parser_version": "1", "row_count": 1}
    ]
    assert (manifest["as_of_date"], manifest["is_simulated"], manifest["code_version"]) == ("2024-01-02", True, "v1")
    assert manifest["duckdb"]["sha256"] == sha256(settings.published_path.read_bytes()).hexdigest()
    for name, mart in manifest["marts"].items():
        path = settings.published_dir / "parquet" / name / "all.parquet"
        assert mart["parquet"] == {
            "all.parquet": {"byte_count": path.stat().st_size, "sha256": sha256(path.read_bytes()).hexdigest()}
        }
        assert duckdb.sql(f"select count(*) from '{path}'").fetchall() == [(mart["row_count"],)]
        carried = dict(duckdb.sql(f"select key::varchar, value::varchar from parquet_kv_metadata('{path}')").fetchall())
        assert carried["generation"] == manifest["generation"]
        assert carried["is_simulated"] == "true"
    assert manifest["marts"]["fct_sector_ratios_daily"]["columns"][3] == {
        "name": "npr_usd",
        "type": "DECIMAL(18,4)",
        "description": "Net purchase ratio, dollars",
    }


def test_real_data_is_not_called_simulated(settings: Settings) -> None:
    build_marts(settings, is_simulated=False)
    assert publish(settings)["is_simulated"] is False
    with duckdb.connect(str(settings.published_path), read_only=True) as connection:
        assert connection.execute("select is_simulated from publication").fetchall() == [(False,)]


def test_publishing_the_same_again_touches_no_file(settings: Settings) -> None:
    build_marts(settings)
    publish(settings, code_version="v1")
    before = files_of(settings)
    build_marts(settings)
    again = publish(settings, code_version="v1")
    assert again["outcome"] == "unchanged"
    assert files_of(settings) == before
    assert len(list((settings.published_dir / "generations").iterdir())) == 1


@pytest.mark.parametrize("change", ["row", "description", "type", "code", "source", "order"])
def test_what_counts_as_a_change(settings: Settings, change: str) -> None:
    build_marts(settings)
    publish(settings, code_version="v1")
    with write_connection(settings) as connection:
        statements = {
            "row": "update marts.fct_sector_ratios_daily set npr_usd = npr_usd + 1 where npr_usd = 0.0007",
            "description": "comment on column marts.fct_sector_ratios_daily.sector is 'One of eleven'",
            "type": "alter table marts.fct_sector_ratios_daily alter generation type bigint",
            "code": "select 1",
            "source": "update raw.loads set source_sha256 = 'another'",
            "order": "create or replace table marts.fct_sector_ratios_daily as "
            "from marts.fct_sector_ratios_daily order by npr_usd desc",
        }
        comment = "comment on table marts.fct_sector_ratios_daily is 'Ratios. One row per day; it''s a test.'"
        connection.execute(statements[change])
        connection.execute(comment)
        connection.execute("comment on column marts.fct_sector_ratios_daily.npr_usd is 'Net purchase ratio, dollars'")
    outcome = publish(settings, code_version="v2" if change == "code" else "v1")["outcome"]
    assert outcome == ("unchanged" if change == "order" else "published")


@pytest.mark.parametrize("damage", ["database", "parquet", "manifest", "link"])
def test_a_damaged_copy_is_published_again(settings: Settings, damage: str) -> None:
    build_marts(settings)
    publish(settings, code_version="v1")
    if damage == "link":
        (settings.published_dir / "current").unlink()
    else:
        path = {
            "database": settings.published_path,
            "parquet": settings.published_dir / "parquet" / "dim_sectors" / "all.parquet",
            "manifest": settings.published_dir / "manifest.json",
        }[damage].resolve()
        path.chmod(0o644)
        path.write_bytes(path.read_bytes()[:-20])
    assert publish(settings, code_version="v1")["outcome"] == "published"
    assert generation_of(settings.published_path) == 1


def test_the_copy_is_in_a_storage_version_that_duckdb_1_4_reads(settings: Settings) -> None:
    build_marts(settings)
    publish(settings)
    assert storage_number(settings.published_path) <= NEWEST_STORAGE_NUMBER == 67


@pytest.mark.skipif(os.environ.get("RUN_OLD_DUCKDB") != "1", reason="installs DuckDB 1.4: RUN_OLD_DUCKDB=1")
def test_duckdb_1_4_reads_the_copy(settings: Settings, tmp_path: Path) -> None:
    build_marts(settings)
    publish(settings)
    python = tmp_path / "old" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "old"], check=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", "duckdb>=1.4,<1.5"], check=True)
    script = (
        "import duckdb, sys; assert duckdb.__version__.startswith('1.4.'); "
        "c = duckdb.connect(sys.argv[1], read_only=True); "
        "print(c.execute('select count(*), sum(npr_usd)::varchar from fct_sector_ratios_daily').fetchall(), "
        "c.execute('select mart_count from publication').fetchall(), "
        "c.execute('select count(*) from duckdb_columns() where comment is not null').fetchall()[0][0] > 5)"
    )
    answer = subprocess.run(
        [python, "-c", script, settings.published_path], capture_output=True, text=True, check=False
    )
    assert answer.stdout.strip() == f"[({ROWS}, '449.8500')] [(2,)] True", answer.stderr


def test_the_links_are_relative_so_the_folder_can_be_moved(settings: Settings, tmp_path: Path) -> None:
    build_marts(settings)
    publish(settings)
    moved = tmp_path / "elsewhere"
    settings.data_dir.rename(moved)
    assert generation_of(moved / "published" / "insider_tiers.duckdb") == 1
    assert len(list((moved / "published" / "parquet").iterdir())) == 2


def test_a_folder_copied_without_its_links_is_taken_over(settings: Settings, tmp_path: Path) -> None:
    build_marts(settings)
    publish(settings)
    shutil.copytree(settings.published_dir, tmp_path / "plain")
    shutil.rmtree(settings.published_dir)
    shutil.copytree(tmp_path / "plain", settings.published_dir)
    assert not settings.published_path.is_symlink()
    build_marts(settings, 2)
    assert publish(settings)["outcome"] == "published"
    assert generation_of(settings.published_path) == 2


def test_the_last_two_generations_stay_and_older_ones_go(settings: Settings) -> None:
    stamps = []
    for generation in range(1, 5):
        build_marts(settings, generation)
        stamps.append(publish(settings)["generation"])
    assert sorted(path.name for path in (settings.published_dir / "generations").iterdir()) == stamps[-2:]


def test_readers_can_not_lock_each_other_out(settings: Settings) -> None:
    build_marts(settings)
    publish(settings)
    modes = {
        path.stat().st_mode & 0o222 for path in settings.published_path.resolve().parent.rglob("*") if path.is_file()
    }
    assert modes == {0}


READ_AND_READ_AGAIN = """
import sys
from pathlib import Path
from tests.warehouse.marts_by_hand import generation_of
path, stop = Path(sys.argv[1]), Path(sys.argv[2])
seen = [generation_of(path)]
print("ready", flush=True)
reads = 0
while not stop.exists():
    generation = generation_of(path)
    assert generation >= seen[-1], (generation, seen)
    reads += 1
    if generation != seen[-1]:
        seen.append(generation)
print(reads, *seen)
"""

HOLD_THE_OLD_ONE = """
import sys, time, duckdb
from pathlib import Path
from tests.warehouse.marts_by_hand import generation_seen_by
path, stop = Path(sys.argv[1]), Path(sys.argv[2])
connection = duckdb.connect(str(path), read_only=True)
first = generation_seen_by(connection)
print("ready", flush=True)
reads = 0
while not stop.exists():
    assert generation_seen_by(connection) == first
    reads += 1
    time.sleep(0.01)
print(reads, first)
"""

READ_THE_THREE_TOGETHER = """
import json, sys, duckdb
from pathlib import Path
published, stop = Path(sys.argv[1]).parent, Path(sys.argv[2])
print("ready", flush=True)
reads = 0
while not stop.exists():
    # One generation: follow the link once, as the documentation says, then read the three parts at leisure.
    folder = (published / "current").resolve()
    manifest = json.loads((folder / "manifest.json").read_text())
    with duckdb.connect(str(folder / "insider_tiers.duckdb"), read_only=True) as connection:
        assert connection.execute("select generation from publication").fetchone() == (manifest["generation"],)
    for name, mart in manifest["marts"].items():
        path = folder / "parquet" / name / "all.parquet"
        keys = dict(duckdb.sql(f"select key::varchar, value::varchar from parquet_kv_metadata('{path}')").fetchall())
        assert keys["generation"] == manifest["generation"]
    reads += 1
print(reads)
"""


def test_readers_get_the_old_or_the_new_file_whole_during_thirty_swaps(settings: Settings, tmp_path: Path) -> None:
    build_marts(settings, 1)
    publish(settings)
    stop = tmp_path / "stop"
    readers = [start(READ_AND_READ_AGAIN, settings.published_path, stop) for _ in range(2)]
    holder = start(HOLD_THE_OLD_ONE, settings.published_path, stop)
    triple = start(READ_THE_THREE_TOGETHER, settings.published_path, stop)
    try:
        for generation in range(2, SWAPS + 2):
            build_marts(settings, generation)
            assert publish(settings)["outcome"] == "published"
    finally:
        stop.touch()
        answers = [process.communicate(timeout=60)[0].split() for process in (*readers, holder, triple)]
    assert [process.returncode for process in (*readers, holder, triple)] == [0, 0, 0, 0]
    for reads, *seen in answers[:2]:
        assert int(reads) > SWAPS
        assert len(seen) > SWAPS // 2
    assert int(answers[2][0]) > SWAPS
    assert answers[2][1] == "1"
    assert int(answers[3][0]) > SWAPS // 2
    assert generation_of(settings.published_path) == SWAPS + 1


def test_whether_the_copy_is_up_to_date_is_known_without_publishing(settings: Settings) -> None:
    assert not is_up_to_date(settings)
    build_marts(settings)
    assert not is_up_to_date(settings)
    publish(settings, code_version="an older one")
    assert not is_up_to_date(settings)
    publish(settings, code_version=current_code_version())
    assert is_up_to_date(settings)
    with write_connection(settings) as connection:
        connection.execute("update raw.loads set source_sha256 = 'another'")
    assert not is_up_to_date(settings)


def test_a_reader_in_this_process_keeps_the_old_file(settings: Settings) -> None:
    build_marts(settings, 1)
    publish(settings)
    with duckdb.connect(str(settings.published_path), read_only=True) as old:
        for generation in (2, 3, 4):
            build_marts(settings, generation)
            publish(settings)
        assert generation_seen_by(old) == 1
    assert generation_of(settings.published_path) == 4


PUBLISH_AGAIN_AND_AGAIN = """
import sys
from pathlib import Path
from warehouse.publish import publish
from warehouse.settings import Settings
print("ready", flush=True)
for version in range(10_000):
    publish(Settings(data_dir=Path(sys.argv[1]), duckdb_threads=1), code_version=f"killed {version}")
"""


@pytest.mark.parametrize("delay_seconds", [0.02, 0.1, 0.17, 0.26, 0.4])
def test_a_publish_that_is_killed_leaves_a_whole_copy_and_its_litter_is_cleaned(
    settings: Settings, delay_seconds: float
) -> None:
    build_marts(settings)
    publish(settings, code_version="v1")
    process = start(PUBLISH_AGAIN_AND_AGAIN, settings.data_dir)
    time.sleep(delay_seconds)
    kill(process)
    assert generation_of(settings.published_path) == 1
    assert generations.intact_manifest(settings.published_dir) is not None
    publish(settings, code_version="after")
    names = [path.name for path in settings.published_dir.rglob("*")]
    assert not [name for name in names if name.endswith(".unfinished")]
    assert len(list((settings.published_dir / "generations").iterdir())) <= 2


def test_what_a_killed_publish_may_leave_is_removed(settings: Settings) -> None:
    build_marts(settings)
    current = publish(settings, code_version="v1")["generation"]
    folder = settings.published_dir / "generations"
    shutil.copytree(folder / current, folder / "99991231T000000000000Z")
    shutil.copytree(folder / current, folder / "20240101T000000000000Z.unfinished")
    (settings.published_dir / ".current.unfinished").symlink_to("generations/nowhere")
    assert publish(settings, code_version="v1")["outcome"] == "unchanged"
    assert [path.name for path in folder.iterdir()] == [current]
    assert not (settings.published_dir / ".current.unfinished").is_symlink()


def test_without_a_warehouse_marts_or_sources_nothing_is_published(settings: Settings) -> None:
    with pytest.raises(PublishError, match="make build first"):
        publish(settings)
    assert not settings.data_dir.exists()
    with write_connection(settings):
        pass
    with pytest.raises(PublishError, match=r"Schema marts .* is empty"):
        publish(settings)
    build_marts(settings)
    with write_connection(settings) as connection:
        connection.execute("delete from raw.loads")
    with pytest.raises(PublishError, match=r"raw\.loads is empty"):
        publish(settings)
    assert not settings.published_path.exists()


def test_a_mart_that_breaks_while_it_is_read_leaves_the_copy_as_it_was(settings: Settings) -> None:
    build_marts(settings)
    publish(settings)
    with write_connection(settings) as connection:
        connection.execute("create table marts.source_of_view as select 'x' as text")
        connection.execute("create view marts.rpt_broken as select text::int as number from marts.source_of_view")
    before = files_of(settings)
    with pytest.raises(PublishError, match="Could not convert string 'x'"):
        publish(settings)
    assert files_of(settings) == before
    assert generation_of(settings.published_path) == 1


def test_a_mart_called_publication_is_refused(settings: Settings) -> None:
    build_marts(settings)
    with write_connection(settings) as connection:
        connection.execute("create table marts.publication as select 1 as one")
    with pytest.raises(PublishError, match="may not be called publication"):
        publish(settings)


def test_what_a_killed_dbt_left_is_no_mart(settings: Settings) -> None:
    build_marts(settings)
    with write_connection(settings) as connection:
        connection.execute("create table marts.fct_sector_ratios_daily__dbt_tmp as select 1 as one")
        assert [mart.name for mart in read_marts(connection)] == ["dim_sectors", "fct_sector_ratios_daily"]


def test_a_full_disk_is_refused_before_anything_is_written(settings: Settings) -> None:
    build_marts(settings)
    publish(settings)
    free = shutil.disk_usage(settings.published_dir).free
    # A sparse file stands for a generation that is larger than what is free; it takes no room itself.
    current = (settings.published_dir / "current").resolve()
    with (current / "large").open("wb") as file:
        file.truncate(free)
    build_marts(settings, 2)
    with pytest.raises(PublishError, match=r"MB free\. Make room"):
        publish(settings)
    assert [path.name for path in (settings.published_dir / "generations").iterdir()] == [current.name]


def test_a_disk_that_fails_while_writing_leaves_the_copy_as_it_was(settings: Settings) -> None:
    """A limit on file sizes makes every write beyond it fail, as a full disk does."""
    build_marts(settings, 1, rows=ROWS)
    publish(settings)
    build_marts(settings, 2, rows=600_000)
    before = files_of(settings)
    script = (
        "import resource, signal, sys; from pathlib import Path; from warehouse.publish import publish; "
        "from warehouse.settings import Settings; from warehouse.errors import PublishError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000,) * 2)\n"
        "try: publish(Settings(data_dir=Path(sys.argv[1])))\n"
        "except PublishError as error: print(error)\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", script, settings.data_dir], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert "What was published before is untouched" in answer.stdout, answer.stderr
    assert files_of(settings) == before
    assert publish(settings)["outcome"] == "published"


def test_a_locked_warehouse_is_waited_for_and_named(settings: Settings) -> None:
    build_marts(settings)
    holder = start(
        "import sys, duckdb; c = duckdb.connect(sys.argv[1]); print('ready', flush=True); sys.stdin.read()",
        settings.warehouse_path,
    )
    try:
        with pytest.raises(LoadError, match=f"process {holder.pid}"):
            publish(Settings(data_dir=settings.data_dir, warehouse_wait_seconds=0.3))
    finally:
        kill(holder)


def test_the_same_rows_built_again_have_the_same_hash_in_any_order(settings: Settings) -> None:
    build_marts(settings)
    with write_connection(settings) as connection:
        first = {mart.name: mart.content_hash for mart in read_marts(connection)}
        connection.execute(
            "create or replace table marts.fct_sector_ratios_daily as "
            "from marts.fct_sector_ratios_daily order by hash(npr_usd)"
        )
        assert {mart.name: mart.content_hash for mart in read_marts(connection)} == first
        # Doubling every row or swapping two columns' values is no coincidence the hash forgives.
        connection.execute("insert into marts.fct_sector_ratios_daily from marts.fct_sector_ratios_daily")
        assert {mart.name: mart.content_hash for mart in read_marts(connection)} != first


def test_the_code_version_is_what_git_says() -> None:
    described = subprocess.run(
        ["git", "-C", REPOSITORY, "describe", "--always", "--tags"], capture_output=True, text=True, check=False
    )
    if described.returncode:
        assert current_code_version() == "0.1.0"
    else:
        assert current_code_version().removesuffix("-dirty") == described.stdout.strip()
