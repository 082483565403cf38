"""Opens the DuckDB files: the warehouse for its one writer, the published copy for readers.

DuckDB locks a file it writes to: one writing process excludes every other process, readers too. A writer therefore
waits for the one before it, says for whom it waits, and gives up with the name and process id of the holder.
"""

from __future__ import annotations

import logging
import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import duckdb
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_delay, wait_exponential

from warehouse.errors import LoadError
from warehouse.raw_schema import ALL_TABLES, SCHEMA, table_columns
from warehouse.sql_text import literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from warehouse.settings import Settings

logger = logging.getLogger(__name__)

# The oldest DuckDB that reads our files. Older storage costs half as much processor time again to write, and a fifth
# more room: its texts are compressed another way.
STORAGE_VERSION = "v1.4.0"

# The same as in dbt_project/profiles.yml: larger sorts go to disk, on a machine of any size.
MEMORY_CEILING_BYTES = 7_000_000_000

_LOCK = "Could not set lock on file"
_HOLDER = re.compile(r"Conflicting lock is held in (?P<program>.+?) \(PID (?P<pid>\d+)\)")
_LONGEST_PAUSE_SECONDS = 2.0

Opened = TypeVar("Opened")


class _LockHeldError(Exception):
    """Another process has the file open; the message says which."""


