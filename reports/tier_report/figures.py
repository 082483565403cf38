"""Draws the report's charts; each is made once and stands in the HTML page and in the PDF."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import altair as alt

from reports.charts import tier_range
from reports.texts import plural, quarter
from reports.tier_names import NEUTRAL, OVERWEIGHT, TIER_MARKS, TIERS, UNDERWEIGHT

if TYPE_CHECKING:
    from reports.tier_report.content import Content

WIDTH = 600

_PORTFOLIOS = {"tier": "Suggested weights", "equal_weight": "Equal weights", "market": "SPY"}


@dataclass(frozen=True)
class Figure:
    """A chart with the words around it.

    Attributes:
        name: Its name, unique in the report.
        label: What it shows, for those who cannot see it.
        caption: What to see in it.
        chart: The chart.
    """

    name: str
    label: str
    caption: str
    chart: Any
    kind: str = field(default="figure", init=False)


def figures(content: Content) -> dict[str, tuple[Figure, ...]]:
    """The charts of each section; none where there is nothing to draw."""
    return {"history": _history(content), "evidence": (*_quartiles(content), *_growth(content))}


def _history(content: Content) -> tuple[Figure, ...]:
    rows = content.rows("history")
    order = [row["sector"] for row in content.rows("tiers")]
    quarters = sorted({row["quarter_end"] for row in rows})
    cells = [
        {
            "quarter": quarter(row["quarter_end"]),
            "sector": row["sector"],
            "tier": row["tier"],
            "mark": TIER_MARKS[row["tier"]],
        }
        for row in rows
    ]
    base = _chart(cells).encode(
        x=alt.X(
            "quarter:O",
            title=None,
            sort=[quarter(day) for day in quarters],
            axis=alt.Axis(labelAngle=0, orient="top", labelFontSize=10, domain=False, ticks=False),
        ),
        y=alt.Y("sector:N", title=None, sort=order, axis=alt.Axis(domain=False, ticks=False, minExtent=175)),
    )
    tiles = base.mark_rect(stroke="white", strokeWidth=2).encode(
        color=alt.Color(
            "tier:N",
            title=None,
            scale=alt.Scale(domain=list(TIERS), range=tier_range("light")),
            legend=alt.Legend(orient="bottom", symbolType="square"),
        )
    )
    marks = base.mark_text(fontSize=10).encode(
        text="mark:N",
        color=alt.condition("datum.tier == 'Insufficient history'", alt.value("#555555"), alt.value("white")),
    )
    return (
        Figure(
            "history",
            f"Tier of each sector over the last {len(quarters)} quarters.",
            "Each sector against its own five years, quarter by quarter. A row of changing colours is a sector whose "
            "tier does not last.",
            (tiles + marks).properties(width=WIDTH, height=19 * len(order)),
        ),
    )


def _quartiles(content: Content) -> tuple[Figure, ...]:
    headline = next((row for row in content.rows("evidence") if row["is_headline"]), None)
    if headline is None:
        return ()
    bars = [
        {
            "group": f"{name} ({plural(headline[f'quartile_{number}_count'] or 0, 'time')})",
            "excess": headline[f"quartile_{number}_excess_return"],
            "tier": tier,
        }
        for number, name, tier in (
            (1, "up to the 25th percentile", UNDERWEIGHT),
            (2, "25th to 50th", NEUTRAL),
            (3, "50th to 75th", NEUTRAL),
            (4, "from the 75th on", OVERWEIGHT),
        )
    ]
    chart = (
        _chart(bars)
        .mark_bar()
        .encode(
            x=alt.X("excess:Q", title="mean return over SPY", axis=alt.Axis(format="+.1%")),
            y=alt.Y("group:N", title=None, sort=None, axis=alt.Axis(labelLimit=260)),
            color=alt.Color("tier:N", scale=alt.Scale(domain=list(TIERS), range=tier_range("light")), legend=None),
        )
        .properties(width=WIDTH - 60, height=110)
    )
    return (
        Figure(
            "quartiles",
            "Mean return over SPY after each quartile of the percentile.",
            f"What followed over the next {headline['horizon_months']} months, by where the percentile stood. If the "
            "tiers paid, the bars would rise from top to bottom.",
            chart,
        ),
    )


def _growth(content: Content) -> tuple[Figure, ...]:
    rows = [row for row in content.rows("growth") if row["portfolio"] in _PORTFOLIOS]
    if not rows:
        return ()
    lines = [
        {
            "day": row["month_date"].isoformat(),
            "growth": row["growth_of_one"],
            "portfolio": _PORTFOLIOS[row["portfolio"]],
        }
        for row in rows
    ]
    values = [row["growth_of_one"] for row in rows]
    names = list(_PORTFOLIOS.values())
    chart = (
        _chart(lines)
        .mark_line()
        .encode(
            x=alt.X("day:T", title=None, axis=alt.Axis(format="%Y", tickCount="year")),
            y=alt.Y(
                "growth:Q",
                title="growth of one dollar",
                scale=alt.Scale(type="log", domain=[min(values) * 0.97, max(values) * 1.03], nice=False),
                axis=alt.Axis(format=".2f", tickCount=5),
            ),
            color=alt.Color("portfolio:N", title=None, scale=alt.Scale(domain=names, range=_line_colours())),
            strokeDash=alt.StrokeDash(
                "portfolio:N", title=None, scale=alt.Scale(domain=names, range=[[1, 0], [6, 3], [2, 2]])
            ),
        )
        .properties(width=WIDTH, height=160)
    )
    return (
        Figure(
            "growth",
            "Growth of one dollar in the suggested weights, in equal weights and in SPY.",
            "The suggested weights, set each quarter and after costs, beside equal weights and SPY.",
            chart,
        ),
    )


def _line_colours() -> list[str]:
    overweight, neutral, underweight, _ = tier_range("light")
    return [overweight, neutral, underweight]


def _chart(rows: list[dict[str, Any]]) -> alt.Chart:
    """A chart of rows, which travel in its specification."""
    return alt.Chart(alt.Data(values=rows))  # type: ignore[no-untyped-call] # altair types no generated class
