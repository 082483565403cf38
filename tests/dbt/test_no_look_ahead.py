"""From the filings: no price check, joint report, amendment or withdrawal lets a later day change a number."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING

import pandas as pd

from tests.dbt.raw_histories import FIRST_DAY, random_filings, raw_rows
from warehouse.database import read_connection
from warehouse.settings import Settings

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from tests.dbt.project_models import ProjectModels

# Each line as the ratios of a day have it.
LINES = """
select
    transaction_line_key, known_from, case when known_to <= $day then known_to end as known_to, insider_key, issuer_cik,
    sector, transaction_date, direction, share_count, value_usd, is_officer_or_director, is_executive, is_opportunistic
from intermediate.int_signal_lines
where known_from <= $day and (known_to is null or known_to > known_from)
order by transaction_line_key, known_from
"""
MARTS = (
    (
        "select * from marts.fct_sector_ratios_daily where as_of_date <= $day "
        "order by as_of_date, sector, window_days, insider_group"
    ),
    (
        "select * from marts.fct_sector_tiers_quarterly where quarter_end <= $day "
        "order by quarter_end, sector, window_days, insider_group, measure"
    ),
)


def _ask(settings: Settings, query: str, day: date) -> pd.DataFrame:
    with read_connection(settings.warehouse_path) as connection:
        return connection.execute(query, {"day": day}).df()


def test_what_comes_later_changes_no_line_as_it_was_known(project_models: ProjectModels, tmp_path: Path) -> None:
    """History cut off at five days, each beside the whole of it, appended in random order."""
    filings = random_filings(2)
    whole = Settings(data_dir=tmp_path / "whole")
    shuffled = random.Random(2).sample(filings, len(filings))  # noqa: S311 - an order, not a secret
    project_models.build(whole, raw_rows(shuffled), only="int_signal_lines")
    for cut in (500, 700, 900, 1000, 1150):
        day = FIRST_DAY + timedelta(days=cut)
        known = Settings(data_dir=tmp_path / str(cut))
        project_models.build(known, raw_rows(filings, known_on=day), only="int_signal_lines")
        then = _ask(known, LINES, day)
        assert len(then) > 100
        pd.testing.assert_frame_equal(then, _ask(whole, LINES, day), check_exact=True)


def test_the_histories_hold_what_could_look_ahead(project_models: ProjectModels, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    project_models.build(settings, raw_rows(random_filings(1)), only="int_signal_lines")
    with read_connection(settings.warehouse_path) as connection:
        reasons = dict(
            connection.execute(
                "select exclusion_reason, count(*) from intermediate.int_transactions_flagged group by all"
            ).fetchall()
        )
        prices = dict(
            connection.execute(
                "select price_status, count(*) from intermediate.int_transactions_flagged "
                "where direction is not null group by all"
            ).fetchall()
        )
    assert {"superseded", "withdrawn", "joint_duplicate", "exercise_linked", "private_placement"} <= set(reasons)
    assert prices["suspect"] > 10
    assert prices["unknown"] > 5


def test_filings_that_come_later_change_no_ratio_and_no_tier(project_models: ProjectModels, tmp_path: Path) -> None:
    filings = random_filings(1)
    day = FIRST_DAY + timedelta(days=1150)
    before, after = Settings(data_dir=tmp_path / "before"), Settings(data_dir=tmp_path / "after")
    project_models.build(before, raw_rows(filings, known_on=day))
    project_models.build(after, raw_rows(filings))
    # The calendar of the earlier warehouse ends with its last filing.
    ends = _ask(
        before, "select max(as_of_date) as day from marts.fct_sector_ratios_daily where as_of_date <= $day", day
    )
    known = ends["day"].iloc[0].date()
    assert day - known < timedelta(days=30)
    for query in MARTS:
        then = _ask(before, query, known)
        assert len(then) > 5_000
        pd.testing.assert_frame_equal(then, _ask(after, query, known), check_exact=True)
