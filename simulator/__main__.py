"""The simulator's command line: ``python -m simulator build`` and ``python -m simulator serve``."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simulator.build import build_world
from simulator.manners import Manners
from simulator.server import RunningServer, write_ready_file

if TYPE_CHECKING:
    from datetime import date, datetime
    from types import FrameType

_DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def main() -> None:
    """An EDGAR to practise on: build a mirror, serve it."""


@main.command()
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to write; must be empty or absent.")
@click.option("--seed", default=7, show_default=True, help="Same seed, same bytes.")
@click.option("--from", "start", type=_DAY, default="2019-01-01", show_default=True, help="First day of history.")
@click.option("--through", type=_DAY, default="2026-01-16", show_default=True, help="Last filing day.")
@click.option("--daily-from", type=_DAY, default="2025-12-22", show_default=True, help="First day with an index.")
@click.option("--issuers", default=330, show_default=True, help="Companies with regular filings.")
@click.option("--filings-per-issuer", default=7.6, show_default=True, help="Average filings per issuer and quarter.")
@click.option(
    "--effect", type=float, help="Planted: log return of the next quarter per deviation of what insiders know."
)
@click.option("--cases/--no-cases", "with_cases", default=True, show_default=True, help="Plant the named cases.")
@click.option("--zip-level", default=6, show_default=True, help="Compression of the quarterly zips, 1 to 9.")
def build(
    out: Path,
    seed: int,
    start: datetime,
    through: datetime,
    daily_from: datetime,
    issuers: int,
    filings_per_issuer: float,
    effect: float | None,
    zip_level: int,
    with_cases: bool,
) -> None:
    """Write a static mirror with its answer key."""
    began = time.perf_counter()

    def day(moment: datetime) -> date:
        return moment.date()

    summary = build_world(
        out,
        seed=seed,
        start=day(start),
        through=day(through),
        daily_from=day(daily_from),
        issuers=issuers,
        filings_per_issuer=filings_per_issuer,
        effect=effect,
        zip_level=zip_level,
        with_cases=with_cases,
        progress=lambda text: click.echo(text, err=True),
    )
    click.echo(json.dumps(summary.as_dict(), indent=1))
    click.echo(f"built in {time.perf_counter() - began:.1f} s", err=True)


@main.command()
@click.option("--root", type=click.Path(path_type=Path, exists=True, file_okay=False), required=True)
@click.option("--port", default=0, show_default=True, help="0 takes a free port.")
@click.option("--ready-file", type=click.Path(path_type=Path), help="Written with the base address once listening.")
@click.option("--latency-ms", default=0.0, show_default=True)
@click.option("--max-per-second", type=float, help="Requests allowed in any sliding second.")
@click.option(
    "--block-seconds", default=600.0, show_default=True, help="How long a client that exceeded it is refused."
)
@click.option("--late-day", "late_days", multiple=True, help="Filing day whose index is not published yet.")
@click.option("--index-version", default=1, show_default=True, help="2: the indexes as rebuilt on a later Saturday.")
@click.option(
    "--manners", "manners_file", type=click.Path(path_type=Path, exists=True), help="JSON of further manners."
)
def serve(
    root: Path,
    port: int,
    ready_file: Path | None,
    latency_ms: float,
    max_per_second: float | None,
    block_seconds: float,
    late_days: tuple[str, ...],
    index_version: int,
    manners_file: Path | None,
) -> None:
    """Serve a mirror on 127.0.0.1 until interrupted."""
    manners = Manners(
        latency_ms=latency_ms,
        max_per_second=max_per_second,
        block_seconds=block_seconds,
        late_days=late_days,
        index_version=index_version,
    )
    if manners_file is not None:
        manners = manners.changed(json.loads(manners_file.read_text("utf-8")))
    running = RunningServer(root, manners, port)
    if ready_file is not None:
        write_ready_file(ready_file, running.url)
    click.echo(f"serving {root} at {running.url} (process {os.getpid()}); stop with Ctrl-C", err=True)

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    try:
        running.wait()
    except KeyboardInterrupt:
        running.close()
    finally:
        if ready_file is not None:
            ready_file.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
