"""Keeps DATA_DIR from growing with every run: parsed files, old logs, spilled sorts, the warehouse's free blocks.

What is fetched is never touched; see docs/runbooks/disk_space.md for what grows, and how much.
"""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from extract.load import remove_loaded_files
from warehouse.compact import Compaction, compact
from warehouse.database import write_connection

if TYPE_CHECKING:
    from pathlib import Path

    from warehouse.settings import Settings

# More than any look-back reads again.
KEPT_PARSED_DAYS = 30
KEPT_LOG_DAYS = 30


@dataclass(frozen=True)
class Tidied:
    """What was given back.

    Attributes:
        parsed_day_count: Filing days whose parsed files were removed; all of them are loaded.
        log_count: Log files of Airflow removed for their age.
        compaction: What became of the warehouse file.
    """

    parsed_day_count: int
    log_count: int
    compaction: Compaction

    def __str__(self) -> str:
        return (
            f"tidied: parsed files of {self.parsed_day_count} loaded days and {self.log_count} old logs removed; "
            f"warehouse {self.compaction}"
        )


def tidy(settings: Settings) -> Tidied:
    """Remove what is derived and no longer needed, and compact the warehouse when most of it is free blocks.

    Takes its turn as a writer; readers of the published copy notice nothing.

    Raises:
        LoadError: The warehouse stayed locked, or there is no room for compacting it.
    """
    with write_connection(settings) as connection:
        days = remove_loaded_files(connection, settings, keep_days=KEPT_PARSED_DAYS)
        # dbt holds the warehouse while it runs, so now nobody is spilling; what lies here is of a run that was killed.
        shutil.rmtree(settings.data_dir / "dbt" / "spill", ignore_errors=True)
    logs = remove_old_files(settings.data_dir / "airflow" / "logs", time.time() - KEPT_LOG_DAYS * 86_400)
    return Tidied(days, logs, compact(settings))


def remove_old_files(folder: Path, before: float) -> int:
    """Remove files last written before a moment, and folders this leaves empty; return the number of files."""
    old = [path for path in folder.rglob("*") if path.is_file() and path.lstat().st_mtime < before]
    for path in old:
        path.unlink(missing_ok=True)
    for parent in sorted({path.parent for path in old}, reverse=True):
        if parent != folder and not any(parent.iterdir()):
            parent.rmdir()
    return len(old)
