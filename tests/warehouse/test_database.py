"""Opening the warehouse: schema in place, one writer at a time, said for whom one waits."""

from __future__ import annotations

import logging
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from tests.warehouse.partitions import COUNTS_OF_A_DAY, contents, load_day
from tests.warehouse.processes import kill, start
from warehouse.database import ensure_warehouse, in_transaction, read_connection, write_connection
from warehouse.errors import LoadError
from warehouse.raw_schema import ALL_TABLES, table_columns
from warehouse.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb


def columns_of(connection: duckdb.DuckDBPyConnection, table: str) -> list[tuple[str, str]]:
    return connection.execute(
        "select column_name, data_type from duckdb_columns() where schema_name = 'raw' and table_name = ?", [table]
    ).fetchall()


HOLD = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1])
print("ready", flush=True)
sys.stdin.read()
"""


def test_every_raw_table_is_there_with_its_columns(connection: duckdb.DuckDBPyConnection) -> None:
    for table in ALL_TABLES:
        assert columns_of(connection, table) == list(table_columns(table))


def test_making_it_twice_writes_nothing(settings: Settings) -> None:
    ensure_warehouse(settings)
    before = settings.warehouse_path.read_bytes()
    ensure_warehouse(settings)
    assert settings.warehouse_path.read_bytes() == before
    assert not settings.warehouse_path.with_suffix(".duckdb.wal").exists()


def test_columns_of_a_newer_version_are_added_and_rows_kept(settings: Settings, tmp_path: Path) -> None:
    with write_connection(settings) as connection:
        load_day(connection, tmp_path, "2024-07-01", COUNTS_OF_A_DAY, "a")
        connection.execute("alter table raw.submission drop column recovery")
        connection.execute("drop table raw.gate_results")
    with write_connection(settings) as connection:
        assert ("recovery", "VARCHAR") in columns_of(connection, "submission")
        assert columns_of(connection, "gate_results") == list(table_columns("gate_results"))
        assert connection.execute("select count(*) from raw.submission").fetchall() == [
            (COUNTS_OF_A_DAY["submission"],)
        ]
        load_day(connection, tmp_path, "2024-07-01", COUNTS_OF_A_DAY, "b")


def test_a_column_of_another_type_is_refused_with_the_remedy(settings: Settings) -> None:
    with write_connection(settings) as connection:
        connection.execute("alter table raw.fetch_outcomes alter http_status type varchar")
    with (
        pytest.raises(LoadError, match=r"fetch_outcomes\.http_status is VARCHAR .* make rebuild"),
        write_connection(settings),
    ):
        pass


def test_memory_and_threads_are_the_settings(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, duckdb_memory_limit="512MiB", duckdb_threads=1)
    with write_connection(settings) as connection:
        assert connection.execute(
            "select current_setting('memory_limit'), current_setting('threads'), current_setting('TimeZone')"
        ).fetchall() == [("512.0 MiB", 1, "UTC")]
        assert str(tmp_path) in str(connection.execute("select current_setting('temp_directory')").fetchall())


def test_an_open_transaction_is_seen_without_disturbing_it(connection: duckdb.DuckDBPyConnection) -> None:
    assert not in_transaction(connection)
    connection.execute("begin")
    connection.execute("create table mine (n int)")
    assert in_transaction(connection)
    connection.execute("commit")
    assert not in_transaction(connection)
    assert connection.execute("select count(*) from mine").fetchall() == [(0,)]


def test_a_transaction_left_open_is_rolled_back(settings: Settings, tmp_path: Path) -> None:
    def fail_half_way() -> None:
        with write_connection(settings) as connection:
            connection.execute("begin")
            load_day(connection, tmp_path, "2024-07-01", COUNTS_OF_A_DAY, "a")
            raise RuntimeError("the gate failed")

    with pytest.raises(RuntimeError):
        fail_half_way()
    with write_connection(settings) as connection:
        assert contents(connection)["submission"] == []


def test_waiting_names_the_holder_and_ends_with_a_clear_error(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    ensure_warehouse(settings)
    impatient = Settings(data_dir=settings.data_dir, warehouse_wait_seconds=0.5)
    holder = start(HOLD, settings.warehouse_path)
    try:
        with (
            caplog.at_level(logging.WARNING),
            pytest.raises(
                LoadError, match=rf"in use: process {holder.pid} \(.*python.*\) .*One process writes at a time"
            ),
            write_connection(impatient),
        ):
            pass
        assert f"in use by process {holder.pid}" in caplog.text
        with pytest.raises(LoadError, match="in use"), read_connection(settings.warehouse_path, wait_seconds=0.2):
            pass
    finally:
        kill(holder)


def test_a_writer_that_waits_gets_its_turn(settings: Settings) -> None:
    ensure_warehouse(settings)
    holder = start(HOLD, settings.warehouse_path)
    subprocess.Popen(["sh", "-c", f"sleep 1; kill {holder.pid}"])
    started = time.monotonic()
    with write_connection(settings) as connection:
        assert time.monotonic() - started > 0.5
        assert connection.execute("select count(*) from raw.loads").fetchall() == [(0,)]
    holder.communicate()


def test_a_reader_is_told_what_to_do_when_nothing_is_there(settings: Settings) -> None:
    with pytest.raises(LoadError, match="make demo"), read_connection(settings.published_path):
        pass
    assert not settings.published_path.exists()


def test_a_file_that_is_no_database_is_named(settings: Settings) -> None:
    settings.data_dir.mkdir(parents=True)
    settings.warehouse_path.write_text("this is not a database, but long enough to look like a file of one\n" * 100)
    with pytest.raises(LoadError, match=r"warehouse\.duckdb cannot be opened"), write_connection(settings):
        pass


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(LoadError, match="Set DATA_DIR"),
        write_connection(Settings(data_dir=tmp_path / "file" / "data")),
    ):
        pass


LOAD_AND_STOP = """
import sys
from pathlib import Path
from tests.warehouse.processes import kill, start
from tests.warehouse.partitions import load_day
from warehouse.database import write_connection
from warehouse.settings import Settings
with write_connection(Settings(data_dir=Path(sys.argv[1]), duckdb_threads=1)) as connection:
    connection.execute("begin")
    load_day(connection, Path(sys.argv[2]), "2024-07-01", {"submission": 40, "nonderiv_trans": 40}, "b")
    print("ready", flush=True)
    sys.stdin.read()
