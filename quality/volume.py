"""Compares a filing day's volume with its own history: the same weekday in the neighbouring months.

The history is what this warehouse has loaded, by filing date, from both roads. The quarterly sets reach back years
before the daily road does, so they are used as long as they describe the same universe of filers: where the warehouse
holds days of both, their medians must agree within a factor of two.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from datetime import date

    import duckdb

# One season of one weekday is about 13 days; 8 leave room for holidays and days not loaded yet.
MINIMUM_DAYS = 8
# Volumes change regime over decades (234 thousand filings in 2007, 170 thousand in 2025).
HISTORY_YEARS = 3
# Below this a count's own scatter exceeds any band worth having.
MINIMUM_MEDIAN = 10.0
# Days of the daily road that must be there before a comparison of the roads means something.
MINIMUM_OVERLAP_DAYS = 3
# A tight history (quiet weeks) must not make an ordinary day look odd.
MINIMUM_RELATIVE_DEVIATION = 0.15
MAD_TO_SIGMA = 1.4826

_EXPECTATIONS = ("volume_usual", "volume_plausible")


@dataclass(frozen=True)
class Volume:
    """A day's volume beside its history.

    Attributes:
        frame: One row: partition, filing_count, comparable_days, median_count, robust_deviations (signed, in
            robust standard deviations), ratio_to_median. The last two are NULL where there is nothing to compare.
        skipped: Expectation name to reason, for the comparisons that could not be made.
    """

    frame: pd.DataFrame
    skipped: dict[str, str]


def volume_of_day(connection: duckdb.DuckDBPyConnection, day: date, filing_count: int) -> Volume:
    """Compare ``filing_count`` with the loaded history.

    Args:
        connection: Open connection to the warehouse.
        day: The filing day.
        filing_count: Distinct accessions its index lists.
    """
    rows = connection.execute(
        _HISTORY, {"day": day, "first": day.replace(year=day.year - HISTORY_YEARS, day=1), "month": day.month}
    ).fetchall()
    comparable = {
        road: [float(count) for row_road, count, is_comparable in rows if row_road == road and is_comparable]
        for road in ("daily", "quarterly")
    }
    levels = {road: [float(count) for row_road, count, _ in rows if row_road == road] for road in comparable}
    counts, note, is_trusted = _choose(comparable, levels)
    middle = median(counts) if counts else None
    if note is None and middle is not None and middle < MINIMUM_MEDIAN:
        note = f"not compared: a median of {middle:g} filings a day is too small to judge a single day by"
    deviations = ratio = None
    if middle is not None and middle >= MINIMUM_MEDIAN and len(counts) >= MINIMUM_DAYS:
        spread = MAD_TO_SIGMA * median([abs(count - middle) for count in counts])
        deviations = (filing_count - middle) / max(spread, MINIMUM_RELATIVE_DEVIATION * middle)
        ratio = filing_count / middle if is_trusted else None
    return Volume(
        pd.DataFrame(
            {
                "partition": [day.isoformat()],
                "filing_count": [filing_count],
                "comparable_days": [len(counts)],
                "median_count": pd.Series([middle], dtype="float64"),
                "robust_deviations": pd.Series([deviations], dtype="float64"),
                "ratio_to_median": pd.Series([ratio], dtype="float64"),
            }
        ),
        {} if note is None else dict.fromkeys(_EXPECTATIONS if deviations is None else _EXPECTATIONS[1:], note),
    )


def _choose(comparable: dict[str, list[float]], levels: dict[str, list[float]]) -> tuple[list[float], str | None, bool]:
    """The counts to compare with, a note where that is not the whole comparison, and whether an error may follow."""
    if len(comparable["daily"]) >= MINIMUM_DAYS:
        return comparable["daily"], None, True
    both = comparable["daily"] + comparable["quarterly"]
    if len(both) < MINIMUM_DAYS:
        note = (
            f"not compared: {len(both)} comparable days are loaded (same weekday, neighbouring months, "
            f"last {HISTORY_YEARS} years), {MINIMUM_DAYS} are needed"
        )
        return [], note, False
    if len(levels["daily"]) < MINIMUM_OVERLAP_DAYS:
        note = (
            "compared with the quarterly sets only, so an odd volume is a warning: fewer than "
            f"{MINIMUM_OVERLAP_DAYS} other days of the daily road are loaded to show that both hold the same filers"
        )
        return both, note, False
    daily, quarterly = median(levels["daily"]), median(levels["quarterly"])
    if not 0.5 <= daily / quarterly <= 2:
        note = (
            f"not compared: the quarterly sets hold {quarterly:g} filings a day and the daily road {daily:g}, "
            "so they do not describe the same filers"
        )
        return [], note, False
    return both, None, True


# Days both roads know are counted once, by the daily road. The day itself is left out.
_HISTORY = """
with filed as (
    select
        _road as road,
        coalesce(
            try_strptime(filing_date, '%Y-%m-%d'), try_strptime(filing_date, '%d-%b-%Y')
        )::date as filed_on
    from raw.submission
    -- Partitions are named 2024-01-05 and 2024q1: the year prunes what is read.
    where left(_partition, 4) >= cast(year($first::date) as varchar)
),
per_day as (
    select road, filed_on, count(*) as filing_count
    from filed
    where filed_on >= $first and filed_on <> $day
    group by road, filed_on
),
once as (
    select road, filed_on, filing_count
    from per_day
    qualify row_number() over (partition by filed_on order by road) = 1
)
select
    road,
    filing_count,
    dayofweek(filed_on) = dayofweek($day::date)
    and least((month(filed_on) - $month + 12) % 12, ($month - month(filed_on) + 12) % 12) <= 1 as is_comparable
from once
"""
