"""``make demo``: from nothing to tiers, then again without changing a byte, and never into somebody's data."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import duckdb
import psutil
import pytest
from pypdf import PdfReader

from tests.e2e.conftest import fingerprint
from tests.e2e.cookbook_checks import check_cookbook

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]


def demo(data_dir: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ops.demo"]
    with subprocess.Popen(
        command,
        env=os.environ | {"DATA_DIR": str(data_dir)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            out, err = process.communicate(timeout=600)
        except subprocess.TimeoutExpired:
            # Politely, so that it stops what it started.
            process.terminate()
            out, err = process.communicate()
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def expect_nothing_running(data_dir: Path) -> None:
    """No part of Airflow and no worker of one holds the lock they all inherit, and no server has the folder's name."""
    with (data_dir / "airflow" / "running.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    servers = [process for process in psutil.process_iter(["cmdline"]) if str(data_dir) in str(process.info["cmdline"])]
    assert servers == []


def expect_a_report_of_what_is_published(data_dir: Path) -> None:
    """The quarter was frozen and reported on by Airflow itself; the numbers are those of the published file."""
    assert [path.name for path in (data_dir / "landing" / "frozen").iterdir()] == ["2025q4"]
    folder = data_dir / "reports" / "2025q4"
    pages = PdfReader(folder / "tier_report.pdf").pages
    assert len(pages) >= 3
    assert all("SIMULATED" in page.extract_text() for page in pages)
    with duckdb.connect(str(data_dir / "published" / "insider_tiers.duckdb"), read_only=True) as connection:
        compared = connection.execute(
            """
            select count(*), count(*) filter (
                reported.tier = tiers.tier and reported.value is not distinct from tiers.value
                and reported.percentile is not distinct from tiers.percentile
                and reported.suggested_weight = tiers.suggested_weight
            )
            from read_csv(?) as reported
            inner join fct_sector_tiers_quarterly as tiers using (quarter_end, sector)
            where tiers.is_headline and tiers.quarter_end = date '2025-12-31'
            """,
            [str(folder / "tiers.csv")],
        ).fetchone()
        assert compared == (11, 11)
        drivers = connection.execute(
            "select count(*) from rpt_tier_report as report inner join rpt_tier_drivers as drivers "
            "using (quarter_end, sector) where driver_rank = 1 and drivers.issuer_cik = report.top_issuer_cik "
            "and abs(drivers.usd_share - report.top_issuer_share) < 1e-12 and drivers.sector <> 'Unmapped' "
            "and quarter_end = date '2025-12-31'"
        ).fetchone()
        assert drivers == (11,)


def test_the_demo_shows_tiers_and_a_second_one_changes_nothing(tmp_path: Path) -> None:
    data_dir = tmp_path / "demo"
    first = demo(data_dir)
    assert first.returncode == 0, first.stdout + first.stderr
    for said in ("Overweight", "simulated", "insider_tiers.duckdb", "data_docs", "trends.html"):
        assert said in first.stdout
    published = fingerprint(data_dir / "published")
    expect_a_report_of_what_is_published(data_dir)
    for page in ("trends.html", "operations.html"):
        html = (data_dir / "reports" / page).read_text(encoding="utf-8")
        assert "Simulated data." in html
        assert len(html.encode()) < 3_000_000
    expect_nothing_running(data_dir)

    second = demo(data_dir)
    assert second.returncode == 0, second.stdout + second.stderr
    assert "nothing is changed" in second.stdout
    assert "Airflow:" not in second.stdout
    assert fingerprint(data_dir / "published") == published

    with duckdb.connect(str(data_dir / "published" / "insider_tiers.duckdb"), read_only=True) as connection:
        assert connection.execute("select is_simulated from publication").fetchall() == [(True,)]
        tiers = connection.execute(
            "select count(distinct tier) from fct_sector_tiers_quarterly where is_headline and quarter_end = "
            "(select max(quarter_end) from fct_sector_tiers_quarterly where is_headline)"
        ).fetchone()
        labels = connection.execute(
            "select count(distinct confirmation) from rpt_sector_confirmation where quarter_end = "
            "(select max(quarter_end) from rpt_sector_confirmation)"
        ).fetchone()
    assert tiers
    assert tiers[0] >= 2
    assert labels
    assert labels[0] >= 2
    check_cookbook(data_dir / "published" / "insider_tiers.duckdb")


def test_a_demo_that_is_stopped_leaves_nothing_running(tmp_path: Path) -> None:
    data_dir = tmp_path / "demo"
    with subprocess.Popen(
        [sys.executable, "-m", "ops.demo"],
        env=os.environ | {"DATA_DIR": str(data_dir)},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        for line in process.stdout or ():
            if "daily road" in line:
                break
        started = psutil.Process(process.pid).children(recursive=True)
        assert len(started) >= 5
        process.send_signal(signal.SIGINT)
        # Impatience changes nothing.
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=120)
    assert process.returncode == 1
    _, alive = psutil.wait_procs(started, timeout=10)
    assert alive == []
    expect_nothing_running(data_dir)


def test_the_demo_refuses_a_folder_with_other_data(tmp_path: Path) -> None:
    (tmp_path / "warehouse.duckdb").write_bytes(b"somebody's")
    refused = demo(tmp_path)
    assert refused.returncode == 1
    assert "not the demo's" in refused.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["warehouse.duckdb"]
