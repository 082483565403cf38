"""The look of every chart: Altair specifications, one theme in two modes, pictures of them, and the browser's Vega.

Blue, grey and orange are told apart by readers of every colour vision; a shape or a word always says the same.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from reports.tier_names import TIERS

if TYPE_CHECKING:
    import altair as alt

MODES = ("light", "dark")
# Contrast of at least 3:1 against the surface of the mode, so that thin lines are seen.
TIER_COLOURS = {
    "light": dict(zip(TIERS, ("#0b66b8", "#9aa3ad", "#c4500c", "#e4e2dc"), strict=True)),
    "dark": dict(zip(TIERS, ("#5fb0ff", "#6d7986", "#ff9a52", "#252d36"), strict=True)),
}
_INK = {
    "light": {
        "ink": "#17202a",
        "muted": "#5b6672",
        "line": "#e3e0d8",
        "sector": "#0b66b8",
        "market": "#6b7580",
        "band": "#0b66b8",
        "price": "#17202a",
        "bar": "#8fa3b5",
    },
    "dark": {
        "ink": "#eef2f6",
        "muted": "#a3afbb",
        "line": "#2b343e",
        "sector": "#5fb0ff",
        "market": "#8e9aa6",
        "band": "#5fb0ff",
        "price": "#eef2f6",
        "bar": "#5f7386",
    },
}
FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'

# What a page's own script needs of the bundle.
_SNIPPET = "window.vegaEmbed = vegaEmbed;"


@dataclass(frozen=True)
class Chart:
    """An interactive chart of a page.

    Attributes:
        name: How page and script call it.
        chart: What Altair made; its data may be filled in by the page's script, by name.
        label: What it shows, for those who do not see it.
    """

    name: str
    chart: alt.TopLevelMixin
    label: str

    def spec(self) -> dict[str, Any]:
        """The Vega-Lite specification, without a theme: the page has one for each mode."""
        return _spec(self.chart)


def config(mode: str = "light") -> dict[str, Any]:
    """The theme of a mode as a Vega-Lite ``config``; marks take their looks from its named styles."""
    ink = _INK[mode]
    text = {"labelColor": ink["muted"], "titleColor": ink["muted"], "labelFont": FONT, "titleFont": FONT}
    return {
        "background": "transparent",
        "font": FONT,
        "padding": {"left": 2, "right": 6, "top": 6, "bottom": 2},
        "view": {"stroke": None},
        "axis": {
            **text,
            "labelFontSize": 12,
            "titleFontSize": 12,
            "titleFontWeight": "normal",
            "gridColor": ink["line"],
            "domain": False,
            "ticks": False,
            "labelPadding": 6,
        },
        "axisX": {"grid": False, "domain": True, "domainColor": ink["line"]},
        "legend": {**text, "labelFontSize": 12, "titleFontSize": 12, "orient": "top"},
        "title": {"color": ink["ink"], "font": FONT, "fontSize": 13, "anchor": "start"},
        "text": {"color": ink["ink"], "font": FONT},
        "range": {"category": list(TIER_COLOURS[mode].values())},
        "style": {
            "sector": {"color": ink["sector"], "strokeWidth": 2.2, "strokeJoin": "round"},
            "market": {"color": ink["market"], "strokeWidth": 1.3, "strokeDash": [1, 3], "strokeCap": "round"},
            "band": {"color": ink["band"], "fillOpacity": 0.13 if mode == "light" else 0.2},
            "average": {"color": ink["band"], "strokeWidth": 1, "strokeDash": [5, 4], "strokeOpacity": 0.75},
            "zero": {"color": ink["muted"], "strokeWidth": 1, "strokeOpacity": 0.55},
            "cursor": {"color": ink["ink"], "strokeWidth": 1, "strokeOpacity": 0.6},
            "dot": {"color": ink["sector"]},
            "price": {"color": ink["price"], "strokeWidth": 1.6, "strokeJoin": "round"},
            "mark": {"color": "#ffffff" if mode == "light" else "#0e1318"},
            "amount": {"color": ink["bar"]},
        },
    }


def tier_range(mode: str = "light") -> list[str]:
    """The colours of the tiers in the order of `TIERS`, for a colour scale of a printed chart."""
    return list(TIER_COLOURS[mode].values())


def svg(chart: alt.TopLevelMixin, *, mode: str = "light", width: int | None = None) -> str:
    """Draw a chart without a browser.

    Args:
        chart: What Altair made, with its data.
        mode: Theme.
        width: Pixels, where the chart itself does not say.
    """
    import vl_convert

    spec = _spec(chart) | ({"width": width} if width else {})
    return str(vl_convert.vegalite_to_svg(spec, config=config(mode)))


def figure(chart: alt.TopLevelMixin, *, label: str, caption: str = "", width: int | None = None) -> Markup:
    """A drawn chart as a figure of a page that is to be printed."""
    picture = Markup(svg(chart, width=width))  # noqa: S704 - what Vega draws is escaped
    words = Markup("<figcaption>{}</figcaption>").format(caption) if caption else ""
    return Markup('<figure class="figure" role="img" aria-label="{}">{}{}</figure>').format(
        escape(label), picture, words
    )


@functools.cache
def vega_bundle() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script, from the installed package and never from the network."""
    import vl_convert

    return str(vl_convert.javascript_bundle(_SNIPPET))


def _spec(chart: alt.TopLevelMixin) -> dict[str, Any]:
    spec: dict[str, Any] = chart.to_dict()
    # Altair's own default theme; ours is given where the chart is drawn.
    spec.pop("config", None)
    return spec
