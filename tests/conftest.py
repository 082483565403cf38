"""What every test shares: no network but loopback, no telemetry, and where the real data stands."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

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