"""

LOAD_AGAIN_AND_AGAIN = """
import sys
from pathlib import Path
from tests.warehouse.processes import kill, start
from tests.warehouse.partitions import load_day
from warehouse.database import write_connection
from warehouse.settings import Settings
with write_connection(Settings(data_dir=Path(sys.argv[1]), duckdb_threads=1)) as connection:
    print("ready", flush=True)
    for seed in range(10_000):
        counts = {"submission": 30 + seed, "footnotes": 30 + seed}
        load_day(connection, Path(sys.argv[2]), "2024-07-01", counts, f"s{seed}")
"""


def test_a_load_that_is_killed_before_its_end_leaves_the_partition_that_was_there(
    settings: Settings, tmp_path: Path
) -> None:
    with write_connection(settings) as connection:
        load_day(connection, tmp_path, "2024-07-01", COUNTS_OF_A_DAY, "a")
        before = contents(connection)
    kill(start(LOAD_AND_STOP, settings.data_dir, tmp_path / "killed"))
    with write_connection(settings) as connection:
        assert contents(connection) == before


@pytest.mark.parametrize("delay_seconds", [0.05, 0.2, 0.35, 0.6, 0.85])
def test_a_load_that_is_killed_anywhere_leaves_one_whole_source(
    settings: Settings, tmp_path: Path, delay_seconds: float
) -> None:
    with write_connection(settings) as connection:
        load_day(connection, tmp_path, "2024-07-01", {"submission": 7, "footnotes": 7}, "a")
    process = start(LOAD_AGAIN_AND_AGAIN, settings.data_dir, tmp_path / "killed")
    time.sleep(delay_seconds)
    kill(process)
    with write_connection(settings) as connection:
        found = contents(connection)
        counts = {load[3]: load[4] for load in found["loads"]}
        assert {table: len(found[table]) for table in counts} == counts
        assert len(found["submission"]) == len(found["footnotes"]) >= 7
        # One source, in every table: no row of the one before it.
        sources = {row[0].split()[0] for table in ("submission", "footnotes") for row in found[table] if row[0]}
        assert len(sources) == 1
