"""Peak memory of fetching and of parsing a filing day with 500 and with 5,000 filings: it must not grow with the day.

Each measurement is a process of its own, so that one peak does not hide another.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.table import Table

from extract.filing_day import fetch_filing_day
from extract.parse_day import parse_filing_day
from ops.bench.mirror import write_days
from simulator.server import serve
from warehouse.settings import SEC_LIMIT_PER_SECOND, Settings

# What a large day may need beyond a small one: allocators and thread stacks are not exact.
MOST_GROWTH = 1.25
SMALL, LARGE = 500, 5_000
_DAYS = {date(2025, 6, 3): SMALL, date(2025, 6, 4): LARGE}
_EXHIBIT_BYTES = 15_000
_REPOSITORY = Path(__file__).resolve().parents[2]
_KILOBYTE = 1024


def peak_bytes(step: str, day: date, url: str, scratch: str) -> int:
    """Peak resident memory of one step (``fetch`` or ``parse``) over one day, in bytes."""
    done = subprocess.run(  # noqa: S603 - our own module
        [sys.executable, "-m", "ops.bench.fetch_memory", step, day.isoformat(), url, scratch],
        cwd=_REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout.split()[-1])


def run_step(step: str, day: date, url: str, scratch: str) -> int:
    """Do one step in this process and return its peak resident memory in bytes."""
    # Ten a second would make a day of 5,000 filings last eight minutes; memory is what is measured here.
    settings = Settings(
        data_dir=Path(scratch) / "data",
        lock_dir=Path(scratch) / "limits",
        sec_www_url=url,
        sec_data_url=url,
        sec_max_requests_per_second=SEC_LIMIT_PER_SECOND,
    )
    if step == "fetch":
        summary = fetch_filing_day(day, settings)
        if summary.fetched != _DAYS[day]:
            raise SystemExit(f"{summary.fetched} of {_DAYS[day]} filings were fetched")
    else:
        parsed = parse_filing_day(day, settings)
        if parsed.filing_count != _DAYS[day] or parsed.quarantine_counts:
            raise SystemExit(f"{parsed.filing_count} of {_DAYS[day]} filings were parsed: {parsed.quarantine_counts}")
    unit = 1 if sys.platform == "darwin" else _KILOBYTE
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def main() -> None:
    """Print the peaks and their ratios."""
    table = Table(title=f"Peak memory over a filing day, {_EXHIBIT_BYTES / 1000:.0f} kB and more a filing")
    for heading in ("step", f"{SMALL} filings", f"{LARGE:,} filings", "growth", f"limit {MOST_GROWTH:g}"):
        table.add_column(heading, justify="left" if heading == "step" else "right")
    with tempfile.TemporaryDirectory() as scratch:
        root = write_days(Path(scratch) / "mirror", _DAYS, exhibit_bytes=_EXHIBIT_BYTES)
        with serve(root) as server:
            for step in ("fetch", "parse"):
                small, large = (peak_bytes(step, day, server.url, scratch) for day in _DAYS)
                table.add_row(
                    step,
                    f"{small / 1e6:.0f} MB",
                    f"{large / 1e6:.0f} MB",
                    f"{large / small:.2f}",
                    "kept" if large <= MOST_GROWTH * small else "EXCEEDED",
                )
    Console().print(table)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(run_step(sys.argv[1], date.fromisoformat(sys.argv[2]), sys.argv[3], sys.argv[4]))
    else:
        main()
