"""The interactive charts of the trends page; the page's script fills in their data by name."""

from __future__ import annotations

from typing import Any

import altair as alt

from reports.charts import Chart
from reports.tier_names import TIERS

# Both charts of the explorer leave the same room for their labels, so that one day stands above itself.
_LEFT = 46
# The year where one begins, the month where one begins, else the day.
_DAY_LABEL = "utcFormat(datum.value, utcdate(datum.value) > 1 ? '%-d %b' : utcmonth(datum.value) > 0 ? '%b' : '%Y')"
_TALL, _LOW, _SMALL = 300, 120, 96


def trends_charts(*, coverage: list[dict[str, Any]], has_prices: bool) -> list[Chart]:
    """The charts of the page, by name."""
    ratios = (
        Chart("npr", _ratios(_TALL, scale=alt.Scale(zero=False)), "Net purchase ratio over time"),
        Chart(
            "quotient",
            _ratios(_TALL, scale=alt.Scale(type="log", nice=False)),
            "Ratio of purchases and sales over time, logarithmic",
        ),
    )
    prices = (Chart("price", _price(), "Price of the sector's ETF over time, logarithmic"),) if has_prices else ()
    return [
        *ratios,
        *prices,
        Chart("small", _small(), "Net purchase ratio of one sector against its own five years"),
        Chart("tiers", _tiers(), "Tier of every sector at every quarter end"),
        Chart("coverage", _coverage(coverage), "Signal trades a month, with and without a sector"),
    ]


def _days(*, axis: bool = True) -> alt.X:
    labels = alt.Axis(
        title=None,
        labelExpr=_DAY_LABEL,
        tickCount={"expr": "width < 420 ? 4 : 8"},
        labelFlush=24,
    )
    return alt.X("day:T", scale=alt.Scale(type="utc", nice=False), axis=labels if axis else None)


def _ratios(height: int, *, scale: alt.Scale) -> alt.TopLevelMixin:
    left = alt.Axis(title=None, minExtent=_LEFT, maxExtent=_LEFT, tickCount=5, format="~g")
    y: dict[str, Any] = {"scale": scale, "axis": left}
    series, band, cursor = alt.NamedData("series"), alt.NamedData("band"), alt.NamedData("cursor")
    return alt.layer(
        alt.Chart(band).mark_area(style="band").encode(_days(), alt.Y("lower:Q", **y), alt.Y2("upper:Q")),
        alt.Chart(alt.NamedData("even")).mark_rule(style="zero").encode(alt.Y("value:Q", **y)),
        alt.Chart(band).mark_line(style="average").encode(_days(), alt.Y("average:Q", **y)),
        alt.Chart(series).mark_line(style="market").encode(_days(), alt.Y("market:Q", **y)),
        alt.Chart(series).mark_line(style="sector").encode(_days(), alt.Y("value:Q", **y)),
        alt.Chart(cursor).mark_rule(style="cursor").encode(_days()),
        alt.Chart(cursor).mark_point(style="dot", size=70, filled=True).encode(_days(), alt.Y("value:Q", **y)),
    ).properties(width="container", height=height, autosize=_fit())


def _price() -> alt.TopLevelMixin:
    left = alt.Axis(
        title=None,
        minExtent=_LEFT,
        maxExtent=_LEFT,
        tickCount=4,
        grid=False,
        labelExpr="'$' + format(datum.value, '~s')",
    )
    y: dict[str, Any] = {"scale": alt.Scale(type="log", nice=False), "axis": left}
    return alt.layer(
        alt.Chart(alt.NamedData("series")).mark_line(style="price").encode(_days(axis=False), alt.Y("price:Q", **y)),
        alt.Chart(alt.NamedData("cursor")).mark_rule(style="cursor").encode(_days(axis=False)),
        alt.Chart(alt.NamedData("cursor"))
        .mark_point(style="dot", size=70, filled=True)
        .encode(_days(axis=False), alt.Y("price:Q", **y)),
    ).properties(width="container", height=_LOW, autosize=_fit())


