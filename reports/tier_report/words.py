"""Says in sentences what the rows of a report mean; ``**bold**`` marks what the eye should catch.

Every sentence is made of numbers of the published file. What is unknown or unfavourable is said, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.published import long_date
from reports.texts import NOTHING, listed, ordinal, plural, quarter, share, signed
from reports.tier_names import NO_HISTORY, OVERWEIGHT, UNDERWEIGHT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reports.tier_report.content import Content, Row

SUPPORT_MEANINGS = {
    "firm": "at least four of the five ways of counting the trades give the same tier, and no single issuer decides it",
    "mixed": "counted in other ways, the same trades give other tiers",
    "fragile": "without its largest issuer the tier would be another one, or fewer than five issuers traded",
    "no opinion": "too little history",
}

# What a percentile means, in the words used under every table of tiers.
HOW_TO_READ = (
    "Percentile: where the quarter stands among the sector's own 60 month-ends before; the ring is the quarter before. "
    "From the 75th on Overweight, up to the 25th Underweight. The ratio is (dollars bought − dollars sold) ÷ (bought + "
    "sold): +1 is only buying, −1 only selling; beside it its average of the five years before."
)


def signed_share(value: float | None, decimals: int = 1) -> str:
    """A difference of shares with its sign: ``+1.2%``."""
    return NOTHING if value is None else f"{signed(value * 100, decimals)}%"


def place(percentile: float | None) -> str:
    """A percentile in [0, 1] as a place among a hundred: ``93rd``."""
    return NOTHING if percentile is None else ordinal(percentile * 100)


def in_tier(rows: Iterable[Row], tier: str) -> list[Row]:
    """The sectors of one tier."""
    return [row for row in rows if row["tier"] == tier]


def lead(content: Content) -> str:
    """The report in one or two sentences."""
    rows = content.rows("tiers")
    over, under = in_tier(rows, OVERWEIGHT), in_tier(rows, UNDERWEIGHT)
    unknown = in_tier(rows, NO_HISTORY)
    if len(unknown) == len(rows):
        longest = max(row["history_months"] for row in rows)
        return (
            f"**No opinion yet.** A tier needs 36 month-ends of history, and the longest history of a sector has "
            f"{longest}. Until then every sector keeps its benchmark weight."
        )
    known = len(rows) - len(unknown)
    if not over and not under:
        said = "Insiders stand out nowhere: **every sector is Neutral** against its own five years."
    elif not over:
        said = (
            f"Against their own five years, insiders are unusually keen on no sector, and shun **{_sectors(under)}**."
        )
    else:
        said = f"Against their own five years, insiders favour **{_sectors(over)}**"
        said += f" and shun **{_sectors(under)}**." if under else "; no sector is shunned."
    if unknown:
        said += f" {len(unknown)} of {len(rows)} sectors have too little history for an opinion."
    elif len(over) > known / 2 or len(under) > known / 2:
        most = OVERWEIGHT if len(over) > known / 2 else UNDERWEIGHT
        said += (
            f" {max(len(over), len(under))} of {known} sectors are {most}: each is measured against its own past, so "
            "this says more about the whole market than about differences between sectors."
        )
    return said


def changes(content: Content) -> list[str]:
    """What moved since the quarter before, strongest first."""
    rows = content.rows("tiers")
    if all(row["tier_change"] == "first" for row in rows):
        return ["This is the first quarter with tiers: there is nothing to compare with."]
    moved = sorted(
        (row for row in rows if row["tier_change"] in {"up", "down", "history"}),
        key=lambda row: -abs(row["percentile_change"] or 0),
    )
    said = [
        f"**{row['sector']}**: {row['previous_quarter_tier']} → {row['tier']}"
        + (
            f" ({place(row['previous_quarter_percentile'])} → {place(row['percentile'])})"
            if row["percentile"] is not None and row["previous_quarter_percentile"] is not None
            else ""
        )
        for row in moved
    ]
    return said or ["No tier changed since the quarter before."]


def sureness(content: Content) -> list[str]:
    """How much weight the calls of the quarter can bear: support, prices, evidence."""
    calls = [row for row in content.rows("tiers") if row["tier"] in {OVERWEIGHT, UNDERWEIGHT}]
    said = []
    if calls:
        by_support = {
            support: [row["sector"] for row in calls if row["tier_support"] == support]
            for support in ("firm", "mixed", "fragile")
        }
        said.append(f"**{len(by_support['firm'])} of {plural(len(calls), 'call')} firm**.")
        said += [
            f"{support.capitalize()}: {listed(by_support[support])}."
            for support in ("fragile", "mixed")
            if by_support[support]
        ]
    confirmed = [row["confirmation"] for row in calls]
    if calls and all(label == "unknown" for label in confirmed):
        said.append("Prices: not loaded, so nothing confirms or contradicts.")
    elif calls:
        said.append(f"Momentum confirms {confirmed.count('confirms')}, contradicts {confirmed.count('diverges')}.")
    said.append(f"Track record: {short_verdict(content)}.")
    return said


def short_verdict(content: Content) -> str:
    """The track record in a few words."""
    headline = headline_evidence(content)
    if headline is None:
        return "**none to show**, no returns are known"
    return {
        "too_few_quarters": f"**too short** ({plural(headline['quarter_count'], 'quarter')})",
        "not_told_from_chance": "**not told from chance**",
        "in_favour": "**in favour**, see the evidence",
        "against": "**against the tiers**, see the evidence",
    }[headline["verdict"]]


def headline_evidence(content: Content) -> Row | None:
    """The one row of evidence that was fixed in advance; none where no returns are known."""
    return next((row for row in content.rows("evidence") if row["is_headline"]), None)


def status(content: Content) -> tuple[str, bool]:
    """Whether the quarter is complete or frozen, in a sentence, and whether that is a warning."""
    ledger = next(iter(content.rows("ledger")), None)
    frozen = [row for row in content.rows("restatements") if row["quarter_end"] == content.quarter_end]
    if frozen:
        moved = sum(row["is_tier_restated"] for row in frozen)
        return (
            f"The tiers of this quarter were frozen on {long_date(frozen[0]['frozen_at'].date())}; "
            + (
                f"{moved} of {len(frozen)} would be another one today, see the restatements."
                if moved
                else "today's data give the same."
            ),
            bool(moved),
        )
    later = ledger["later_filing_day_count"] if ledger else 0
    if later < content.freeze_after:
        return (
            (
                f"Preliminary: {plural(later, 'filing day')} after the quarter's end "
                f"{'is' if later == 1 else 'are'} in, {content.freeze_after} are waited for."
            ),
            True,
        )
    return f"Complete: {plural(later, 'filing day')} after the quarter's end are in.", False


def fragility(content: Content) -> str:
    """Which tiers one issuer decides."""
    rows = content.rows("tiers")
    flipped = [row for row in rows if row["tier"] not in {row["tier_without_top_issuer"], NO_HISTORY}]
    thin = [row for row in rows if row["is_fragile"] and row not in flipped and row["tier"] != NO_HISTORY]
    said = [
        f"**{row['sector']}** would be {row['tier_without_top_issuer']} without {issuer(row)}, "
        f"{share(row['top_issuer_share'])} of its dollars."
        for row in flipped
    ]
    said += [f"**{row['sector']}** rests on {plural(row['issuer_count'], 'issuer')}." for row in thin]
    return (
        " ".join(said) or "No tier hangs on one issuer, and at least five issuers traded in every sector with a tier."
    )


def issuer(row: Row) -> str:
    """The name of the largest issuer of a sector, or its CIK where no name is known."""
    return str(row["top_issuer_name"] or f"CIK {row['top_issuer_cik']}")


def confirmation(content: Content) -> str:
    """What prices say beside the tiers."""
    rows = content.rows("confirmation")
    calls = [row for row in content.rows("tiers") if row["tier"] in {OVERWEIGHT, UNDERWEIGHT}]
    if not rows or all(row["confirmation"] in {"unknown", "no opinion"} for row in rows):
        return (
            "No prices of the sector ETFs are loaded, so momentum neither confirms nor contradicts a tier. The page on "
            "prices, docs/prices.md, says how to load them."
            if calls or not rows
            else "No sector has a tier that prices could confirm."
        )
    groups = {
        label: [row["sector"] for row in calls if row["confirmation"] == label] for label in ("confirms", "diverges")
    }
    said = []
    if groups["confirms"]:
        said.append(f"Momentum points the same way in **{listed(groups['confirms'])}**.")
    if groups["diverges"]:
        said.append(
            f"It points the other way in **{listed(groups['diverges'])}**: the usual case, because insiders buy what "
            "has fallen and sell what has risen."
        )
    return " ".join(said) or "No sector has a tier that prices could confirm."


def restatements(content: Content) -> list[str]:
    """Which tiers of earlier reports would be others today, and why."""
    rows = content.rows("restatements")
    if not rows:
        return [
            (
                "No earlier tiers are frozen yet: there is nothing to restate. Tiers are frozen when a quarter is "
                "complete, and compared with every later publication."
            )
        ]
    quarters = sorted({row["quarter_end"] for row in rows})
    moved = [row for row in rows if row["is_tier_restated"]]
    said = [
        f"{plural(len(quarters), 'quarter is', 'quarters are')} frozen, {quarter(quarters[0])} to "
        f"{quarter(quarters[-1])}. "
        + (
            f"**{plural(len(moved), 'tier')} of {len(rows)} would be another one today.**"
            if moved
            else "Every tier would be the same today."
        )
    ]
    said += [
        f"{quarter(row['quarter_end'])} {row['sector']}: said {row['frozen_tier']}, today {row['tier']} "
        f"({row['restatement_reason']})."
        for row in moved
    ]
    return said


def _sectors(rows: Sequence[Row]) -> str:
    return listed([row["sector"] for row in rows])
