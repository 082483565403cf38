"""The trends page: what insiders buy and sell, by sector and over time, made from the published file alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports import texts
from reports.page import render_page, write_page
from reports.published import STALE_AFTER, open_published
from reports.tier_names import OVERWEIGHT, UNDERWEIGHT
from reports.trends_charts import trends_charts
from reports.trends_data import Trends, read_trends

if TYPE_CHECKING:
    from pathlib import Path

    from reports.published import Publication
    from warehouse.settings import Settings

FILE = "trends.html"
# As the tiers: fewer month-ends are no history.
ENOUGH_MONTHS = 36
_REPORT = "tier_report.html"


@dataclass(frozen=True)
class Words:
    """What the page says in words.

    Attributes:
        headline: One sentence: how insiders trade now.
        lead: What that is measured by.
        percentile: Where the market stands in its own five years.
        changed: How many tiers changed.
        changed_hint: Which.
        history: What is missing for a short history; empty for a long one.
        stale: That the data was old when it was published; empty where it was not.
        coverage: How much of the trades has a sector.
        freshness: How far the data reaches.
    """

    headline: str
    lead: str
    percentile: str
    changed: str
    changed_hint: str
    history: str
    stale: str
    coverage: str
    freshness: str


def render_trends(path: Path, *, report: str | None = None) -> str:
    """The trends page of a published file.

    Args:
        path: The published file.
        report: Address of the newest quarterly report relative to the page, if there is one.

    Raises:
        ReportError: Nothing is published there, or by another version of the code.
    """
    with open_published(path) as published:
        trends = read_trends(published)
        publication = published.publication
    charts = trends_charts(coverage=trends.coverage, has_prices=trends.has_prices) if trends.payload else []
    return render_page(
        "trends.html.j2",
        publication,
        title="Insider trends",
        page="trends",
        charts=charts,
        links=[(report, "Tier report")] if report else [],
        trends=trends,
        words=words_for(trends, publication),
        stale_days=STALE_AFTER.days,
    )


def write_trends(settings: Settings) -> Path:
    """Write the trends page below ``DATA_DIR/reports``.

    Raises:
        ReportError: Nothing is published, or by another version of the code; the page made before stays.
    """
    target = settings.reports_dir / FILE
    write_page(target, render_trends(settings.published_path, report=newest_report(settings.reports_dir)))
    return target


def newest_report(folder: Path) -> str | None:
    """Address of the newest quarterly tier report relative to the pages; ``None`` where there is none."""
    reports = sorted(folder.glob(f"[0-9][0-9][0-9][0-9]q[1-4]/{_REPORT}"))
    return f"{reports[-1].parent.name}/{_REPORT}" if reports else None


def words_for(trends: Trends, publication: Publication) -> Words:
    """Put into words what the numbers say."""
    made_on = publication.published_at.date()
    changes = trends.changes
    return Words(
        headline=_headline(trends),
        lead=_lead(trends),
        percentile=_percentile(trends),
        changed=f"{len(changes)} of {len(trends.board)}" if trends.board else texts.NOTHING,
        changed_hint=_changes(trends),
        history=_history(trends),
        stale=("Stale: " + publication.freshness(made_on) if trends.payload and publication.is_stale(made_on) else ""),
        coverage=_coverage(trends),
        freshness=publication.freshness(made_on),
    )


def _headline(trends: Trends) -> str:
    standing = trends.market["standing"] if trends.market else None
    return {
        "Overweight": "Insiders are buying more than usual",
        "Neutral": "Insiders are trading about as usual",
        "Underweight": "Insiders are buying less than usual",
    }.get(str(standing), "What insiders buy and sell, sector by sector")


def _lead(trends: Trends) -> str:
    market = trends.market
    if market is None:
        return "This page shows how officers and directors trade their own companies' shares, sector by sector."
    bought, sold = market["buy_usd"], market["sell_usd"]
    newest = texts.day(market["as_of_date"]).replace(" ", "\N{NO-BREAK SPACE}")
    until = f"in the 90 days to {newest}"
    if bought and sold:
        more, less = ("sold", "bought") if sold >= bought else ("bought", "sold")
        dollars = max(sold, bought) / min(sold, bought)
        traded = f"Officers and directors {more} ${dollars:,.2f} for every dollar they {less} {until}."
    elif bought or sold:
        traded = f"Officers and directors only {'bought' if bought else 'sold'} {until}: {texts.usd(bought or sold)}."
    else:
        traded = f"Officers and directors neither bought nor sold {until}."
    over, under = trends.sectors_in(OVERWEIGHT), trends.sectors_in(UNDERWEIGHT)
    if not (over or under):
        return traded
    said = []
    if over:
        said.append(f"buying stood out in {texts.listed(over)}")
    if under:
        said.append(
            f"was unusually weak in {texts.listed(under)}" if over else f"buying was weak in {texts.listed(under)}"
        )
    return f"{traded} At the end of {texts.quarter(trends.quarter_end)} {', and '.join(said)}."


def _percentile(trends: Trends) -> str:
    market = trends.market
    if market is None or market["percentile"] is None:
        return "no five-year history yet"
    return f"{texts.ordinal(market['percentile'] * 100)} percentile of its own five years"


def _changes(trends: Trends) -> str:
    if not trends.board:
        return "no quarter is complete yet"
    up = [row["sector"] for row in trends.changes if row["tier_change"] == "up"]
    down = [row["sector"] for row in trends.changes if row["tier_change"] == "down"]
    said = [f"{mark} {', '.join(sectors)}" for mark, sectors in (("▲", up), ("▼", down)) if sectors]
    return "\n".join(said) or "none since the quarter before"


def _history(trends: Trends) -> str:
    if trends.market is None or trends.history_months >= ENOUGH_MONTHS:
        return ""
    months = texts.plural(trends.history_months, "month-end") if trends.history_months else "no month-end"
    return (
        f"Short history: there {'are' if trends.history_months > 1 else 'is'} {months} to compare with, from "
        f"{texts.day(trends.first_date)} on, and a tier needs {ENOUGH_MONTHS}. Until then every sector keeps its "
        "benchmark weight and has no band. To load history: make backfill."
    )


def _coverage(trends: Trends) -> str:
    months = trends.coverage[-12:]
    mapped = sum(month["mapped_line_count"] for month in months)
    missing = sum(month["unmapped_line_count"] for month in months)
    if not mapped + missing:
        return "No signal trade is known yet."
    return (
        f"{texts.share(mapped / (mapped + missing), 1)} of the last twelve months' {texts.count(mapped + missing)} "
        "signal trades have a sector (blue). The others are blank-cheque companies, funds, shells, and issuers whose "
        "industry code is not known (orange)."
    )
