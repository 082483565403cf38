"""How much of the allowed request rate a filing day achieves at 200 ms latency, and whether it is ever exceeded.

Real runs of ``python -m extract filing-day``, one or several at once, against the simulator's server, which records
the arrival of every request.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table

from ops.bench.mirror import write_days
from simulator.server import serve

LEAST_RATIO = 0.95
LATENCY_MS = 200
FIRST_DAY = date(2025, 6, 2)
_SECONDS = 15
_CASES = ((8, 1), (10, 1), (10, 3))
_REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Rate:
    """What the server recorded.

    Attributes:
        allowed: Requests per second allowed.
        process_count: Processes fetching at once, a filing day each.
        requests: Requests recorded.
        ratio: Achieved rate from the first to the last request, over the allowed rate.
        peak_per_second: Most requests in any sliding second.
        peak_in_flight: Most requests unanswered at once.
    """

    allowed: int
    process_count: int
    requests: int
    ratio: float
    peak_per_second: int
    peak_in_flight: int

    @property
    def is_kept(self) -> bool:
        """Whether the rate is used and not exceeded."""
        return self.ratio >= LEAST_RATIO and self.peak_per_second <= self.allowed


def measure(allowed: int, process_count: int, seconds: float = _SECONDS) -> Rate:
    """Fetch one filing day per process for about so many seconds."""
    days = [FIRST_DAY + timedelta(days=number) for number in range(process_count)]
    each = round(allowed * seconds / process_count)
    with tempfile.TemporaryDirectory() as scratch:
        root = write_days(Path(scratch) / "mirror", dict.fromkeys(days, each))
        with serve(root, latency_ms=LATENCY_MS) as server:
            environment = {
                **os.environ,
                "DATA_DIR": f"{scratch}/data",
                "RATE_LIMIT_DIR": f"{scratch}/limits",
                "SEC_WWW_URL": server.url,
                "SEC_DATA_URL": server.url,
                "SEC_MAX_REQUESTS_PER_SECOND": str(allowed),
            }
            running = [
                subprocess.Popen(  # noqa: S603 - our own command line
                    [sys.executable, "-m", "extract", "filing-day", day.isoformat()],
                    cwd=_REPOSITORY,
                    env=environment,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
                for day in days
            ]
            if any(process.wait() for process in running):
                raise SystemExit("a fetch failed: run python -m extract filing-day by hand to see why")
            stats = server.stats()
    achieved = (stats["requests"] - 1) / stats["first_to_last_seconds"]
    return Rate(
        allowed,
        process_count,
        stats["requests"],
        achieved / allowed,
        stats["peak_per_second"],
        stats["peak_in_flight"],
    )


def main() -> None:
    """Print achieved rate, peak and requests in flight for each case."""
    table = Table(title=f"Fetching filing days at {LATENCY_MS} ms latency: rate as recorded by the server")
    for heading in (
        "allowed/s",
        "processes",
        "requests",
        "achieved",
        "peak/s",
        "in flight",
        f"{LEAST_RATIO:.0%}, never more",
    ):
        table.add_column(heading, justify="right")
    for allowed, process_count in _CASES:
        rate = measure(allowed, process_count)
        table.add_row(
            f"{rate.allowed}",
            f"{rate.process_count}",
            f"{rate.requests}",
            f"{rate.ratio:.1%}",
            f"{rate.peak_per_second}",
            f"{rate.peak_in_flight}",
            "kept" if rate.is_kept else "NOT KEPT",
        )
    Console().print(table)


if __name__ == "__main__":
    main()