@contextmanager
def write_connection(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the warehouse for writing, with schema ``raw`` and its tables in place; close it at the end.

    Waits up to ``settings.warehouse_wait_seconds`` for another process that has the file open. The session's time
    zone is UTC and DuckDB downloads nothing. A transaction left open is rolled back.

    Raises:
        LoadError: The file stayed locked, or cannot be opened; the message names the holder or the cause.
    """
    path = settings.warehouse_path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LoadError(
            f"{path.parent} cannot be created: {error.strerror}. Set DATA_DIR to a folder you own."
        ) from error
    connection = _connect_patiently(path, read_only=False, wait_seconds=settings.warehouse_wait_seconds)
    try:
        _configure(connection, settings)
        ensure_raw_schema(connection)
        yield connection
    finally:
        # The last connection of the process checkpoints: no write-ahead log is left beside the file.
        connection.close()


@contextmanager
def read_connection(path: Path, *, wait_seconds: float = 5.0) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a DuckDB file read-only; close it at the end.

    Readers open the published copy (``settings.published_path``), which is never locked. On the warehouse itself this
    waits up to ``wait_seconds`` for its writer.

    Raises:
        LoadError: There is no such file, a writer has it open, or it cannot be read.
    """
    if not path.is_file():
        raise LoadError(f"There is no {path} yet. Load data and publish it first: make demo, or make build.")
    connection = _connect_patiently(path, read_only=True, wait_seconds=wait_seconds)
    try:
        _configure_session(connection)
        yield connection
    finally:
        connection.close()


@contextmanager
def copying_connection(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open an empty database with the warehouse attached read-only as ``warehouse``, for copying it elsewhere.

    Keeps every writer out, and never writes: not to the warehouse, not to the log beside it.

    Raises:
        LoadError: A writer kept the warehouse open, or it cannot be read.
    """
    path = settings.warehouse_path
    connection = duckdb.connect()
    try:
        _configure(connection, settings)
        connection.execute(f"set temp_directory = {literal(f'{path}.tmp')}")

        def attach() -> None:
            connection.execute(f"attach {literal(str(path))} as warehouse (read_only)")

        _patiently(attach, path, settings.warehouse_wait_seconds)
        yield connection
    finally:
        connection.close()


def ensure_warehouse(settings: Settings) -> None:
    """Create the warehouse file, schema ``raw`` and its tables where they are missing.

    Raises:
        LoadError: As for `write_connection`.
    """
    with write_connection(settings):
        logger.debug("%s has every raw table", settings.warehouse_path)


def ensure_raw_schema(connection: duckdb.DuckDBPyConnection) -> None:
    """Create what schema ``raw`` lacks: tables, and columns that a newer version of the code added.

    Does not write at all when nothing is missing. Columns the code no longer knows are left where they are.

    Raises:
        LoadError: A column stands there with another type.
    """
    present: dict[str, dict[str, str]] = {}
    for table, column, data_type in connection.execute(
        """
        select table_name, column_name, data_type
        from duckdb_columns()
        where schema_name = ? and database_name = current_database()
        """,
        [SCHEMA],
    ).fetchall():
        present.setdefault(table, {})[column] = data_type
    statements = []
    for table in ALL_TABLES:
        columns = table_columns(table)
        if table not in present:
            listed = ", ".join(f'"{name}" {data_type}' for name, data_type in columns)
            statements.append(f"create table {SCHEMA}.{table} ({listed})")
            continue
        for name, data_type in columns:
            found = present[table].get(name)
            if found is None:
                statements.append(f'alter table {SCHEMA}.{table} add column "{name}" {data_type}')
            elif found != data_type:
                raise LoadError(
                    f"raw.{table}.{name} is {found} in this warehouse and {data_type} in this version of the code. "
                    "Rebuild the warehouse from the landing zone: make rebuild."
                )
    if not statements:
        return
    connection.execute("begin")
    try:
        connection.execute(f"create schema if not exists {SCHEMA}")
        for statement in statements:
            connection.execute(statement)
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute("commit")
    logger.info("raw: %d tables or columns added", len(statements))


def in_transaction(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the connection has an open transaction.

    Outside one, every statement is a transaction with its own number. (Trying ``begin`` would abort an open one.)
    """
    numbers = [connection.execute("select txid_current()").fetchone() for _ in range(2)]
    return numbers[0] == numbers[1]


def _configure_session(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("set timezone = 'UTC'")
    connection.execute("set autoinstall_known_extensions = false")
    # DuckDB draws its bar whether or not somebody watches: a log would hold a thousand of them.
    connection.execute("set enable_progress_bar = false")


def _configure(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    # What does not fit in memory goes to warehouse.duckdb.tmp, DuckDB's default, which lies in DATA_DIR.
    _configure_session(connection)
    connection.execute(f"set memory_limit = '{settings.duckdb_memory_limit or _usual_memory_limit(connection)}'")
    if settings.duckdb_threads:
        connection.execute(f"set threads = {settings.duckdb_threads:d}")


def _usual_memory_limit(connection: duckdb.DuckDBPyConnection) -> str:
    """DuckDB's own limit (80% of the memory it may use), but never above the ceiling that dbt works under, too."""
    row = connection.execute("select parse_formatted_bytes(current_setting('memory_limit'))").fetchone()
    return f"{min(row[0], MEMORY_CEILING_BYTES) if row else MEMORY_CEILING_BYTES} bytes"


def _connect_patiently(path: Path, *, read_only: bool, wait_seconds: float) -> duckdb.DuckDBPyConnection:
    # A file keeps the version it was made with, whoever opens it later.
    config: dict[str, str | bool | int | float | list[str]] = {}
    if not read_only:
        config["storage_compatibility_version"] = STORAGE_VERSION
    return _patiently(lambda: duckdb.connect(str(path), read_only=read_only, config=config), path, wait_seconds)


def _patiently(opening: Callable[[], Opened], path: Path, wait_seconds: float) -> Opened:
    """Open a file, as often as it takes until no other process has it locked."""
    attempts = Retrying(
        retry=retry_if_exception_type(_LockHeldError),
        wait=wait_exponential(multiplier=0.05, max=_LONGEST_PAUSE_SECONDS),
        stop=stop_after_delay(wait_seconds),
        before_sleep=_say_for_whom_we_wait,
        reraise=True,
    )
    try:
        opened: Opened = attempts(_try, opening, path)
    except _LockHeldError as error:
        raise LoadError(
            f"{path} is in use: {error} has had it open for the last {wait_seconds:g} s. One process writes at a time: "
            "wait until it is done (or close it, if it is a shell or a notebook), then try again. Readers open the "
            "published copy, published/insider_tiers.duckdb, which is never locked."
        ) from error
    return opened


def _try(opening: Callable[[], Opened], path: Path) -> Opened:
    try:
        return opening()
    except duckdb.Error as error:
        message = str(error)
        if _LOCK in message:
            raise _LockHeldError(_holder(message)) from error
        raise LoadError(f"{path} cannot be opened: {message.splitlines()[0]}") from error


def _holder(message: str) -> str:
    """The process DuckDB names as the holder of the lock, with its command line where the system tells."""
    match = _HOLDER.search(message)
    if match is None:
        return "another process"
    process = f"process {match['pid']}"
    try:
        words = Path("/proc", match["pid"], "cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        words = []
    command = " ".join(" ".join(words).split()) or match["program"]
    return f"{process} ({command[:120]})"


def _say_for_whom_we_wait(state: RetryCallState) -> None:
    # The first pause, and then about every quarter of a minute.
    if state.outcome is not None and (state.attempt_number == 1 or state.attempt_number % 8 == 0):
        logger.warning(
            "The warehouse is in use by %s; waiting (%.0f s so far)",
            state.outcome.exception(),
            state.seconds_since_start or 0,
        )
