"""The sentences of the tier report: favourable or not, what the numbers say is said, and what is unknown, too."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from reports.published import Publication
from reports.texts import signed
from reports.tier_report import words
from reports.tier_report.content import SUBJECTS, Content, Table
from reports.tier_report.evidence_words import backtest, evidence
from tests.reports.report_marts import QUARTER_END, evidence_row, tier_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.tier_report.content import Row


def content(*, is_published: bool = True, **rows: Sequence[Row]) -> Content:
    """A report's content with these rows, and none of any other subject."""
    return Content(
        quarter="2025q4",
        quarter_end=QUARTER_END,
        publication=Publication(None, "g", "v", date(2026, 1, 9), False, "h", 1, 1, 1),  # type: ignore[arg-type]
        tables={
            subject.name: Table(subject, (), tuple(rows.get(subject.name, ())), is_published) for subject in SUBJECTS
        },
        freeze_after=5,
    )


def tiers(**by_sector: str) -> list[dict[str, Any]]:
    """The eleven sectors, Neutral but for those named."""
    return [
        row | {"tier": by_sector.get(row["sector"].split()[0], "Neutral"), "tier_change": "unchanged"}
        for row in tier_rows()
        if row["quarter_end"] == QUARTER_END
    ]


@pytest.mark.parametrize(
    ("by_sector", "said"),
    [
        ({}, "Insiders stand out nowhere: **every sector is Neutral** against its own five years."),
        ({"Energy": "Overweight"}, "insiders favour **Energy**; no sector is shunned."),
        ({"Energy": "Underweight"}, "insiders are unusually keen on no sector, and shun **Energy**."),
        ({"Energy": "Insufficient history"}, "1 of 11 sectors have too little history for an opinion."),
    ],
)
def test_the_lead_says_who_is_favoured_and_who_is_shunned(by_sector: dict[str, str], said: str) -> None:
    assert said in words.lead(content(tiers=tiers(**by_sector)))


def test_where_most_sectors_are_overweight_the_lead_says_that_it_is_the_market() -> None:
    names = ("Energy", "Health", "Utilities", "Materials", "Industrials", "Financials")
    said = words.lead(content(tiers=tiers(**dict.fromkeys(names, "Overweight"))))
    assert "6 of 11 sectors are Overweight: each is measured against its own past" in said
    assert "market" not in words.lead(content(tiers=tiers(**dict.fromkeys(names[:5], "Overweight"))))


def test_no_change_and_a_first_quarter_are_told_apart() -> None:
    assert words.changes(content(tiers=tiers())) == ["No tier changed since the quarter before."]
    first = [row | {"tier_change": "first"} for row in tiers()]
    assert "first quarter with tiers" in words.changes(content(tiers=first))[0]


@pytest.mark.parametrize(
    ("verdict", "said", "short"),
    [
        ("not_told_from_chance", "cannot be told from chance", "not told from chance"),
        ("in_favour", "in favour of the tiers", "in favour"),
        ("against", "sectors insiders favoured did worse", "against the tiers"),
        ("too_few_quarters", "too few quarters to tell anything", "too short"),
    ],
)
def test_every_verdict_is_printed_with_its_control(verdict: str, said: str, short: str) -> None:
    found = content(evidence=[evidence_row(verdict=verdict)])
    paragraphs = evidence(found)
    assert said in paragraphs[0]
    assert "mean rank correlation of **+0.04**, 95% interval −0.08 to +0.16" in paragraphs[0]
    assert "favouring last year's losers" in paragraphs[1]
    assert "**−0.02**" in paragraphs[1]
    assert "Last year's worst sectors over its best: −1.3%" in paragraphs[2]
    assert "160 combinations" in paragraphs[-1]
    assert short in words.short_verdict(found)


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        ("not_told_from_chance", "nothing that can be told from chance"),
        ("in_favour", "still adds something"),
        ("against", "the wrong way"),
        ("too_few_quarters", "cannot be told yet"),
    ],
)
def test_what_is_left_beside_last_years_return_is_said(verdict: str, said: str) -> None:
    assert said in evidence(content(evidence=[evidence_row(verdict_beyond_prior=verdict)]))[1]


def test_few_quarters_have_no_interval_and_no_spread() -> None:
    row = evidence_row(
        verdict="too_few_quarters", quarter_count=1, ic_low=None, ic_high=None, ic_effective_n=None, spread=None
    )
    paragraphs = evidence(content(evidence=[row]))
    assert "Over 1 quarter (" in paragraphs[0]
    assert "interval" not in " ".join(paragraphs)
    assert "Overweight sectors returned" not in " ".join(paragraphs)


def test_without_returns_the_report_says_that_there_is_no_evidence() -> None:
    assert evidence(content())[0].startswith("**There is no evidence to show.**")
    assert "docs/prices.md" in evidence(content())[0]
    assert "holds no table of it" in evidence(content(is_published=False))[0]
    assert "not tried as a portfolio" in backtest(content())[0]
    assert "none to show" in words.short_verdict(content())


@pytest.mark.parametrize(
    ("t", "said"), [(0.7, "which cannot be told from chance"), (-3.1, "more than chance explains")]
)
def test_the_portfolio_stands_beside_equal_weights_losers_and_the_market(t: float, said: str) -> None:
    def row(portfolio: str, rebalancing: str, return_pa: float) -> dict[str, Any]:
        return {
            "portfolio": portfolio, "rebalancing": rebalancing, "period": "all", "return_pa": return_pa,
            "first_date": date(2009, 4, 1), "last_date": date(2025, 9, 2), "cost_pa": 0.0012, "cost_bps": 10.0,
            "excess_over_equal_weight_pa": -0.004, "excess_over_equal_weight_t": t, "month_count": 197,
            "max_drawdown": -0.35,
        }  # fmt: skip

    rows = [
        row("tier", "quarterly", 0.101), row("equal_weight", "quarterly", 0.105),
        row("contrarian", "quarterly", 0.099), row("market", "none", 0.12), row("tier", "monthly", 0.5),
    ]  # fmt: skip
    (paragraph,) = backtest(content(backtest=rows))
    assert "from April 2009 to September 2025, returned **10.1% a year** after costs (0.12% a year" in paragraph
    assert "equal weights 10.5%, buying last year's losers 9.9%, SPY 12.0%." in paragraph
    assert f"−0.4% a year (t {signed(t, 1)} over 197 months), {said}" in paragraph
    assert "The largest loss on the way was −35%." in paragraph


@pytest.mark.parametrize(
    ("percentile", "said"), [(0.01, "1st"), (0.22, "22nd"), (0.93, "93rd"), (0.11, "11th"), (1.0, "100th"), (None, "–")]
)
def test_percentiles_are_places_among_a_hundred(percentile: float | None, said: str) -> None:
    assert words.place(percentile) == said
