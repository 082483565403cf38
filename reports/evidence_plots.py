"""Draws the evidence of the published copy as pictures: python -m reports.evidence_plots --out docs/img."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import altair as alt
import click

from reports.charts import svg, tier_range
from reports.published import SIMULATED, open_published
from reports.tier_names import TIERS
from warehouse.errors import ReportError
from warehouse.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.published import Published

Rows = list[dict[str, Any]]
# One of Altair's chart classes: they share no typed base that knows `properties`.
Picture = Any

# Pictures lie on pages of any colour.
PAPER = "#ffffff"
YEARS = alt.Axis(format="%Y", tickCount="year")
PORTFOLIOS = {
    "tier": "tiers",
    "contrarian": "last year's losers (control)",
    "equal_weight": "equal weights",
    "market": "SPY",
}

_OPINIONS = """
    select
        tiers.quarter_end,
        tiers.sector,
        tiers.percentile,
        tiers.tier,
        returns.excess_return,
        returns.horizon_months,
        evidence.ic
    from fct_sector_tiers_quarterly as tiers
    inner join (select * from rpt_signal_evidence where is_headline) as headline on true
    inner join fct_sector_forward_returns as returns
        on tiers.quarter_end = returns.quarter_end
            and tiers.sector = returns.sector
            and headline.horizon_months = returns.horizon_months
    inner join rpt_signal_evidence as evidence
        on tiers.sector = evidence.scope
            and evidence.horizon_months = headline.horizon_months
            and evidence.measure = headline.measure
            and evidence.window_days = headline.window_days
            and evidence.insider_group = headline.insider_group
    where
        tiers.is_headline
        and tiers.tier <> 'Insufficient history'
        and returns.excess_return is not null
        and returns.trailing_12_month_return is not null
    order by tiers.sector, tiers.quarter_end
