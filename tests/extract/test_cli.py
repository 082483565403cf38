"""The command line as a user runs it: a real process, the simulator's server, a real warehouse file."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from typing import TYPE_CHECKING

import duckdb
import pytest

from extract import landing
from ops.steps import load_landed
from simulator.build import build_world
from simulator.server import serve
from tests.conftest import REPOSITORY
from tests.extract.mirrors import settings_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from simulator.server import RunningServer
    from warehouse.settings import Settings

WORLD_FROM, WORLD_THROUGH, DAILY_FROM = date(2025, 7, 1), date(2026, 1, 6), date(2025, 12, 31)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A small simulated EDGAR over two quarters and the turn of a year."""
    root = tmp_path_factory.mktemp("world") / "mirror"
    build_world(
        root,
        seed=7,
        start=WORLD_FROM,
        through=WORLD_THROUGH,
        daily_from=DAILY_FROM,
        issuers=40,
        filings_per_issuer=6.0,
        with_cases=False,
    )
    with serve(root) as running:
        yield running


def run(settings: Settings, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    ours = {
        "DATA_DIR": str(settings.data_dir),
        "SEC_WWW_URL": settings.sec_www_url,
        "SEC_DATA_URL": settings.sec_data_url,
        "SEC_MAX_REQUESTS_PER_SECOND": "10",
        "RATE_LIMIT_DIR": str(settings.lock_dir),
        "SEC_CONTACT": "",
    }
    return subprocess.run(
        [sys.executable, "-m", "extract", *arguments],
        cwd=REPOSITORY,
        env={**os.environ, **ours, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def partitions(settings: Settings) -> dict[tuple[str, str], int]:
    """Load what is landed; road and partition to submissions in the raw table."""
    load_landed(settings)
    query = "select _road, _partition, count(*)::integer from raw.submission group by all"
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        return {(road, partition): count for road, partition, count in connection.execute(query).fetchall()}


def test_filing_days_are_fetched_over_a_holiday_and_a_weekend(server: RunningServer, tmp_path: Path) -> None:
    settings = settings_for(server, tmp_path)
    done = run(settings, "filing-day", "2025-12-31", "--to", "2026-01-05")
    assert done.returncode == 0, done.stderr
    assert "2026-01-01: holiday, no index" in done.stdout
    assert "2026-01-03: weekend, no filing day" in done.stdout
    # The bar of the last day, complete.
    assert "2026-01-05: 100%" in done.stderr
    loaded = partitions(settings)
    for day in (date(2025, 12, 31), date(2026, 1, 2), date(2026, 1, 5)):
        landed = len(landing.landed_accessions(day, settings))
        assert landed > 0
        assert 0 < loaded["daily", day.isoformat()] <= landed
        assert f"{day}: {landed} filings listed, {landed} fetched" in done.stdout

    before = server.stats()["by_kind"]["filing"]
    again = run(settings, "filing-day", "2025-12-31", "--to", "2026-01-05")
    assert again.returncode == 0, again.stderr
    assert server.stats()["by_kind"]["filing"] == before
    assert partitions(settings) == loaded


def test_quarters_are_fetched_up_to_the_newest_published(server: RunningServer, tmp_path: Path) -> None:
    settings = settings_for(server, tmp_path)
    done = run(settings, "quarter", "2025q3", "--from", "2025q4")
    assert done.returncode == 0, done.stderr
    assert not settings.warehouse_path.exists()
    assert set(partitions(settings)) == {("quarterly", "2025q3"), ("quarterly", "2025q4")}
    assert "not published yet; the range ends before it" in done.stdout
    assert "quarter" in done.stderr

    again = run(settings, "quarter")
    assert again.returncode == 0, again.stderr
    assert again.stdout.count("unchanged, ") == 2


@pytest.mark.parametrize(
    ("arguments", "environment", "message"),
    [
        (["filing-day", "2026-01-02"], {"SEC_WWW_URL": "https://www.sec.gov"}, "SettingsError: SEC_CONTACT must hold"),
        (["filing-day", "2026-01-08"], {}, "NotPublishedYet: the index of 2026-01-08 is not published yet"),
        (["quarter", "2031q1"], {}, "NotPublishedYet: the data set of 2031q1"),
        (["quarter", "2024q7"], {}, "'2024q7' is no quarter"),
        (["quarter", "--from", "2025q4", "--to", "2025q1"], {}, "2025q4 is later than 2025q1"),
        (["filing-day", "2026-01-02"], {"SEC_MAX_REQUESTS_PER_SECOND": "11"}, "SEC_MAX_REQUESTS_PER_SECOND=11"),
    ],
)
def test_an_error_is_one_clear_message_and_a_non_zero_exit(
    server: RunningServer, tmp_path: Path, arguments: list[str], environment: dict[str, str], message: str
) -> None:
    done = run(settings_for(server, tmp_path), *arguments, **environment)
    assert done.returncode == 1
    assert f"Error: {message}" in done.stderr or f": {message}" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["filing-day", "2026-13-02"], "does not match the format"),
        (["filing-day", "2026-01-05", "--to", "2026-01-02"], "is before"),
        (["quarter"], "name at least one quarter"),
        (["quarter", "--to", "2025q4"], "--to needs --from"),
        (["unknown"], "No such command"),
    ],
)
def test_wrong_usage_is_explained(server: RunningServer, tmp_path: Path, arguments: list[str], message: str) -> None:
    done = run(settings_for(server, tmp_path), *arguments)
    assert done.returncode == 2
    assert message in done.stderr


@pytest.mark.parametrize("arguments", [[], ["filing-day"], ["quarter"]])
def test_help_says_what_a_command_does(server: RunningServer, tmp_path: Path, arguments: list[str]) -> None:
    done = run(settings_for(server, tmp_path), *arguments, "--help")
    assert done.returncode == 0
    assert "Usage: python -m extract" in done.stdout
    assert len(done.stdout.splitlines()) > 10
