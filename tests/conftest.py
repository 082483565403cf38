"""What every test shares: no network but loopback, no telemetry, and where the real data stands."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.dbt.project_models import ProjectModels

REPOSITORY = Path(__file__).resolve().parent.parent

# Each tool's own switch: nothing we run in a test may call home.
os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("DBT_SEND_ANONYMOUS_USAGE_STATS", "false")
os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real filings beside the checkout; the test is skipped, with this reason, where it is missing."""
    folder = Path(os.environ.get("REAL_DATA", REPOSITORY.parent / "shared" / "real"))
    if not (folder / "README.md").is_file():
        pytest.skip(f"no real data at {folder}: set REAL_DATA to a folder laid out as docs/testing.md says")
    return folder


@pytest.fixture(scope="session")
def project_models(tmp_path_factory: pytest.TempPathFactory) -> ProjectModels:
    """Every model of the project as dbt compiles it."""
    from tests.dbt.project_models import compile_project

    return compile_project(tmp_path_factory.mktemp("project_models"))
