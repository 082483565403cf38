"""A warehouse of its own for every test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from warehouse.database import write_connection
from warehouse.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import duckdb


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", warehouse_wait_seconds=10, duckdb_threads=2)


@pytest.fixture
def connection(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    with write_connection(settings) as opened:
        yield opened
