"""What becomes known later never changes a number that was known earlier."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.dbt_sectors.histories import random_lines

if TYPE_CHECKING:
    import duckdb

    from tests.dbt_sectors.sector_models import SectorModels

MARTS = {
    "fct_sector_ratios_daily": ("as_of_date", "as_of_date, sector, window_days, insider_group"),
    "fct_sector_tiers_quarterly": ("quarter_end", "quarter_end, sector, window_days, insider_group, measure"),
}


def _known_on(lines: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """The lines as the warehouse held them at the end of the day: later filings and amendments are not there yet."""
    known = lines[lines["known_from"] <= day].copy()
    known.loc[known["known_to"] > day, "known_to"] = pd.NaT
    return known


def _rows(connection: duckdb.DuckDBPyConnection, mart: str, last_day: pd.Timestamp) -> pd.DataFrame:
    date_column, order = MARTS[mart]
    return connection.execute(
        f"select * from marts.{mart} where {date_column} <= ? order by {order}",  # noqa: S608
        [last_day.date()],
    ).df()


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), cut=st.integers(120, 380), order=st.integers(0, 10_000))
def test_later_filings_and_amendments_change_no_earlier_number(
    seed: int, cut: int, order: int, sector_models: SectorModels
) -> None:
    lines = random_lines(seed, 600)
    day = lines["transaction_date"].min() + pd.Timedelta(days=cut)
    before = _known_on(lines, day)
    later = lines[lines["known_from"] > day]
    appended = pd.concat([lines[lines["known_from"] <= day], later.sample(frac=1, random_state=order)])
    with tempfile.TemporaryDirectory() as folder:
        known = sector_models.run(before, Path(folder) / "known", last_day=str(day.date()))
        full = sector_models.run(appended, Path(folder) / "full")
        for mart in MARTS:
            earlier = _rows(known, mart, day)
            assert len(earlier) > 0
            pd.testing.assert_frame_equal(earlier, _rows(full, mart, day), check_exact=True)
        known.close()
        full.close()


def test_history_replayed_day_by_day_equals_one_full_build(sector_models: SectorModels, tmp_path: Path) -> None:
    lines = random_lines(11, 400, days=200)
    full = sector_models.run(lines, tmp_path / "full")
    first = lines["known_from"].min()
    days = [first + pd.Timedelta(days=number) for number in range(0, 200, 9)]
    for day in days:
        replay = sector_models.run(_known_on(lines, day), tmp_path / str(day.date()), last_day=str(day.date()))
        newest = _rows(replay, "fct_sector_ratios_daily", day)
        newest = newest[newest["as_of_date"] == newest["as_of_date"].max()].reset_index(drop=True)
        whole = _rows(full, "fct_sector_ratios_daily", day)
        whole = whole[whole["as_of_date"] == whole["as_of_date"].max()].reset_index(drop=True)
        assert newest["as_of_date"].iloc[0] == day
        pd.testing.assert_frame_equal(newest, whole, check_exact=True)
        replay.close()
    full.close()