def _small() -> alt.TopLevelMixin:
    y: dict[str, Any] = {
        "scale": alt.Scale(zero=False),
        "axis": alt.Axis(
            title=None, tickCount=3, grid=False, labelFontSize=10, minExtent=26, maxExtent=26, format="~g"
        ),
    }
    x = alt.X(
        "day:T",
        scale=alt.Scale(type="utc"),
        axis=alt.Axis(title=None, labelExpr=_DAY_LABEL, tickCount=3, labelFontSize=10, labelFlush=16),
    )
    series, band = alt.NamedData("series"), alt.NamedData("band")
    return alt.layer(
        alt.Chart(band).mark_area(style="band").encode(x, alt.Y("lower:Q", **y), alt.Y2("upper:Q")),
        alt.Chart(alt.NamedData("even")).mark_rule(style="zero").encode(alt.Y("value:Q", **y)),
        alt.Chart(series).mark_line(style="sector", strokeWidth=1.5).encode(x, alt.Y("value:Q", **y)),
        alt.Chart(alt.NamedData("cursor"))
        .mark_point(style="dot", size=36, filled=True)
        .encode(x, alt.Y("value:Q", **y)),
    ).properties(width="container", height=_SMALL, autosize=_fit())


def _tiers() -> alt.TopLevelMixin:
    base = alt.Chart(alt.NamedData("tiers")).encode(
        alt.X(
            "quarter:O",
            sort=None,
            scale=alt.Scale(paddingInner=0.07, paddingOuter=0),
            axis=alt.Axis(
                title=None,
                labelExpr="substring(datum.value, 5) == 'Q1' ? substring(datum.value, 0, 4) : ''",
                labelAngle=0,
                labelOverlap=True,
                domain=False,
            ),
        ),
        alt.Y(
            "short:O",
            sort=None,
            scale=alt.Scale(paddingInner=0.1, paddingOuter=0),
            axis=alt.Axis(title=None, labelLimit=110, grid=False),
        ),
        tooltip=[
            alt.Tooltip("sector:N", title="Sector"),
            alt.Tooltip("quarter:N", title="Quarter"),
            alt.Tooltip("tier:N", title="Tier"),
            alt.Tooltip("percentile:N", title="Percentile"),
        ],
    )
    colour = alt.Color("tier:N", scale=alt.Scale(domain=list(TIERS), range="category"), legend=None)
    # A mark in every cell that has room for it: the colour is never alone.
    mark = {"expr": "bandwidth('x') > 15 ? 1 : 0"}
    return alt.layer(
        base.mark_rect(cornerRadius=2).encode(colour),
        base.mark_text(style="mark", fontSize=9, opacity=mark, baseline="middle").encode(alt.Text("mark:N")),
    ).properties(width="container", height=264, autosize=_fit())


def _coverage(rows: list[dict[str, Any]]) -> alt.TopLevelMixin:
    months = [
        {"day": row["filed_month"].isoformat(), "lines": row[name], "kind": words}
        for row in rows
        for name, words in (("mapped_line_count", "with a sector"), ("unmapped_line_count", "without"))
    ]
    chart: alt.TopLevelMixin = (
        alt.Chart(alt.InlineData(values=months))
        .mark_bar()
        .encode(
            alt.X(
                "utcyearmonth(day):T", scale=alt.Scale(type="utc"), axis=alt.Axis(title=None, format="%Y", tickCount=5)
            ),
            alt.Y("sum(lines):Q", axis=alt.Axis(title=None, tickCount=3, format="~s", minExtent=30)),
            alt.Color(
                "kind:N", scale=alt.Scale(domain=["with a sector", "", "without"], range="category"), legend=None
            ),
            tooltip=[
                alt.Tooltip("utcyearmonth(day):T", title="Month", format="%b %Y"),
                alt.Tooltip("kind:N", title="Lines"),
                alt.Tooltip("sum(lines):Q", title="Count", format=","),
            ],
        )
        .properties(width="container", height=130, autosize=_fit())
    )
    return chart


def _fit() -> alt.AutoSizeParams:
    return alt.AutoSizeParams(type="fit-x", contains="padding")
