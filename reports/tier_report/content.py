"""Reads everything one tier report says from the published file: a table of rows per subject, and nothing computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from warehouse.errors import ReportError
from warehouse.quarters import Quarter

if TYPE_CHECKING:
    from datetime import date

    from reports.published import Column, Publication, Published

# How far back the history of tiers reaches on paper: three years are read at one look.
HISTORY_QUARTERS = 12

Row = dict[str, Any]


@dataclass(frozen=True)
class Subject:
    """One table of the report, as it also lies beside it as CSV and as a sheet of the workbook.

    Attributes:
        name: File name without ending, and name of the sheet.
        title: What it is, in a few words.
        mart: The published table it is read from.
        clause: What follows ``from``: conditions on ``$quarter_end``, order.
        columns: Those to take, in order; all when empty.
    """

    name: str
    title: str
    mart: str
    clause: str
    columns: tuple[str, ...] = ()


_OF_THE_QUARTER = "where quarter_end = $quarter_end"

SUBJECTS: tuple[Subject, ...] = (
    Subject("tiers", "Tiers and suggested weights", "rpt_tier_report", f"{_OF_THE_QUARTER} order by sector_rank"),
    Subject(
        "drivers",
        "The issuers behind each tier",
        "rpt_tier_drivers",
        f"{_OF_THE_QUARTER} and sector <> 'Unmapped' order by sector, driver_rank",
    ),
    Subject(
        "clusters",
        "Cluster buys of the quarter",
        "rpt_tier_clusters",
        f"{_OF_THE_QUARTER} order by case tier when 'Overweight' then 1 else 2 end, conviction_score desc nulls last, "
        "value_usd desc, cluster_key",
    ),
    Subject(
        "history",
        "Tiers of the last twelve quarters",
        "rpt_tier_report",
        "where quarter_end <= $quarter_end and quarter_end > $history_begin order by quarter_end, sector",
        (
            "quarter_end", "sector", "tier", "value", "five_year_average", "percentile", "history_months",
            "suggested_weight", "tier_support",
        ),
    ),
    Subject(
        "confirmation",
        "Tiers beside momentum",
        "rpt_sector_confirmation",
        f"{_OF_THE_QUARTER} order by relative_strength_rank nulls last, sector",
    ),
    Subject(
        "restatements",
        "What earlier reports said, and what today's data say",
        "fct_tier_restatements",
        "where is_headline and quarter_end <= $quarter_end order by quarter_end desc, sector",
    ),
    Subject(
        "evidence",
        "Has following the tiers paid?",
        "rpt_signal_evidence",
        "where scope = 'pooled' and (measure, window_days, insider_group) in "
        "(select measure, window_days, insider_group from rpt_signal_evidence where is_headline) "
        "order by horizon_months, period",
    ),
    Subject(
        "backtest",
        "The suggested weights as a portfolio",
        "rpt_tier_backtest",
        "order by period, portfolio, rebalancing",
    ),
    Subject(
        "growth",
        "Growth of one dollar",
        "rpt_tier_backtest_monthly",
        "where rebalancing in ('quarterly', 'none') order by portfolio, rebalancing, month_date",
    ),
    Subject("ledger", "What came in and what was left out", "rpt_quarter_ledger", _OF_THE_QUARTER),
)  # fmt: skip


@dataclass(frozen=True)
class Table:
    """The rows of one subject.

    Attributes:
        subject: What it is.
        columns: Its columns with their meaning, in order.
        rows: Column to value, in order.
        is_published: Whether the published file holds the mart at all.
    """

    subject: Subject
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    is_published: bool


@dataclass(frozen=True)
class Content:
    """Everything one report is made of.

    Attributes:
        quarter: For example ``2025q4``.
        quarter_end: Its last day.
        publication: What the published file says of itself.
        tables: Name of the subject to its table.
        freeze_after: How many filing days after its end make a quarter complete.
    """

    quarter: str
    quarter_end: date
    publication: Publication
    tables: dict[str, Table]
    freeze_after: int

    def rows(self, name: str) -> tuple[Row, ...]:
        """The rows of one subject."""
        return self.tables[name].rows


def quarter_end_of(quarter: str) -> date:
    """The last day of a quarter.

    Raises:
        ReportError: It is none.
    """
    found = Quarter.named(quarter)
    if found is None:
        raise ReportError(f"{quarter!r} is no quarter: write it as 2025q4.")
    return found.last_day


def read_content(published: Published, quarter: str | None, *, freeze_after: int) -> Content:
    """Read one quarter's report.

    Args:
        published: The open published file.
        quarter: For example ``2025q4``; the newest with tiers when ``None``.
        freeze_after: How many filing days after its end make a quarter complete.

    Raises:
        ReportError: The quarter is none or has no tiers, or the file lacks a table the tiers are in.
    """
    known = [
        row["quarter_end"]
        for row in published.rows("select distinct quarter_end from rpt_tier_report order by quarter_end")
    ]
    if not known:
        raise ReportError(
            f"{published.path} holds no complete quarter yet: load at least one whole calendar quarter of filings "
            "(make backfill FROM=...) and run `make build`."
        )
    quarter_end = quarter_end_of(quarter) if quarter else known[-1]
    if quarter_end not in known:
        raise ReportError(
            f"{published.path} has no tiers of {quarter}; it has those of {Quarter.of(known[0])} to "
            f"{Quarter.of(known[-1])}, as of {published.publication.as_of_date}."
        )
    days = {
        "quarter_end": quarter_end,
        "history_begin": Quarter.of(quarter_end).plus(-HISTORY_QUARTERS).last_day,
    }
    return Content(
        quarter=str(Quarter.of(quarter_end)),
        quarter_end=quarter_end,
        publication=published.publication,
        tables={subject.name: _read(published, subject, days) for subject in SUBJECTS},
        freeze_after=freeze_after,
    )


def _read(published: Published, subject: Subject, days: dict[str, date]) -> Table:
    columns = published.columns(subject.mart)
    if not columns:
        return Table(subject, (), (), is_published=False)
    if subject.columns:
        by_name = {column.name: column for column in columns}
        if missing := [name for name in subject.columns if name not in by_name]:
            raise ReportError(
                f"{published.path}: {subject.mart} has no column {', '.join(missing)}. It was published by version "
                f"{published.publication.code_version}: publish again with make build."
            )
        columns = [by_name[name] for name in subject.columns]
    listed = ", ".join(column.name for column in columns)
    used = {name: day for name, day in days.items() if f"${name}" in subject.clause}
    # Names are those of the catalogue, clauses those of this file; values are bound.
    rows = published.rows(f"select {listed} from {subject.mart} {subject.clause}", used)  # noqa: S608
    return Table(subject, tuple(columns), tuple(rows), is_published=True)
