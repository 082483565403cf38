"""Gives back the space the warehouse file no longer needs, by copying it.

DuckDB reuses the blocks that replaced partitions and rebuilt marts leave free, but does not give them back. From run to
run with the same data the file therefore settles at about twice its data and stays there; after a large rebuild it can
stand far above it.
"""

from __future__ import annotations

import logging
import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb
from filelock import FileLock, Timeout

from warehouse.database import STORAGE_VERSION, copying_connection, write_connection
from warehouse.errors import LoadError
from warehouse.files import sync
from warehouse.sql_text import literal

if TYPE_CHECKING:
    from pathlib import Path

    from warehouse.settings import Settings

logger = logging.getLogger(__name__)

# Rebuilding the marts needs about as much free space as they take, so up to half of the file free is in use, in turns.
FREE_SHARE_BOUND = 0.6
FREE_BYTES_BOUND = 64 * 1024 * 1024
_GRACE_SECONDS = 0.2


@dataclass(frozen=True)
class Compaction:
    """What `compact` did.

    Attributes:
        is_compacted: Whether the file was replaced.
        byte_count_before: Size of the file before.
        byte_count_after: Size of the file now.
        free_byte_count: Bytes in free blocks before.
    """

    is_compacted: bool
    byte_count_before: int
    byte_count_after: int
    free_byte_count: int

    def __str__(self) -> str:
        before = f"{self.byte_count_before / 1e6:,.1f} MB, {self.free_byte_count / 1e6:,.1f} MB of it free"
        if self.is_compacted:
            return f"compacted: {before}, now {self.byte_count_after / 1e6:,.1f} MB"
        return f"left as it is: {before}"


def compact(settings: Settings, *, force: bool = False) -> Compaction:
    """Copy the warehouse into a new file and swap it in, when most of it is free blocks.

    The swap is one rename while the old file is locked: a process that waits for the lock opens the new file, and a
    kill at any moment leaves one whole warehouse.

    Args:
        settings: Says where the warehouse is.
        force: Compact however little there is to gain.

    Raises:
        LoadError: There is no warehouse, it stayed locked, there is no room for the copy, or copying failed; the
            warehouse is as it was.
    """
    path = settings.warehouse_path
    if not path.is_file():
        raise LoadError(f"There is no {path} yet: nothing to compact.")
    copy = path.with_name(f"{path.name}.compacting")
    try:
        # Two compactions at once would each swap in a copy of the same old file.
        with FileLock(f"{copy}.lock", timeout=settings.warehouse_wait_seconds):
            _remove(copy)
            try:
                return _compact(settings, path, copy, force=force)
            finally:
                _remove(copy)
    except Timeout as error:
        raise LoadError(f"{path} is being compacted by another process: wait until it is done.") from error
    except (duckdb.Error, OSError) as error:
        raise LoadError(
            f"{path} could not be compacted: {str(error).splitlines()[0]}. It is as it was; mend the cause and try "
            "again: python -m warehouse compact."
        ) from error


def _compact(settings: Settings, path: Path, copy: Path, *, force: bool) -> Compaction:
    with write_connection(settings) as connection:
        # Brings the write-ahead log into the file, so that the file alone is the warehouse.
        connection.execute("checkpoint")
        row = connection.execute("select block_size, used_blocks from pragma_database_size() limit 1").fetchone()
    block_size, used_blocks = row or (0, 0)
    before = path.stat().st_size
    # Free blocks at the end of the file are cut off when it is closed, though DuckDB goes on counting them.
    free = max(0, before - int(block_size * used_blocks))
    if not force and (free < FREE_BYTES_BOUND or free < before * FREE_SHARE_BOUND):
        return Compaction(False, before, before, free)
    _check_room(path, before)
    # Read-only still keeps every writer out, and never touches the log beside the file, whose name both files share.
    with copying_connection(settings) as connection:
        if path.with_name(f"{path.name}.wal").exists():
            raise LoadError(f"{path} was written to in the meantime: run the compaction again.")
        connection.execute(f"attach {literal(str(copy))} as compacted (storage_version '{STORAGE_VERSION}')")
        connection.execute("copy from database warehouse to compacted")
        connection.execute("detach compacted")
        sync(copy)
        copy.replace(path)
        sync(path.parent)
        # Whoever opened the old file by its name a moment ago must still meet our lock on it.
        time.sleep(_GRACE_SECONDS)
    result = Compaction(True, before, path.stat().st_size, free)
    logger.info("%s: %s", path, result)
    return result


def _check_room(path: Path, needed: int) -> None:
    free = shutil.disk_usage(path.parent).free
    if free < needed:
        raise LoadError(
            f"{path.parent} has {free / 1e6:,.0f} MB free; compacting needs up to {needed / 1e6:,.0f} MB for the copy. "
            "Make room on that disk first."
        )


def _remove(copy: Path) -> None:
    copy.unlink(missing_ok=True)
    copy.with_name(f"{copy.name}.wal").unlink(missing_ok=True)
