"""What a market-size history costs, from the quarterly zips to the answers: ``make bench-scale``.

Twenty simulated years (about 4.5 million filings, 8 million non-derivative lines) are loaded backwards: the last five
years, then the five before, then the ten before those; at each stop everything is built, checked and published. With
five and with twenty years a new filing day is brought to its readers. The same zips are read by DuckDB alone and by a
pandas script. Every step is a program of its own, whose memory is watched with that of its children.

The world is kept in ``SCALE_DIR/world`` and used again; the data made of it is made anew each time.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import platform
import shutil
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import duckdb
import psutil
from rich.console import Console

from extract.filing_day import fetch_filing_day
from ops import steps
from ops.checkout import ROOT
from ops.markdown import table
from simulator.build import build_world
from simulator.server import serve
from warehouse.database import read_connection
from warehouse.generations import size_of
from warehouse.settings import SEC_LIMIT_PER_SECOND, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

YEARS = (5, 10, 20)
# Ten filings per issuer and quarter make 4.5 million filings in twenty years.
ISSUERS, FILINGS_PER_ISSUER = 6000, 10.0
START, DAILY_FROM, THROUGH = date(2005, 1, 1), date(2025, 1, 2), date(2025, 1, 10)

LOAD_BOUND = 2.0
BUILD_BOUND_SECONDS = 300
MEMORY_BOUND_BYTES = 10e9
DAY_BOUND_SECONDS = {5: 60, 20: 120}
QUERY_BOUND_MILLISECONDS = 100
_SAMPLE_SECONDS = 0.2


@dataclass
class Step:
    """One program that was run.

    Attributes:
        seconds: From its start to its end.
        peak_bytes: Most resident memory of it and its children at one time.
        found: What it printed.
    """

    seconds: float
    peak_bytes: int
    found: dict[str, Any]


@dataclass
class Stop:
    """What was measured with so many years loaded.

    Attributes:
        years: Years loaded.
        filings: Filings loaded.
        lines: Non-derivative transaction lines loaded.
        load: Loading all of it, summed over the stops.
        bare: Reading the same with DuckDB alone, summed over the stops.
        build: dbt, gate and publish of everything.
        day: One new filing day from its bytes to the published copy; not at every stop.
        day_filings: Filings of that day.
        sizes: Bytes of the quarterly zips, the warehouse, the published DuckDB file and the Parquet files.
    """

    years: int
    filings: int = 0
    lines: int = 0
    load: Step = field(default_factory=lambda: Step(0, 0, {}))
    bare: Step = field(default_factory=lambda: Step(0, 0, {}))
    build: Step = field(default_factory=lambda: Step(0, 0, {}))
    day: Step | None = None
    day_filings: int = 0
    sizes: dict[str, int] = field(default_factory=dict)


@dataclass
class Measurements:
    """Everything a run measured."""

    stops: list[Stop]
    queries: dict[str, dict[str, float]]
    pandas: Step
    pandas_years: int


def ensure_world(root: Path, say: Callable[[str], None], **size: Any) -> None:
    """Write the market-size world, unless it is there."""
    if (root / "simulated.json").is_file():
        say(f"using the world in {root}")
        return
    say(f"writing a world to {root} (three minutes)")
    wanted: dict[str, Any] = {
        "start": START,
        "through": THROUGH,
        "daily_from": DAILY_FROM,
        "issuers": ISSUERS,
        "filings_per_issuer": FILINGS_PER_ISSUER,
        "with_cases": False,
    }
    build_world(root, progress=say, **(wanted | size))


def measure(world: Path, data_dir: Path, say: Callable[[str], None], years: Sequence[int] = YEARS) -> Measurements:
    """Run every step.

    Args:
        world: A simulated mirror.
        data_dir: Folder for the data made of it; emptied first.
        say: Called with a line per step.
        years: The stops; the first and the last get a new filing day.
    """
    shutil.rmtree(data_dir, ignore_errors=True)
    facts = json.loads((world / "simulated.json").read_bytes())
    quarters: list[str] = facts["quarters"]
    settings = Settings(data_dir=data_dir, lock_dir=data_dir / "limits", look_back_days=0)
    stops: list[Stop] = []
    loaded: list[str] = []
    with serve(world) as server:
        fetching = replace(
            settings,
            sec_www_url=server.url,
            sec_data_url=server.url,
            sec_max_requests_per_second=SEC_LIMIT_PER_SECOND,
            price_source="files",
            price_files_dir=world / "prices",
        )
        days = _largest_days(world, facts["days"], 2)
        for day in days:
            fetch_filing_day(day, fetching)
        for count in years:
            wanted = quarters[-4 * count :]
            new = [quarter for quarter in wanted if quarter not in loaded]
            say(f"{count} years: fetching {len(new)} sets")
            with contextlib.redirect_stdout(io.StringIO()):
                steps.fetch_quarters(new, fetching)
            loaded = wanted
            stop = Stop(count)
            stop.load = _run("load", new, settings, say)
            stop.bare = _run("bare", new, settings, say)
            # Sectors come from the issuers' records, returns from the funds' prices.
            say(f"{count} years: fetching issuer records and prices")
            with contextlib.redirect_stdout(io.StringIO()):
                steps.fetch_issuers(fetching)
                steps.fetch_prices(fetching)
            _run("companions", [], settings, say)
            stop.build = _run("build", ["full"], settings, say)
            _count(stop, settings)
            if count in (years[0], years[-1]):
                day = days[0 if count == years[0] else -1]
                stop.day = _run("day", [day.isoformat()], settings, say)
                stop.day_filings = _filings_of(day, settings)
            if stops:
                for name in ("load", "bare"):
                    _add(getattr(stop, name), getattr(stops[-1], name))
            stops.append(stop)
    queries = _run("queries", [], settings, say).found["queries"]
    pandas = _run("pandas", [*loaded, str(world)], settings, say)
    return Measurements(stops, queries, pandas, years[-1])


def report(found: Measurements) -> str:
    """The measurements as Markdown tables."""
    stops = found.stops
    heads = ["", *(f"{stop.years} years" for stop in stops), "bound"]

    def row(name: str, values: Sequence[str], bound: str = "") -> list[str]:
        return [name, *values, bound]

    def day(value: Callable[[Step], str]) -> list[str]:
        return ["" if stop.day is None else value(stop.day) for stop in stops]

    def part(name: str) -> Callable[[Step], str]:
        return lambda step: f"{step.found['seconds_of'][name]:.0f} s"

    main = [
        row("filings", [f"{stop.filings:,}" for stop in stops]),
        row("non-derivative lines", [f"{stop.lines:,}" for stop in stops]),
        row("**loading the quarterly zips** through the gates", [_seconds(stop.load) for stop in stops]),
        row("… the same TSVs by bare `read_csv`", [_seconds(stop.bare) for stop in stops]),
        row(
            "… the first over the second",
            [f"{stop.load.seconds / stop.bare.seconds:.1f} times" for stop in stops],
            f"{LOAD_BOUND:g} times",
        ),
        row(
            "**full build**: dbt, gate, publish",
            [_seconds(stop.build) for stop in stops],
            f"{BUILD_BOUND_SECONDS} s at 20 years",
        ),
        *(row(f"… {name}", [part(name)(stop.build) for stop in stops]) for name in ("dbt", "gate", "publish")),
        row("… per million lines", [f"{stop.build.seconds / stop.lines * 1e6:.1f} s" for stop in stops]),
        row(
            "… peak memory",
            [f"{stop.build.peak_bytes / 1e9:.1f} GB" for stop in stops],
            f"{MEMORY_BOUND_BYTES / 1e9:g} GB",
        ),
        row(
            "**one new filing day**, from its bytes to the published copy",
            day(_seconds),
            ", ".join(f"{bound} s at {years} years" for years, bound in DAY_BOUND_SECONDS.items()),
        ),
        row("… filings of the day", ["" if stop.day is None else f"{stop.day_filings:,}" for stop in stops]),
        *(row(f"… {name}", day(part(name))) for name in ("parse", "load", "dbt", "gate", "publish")),
        row("… peak memory", day(lambda step: f"{step.peak_bytes / 1e9:.1f} GB")),
        *(
            row(f"{name}, per year", [f"{stop.sizes[name] / stop.years / 1e6:,.0f} MB" for stop in stops])
            for name in stops[0].sizes
        ),
        row(
            "one pandas script over the same zips",
            [_seconds(found.pandas) if stop.years == found.pandas_years else "" for stop in stops],
        ),
        row(
            "… peak memory",
            [f"{found.pandas.peak_bytes / 1e9:.1f} GB" if stop.years == found.pandas_years else "" for stop in stops],
        ),
    ]
    asked = [
        [question, f"{told['milliseconds']:.0f} ms", f"{told['row_count']:,.0f}"]
        for question, told in found.queries.items()
    ]
    memory = psutil.virtual_memory().total / 1e9
    versions = f"Python {platform.python_version()}, DuckDB {duckdb.__version__}"
    machine = f"Machine: {os.cpu_count()} cores, {memory:.0f} GB memory; {versions}."
    about = f"{found.stops[-1].years} years loaded, warm; bound {QUERY_BOUND_MILLISECONDS} ms"
    questions = table(["question of the cookbook", "median", "rows"], asked)
    return "\n".join([machine, "", table(heads, main), "", f"Queries on the published file, {about}:", "", questions])


@click.command()
@click.option(
    "--scratch",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="SCALE_DIR",
    default=ROOT / "data" / "scale",
    help="Folder for world and data, 25 GB; a world in it is used again. [env: SCALE_DIR]",
)
def main(scratch: Path) -> None:
    """Measure, print the tables, and write them to performance.md in the scratch folder."""
    console = Console(highlight=False)
    started = time.monotonic()

    def say(text: str) -> None:
        console.print(f"{time.monotonic() - started:6.0f} s  {text}", markup=False)

    scratch = scratch.absolute()
    scratch.mkdir(parents=True, exist_ok=True)
    ensure_world(scratch / "world", say)
    text = report(measure(scratch / "world", scratch / "data", say))
    (scratch / "performance.md").write_text(text + "\n", encoding="utf-8")
    print(text)
    say(f"written to {scratch / 'performance.md'}")


def _run(step: str, arguments: Sequence[str], settings: Settings, say: Callable[[str], None]) -> Step:
    """Run one step as a program and watch its memory."""
    said = settings.data_dir / f"{step}.log"
    said.parent.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    with (
        said.open("w", encoding="utf-8") as log,
        subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "ops.bench.scale_steps", step, *arguments],
            cwd=ROOT,
            env=os.environ | {"DATA_DIR": str(settings.data_dir), "LOOK_BACK_DAYS": "0"},
            stdout=log,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        watch = _Watch(process.pid)
        watch.start()
        process.wait()
        seconds = time.perf_counter() - started
        watch.stop()
    lines = said.read_text(encoding="utf-8").splitlines()
    if process.returncode:
        raise click.ClickException(f"step {step} failed:\n" + "\n".join(lines[-30:]))
    result = Step(seconds, watch.peak_bytes, json.loads(lines[-1]))
    parts = ", ".join(f"{name} {value:.0f} s" for name, value in result.found.get("seconds_of", {}).items())
    say(f"{step}: {seconds:.0f} s, {result.peak_bytes / 1e9:.1f} GB{'; ' + parts if parts else ''}")
    return result


class _Watch(threading.Thread):
    """Samples the resident memory of a process and all its children."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.peak_bytes = 0
        self._root = psutil.Process(pid)
        self._is_over = threading.Event()

    def run(self) -> None:
        """Sample until told to stop."""
        while not self._is_over.is_set():
            total = 0
            try:
                for process in (self._root, *self._root.children(recursive=True)):
                    total += process.memory_info().rss
            except psutil.Error:
                # One of them ended in between: what was summed so far is less than the truth, never more.
                pass
            self.peak_bytes = max(self.peak_bytes, total)
            self._is_over.wait(_SAMPLE_SECONDS)

    def stop(self) -> None:
        """End the sampling."""
        self._is_over.set()
        self.join()


