"""The command line: what it prints, and that our errors come without a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from tests.conftest import REPOSITORY
from tests.warehouse.marts_by_hand import build_marts
from tests.warehouse.partitions import COUNTS_OF_A_DAY, load_day
from warehouse.__main__ import cli
from warehouse.database import write_connection

if TYPE_CHECKING:
    from click.testing import Result

    from warehouse.settings import Settings


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("COLUMNS", "160")
    return CliRunner()


def invoke(run: CliRunner, *arguments: str) -> Result:
    result = run.invoke(cli, arguments)
    assert result.exit_code == 0, result.output
    return result


def test_status_of_nothing_says_how_to_begin(run: CliRunner, settings: Settings) -> None:
    output = invoke(run, "status").output
    assert "nothing is loaded yet" in output
    assert "nothing is published yet" in output
    assert not settings.data_dir.exists()


def test_status_says_what_is_loaded_and_published(run: CliRunner, settings: Settings) -> None:
    build_marts(settings)
    with write_connection(settings) as connection:
        connection.execute("delete from raw.loads")
        for day in ("2024-07-01", "2024-07-02"):
            load_day(connection, settings.data_dir / "files", day, COUNTS_OF_A_DAY, "a")
    invoke(run, "publish")
    output = invoke(run, "status").output
    assert "SIMULATED" in output
    assert all(word in output for word in ("daily", "2024-07-01", "2024-07-02", str(2 * sum(COUNTS_OF_A_DAY.values()))))
    assert "published as of 2024-01-02" in output


def test_publish_says_whether_anything_changed(run: CliRunner, settings: Settings) -> None:
    build_marts(settings)
    first = invoke(run, "publish").output
    assert "published: 2 marts, 3,001 rows as of 2024-01-02, SIMULATED" in first
    assert str(settings.published_path) in first.replace("\n", "")
    assert "unchanged: 2 marts" in invoke(run, "publish").output


def test_sql_answers_from_the_published_file(run: CliRunner, settings: Settings) -> None:
    build_marts(settings)
    invoke(run, "publish")
    output = invoke(run, "sql", "select sector, etf_symbol, null as nothing from dim_sectors").output
    assert "Energy" in output
    assert "XLE" in output
    assert "simulated data" in output
    assert "the first 2 rows" in invoke(run, "sql", "--rows", "2", "from fct_sector_ratios_daily").output
    refused = run.invoke(cli, ["sql", "drop table dim_sectors"])
    assert refused.exit_code == 1
    assert "read-only" in refused.output
    misspelt = run.invoke(cli, ["sql", "select * from fct_sector_tears"])
    assert misspelt.exit_code == 1
    assert "fct_sector_tears" in misspelt.output


def test_compact_says_what_it_did(run: CliRunner, settings: Settings) -> None:
    build_marts(settings)
    assert "left as it is" in invoke(run, "compact").output
    assert "compacted" in invoke(run, "compact", "--force").output


def test_our_errors_come_as_one_message(settings: Settings) -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "warehouse", "publish"],
        cwd=REPOSITORY,
        env=os.environ | {"DATA_DIR": str(settings.data_dir)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 1
    assert answer.stderr.startswith("PublishError: There is no ")
    assert "Traceback" not in answer.stderr
