"""Lays the report out once, as sections of blocks; the HTML page and the PDF are two renderings of the same blocks."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reports.published import SIMULATED, long_date
from reports.texts import NOTHING, count, plural, quarter, share, signed, usd
from reports.tier_names import OVERWEIGHT, TIER_MARKS, UNDERWEIGHT
from reports.tier_report import words
from reports.tier_report.evidence_words import backtest, evidence
from reports.tier_report.figures import Figure, figures

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reports.tier_report.content import Content, Row

_METHOD = Path(__file__).resolve().parent.parent / "templates" / "tier_method.txt"
_BOLD = re.compile(r"\*\*(.+?)\*\*")


@dataclass(frozen=True)
class Span:
    """A piece of a sentence."""

    text: str
    is_bold: bool = False


@dataclass(frozen=True)
class Text:
    """A paragraph.

    Attributes:
        spans: Its pieces.
        style: ``plain``, ``lead``, ``small`` or ``warning``.
    """

    spans: tuple[Span, ...]
    style: str = "plain"
    kind: str = field(default="text", init=False)


@dataclass(frozen=True)
class Card:
    """One of the boxes of the first page: a heading and short lines.

    Attributes:
        title: Heading.
        lines: Sentences.
        tier: Tier the lines belong to, for its mark; empty for none.
    """

    title: str
    lines: tuple[tuple[Span, ...], ...]
    kind: str = field(default="card", init=False)


@dataclass(frozen=True)
class Cards:
    """Boxes side by side."""

    cards: tuple[Card, ...]
    kind: str = field(default="cards", init=False)


@dataclass(frozen=True)
class Cell:
    """One cell of a grid.

    Attributes:
        text: What it says.
        below: A second, smaller line.
        tier: The tier whose mark stands before the text; empty for none.
        strip: Percentiles of now and of the quarter before, in [0, 1], drawn on a strip of the quartiles.
        url: Where it leads.
    """

    text: str = ""
    below: str = ""
    tier: str = ""
    strip: tuple[float | None, float | None] | None = None
    url: str = ""


@dataclass(frozen=True)
class Grid:
    """A table.

    Attributes:
        name: Name of the CSV file and sheet with the same rows, in full; empty for none.
        heads: Headings.
        numbers: Positions of the columns that hold numbers.
        rows: Cells.
        widths: Share of the width of each column.
        groups: Positions of rows before which a new group begins.
    """

    name: str
    heads: tuple[str, ...]
    numbers: tuple[int, ...]
    rows: tuple[tuple[Cell, ...], ...]
    widths: tuple[float, ...]
    groups: tuple[int, ...] = ()
    kind: str = field(default="grid", init=False)


@dataclass(frozen=True)
class Section:
    """A part of the report under one heading.

    Attributes:
        key: Its anchor.
        title: Heading; empty for the first page.
        blocks: What it is made of.
        starts_page: Whether it begins on a new page of paper.
    """

    key: str
    title: str
    blocks: tuple[Text | Cards | Grid | Figure, ...]
    starts_page: bool = False


@dataclass(frozen=True)
class Document:
    """A whole report.

    Attributes:
        title: ``Sector tiers, 2025 Q4``.
        quarter: ``2025q4``.
        subtitle: Last day of the quarter and what is ranked.
        simulated: What every page says when the filings were invented; empty otherwise.
        status: Whether the quarter is complete or frozen.
        facts: Label and value of the lines at the end: knowledge date, hash and so on.
        sections: The parts in order.
    """

    title: str
    quarter: str
    subtitle: str
    simulated: str
    status: Text
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]


def spans(text: str) -> tuple[Span, ...]:
    """Split ``plain **bold** plain`` into its pieces."""
    return tuple(Span(piece, number % 2 == 1) for number, piece in enumerate(_BOLD.split(text)) if piece)


def build_document(content: Content) -> Document:
    """Lay out everything a report says."""
    said, is_warning = words.status(content)
    publication = content.publication
    drawn = figures(content)
    return Document(
        title=f"Sector tiers, {quarter(content.quarter_end)}",
        quarter=content.quarter,
        subtitle=(
            f"As of {long_date(content.quarter_end)}. Trades of officers and directors, 90 days, in dollars, as known "
            "that day."
        ),
        simulated=SIMULATED if publication.is_simulated else "",
        status=Text(spans(said), "warning" if is_warning else "small"),
        facts=(
            ("Data", "simulated, made by the simulator" if publication.is_simulated else "filings of the SEC"),
            ("Filings known up to", long_date(publication.as_of_date) if publication.as_of_date else "none"),
            ("Published", f"{publication.published_at:%Y-%m-%d %H:%M} UTC, generation {publication.generation}"),
            ("Made of", f"{publication.source_count:,} loaded partitions, {publication.row_count:,} published rows"),
            ("Hash of the published tables", publication.content_hash),
            ("Version of the code", publication.code_version),
        ),
        sections=(
            Section("tiers", "", (*_first_page(content),)),
            Section("history", "How the tiers got here", (*drawn["history"],)),
            Section("fragility", "How sure each tier is", (*_support(content),), True),
            Section("clusters", "Cluster buys of the quarter", (*_clusters(content),)),
            Section("confirmation", "What prices say", (*_confirmation(content),)),
            Section("restatements", "What earlier reports said", (*_restatements(content),)),
            Section("drivers", "Who is behind each tier", (*_drivers(content),), True),
            Section("evidence", "Has it paid? Evidence and control", (*_evidence(content), *drawn["evidence"]), True),
            Section("quality", "What the numbers are made of", (*_quality(content),)),
            Section("method", "Method in half a page", (*_method(),)),
        ),
    )


def _plain(texts: Iterable[str], style: str = "plain") -> list[Text]:
    return [Text(spans(text), style) for text in texts]


def _first_page(content: Content) -> list[Any]:
    rows = content.rows("tiers")
    called = [*words.in_tier(rows, OVERWEIGHT), *words.in_tier(rows, UNDERWEIGHT)]
    benchmarks = {row["benchmark_weight"] for row in rows}
    is_equal = len({round(weight, 9) for weight in benchmarks}) == 1
    weights = [
        f"{TIER_MARKS[row['tier']]} **{row['sector']}** {share(row['suggested_weight'], 1)}"
        + ("" if is_equal else f" (benchmark {share(row['benchmark_weight'], 1)})")
        for row in called
    ] or ["Every sector keeps its benchmark weight."]
    if called and is_equal:
        others = sorted({round(row["suggested_weight"], 9) for row in rows if row not in called})
        rest = f"Every other sector {share(others[0], 1)}. " if len(others) == 1 else ""
        weights.append(f"{rest}Benchmark: {share(benchmarks.pop(), 1)} each.")
    cards = (
        ("Suggested weights", weights),
        ("What changed", words.changes(content)),
        ("How sure", words.sureness(content)),
    )
    return [
        *_plain([words.lead(content)], "lead"),
        Cards(tuple(Card(title, tuple(spans(line) for line in lines)) for title, lines in cards)),
        Grid(
            "tiers",
            ("Sector", "Tier", "Percentile", "", "Ratio", "5 years", "Weight", "Support", "Momentum"),
            (3, 4, 5, 6),
            tuple(_tier_row(row) for row in rows),
            (2.5, 1.7, 2.4, 1.0, 0.8, 0.8, 1.2, 0.9, 1.1),
        ),
        *_plain([words.HOW_TO_READ], "small"),
    ]


def _tier_row(row: Row) -> tuple[Cell, ...]:
    change = row["tier_change"]
    was = f"was {row['previous_quarter_tier']}" if change in {"up", "down", "history"} else ""
    return (
        Cell(row["sector"], row["etf_symbol"] or ""),
        Cell(row["tier"], was, tier=row["tier"]),
        Cell(strip=(row["percentile"], row["previous_quarter_percentile"])),
        Cell(words.place(row["percentile"]), signed(_points(row["percentile_change"]), 0)),
        Cell(signed(row["value"])),
        Cell(signed(row["five_year_average"])),
        Cell(share(row["suggested_weight"], 1), words.signed_share(row["active_weight"])),
        Cell(row["tier_support"]),
        Cell({"no opinion": NOTHING, "unknown": "no price"}.get(row["confirmation"], str(row["confirmation"]))),
    )


def _points(difference: float | None) -> float | None:
    return None if difference is None else difference * 100


def _restatements(content: Content) -> list[Any]:
    return [*_plain(words.restatements(content))]


def _support(content: Content) -> list[Any]:
    return [
        *_plain([words.fragility(content)]),
        Grid(
            "tiers",
            ("Sector", "Tier", "Support", "Measures agree", "Issuers", "Largest issuer", "Its share", "Without it"),
            (3, 4, 6),
            tuple(
                (
                    Cell(row["sector"]),
                    Cell(row["tier"], tier=row["tier"]),
                    Cell(row["tier_support"]),
                    Cell(f"{row['agreeing_measure_count']} of {row['measure_count']}"),
                    Cell(count(row["issuer_count"])),
                    Cell(words.issuer(row) if row["top_issuer_cik"] else NOTHING),
                    Cell(share(row["top_issuer_share"])),
                    Cell(row["tier_without_top_issuer"], tier=row["tier_without_top_issuer"]),
                )
                for row in content.rows("tiers")
            ),
            (2.2, 1.6, 0.9, 1.1, 0.8, 2.6, 0.8, 1.6),
        ),
        *_plain(
            [
                "Support says how a tier holds when the same trades are looked at otherwise; it is no probability. "
                + " ".join(f"**{name.capitalize()}**: {meaning}." for name, meaning in words.SUPPORT_MEANINGS.items())
            ],
            "small",
        ),
    ]


def _drivers(content: Content) -> list[Any]:
    order = {row["sector"]: number for number, row in enumerate(content.rows("tiers"))}
    rows = sorted(content.rows("drivers"), key=lambda row: (order.get(row["sector"], len(order)), row["driver_rank"]))
    if not rows:
        return _plain(["Nobody of the group traded in the window."])
    return [
        *_plain(
            [
                (
                    "The issuers with the most dollars bought and sold in each sector, five at most. The last column "
                    "but one says how far the sector's ratio would move without them: **+0.20** means the issuer "
                    "lifts it by that much."
                )
            ]
        ),
        Grid(
            "drivers",
            ("Sector", "Issuer", "Bought", "Sold", "Share of dollars", "Moves the ratio by", "Cluster"),
            (2, 3, 4, 5),
            tuple(
                (
                    Cell(row["sector"] if row["driver_rank"] == 1 else ""),
                    Cell(_named(row)),
                    Cell(usd(row["buy_usd"])),
                    Cell(usd(row["sell_usd"])),
                    Cell(share(row["usd_share"])),
                    Cell(signed(row["value_contribution"])),
                    Cell(f"{row['cluster_owner_count']} buyers" if row["cluster_owner_count"] else ""),
                )
                for row in rows
            ),
            (2.2, 4.2, 1.1, 1.1, 1.2, 1.3, 1.1),
            groups=tuple(number for number, row in enumerate(rows) if row["driver_rank"] == 1),
        ),
    ]


def _clusters(content: Content) -> list[Any]:
    rows = content.rows("clusters")
    over = [row for row in rows if row["tier"] == OVERWEIGHT]
    if not rows:
        return _plain(
            [
                (
                    "No cluster became known in the quarter: nowhere did three insiders of one company each buy for "
                    "$10,000 or more."
                )
            ]
        )
    said = (
        f"{plural(len(rows), 'cluster')} became known in the quarter, **{len(over)} in sectors that are "
        "Overweight**. A cluster is at least three insiders of one company who each bought for $10,000 or more "
        "within 30 days."
    )
    shown = over[:12] if over else rows[:12]
    left = len(rows) - len(shown)
    return [
        *_plain([said]),
        Grid(
            "clusters",
            ("Company", "Sector", "Bought", "By", "Dollars", "Score", "Who"),
            (3, 4, 5),
            tuple(
                (
                    Cell(_name(row), row["issuer_symbol"] or "", url=(row["filing_urls"] or "").split(" ")[0]),
                    Cell(row["sector"], row["tier"]),
                    Cell(f"{row['first_trade_date']:%d %b} to {row['last_trade_date']:%d %b}"),
                    Cell(count(row["owner_count"])),
                    Cell(usd(row["value_usd"])),
                    Cell(NOTHING if row["conviction_score"] is None else f"{row['conviction_score']:.0f}"),
                    Cell(_roles(row)),
                )
                for row in shown
            ),
            (2.8, 2.0, 1.5, 0.5, 0.9, 0.7, 2.2),
        ),
        *_plain(
            [
                (
                    f"{plural(left, 'more cluster')} {'is' if left == 1 else 'are'} in the table beside this report. "
                    if left
                    else ""
                )
                + "The score (0 to 100) says how much the purchases look like decisions; it is known for clusters of "
                "sectors that were Overweight on the cluster's own day. Nothing shows that it predicts a return."
            ],
            "small",
        ),
    ]


def _confirmation(content: Content) -> list[Any]:
    rows = [row for row in content.rows("confirmation") if row["relative_strength_12_1"] is not None]
    said = _plain([words.confirmation(content)])
    if not rows:
        return said
    return [
        *said,
        Grid(
            "confirmation",
            ("Sector", "Tier", "Return, 12 months", "Strength against SPY", "Rank", "Verdict"),
            (2, 3, 4),
            tuple(
                (
                    Cell(f"{row['sector']} ({row['etf_symbol']})"),
                    Cell(row["tier"], tier=row["tier"]),
                    Cell(words.signed_share(row["trailing_12_month_return"])),
                    Cell(words.signed_share(row["relative_strength_12_1"])),
                    Cell(f"{row['relative_strength_rank']} of {row['ranked_sector_count']}"),
                    Cell(row["confirmation"]),
                )
                for row in rows
            ),
            (2.4, 1.8, 1.4, 1.6, 1.0, 1.3),
        ),
        *_plain(
            [
                (
                    "Strength: the fund's return from twelve months to one month before the quarter's end, less SPY's. "
                    "Valuation and earnings revisions, which the guide also names, are not in this warehouse."
                )
            ],
            "small",
        ),
    ]


def _evidence(content: Content) -> list[Any]:
    blocks: list[Any] = _plain(evidence(content))
    rows = [row for row in content.rows("evidence") if row["period"] == "all"]
    if rows:
        blocks.append(
            Grid(
                "evidence",
                (
                    "Months after", "Quarters", "Rank correlation", "95% interval", "Last year's losers",
                    "Overweight less Underweight", "Worst less best sectors",
                ),
                (0, 1, 2, 3, 4, 5, 6),
                tuple(
                    (
                        Cell(str(row["horizon_months"])),
                        Cell(count(row["quarter_count"])),
                        Cell(signed(row["ic"])),
                        Cell(
                            NOTHING
                            if row["ic_low"] is None
                            else f"{signed(row['ic_low'])} to {signed(row['ic_high'])}"
                        ),
                        Cell(signed(row["control_ic"])),
                        Cell(words.signed_share(row["spread"])),
                        Cell(words.signed_share(row["control_spread"])),
                    )
                    for row in rows
                ),
                (1, 1, 1.2, 1.6, 1.3, 1.5, 1.4),
            )
        )  # fmt: skip
    return [*blocks, *_plain(backtest(content))]


_LEDGER = (
    ("filing_count", "Filings read", "Forms 3, 4 and 5 filed in the quarter"),
    ("transaction_line_count", "Transaction lines in them", ""),
    ("lost_derivative_count", "− options and other derivatives", "no trades in the stock itself"),
    ("lost_not_open_market_count", "− grants, gifts, tax payments, exercises", "codes other than P and S"),
    ("lost_superseded_count", "− replaced by an amendment", ""),
    ("lost_withdrawn_count", "− withdrawn by the SEC", ""),
    ("lost_joint_duplicate_count", "− another filer's report of the same trade", ""),
    ("lost_date_not_valid_count", "− dates that cannot be", ""),
    ("lost_plan_purchase_count", "− bought by a plan", ""),
    ("lost_private_placement_count", "− private placements and offerings", ""),
    ("lost_exercise_linked_count", "− sales linked to an exercise", ""),
    ("lost_not_officer_or_director_count", "− not an officer or director", ""),
    ("lost_price_not_valid_count", "− no price that can be believed", "they count by number, not in dollars"),
    ("lost_unmapped_sector_count", "− no sector", "SPACs, funds, shells, unknown codes"),
    ("headline_line_count", "Purchases and sales behind the tiers", ""),
)
_SUMS = frozenset({"filing_count", "transaction_line_count", "headline_line_count"})


def _quality(content: Content) -> list[Any]:
    ledger = next(iter(content.rows("ledger")), None)
    if ledger is None:
        return _plain(["The ledger knows nothing of this quarter: no filing of it is loaded."], "warning")
    lines = ledger["transaction_line_count"]
    return [
        *_plain(*_gaps(ledger)),
        Grid(
            "ledger",
            ("From filings to tiers", "Count", "Of all lines", ""),
            (1, 2),
            tuple(
                (
                    Cell(label),
                    Cell(count(ledger[name])),
                    Cell(
                        share(ledger[name] / lines, 1)
                        if lines and name not in {"filing_count", "transaction_line_count"}
                        else ""
                    ),
                    Cell(hint),
                )
                for name, label, hint in _LEDGER
                if ledger[name] or name in _SUMS
            ),
            (3.4, 1, 1, 3),
        ),
        *_plain(
            [
                (
                    "Every line that was left out is counted once, with its reason; the same for each filing day is in "
                    "fct_filing_day_ledger. Lines are counted by the day they were filed."
                )
            ],
            "small",
        ),
    ]


def _gaps(ledger: Row) -> tuple[list[str], str]:
    gaps = [
        plural(ledger[name], one, many)
        for name, one, many in (
            ("missing_filing_day_count", "filing day is not loaded at all", "filing days are not loaded at all"),
            ("lost_not_fetched_count", "filing could not be fetched", "filings could not be fetched"),
            ("lost_not_found_count", "filing is not in the archive", "filings are not in the archive"),
            ("lost_quarantined_count", "filing could not be read", "filings could not be read"),
            ("cast_failure_count", "value could not be read", "values could not be read"),
        )
        if ledger[name]
    ]
    days = plural(ledger["filing_day_count"], "filing day")
    if not gaps:
        return [
            f"Nothing is missing: all {days} of the quarter are loaded, and every filing of them could be read."
        ], "plain"
    return [f"Of the quarter's {days}: {'; '.join(gaps)}."], "warning"


def _method() -> list[Text]:
    return _plain(
        paragraph.replace("\n", " ") for paragraph in _METHOD.read_text(encoding="utf-8").strip().split("\n\n")
    )


def _named(row: Row) -> str:
    return f"{_name(row)} ({row['issuer_symbol']})" if row["issuer_symbol"] else _name(row)


def _name(row: Row) -> str:
    return str(row["issuer_name"] or f"CIK {row['issuer_cik']}")


_ROLES = {"ceo": "CEO", "cfo": "CFO", "coo": "COO"}


def _roles(row: Row) -> str:
    """Who bought, in roles: ``CEO, CFO, 3 directors``."""
    found: dict[str, int] = {}
    for code in (row["role_codes"] or "").split(","):
        if code:
            found[code] = found.get(code, 0) + 1
    return ", ".join(
        _ROLES.get(code, code.replace("_", " ")) if number == 1 else f"{number} {code.replace('_', ' ')}s"
        for code, number in found.items()
    )
