"""Fixtures of the dbt tests: the simulator's world as a built warehouse."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.conftest import REPOSITORY
from tests.dbt.warehouse_of import load_mirror, run_dbt
from warehouse.database import ensure_warehouse
from warehouse.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def empty_build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with an empty warehouse on which the whole project was built."""
    data_dir = tmp_path_factory.mktemp("empty")
    ensure_warehouse(Settings(data_dir=data_dir))
    run_dbt(data_dir, "seed")
    run_dbt(data_dir, "run")
    return data_dir


@pytest.fixture(scope="session")
def simulated_world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The simulator's whole world as a static mirror, answer key included."""
    root = tmp_path_factory.mktemp("world")
    subprocess.run(
        [sys.executable, "-m", "simulator", "build", "--out", str(root / "mirror")],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
    )
    return root / "mirror"


@pytest.fixture(scope="session")
def simulated_warehouse(simulated_world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The world landed, parsed, loaded and built by dbt with its data tests."""
    data_dir = tmp_path_factory.mktemp("simulated")
    load_mirror(simulated_world, Settings(data_dir=data_dir))
    run_dbt(data_dir, "build", "--exclude-resource-type", "unit_test")
    return data_dir / "warehouse.duckdb"
