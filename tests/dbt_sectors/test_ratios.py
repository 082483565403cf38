"""The running totals of events give the numbers of the definition, on histories with everything in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.dbt_sectors.definition import ratios_by_definition
from tests.dbt_sectors.histories import random_lines

if TYPE_CHECKING:
    from pathlib import Path

    from tests.dbt_sectors.sector_models import SectorModels

KEYS = ("as_of_date", "sector", "window_days", "insider_group")


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_ratio_equals_the_join_by_window(seed: int, sector_models: SectorModels, tmp_path: Path) -> None:
    connection = sector_models.run(random_lines(seed, 1500), tmp_path)
    expected = ratios_by_definition(connection, "intermediate.int_signal_lines")
    measures = [column for column in expected.columns if column not in KEYS]
    connection.register("expected", expected)
    calendar_count = connection.sql("select count(distinct as_of_date) from marts.fct_sector_ratios_daily").fetchone()
    assert calendar_count is not None
    assert calendar_count[0] > 400
    actual_count = connection.sql("select count(*) from marts.fct_sector_ratios_daily").fetchone()
    assert actual_count == (calendar_count[0] * 13 * 2 * 4,)
    # Days, sectors and groups without an active line are not in the definition's answer: all zero, all ratios null.
    for measure in measures:
        kind = "ratio" if "ratio" in measure or measure.startswith("npr") or measure == "breadth" else "total"
        empty = "null" if kind == "ratio" else "0"
        differences = connection.sql(
            f"""
            select {", ".join(f"actual.{key}" for key in KEYS)}, actual.{measure}, expected.{measure} as expected
            from marts.fct_sector_ratios_daily as actual
            left join expected using ({", ".join(KEYS)})
            where cast(actual.{measure} as double) is distinct from
                case when expected.npr_count is null then {empty} else cast(expected.{measure} as double) end
            limit 5
            """  # noqa: S608
        ).df()
        assert differences.empty, f"{measure} differs from its definition:\n{differences}"


def test_totals_return_to_zero_when_everything_has_left(sector_models: SectorModels, tmp_path: Path) -> None:
    """Exact arithmetic: after the last window has emptied nothing is left over, not even a rounding error."""
    lines = random_lines(4, 1500)
    last = (lines["transaction_date"].max() + (lines["known_from"] - lines["transaction_date"]).max()).date()
    connection = sector_models.run(lines, tmp_path, last_day=str(last.replace(year=last.year + 1)))
    columns = [
        name
        for (name,) in connection.sql(
            "select column_name from information_schema.columns "
            "where table_name = 'int_sector_totals_daily' and (column_name like '%count' or column_name like '%usd')"
        ).fetchall()
    ]
    assert len(columns) == 14
    left_over = connection.sql(
        f"""
        select count(*) from intermediate.int_sector_totals_daily
        where as_of_date = (select max(as_of_date) from intermediate.int_sector_totals_daily)
          and ({" or ".join(f"{column} != 0" for column in columns)})
        """  # noqa: S608
    ).fetchone()
    assert left_over == (0,)
