"""The steps that ``ops.bench.scale`` measures, each a program of its own, as Airflow runs them: its memory is its own.

``python -m ops.bench.scale_steps <step> <arguments>`` works on ``DATA_DIR`` and prints one line of JSON at the end.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
import zipfile
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from extract.landing import quarterly_zips
from extract.parse_day import parse_filing_day
from ops import steps
from ops.bench import cookbook
from ops.bench.pandas_ratios import ratios_by_sic
from warehouse.database import read_connection
from warehouse.raw_schema import FORM345
from warehouse.settings import load_settings
from warehouse.sql_text import literal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from warehouse.settings import Settings

ROUNDS = 5


def load(quarters: Sequence[str], settings: Settings) -> dict[str, Any]:
    """Load landed quarterly sets through the writer and its gate."""
    return {"row_count": sum(result.row_count for result in steps.load_quarters(list(quarters), settings))}


def companions(_: Sequence[str], settings: Settings) -> dict[str, Any]:
    """Load what was fetched beside the quarterly sets: issuer records and prices of the funds."""
    loaded = [*steps.load_issuers(settings), *steps.load_prices(settings)]
    return {"row_count": sum(result.row_count for result in loaded)}


def bare(quarters: Sequence[str], settings: Settings) -> dict[str, Any]:
    """Unpack the same sets and read their TSVs with DuckDB alone, into tables of a file beside the warehouse."""
    file = settings.data_dir / "bare.duckdb"
    folder = settings.data_dir / "bare"
    folder.mkdir(parents=True, exist_ok=True)
    rows = 0
    with duckdb.connect(str(file)) as connection:
        for quarter in quarters:
            with zipfile.ZipFile(quarterly_zips(quarter, settings)[-1].path) as archive:
                members = [name for name in archive.namelist() if name.endswith(".tsv")]
                archive.extractall(folder, members)
            for member in members:
                path = folder / member
                source = f"read_csv({literal(str(path))}, delim = '\t', quote = '', header = true, all_varchar = true)"
                table = path.stem.lower()
                # Later sets have a column more than earlier ones.
                columns = ", ".join(f"{name} varchar" for name in FORM345[table].source_columns)
                connection.execute(f"create table if not exists {table} ({columns})")
                row = connection.execute(f"insert into {table} by name from {source}").fetchone()
                rows += int(row[0]) if row else 0
                path.unlink()
    return {"row_count": rows}


def build(arguments: Sequence[str], settings: Settings) -> dict[str, Any]:
    """Run dbt (``full``: on everything), the gate over the marts, and publish; seconds of each."""
    is_full = "full" in arguments
    said: list[str] = []
    seconds = {
        "dbt": _timed(lambda: steps.dbt_build(settings, full=is_full, on_line=said.append)),
        "gate": _timed(lambda: steps.check_marts(settings)),
        "publish": _timed(lambda: steps.publish(settings)),
    }
    return {"seconds_of": seconds, "plan": said[0]}


def day(arguments: Sequence[str], settings: Settings) -> dict[str, Any]:
    """Bring one fetched filing day from its bytes to the published copy."""
    (filed,) = arguments
    parse = _timed(lambda: parse_filing_day(date.fromisoformat(filed), settings))
    loading = _timed(lambda: steps.load_and_check([filed], settings))
    built = build([], settings)
    return built | {"seconds_of": {"parse": parse, "load": loading} | built["seconds_of"]}


def queries(_: Sequence[str], settings: Settings) -> dict[str, Any]:
    """Ask every question of the cookbook; milliseconds of the median of some warm runs, and rows."""
    found = {}
    with read_connection(settings.published_path) as connection:
        for recipe in cookbook.recipes():
            rows = len(connection.execute(recipe.sql).fetchall())
            times = [_timed(lambda sql=recipe.sql: connection.execute(sql).fetchall()) for _ in range(ROUNDS)]  # type: ignore[misc]
            found[recipe.question] = {"milliseconds": statistics.median(times) * 1000, "row_count": rows}
    return {"queries": found}


def pandas(arguments: Sequence[str], settings: Settings) -> dict[str, Any]:
    """The same zips by one pandas script; the last argument is the world, for the SICs."""
    *quarters, world = arguments
    ratios = ratios_by_sic(
        [quarterly_zips(quarter, settings)[-1].path for quarter in quarters], Path(world) / "submissions"
    )
    return {"row_count": len(ratios), "last_market_ratio": float(ratios["All"].dropna().iloc[-1])}


STEPS: dict[str, Callable[[Sequence[str], Settings], dict[str, Any]]] = {
    "load": load,
    "bare": bare,
    "companions": companions,
    "build": build,
    "day": day,
    "queries": queries,
    "pandas": pandas,
}


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main() -> None:
    """Run one step and print what it found."""
    step, *arguments = sys.argv[1:]
    print(json.dumps(STEPS[step](arguments, load_settings())))


if __name__ == "__main__":
    main()
