"""The operations page: what came in, what was lost and why, what the gates found, and how old everything is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from statistics import median
from typing import TYPE_CHECKING, Any

from reports.gate_runs import NEWEST_RUNS, GateRuns, read_gate_runs
from reports.page import render_page, write_page
from reports.published import STALE_AFTER, Published, open_published
from reports.trends import newest_report
from warehouse.generations import read_manifest

if TYPE_CHECKING:
    from pathlib import Path

    from warehouse.settings import Settings

FILE = "operations.html"
LEDGER_DAYS = 20
TOTAL_DAYS = 90
MOST_QUARANTINED = 50
# EDGAR puts a day's index out by 22:45 New York time, which is the next day in UTC: two days later it is late.
LATE_AFTER = timedelta(days=2)

# How a line of a filing becomes part of the headline, and what it may be lost to on the way.
STAGES: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...] = (
    (
        "accession_count",
        "filings listed in the daily indexes",
        (
            ("lost_not_fetched_count", "not fetched yet"),
            ("lost_not_found_count", "listed, but not in the archive"),
            ("lost_quarantined_count", "in quarantine: cannot be read"),
            ("lost_listed_on_other_day_count", "counted on another day"),
        ),
    ),
    ("filing_count", "filings read, from the daily indexes or the quarterly sets", ()),
    (
        "transaction_line_count",
        "transaction lines in them",
        (
            ("lost_derivative_count", "options and other derivatives"),
            ("lost_not_open_market_count", "grants, exercises, gifts and the like"),
        ),
    ),
    (
        "open_market_line_count",
        "open-market purchases and sales",
        (
            ("lost_superseded_count", "restated by an amendment"),
            ("lost_withdrawn_count", "filing withdrawn"),
            ("lost_joint_duplicate_count", "the same trade reported by several owners"),
            ("lost_date_not_valid_count", "impossible trade date"),
            ("lost_plan_purchase_count", "bought through a plan"),
            ("lost_private_placement_count", "private placement or allotment"),
            ("lost_exercise_linked_count", "sold to pay for an exercise"),
        ),
    ),
    (
        "signal_line_count",
        "signal trades",
        (
            ("lost_not_officer_or_director_count", "neither officer nor director"),
            ("lost_price_not_valid_count", "price not believed or not given"),
            ("lost_unmapped_sector_count", "issuer without a sector"),
        ),
    ),
    ("headline_line_count", "lines in the headline ratios, in dollars", ()),
)


@dataclass(frozen=True)
class Operations:
    """Everything the operations page shows.

    Attributes:
        days: The newest filing days of the ledger, newest first.
        totals: Sums of the ledger's columns over the last `TOTAL_DAYS` calendar days, by column.
        total_from: First filing day of those totals; ``None`` with an empty ledger.
        day_count: Filing days in the ledger.
        quarantined: Filings that cannot be read and are not known otherwise, newest first, at most `MOST_QUARANTINED`.
        quarantined_count: How many there are.
        quarantine_reasons: Reason code to number of filings, known otherwise or not.
        flags: Share of the lines each data-quality flag touches in the last twelve months.
        reconciliation: Filings of the quarters both roads hold, by how they agree.
        restated: Frozen headline tiers that today's data would not give.
        frozen_count: Frozen headline tiers.
        sources: What is loaded, by road.
        gates: Runs of the quality gates.
    """

    days: list[dict[str, Any]]
    totals: dict[str, int]
    total_from: date | None
    day_count: int
    quarantined: list[dict[str, Any]]
    quarantined_count: int
    quarantine_reasons: list[dict[str, Any]]
    flags: list[dict[str, Any]]
    reconciliation: list[dict[str, Any]]
    restated: list[dict[str, Any]]
    frozen_count: int
    sources: list[dict[str, Any]]
    gates: GateRuns

    @property
    def lag_hours(self) -> float | None:
        """Median hours from the end of a filing day (UTC) to its index being fetched, over the days shown."""
        lags = [day["lag_hours"] for day in self.days if day["lag_hours"] is not None]
        return median(lags) if lags else None

    @property
    def late_days(self) -> list[dict[str, Any]]:
        """Days shown whose index was fetched late."""
        return [day for day in self.days if day["is_late"]]


def render_operations(published_path: Path, quality_dir: Path, *, report: str | None = None) -> str:
    """The operations page of a published file, and of what the gates left beside it.

    Args:
        published_path: The published file; its manifest lies beside it.
        quality_dir: Folder of the gates' results and Data Docs.
        report: Address of the newest quarterly report relative to the page, if there is one.

    Raises:
        ReportError: Nothing is published there, or by another version of the code.
    """
    with open_published(published_path) as published:
        operations = read_operations(published, quality_dir)
        publication = published.publication
    return render_page(
        "operations.html.j2",
        publication,
        title="Operations",
        page="operations",
        links=[(report, "Tier report")] if report else [],
        operations=operations,
        stages=STAGES,
        freshness=publication.freshness(publication.published_at.date()),
        is_stale=publication.is_stale(publication.published_at.date()),
        stale_days=STALE_AFTER.days,
        newest_runs=operations.gates.runs[:NEWEST_RUNS],
        total_days=TOTAL_DAYS,
        has_data_docs=(quality_dir / "data_docs" / "index.html").is_file(),
    )


def write_operations(settings: Settings) -> Path:
    """Write the operations page below ``DATA_DIR/reports``.

    Raises:
        ReportError: Nothing is published, or by another version of the code; the page made before stays.
    """
    target = settings.reports_dir / FILE
    report = newest_report(settings.reports_dir)
    write_page(target, render_operations(settings.published_path, settings.quality_dir, report=report))
    return target


def read_operations(published: Published, quality_dir: Path) -> Operations:
    """Read it all.

    Raises:
        ReportError: The file was published by another version of the code and lacks a table or column.
    """
    days = published.rows(_DAYS, {"days": LEDGER_DAYS})
    for day in days:
        day["lag_hours"] = _lag_hours(day["filing_day"], day["index_first_fetched_at"])
        day["is_late"] = day["lag_hours"] is not None and day["lag_hours"] > LATE_AFTER / timedelta(hours=1)
    columns = sorted({name for total, _, losses in STAGES for name in (total, *(loss for loss, _ in losses))})
    sums = ", ".join(f"coalesce(sum({name}), 0)::bigint as {name}" for name in columns)
    totals = published.rows(_TOTALS.format(sums=sums), {"days": TOTAL_DAYS})[0]
    quarantined = published.rows(_QUARANTINED)
    return Operations(
        days=days,
        totals={name: totals[name] for name in columns},
        total_from=totals["first_day"],
        day_count=totals["day_count"],
        quarantined=quarantined[:MOST_QUARANTINED],
        quarantined_count=len(quarantined),
        quarantine_reasons=published.rows(_QUARANTINE_REASONS),
        flags=published.rows(_FLAGS),
        reconciliation=published.rows(_RECONCILIATION),
        restated=published.rows(_RESTATED),
        frozen_count=published.rows(_FROZEN)[0]["frozen_count"],
        sources=_sources(published.path.parent),
        gates=read_gate_runs(quality_dir / "results"),
    )


def _lag_hours(filing_day: date, fetched_at: datetime | None) -> float | None:
    if fetched_at is None:
        return None
    end_of_day = datetime.combine(filing_day + timedelta(days=1), time())
    return (fetched_at - end_of_day) / timedelta(hours=1)


def _sources(published_dir: Path) -> list[dict[str, Any]]:
    """What the manifest says is loaded, road by road."""
    roads: dict[str, list[dict[str, Any]]] = {}
    for source in (read_manifest(published_dir) or {}).get("sources", []):
        roads.setdefault(source["road"], []).append(source)
    return [
        {
            "road": road,
            "partition_count": len(sources),
            "first": min(source["partition"] for source in sources),
            "last": max(source["partition"] for source in sources),
            "row_count": sum(source["row_count"] for source in sources),
        }
        for road, sources in roads.items()
    ]


_DAYS = """
    select filing_day, accession_count, filing_count, transaction_line_count, open_market_line_count, signal_line_count,
        headline_line_count, withdrawn_accession_count, cast_failure_count, index_first_fetched_at, index_version_count,
        coalesce(lost_not_fetched_count, 0) as lost_not_fetched_count,
        coalesce(lost_not_found_count, 0) as lost_not_found_count,
        coalesce(lost_quarantined_count, 0) as lost_quarantined_count
    from fct_filing_day_ledger order by filing_day desc limit $days
