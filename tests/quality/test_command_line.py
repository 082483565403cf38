"""``python -m quality`` as a person runs it: a table, an exit code, and no traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.conftest import REPOSITORY
from tests.quality.marts_fixture import build_marts

if TYPE_CHECKING:
    from pathlib import Path

    from tests.quality.conftest import RawWarehouse


@pytest.fixture
def data_dir(raw: RawWarehouse) -> Path:
    """The good day with good marts, committed and closed."""
    build_marts(raw.connection)
    raw.connection.execute("commit")
    raw.connection.close()
    return raw.settings.data_dir


def run(data_dir: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "quality", *arguments],
        env=os.environ | {"DATA_DIR": str(data_dir), "COLUMNS": "160"},
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def spoil(data_dir: Path, statement: str) -> None:
    import duckdb

    with duckdb.connect(str(data_dir / "warehouse.duckdb")) as connection:
        connection.execute(statement)


def test_a_good_day_exits_with_0_and_says_what_was_skipped(data_dir: Path) -> None:
    finished = run(data_dir, "filing-day", "2024-01-05")

    assert finished.returncode == 0, finished.stderr
    assert "passed: 47 of 49 expectations held, 0 errors, 0 warnings, 2 skipped" in finished.stdout
    assert "0 comparable days" in " ".join(finished.stdout.split())
    assert "index.html" in finished.stdout


def test_a_bad_day_exits_with_1_and_names_the_row(data_dir: Path) -> None:
    spoil(data_dir, "update raw.nonderiv_trans set trans_code = 'Q' where accession_number like '%03'")

    finished = run(data_dir, "filing-day", "2024-01-05")

    assert finished.returncode == 1
    assert "transaction_codes_in_domain" in finished.stdout
    assert "0000950170-24-000003" in finished.stdout
    assert "FAILED" in finished.stdout
    assert "Traceback" not in finished.stderr


def test_marts_are_checked_by_hand(data_dir: Path) -> None:
    good = run(data_dir, "marts")
    spoil(data_dir, "update marts.fct_sector_tiers_quarterly set tier = 'Buy' where sector = 'Energy'")
    bad = run(data_dir, "marts")

    assert good.returncode == 0, good.stdout + good.stderr
    assert bad.returncode == 1
    assert "tiers_in_domain" in bad.stdout


def test_everything_is_listed_on_request(data_dir: Path) -> None:
    finished = run(data_dir, "quarter", "2024q3", "--all")

    assert finished.returncode == 1, "no such quarter is loaded"
    assert "quarter_keys_unique" in finished.stdout
    assert " ok " in finished.stdout


def test_mistakes_are_explained(tmp_path: Path, data_dir: Path) -> None:
    assert "make demo" in run(tmp_path / "nothing", "marts").stderr
    assert "2024q3" in run(data_dir, "quarter", "2024-3").stderr
    assert run(data_dir, "filing-day", "yesterday").returncode == 2


def test_the_handbook_can_be_compared(data_dir: Path) -> None:
    assert run(data_dir, "docs", "--check").returncode == 0
