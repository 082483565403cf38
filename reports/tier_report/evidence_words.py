"""Says in plain words whether following the tiers has paid, and whether something simpler would have paid as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.published import long_date
from reports.texts import plural, quarter, share, signed
from reports.tier_report.words import headline_evidence, signed_share

if TYPE_CHECKING:
    from reports.tier_report.content import Content, Row

NO_EVIDENCE = (
    "**There is no evidence to show.** No returns of the sector ETFs after a tier are known: either no prices are "
    "loaded (docs/prices.md says how), or no quarter with a tier is old enough. Nothing in this report says that "
    "following these tiers has paid."
)

_READINGS = {
    "too_few_quarters": "That is **too few quarters to tell anything**.",
    "not_told_from_chance": "That **cannot be told from chance**.",
    "in_favour": "That is **more than chance explains**, in favour of the tiers.",
    "against": "That is **more than chance explains, and against the tiers**: sectors insiders favoured did worse.",
}
_BEYOND = {
    "too_few_quarters": "Whether the tiers say more than last year's return cannot be told yet.",
    "not_told_from_chance": (
        "Beside last year's return, the percentile adds **nothing that can be told from chance**: the tiers may only "
        "restate what has fallen."
    ),
    "in_favour": "Beside last year's return the percentile **still adds something**, more than chance explains.",
    "against": "Beside last year's return the percentile points **the wrong way**, more than chance explains.",
}


def evidence(content: Content) -> list[str]:
    """The evidence for the headline and its control, favourable or not; one paragraph each."""
    headline = headline_evidence(content)
    if headline is None:
        if not content.tables["evidence"].is_published:
            return ["**There is no evidence to show.** This published file holds no table of it: publish again."]
        return [NO_EVIDENCE]
    said = [_rank_correlation(headline), _control(headline)]
    if headline["spread"] is not None:
        said.append(_spread(headline))
    if halves := [
        row
        for row in content.rows("evidence")
        if row["horizon_months"] == headline["horizon_months"] and row["period"] in {"before", "after"}
    ]:
        said.append(_halves(halves, headline))
    said.append(
        f"The combination shown was fixed in advance. {headline['combination_count']:,} combinations of measure, "
        "window, group and horizon were computed in all: by chance alone about one in twenty of them looks "
        "remarkable."
    )
    return said


def backtest(content: Content) -> list[str]:
    """What the suggested weights would have returned, beside doing nothing clever."""
    rows = {(row["portfolio"], row["rebalancing"]): row for row in content.rows("backtest") if row["period"] == "all"}
    tier = rows.get(("tier", "quarterly"))
    if tier is None:
        return ["The suggested weights were not tried as a portfolio: no prices of the sector ETFs are loaded."]
    said = (
        f"The suggested weights, set each quarter from {_month(tier['first_date'])} to {_month(tier['last_date'])}, "
        f"returned **{share(tier['return_pa'], 1)} a year** after costs ({share(tier['cost_pa'], 2)} a year at "
        f"{tier['cost_bps']:g} basis points per dollar traded)"
    )
    others = [
        f"{name} {share(rows[key]['return_pa'], 1)}"
        for name, key in (
            ("equal weights", ("equal_weight", "quarterly")),
            ("buying last year's losers", ("contrarian", "quarterly")),
            ("SPY", ("market", "none")),
        )
        if key in rows
    ]
    said += f"; {', '.join(others)}." if others else "."
    if tier["excess_over_equal_weight_t"] is not None:
        is_clear = abs(tier["excess_over_equal_weight_t"]) > 2
        said += (
            f" Over equal weights that is {signed_share(tier['excess_over_equal_weight_pa'])} a year (t "
            f"{signed(tier['excess_over_equal_weight_t'], 1)} over {plural(tier['month_count'], 'month')}), "
            + ("more than chance explains." if is_clear else "which cannot be told from chance.")
        )
    said += f" The largest loss on the way was {share(tier['max_drawdown'])}."
    return [said]


def _rank_correlation(row: Row) -> str:
    said = (
        f"Over {plural(row['quarter_count'], 'quarter')} ({quarter(row['first_quarter_end'])} to "
        f"{quarter(row['last_quarter_end'])}), ranking the sectors by percentile and by their return over SPY "
        f"in the {row['horizon_months']} months after gives a mean rank correlation of **{signed(row['ic'])}**"
    )
    if row["ic_low"] is not None:
        said += f", 95% interval {signed(row['ic_low'])} to {signed(row['ic_high'])}"
    said += f". {_READINGS[row['verdict']]}"
    if row["ic_effective_n"] is not None:
        said += (
            f" The months overlap, so the quarters are worth about {row['ic_effective_n']:.0f} independent ones; the "
            "interval allows for that."
        )
    return said


def _control(row: Row) -> str:
    said = "Control: simply favouring last year's losers, which needs no filings at all, gives "
    said += f"**{signed(row['control_ic'])}** over the same quarters. "
    return said + _BEYOND[row["verdict_beyond_prior"]]


def _spread(row: Row) -> str:
    said = (
        f"Overweight sectors returned **{signed_share(row['spread'])}** more than Underweight ones over "
        f"{row['horizon_months']} months, on average of the {plural(row['spread_quarter_count'], 'quarter')} that had "
        "both"
    )
    if row["spread_hit_rate"] is not None:
        said += f", and more in {share(row['spread_hit_rate'])} of them"
    if row["control_spread"] is not None:
        said += f". Last year's worst sectors over its best: {signed_share(row['control_spread'])}"
    said += "."
    if row["overweight_hit_rate"] is not None:
        said += (
            f" {share(row['overweight_hit_rate'])} of {plural(row['overweight_count'], 'Overweight call')} beat SPY"
            + (
                f", {share(row['underweight_hit_rate'])} of {plural(row['underweight_count'], 'Underweight call')} "
                "trailed it."
                if row["underweight_hit_rate"] is not None
                else "."
            )
        )
    return said


def _halves(rows: list[Row], headline: Row) -> str:
    halves = {row["period"]: row for row in rows if row["ic"] is not None}
    day = long_date(headline["split_date"])
    if not {"before", "after"} <= set(halves):
        which = "after" if "after" in halves else "before"
        return f"All of these quarters end {which} {day}, the day set in advance to split the history."
    parts = [
        f"{signed(halves[period]['ic'])} {period} ({plural(halves[period]['quarter_count'], 'quarter')})"
        for period in ("before", "after")
    ]
    return f"Split after {day}, a day set in advance: rank correlation {', '.join(parts)}."


def _month(day: object) -> str:
    return f"{day:%B %Y}"