"""


def sectors_chart(rows: Rows) -> Picture:
    """Percentile against the excess return over SPY that followed, a panel per sector."""
    months = rows[0]["horizon_months"] if rows else 0
    data = [
        {
            "panel": f"{row['sector']}, rank correlation {row['ic']:+.2f}",
            "percentile": round(row["percentile"], 4),
            "excess": round(row["excess_return"], 4),
            "tier": row["tier"],
        }
        for row in rows
    ]
    base = alt.Chart(alt.InlineData(values=data)).encode(
        x=alt.X("percentile:Q", title="percentile of the headline ratio", scale=alt.Scale(domain=[0, 1])),
        y=alt.Y("excess:Q", title=f"excess, {months} months", axis=alt.Axis(format="+.0%")),
    )
    dots = base.mark_point(filled=True, size=34, opacity=0.85).encode(
        color=alt.Color("tier:N", title=None, scale=alt.Scale(domain=list(TIERS[:3]), range=tier_range()[:3])),
        shape=alt.Shape(
            "tier:N", scale=alt.Scale(domain=list(TIERS[:3]), range=["triangle-up", "circle", "triangle-down"])
        ),
    )
    zero = base.mark_rule(style="zero").encode(x=alt.X(), y=alt.datum(0))
    layers = alt.layer(zero, dots).properties(width=210, height=140)
    return layers.facet(facet=alt.Facet("panel:N", title=None), columns=3).properties(background=PAPER)


def quarters_chart(rows: Rows) -> Picture:
    """Rank correlation of each quarter, of the signal and of the control."""
    names = {"ic": "insiders", "control_ic": "last year's losers (control)"}
    data = [
        {"quarter": str(row["quarter_end"]), "of": name, "ic": round(row[column], 4)}
        for row in rows
        for column, name in names.items()
        if row[column] is not None
    ]
    scale = alt.Scale(domain=list(names.values()), range=["#0b66b8", "#c4500c"])
    return (
        alt.Chart(alt.InlineData(values=data))
        .mark_point(filled=True, size=46)
        .encode(
            x=alt.X("quarter:T", title="end of the quarter", axis=YEARS),
            y=alt.Y("ic:Q", title="rank correlation with what followed", scale=alt.Scale(domain=[-1, 1])),
            color=alt.Color("of:N", title=None, scale=scale),
            shape=alt.Shape(
                "of:N", title=None, scale=alt.Scale(domain=list(names.values()), range=["circle", "cross"])
            ),
        )
        .properties(width=660, height=230, background=PAPER)
    )


def episode_chart(ratios: Rows, prices: Rows, sector: str) -> Picture:
    """A sector through a crisis: what its insiders did, and its fund against the market."""
    ratio_rows = [
        {"day": str(row["as_of_date"]), "npr": round(row["npr_usd"], 4), "tier": row["tier"]} for row in ratios
    ]
    price_rows = [{"day": str(row["price_date"]), "growth": round(row["growth"], 4), "of": row["of"]} for row in prices]
    day = alt.X("day:T", title=None, axis=YEARS)
    line = alt.Chart(alt.InlineData(values=ratio_rows)).encode(
        x=day, y=alt.Y("npr:Q", title="net purchase ratio, dollars, 90 days", scale=alt.Scale(domain=[-1, 1]))
    )
    marks = line.transform_filter("datum.tier != null").encode(
        color=alt.Color("tier:N", title=None, scale=alt.Scale(domain=list(TIERS), range=tier_range())),
        shape=alt.Shape(
            "tier:N",
            scale=alt.Scale(domain=list(TIERS), range=["triangle-up", "circle", "triangle-down", "stroke"]),
        ),
    )
    upper = alt.layer(line.mark_line(style="average"), marks.mark_point(filled=True, size=70))
    lower = (
        alt.Chart(alt.InlineData(values=price_rows))
        .mark_line(strokeWidth=1.8)
        .encode(
            x=day,
            y=alt.Y("growth:Q", title="growth of one dollar"),
            strokeDash=alt.StrokeDash(
                "of:N", title=None, scale=alt.Scale(domain=[sector, "SPY"], range=[[1, 0], [4, 3]])
            ),
            color=alt.Color("of:N", title=None, scale=alt.Scale(domain=[sector, "SPY"], range=["#17202a", "#6b7580"])),
        )
    )
    size = {"width": 660, "height": 190}
    stacked = alt.vconcat(upper.properties(**size), lower.properties(**size))
    return stacked.resolve_scale(color="independent", shape="independent", strokeDash="independent").properties(
        background=PAPER
    )


def backtest_chart(rows: Rows) -> Picture:
    """Growth of one dollar in each portfolio, rebalanced quarterly."""
    names = list(PORTFOLIOS.values())
    data = [
        {
            "day": str(row["month_date"]),
            "growth": round(row["growth_of_one"], 4),
            "of": PORTFOLIOS[row["portfolio"]],
        }
        for row in rows
    ]
    colours = alt.Scale(domain=names, range=["#0b66b8", "#c4500c", "#9aa3ad", "#17202a"])
    dashes = alt.Scale(domain=names, range=[[1, 0], [6, 3], [1, 0], [2, 3]])
    return (
        alt.Chart(alt.InlineData(values=data))
        .mark_line(strokeWidth=1.8)
        .encode(
            x=alt.X("day:T", title=None, axis=YEARS),
            y=alt.Y("growth:Q", title="growth of one dollar, after cost", scale=alt.Scale(zero=False)),
            color=alt.Color("of:N", title=None, scale=colours),
            strokeDash=alt.StrokeDash("of:N", title=None, scale=dashes),
        )
        .properties(width=660, height=250, background=PAPER)
    )


def draw(published: Published, sector: str, years: tuple[int, int]) -> dict[str, Picture]:
    """Every picture by the name of its file, without ending.

    Raises:
        ReportError: There is no evidence in the published copy, because it holds no prices.
    """
    if not published.rows("select 1 from rpt_signal_evidence where is_headline"):
        raise ReportError("The published copy holds no evidence: load prices (docs/prices.md) and build again.")
    span: dict[str, object] = {"sector": sector, "first": years[0], "last": years[1]}
    ratios = published.rows(
        """
        select ratios.as_of_date, ratios.npr_usd, tiers.tier
        from fct_sector_ratios_daily as ratios
        left join fct_sector_tiers_quarterly as tiers
            on ratios.as_of_date = tiers.quarter_end and ratios.sector = tiers.sector and tiers.is_headline
        where ratios.sector = $sector and ratios.window_days = 90 and ratios.insider_group = 'officers_directors'
            and ratios.is_month_end and ratios.npr_usd is not null and year(ratios.as_of_date) between $first and $last
        order by ratios.as_of_date
        """,
        span,
    )
    prices = published.rows(
        """
        with closes as (
            select price_date, case when sector = 'All' then 'SPY' else sector end as of, adjusted_close_usd
            from fct_etf_prices_daily
            where sector in ($sector, 'All') and adjusted_close_usd is not null
                and year(price_date) between $first and $last
            qualify row_number() over (partition by sector, date_trunc('month', price_date) order by price_date) = 1
        )
        select price_date, of, adjusted_close_usd / first_value(adjusted_close_usd) over (
            partition by of order by price_date
        ) as growth
        from closes
        order by price_date, of
        """,
        span,
    )
    quarters = published.rows(
        "select quarter_end, ic, control_ic from rpt_signal_evidence_quarterly where is_headline order by quarter_end"
    )
    growth = published.rows(
        "select month_date, portfolio, growth_of_one from rpt_tier_backtest_monthly "
        "where rebalancing in ('quarterly', 'none') order by month_date, portfolio"
    )
    charts = {
        "evidence_sectors": sectors_chart(published.rows(_OPINIONS)),
        "evidence_quarters": quarters_chart(quarters),
        "evidence_episode": episode_chart(ratios, prices, sector),
        "evidence_backtest": backtest_chart(growth),
    }
    if published.publication.is_simulated:
        return {name: chart.properties(title=SIMULATED) for name, chart in charts.items()}
    return charts


@click.command()
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder of the pictures.")
@click.option("--sector", default="Financials", show_default=True, help="Sector of the episode.")
@click.option("--years", nargs=2, type=int, default=(2007, 2010), show_default=True, help="First and last year of it.")
def main(out: Path, sector: str, years: Sequence[int]) -> None:
    """Draw the evidence of the published copy of DATA_DIR as SVG."""
    out.mkdir(parents=True, exist_ok=True)
    with open_published(load_settings().published_path) as published:
        for name, chart in draw(published, sector, (years[0], years[1])).items():
            path = out / f"{name}.svg"
            path.write_text(svg(chart) + "\n", encoding="utf-8")
            click.echo(f"{path} {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
