"""The terminal tier table, from a published file written by hand."""

from __future__ import annotations

from datetime import date
from io import StringIO
from typing import TYPE_CHECKING

import duckdb
import pytest
from rich.console import Console

from reports.tiers import read_latest_tiers, tier_table
from tests.reports.published_by_hand import write_publication
from warehouse.errors import ReportError

if TYPE_CHECKING:
    from pathlib import Path

TIERS = """
    create table fct_sector_tiers_quarterly as
    select * from (
        values
            (date '2025-09-30', 'Energy', 'Neutral', 0.1, -0.2, 0.6, 60, 0.0909, 12, false, 'Neutral', true),
            (date '2025-12-31', 'Energy', 'Overweight', 0.5, -0.2, 0.95, 60, 0.16, 12, false, 'Neutral', true),
            (date '2025-12-31', 'Utilities', 'Underweight', -0.9, -0.2, 0.05, 60, 0.05, 3, true, 'Neutral', true),
            (date '2025-12-31', 'Materials', 'Insufficient history', null, null, null, 8, 0.09, 0, null, null, true),
            (date '2025-12-31', 'Financials', 'Overweight', 0.7, 0.1, 0.99, 60, 0.2, 40, false, 'Neutral', false)
    ) as tiers (
        quarter_end, sector, tier, value, five_year_average, percentile, history_months, suggested_weight,
        issuer_count, is_fragile, previous_quarter_tier, is_headline
    )
"""


def published(folder: Path, *, is_simulated: bool) -> Path:
    path = folder / "insider_tiers.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(TIERS)
        write_publication(connection, is_simulated=is_simulated)
    return path


def rendered(path: Path) -> str:
    output = StringIO()
    Console(file=output, width=140).print(tier_table(read_latest_tiers(path)))
    return output.getvalue()


def test_the_newest_headline_quarter_is_shown_best_percentile_first(tmp_path: Path) -> None:
    tiers = read_latest_tiers(published(tmp_path, is_simulated=True))
    assert [row.sector for row in tiers.rows] == ["Energy", "Utilities", "Materials"]
    assert {row.quarter_end for row in tiers.rows} == {date(2025, 12, 31)}


def test_simulated_data_says_so_and_real_data_does_not(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    assert "SIMULATED" in rendered(published(tmp_path, is_simulated=True))
    assert "SIMULATED" not in rendered(published(tmp_path / "real", is_simulated=False))


def test_a_tier_that_one_issuer_decides_is_starred_and_missing_numbers_are_dashes(tmp_path: Path) -> None:
    lines = {
        line.split("│")[1].strip(): line
        for line in rendered(published(tmp_path, is_simulated=True)).splitlines()
        if "│" in line
    }
    assert "Underweight *" in lines["Utilities"]
    assert "*" not in lines["Energy"]
    assert [cell.strip() for cell in lines["Materials"].split("│")][3:6] == ["-", "-", "-"]


def test_a_missing_published_file_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="make demo"):
        read_latest_tiers(tmp_path / "nothing.duckdb")
