"""Says how far a fetch has come: to a log every few seconds, or to whatever callback the caller gives."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import logging


@dataclass(frozen=True)
class Progress:
    """How far one partition has come.

    Attributes:
        partition: Filing day or quarter.
        done: Filings settled so far in this run (fetched, or known to be missing).
        total: Filings this run has to settle.
        byte_count: Bytes fetched so far in this run.
    """

    partition: str
    done: int
    total: int
    byte_count: int


ProgressCallback: TypeAlias = Callable[[Progress], None]


def log_progress(logger: logging.Logger, every_seconds: float = 10.0) -> ProgressCallback:
    """A callback that logs the first report, the last, and one every few seconds between them."""
    started = time.monotonic()
    reported = float("-inf")

    def report(progress: Progress) -> None:
        nonlocal reported
        now = time.monotonic()
        if progress.done < progress.total and now - reported < every_seconds:
            return
        reported = now
        rate = progress.done / (now - started) if now > started else 0.0
        logger.info(
            "%s: %d of %d, %.1f a second, %.1f MB",
            progress.partition,
            progress.done,
            progress.total,
            rate,
            progress.byte_count / 1e6,
        )

    return report
