"""The latest headline tiers as a table in the terminal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from reports.published import open_published
from reports.tier_names import TIER_MARKS, TIERS
from warehouse.errors import ReportError

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

_COLOURS = dict(zip(TIERS, ("green", "white", "red", "dim"), strict=True))

NOTHING = "-"

_HEADLINE = """
    select
        quarter_end,
        sector,
        tier,
        cast(value as double) as value,
        cast(five_year_average as double) as five_year_average,
        percentile,
        history_months,
        cast(suggested_weight as double) as suggested_weight,
        issuer_count,
        is_fragile,
        previous_quarter_tier
    from fct_sector_tiers_quarterly
    where is_headline
        and quarter_end = (select max(quarter_end) from fct_sector_tiers_quarterly where is_headline)
    order by percentile desc nulls last, sector
"""


@dataclass(frozen=True)
class TierRow:
    """One sector in the latest headline tiers; ratios in [-1, 1], percentile and weight as fractions of 1."""

    quarter_end: date
    sector: str
    tier: str
    value: float | None
    five_year_average: float | None
    percentile: float | None
    history_months: int
    suggested_weight: float | None
    issuer_count: int
    is_fragile: bool | None
    previous_quarter_tier: str | None


@dataclass(frozen=True)
class LatestTiers:
    """The latest quarter's headline tiers and what must be said beside them."""

    rows: tuple[TierRow, ...]
    as_of_date: date
    is_simulated: bool


def read_latest_tiers(published_path: Path) -> LatestTiers:
    """Read the newest quarter's headline tiers.

    Args:
        published_path: The published DuckDB file; opened read-only.

    Raises:
        ReportError: There is no published file yet, or it holds no complete quarter.
    """
    with open_published(published_path) as published:
        rows = tuple(TierRow(**row) for row in published.rows(_HEADLINE))
        publication = published.publication
    if not rows or publication.as_of_date is None:
        raise ReportError(
            f"{published_path} holds no complete quarter yet: load at least one whole calendar quarter of filings "
            "(make backfill FROM=...) and run `make build`."
        )
    return LatestTiers(rows=rows, as_of_date=publication.as_of_date, is_simulated=publication.is_simulated)


def tier_table(tiers: LatestTiers) -> Table:
    """Lay the tiers out as a rich table, best percentile first."""
    table = Table(
        title=(
            f"Sector tiers at {tiers.rows[0].quarter_end:%d %B %Y} — "
            "officers and directors, 90 days, net purchase ratio in dollars"
        ),
        caption=(
            ("SIMULATED DATA, made by the simulator; no real company is described. " if tiers.is_simulated else "")
            + f"Known as of {tiers.as_of_date:%d %B %Y}. Percentile: against the sector's own 60 month-ends before. "
            "A star marks a tier that one issuer, or fewer than five, decide."
        ),
        title_justify="left",
        caption_justify="left",
    )
    table.add_column("Sector")
    table.add_column("Tier")
    for heading in ("NPR $", "5-yr avg", "Percentile", "Weight", "Issuers"):
        table.add_column(heading, justify="right")
    table.add_column("Last quarter")
    for row in tiers.rows:
        table.add_row(
            row.sector,
            Text(f"{TIER_MARKS[row.tier]} {row.tier}{' *' if row.is_fragile else ''}", style=_COLOURS[row.tier]),
            _number(row.value, "+.2f"),
            _number(row.five_year_average, "+.2f"),
            _number(row.percentile, ".0%"),
            _number(row.suggested_weight, ".1%"),
            str(row.issuer_count),
            row.previous_quarter_tier or NOTHING,
        )
    return table


def _number(value: float | None, form: str) -> str:
    return NOTHING if value is None else format(value, form)
