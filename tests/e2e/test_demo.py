"""``make demo``: from nothing to tiers, then again without changing a byte, and never into somebody's data."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import duckdb
import pytest

from tests.e2e.conftest import fingerprint

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]


def demo(data_dir: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ops.demo"],
        env=os.environ | {"DATA_DIR": str(data_dir)},
        capture_output=True,
        text=True,
        check=False,
    )


def processes_of(data_dir: Path) -> list[str]:
    """Command lines of running processes that have the folder in their environment."""
    found = []
    for process in data_dir.__class__("/proc").glob("[0-9]*"):
        try:
            if str(data_dir).encode() in (process / "environ").read_bytes() and int(process.name) != os.getpid():
                found.append((process / "cmdline").read_bytes().decode(errors="replace"))
        except OSError:
            continue
    return found


def test_the_demo_shows_tiers_and_a_second_one_changes_nothing(tmp_path: Path) -> None:
    data_dir = tmp_path / "demo"
    first = demo(data_dir)
    assert first.returncode == 0, first.stdout + first.stderr
    for said in ("Overweight", "simulated", "insider_tiers.duckdb", "data_docs"):
        assert said in first.stdout
    published = fingerprint(data_dir / "published")
    assert processes_of(data_dir) == []

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
    assert tiers
    assert tiers[0] >= 2


def test_the_demo_refuses_a_folder_with_other_data(tmp_path: Path) -> None:
    (tmp_path / "warehouse.duckdb").write_bytes(b"somebody's")
    refused = demo(tmp_path)
    assert refused.returncode == 1
    assert "not the demo's" in refused.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["warehouse.duckdb"]
