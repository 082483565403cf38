"""The steps behind DAG form345_quarterly, on the simulator's own landing page."""

from __future__ import annotations

import dataclasses
from datetime import date
from typing import TYPE_CHECKING

from ops import steps
from simulator.build import build_world
from simulator.server import serve
from tests.extract.mirrors import settings_for
from warehouse.database import read_connection

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from warehouse.settings import Settings


def loaded(settings: Settings) -> list[str]:
    with read_connection(settings.warehouse_path) as connection:
        found = connection.execute("select distinct _partition from raw.submission order by all").fetchall()
    return [quarter for (quarter,) in found]


def test_a_run_without_quarters_brings_what_is_there_up_to_date(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "mirror"
    build_world(
        root,
        start=date(2024, 1, 1),
        through=date(2024, 10, 2),
        daily_from=date(2024, 9, 30),
        issuers=20,
        with_cases=False,
    )
    with serve(root) as server:
        settings = dataclasses.replace(settings_for(server, tmp_path), warehouse_wait_seconds=5)
        assert steps.fetch_quarters([], settings) == []
        assert "make backfill FROM=2019q1" in capsys.readouterr().out

        assert steps.fetch_quarters(["2024q2"], settings) == ["2024q2"]
        steps.load_quarters(["2024q2"], settings)
        found = steps.fetch_quarters([], settings)
        assert found == ["2024q2", "2024q3"]
        results = steps.load_quarters(found, settings)

    assert [result.is_skipped for result in results] == [True, False]
    assert loaded(settings) == ["2024q2", "2024q3"]
    assert "2024q2: unchanged" in capsys.readouterr().out