def _largest_days(world: Path, names: Sequence[str], count: int) -> list[date]:
    """The filing days with the longest indexes, oldest first."""

    def size(name: str) -> int:
        (path,) = world.glob(f"Archives/edgar/daily-index/*/QTR*/master.{name.replace('-', '')}.idx")
        return path.stat().st_size

    largest = sorted(names, key=size, reverse=True)[:count]
    return [date.fromisoformat(name) for name in sorted(largest)]


def _count(stop: Stop, settings: Settings) -> None:
    with read_connection(settings.warehouse_path) as connection:
        rows = dict(
            connection.execute("select table_name, sum(row_count)::bigint from raw.loads group by all").fetchall()
        )
    stop.filings, stop.lines = rows["submission"], rows["nonderiv_trans"]
    stop.sizes = {
        "landed quarterly zips": size_of(settings.landing_dir / "quarterly"),
        "warehouse": settings.warehouse_path.stat().st_size,
        "published DuckDB file": settings.published_path.stat().st_size,
        "published Parquet files": size_of((settings.published_dir / "parquet").resolve()),
    }


def _filings_of(day: date, settings: Settings) -> int:
    with read_connection(settings.warehouse_path) as connection:
        row = connection.execute(
            "select row_count from raw.loads where _partition = ? and table_name = 'submission'", [day.isoformat()]
        ).fetchone()
    return int(row[0]) if row else 0


def _add(step: Step, before: Step) -> None:
    """What it took to come here includes what it took to come to the stop before."""
    step.seconds += before.seconds
    step.peak_bytes = max(step.peak_bytes, before.peak_bytes)


def _seconds(step: Step) -> str:
    return f"{step.seconds:.0f} s"


if __name__ == "__main__":
    main()