"""
_TOTALS = """
    select {sums}, min(filing_day) as first_day, (select count(*) from fct_filing_day_ledger) as day_count
    from fct_filing_day_ledger
    where filing_day > (select max(filing_day) from fct_filing_day_ledger) - $days::int
"""
_QUARANTINED = """
    select accession_number, road, source_partition, form_type, quarantine_reason_code, quarantine_reason, byte_count,
        filing_url
    from rpt_quarantined_filings where not is_known_otherwise order by source_partition desc, accession_number
"""
_QUARANTINE_REASONS = """
    select quarantine_reason_code, count(*) as filing_count, count(*) filter (where is_known_otherwise) as known_count
    from rpt_quarantined_filings group by quarantine_reason_code order by filing_count desc, quarantine_reason_code
"""
_FLAGS = """
    select flag, sum(line_count)::bigint as line_count, sum(filing_count)::bigint as filing_count,
        sum(line_count)::double / nullif(sum(total_line_count)::double, 0) as line_share,
        sum(filing_count)::double / nullif(sum(total_filing_count)::double, 0) as filing_share
    from rpt_data_quality
    where filed_month > (select max(filed_month) from rpt_data_quality) - interval 12 months
    group by flag order by line_count desc, filing_count desc, flag
"""
_RECONCILIATION = """
    select agreement, is_explained, count(*) as filing_count
    from fct_road_reconciliation group by agreement, is_explained order by filing_count desc, agreement
"""
_RESTATED = """
    select quarter_end, sector, frozen_tier, tier, restatement_reason
    from fct_tier_restatements where is_headline and is_tier_restated order by quarter_end desc, sector
"""
_FROZEN = "select count(*) as frozen_count from fct_tier_restatements where is_headline"
