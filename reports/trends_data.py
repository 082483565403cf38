"""Reads from the published file what the trends page shows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from reports.packing import AMOUNT_SCALE, RATIO_SCALE, amount_codes, pack, ratio_codes
from reports.tier_names import TIERS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reports.published import Published

MARKET = "All"
# What the page opens with: the headline.
WINDOW = 90
GROUP = "officers_directors"
MEASURE = "npr_usd"

GROUP_NAMES = {
    "all": "All reporting owners",
    "officers_directors": "Officers and directors",
    "executives": "Executives and board",
    "opportunistic": "Opportunistic traders",
}
# For axes and small charts.
SHORT_NAMES = {
    "All": "Market",
    "Communication Services": "Communication",
    "Consumer Discretionary": "Discretionary",
    "Consumer Staples": "Staples",
    "Information Technology": "Technology",
}
CLUSTER_DAYS = 365
MOST_CLUSTERS = 60
_AMOUNTS = ("buy_count", "sell_count", "buy_usd", "sell_usd")
_EDGES = ("lower_edge", "upper_edge", "five_year_average", "percentile")
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Trends:
    """Everything the trends page shows.

    Attributes:
        payload: What the page's script draws from: names, days, packed series; ``None`` where no trade is known.
        market: The market's newest standing (headline window, group and measure); ``None`` where no trade is known.
        board: One row per sector of the newest complete quarter, best percentile first.
        clusters: Cluster buys that became known in the last year, newest first.
        cluster_count: How many there were, those not listed included.
        coverage: Month of filing, lines with and without a sector, oldest first.
        days: The last filing days of the ledger, newest first.
        first_date: First day there are ratios of.
        history_months: Month-ends the market's newest day can be compared with.
        has_prices: Whether prices of the sector ETFs are loaded.
    """

    payload: dict[str, Any] | None
    market: dict[str, Any] | None
    board: list[dict[str, Any]]
    clusters: list[dict[str, Any]]
    cluster_count: int
    coverage: list[dict[str, Any]]
    days: list[dict[str, Any]]
    first_date: date | None
    history_months: int
    has_prices: bool

    @property
    def quarter_end(self) -> date | None:
        """The quarter end of the board."""
        return self.board[0]["quarter_end"] if self.board else None

    @property
    def board_scale(self) -> tuple[float, float]:
        """The ends of the board's axis: the tenths around every value and range on it."""
        names = ("value", "five_year_low", "five_year_high")
        shown = [row[name] for row in self.board for name in names if row[name] is not None] or [-1.0, 1.0]
        low, high = max(math.floor(min(shown) * 10) / 10, -1.0), min(math.ceil(max(shown) * 10) / 10, 1.0)
        return (low, high) if high > low else (low - 0.1, high + 0.1)

    def sectors_in(self, tier: str) -> list[str]:
        """Names of the sectors in a tier, best percentile first."""
        return [row["sector"] for row in self.board if row["tier"] == tier]

    @property
    def changes(self) -> list[dict[str, Any]]:
        """Sectors whose tier went up or down since the quarter before."""
        return [row for row in self.board if row["tier_change"] in {"up", "down"}]


def read_trends(published: Published) -> Trends:
    """Read it all.

    Raises:
        ReportError: The file was published by another version of the code and lacks a table or column.
    """
    sectors = [row["sector"] for row in published.rows(_SECTORS)]
    weeks = _days(published, _WEEKS)
    clusters = published.rows(_CLUSTERS, {"days": CLUSTER_DAYS})
    for cluster in clusters:
        cluster["filing_urls"] = [url for url in (cluster["filing_urls"] or "").split(" ") if url][:6]
    market = next(iter(published.rows(_MARKET, _HEADLINE)), None)
    prices = _prices(published, sectors, weeks) if weeks else None
    return Trends(
        payload=_payload(published, sectors, weeks, prices) if weeks else None,
        market=market,
        board=published.rows(_BOARD),
        clusters=clusters[:MOST_CLUSTERS],
        cluster_count=len(clusters),
        coverage=published.rows(_COVERAGE),
        days=published.rows(_LEDGER),
        first_date=weeks[0] if weeks else None,
        history_months=market["history_months"] if market else 0,
        has_prices=prices is not None,
    )


def _payload(
    published: Published, sectors: list[str], weeks: list[date], prices: NDArray[np.uint16] | None
) -> dict[str, Any]:
    keys = {
        name: [row[name] for row in published.rows(_MEMBERS.format(name=name))]
        for name in ("window_days", "insider_group")
    }
    groups = [group for group in GROUP_NAMES if group in keys["insider_group"]]
    windows = keys["window_days"]
    months = _days(published, _MONTHS)
    quarters = _days(published, _QUARTERS)
    axes = {"sector": sectors, "window_days": windows, "insider_group": groups}
    bands, tiers = [], []
    for measure in ("npr_count", "npr_usd"):
        given = {"measure": measure}
        bands.append(_cube(published, _BANDS, given, axes | {"as_of_date": months}, _EDGES))
        tiers.append(_cube(published, _TIERS, given, axes | {"quarter_end": quarters}, ("tier_number", "percentile")))
    amounts = _cube(published, _SERIES, {}, axes | {"as_of_date": weeks}, _AMOUNTS)
    symbols = {row["sector"]: row["etf_symbol"] for row in published.rows(_SECTORS)}
    return {
        "sectors": [{"name": name, "short": SHORT_NAMES.get(name, name), "etf": symbols[name]} for name in sectors],
        "windows": windows,
        "groups": [{"name": group, "words": GROUP_NAMES[group]} for group in groups],
        "tiers": list(TIERS),
        "weeks": _numbers(weeks),
        "months": _numbers(months),
        "quarters": _numbers(quarters),
        "amountScale": AMOUNT_SCALE,
        "ratioScale": RATIO_SCALE,
        # Axes in this order: amount or edge (and before it the measure: count, dollars), sector, window, group, day.
        "amounts": pack(amount_codes(amounts)),
        "bands": pack(ratio_codes(np.stack(bands))),
        "standings": pack(ratio_codes(np.stack(tiers))),
        "prices": None if prices is None else pack(prices),
        "opens": {"sector": MARKET, "window": WINDOW, "group": GROUP},
    }


def _prices(published: Published, sectors: list[str], weeks: list[date]) -> NDArray[np.uint16] | None:
    """Codes of the adjusted closes, one row per sector and one column per week; ``None`` where none are loaded."""
    closes = _cube(published, _PRICES, {}, {"sector": sectors, "as_of_date": weeks}, ("adjusted_close_usd",))[0]
    return None if np.isnan(closes).all() else amount_codes(closes)


def _cube(
    published: Published,
    query: str,
    parameters: dict[str, Any],
    axes: dict[str, list[Any]],
    values: tuple[str, ...],
) -> NDArray[np.float64]:
    """The answer of a query as an array: first the values, then the axes in their order; what is missing is NaN."""
    columns = published.connection.execute(query, parameters).fetchnumpy()
    cube = np.full((len(values), *(len(members) for members in axes.values())), np.nan)
    places: list[NDArray[np.int64]] = []
    known: NDArray[np.bool_] = np.ones(len(columns[values[0]]), dtype=np.bool_)
    for name, members in axes.items():
        numbers = {_plain(member): number for number, member in enumerate(members)}
        found = np.array([numbers.get(_plain(member), -1) for member in columns[name].tolist()], dtype=np.int64)
        known &= found >= 0
        places.append(found)
    for number, value in enumerate(values):
        column = np.ma.filled(np.ma.asarray(columns[value]).astype(np.float64), np.nan)
        at: tuple[Any, ...] = (number, *(place[known] for place in places))
        cube[at] = column[known]
    return cube


def _plain(member: Any) -> Any:
    """Days of numpy arrays and of rows as the same thing."""
    return member.date() if hasattr(member, "date") else member


def _days(published: Published, query: str) -> list[date]:
    return [next(iter(row.values())) for row in published.rows(query)]


def _numbers(days: list[date]) -> list[int]:
    """Days as numbers since 1970, each as the difference from the one before: short in JSON."""
    earlier = _EPOCH
    steps = []
    for day in days:
        steps.append((day - earlier).days)
        earlier = day
    return steps


_HEADLINE = {"window": WINDOW, "group": GROUP, "measure": MEASURE}

_SECTORS = """
    select sector, etf_symbol from dim_sectors where sector <> 'Unmapped'
    order by is_investable, sort_order
"""
# A Friday a week is all a window of 30 days needs; the newest day always.
_WEEKS = """
    select as_of_date from (select distinct as_of_date from fct_sector_ratios_daily)
    where isodow(as_of_date) = 5 or as_of_date = (select max(as_of_date) from fct_sector_ratios_daily)
    order by as_of_date
"""
_MEMBERS = "select distinct {name} from fct_sector_ratios_daily order by 1"
_MONTHS = "select distinct as_of_date from rpt_sector_bands_monthly order by 1"
_QUARTERS = "select distinct quarter_end from fct_sector_tiers_quarterly order by 1"
_SERIES = """
    select as_of_date, sector, window_days, insider_group, buy_count, sell_count,
        buy_usd::double as buy_usd, sell_usd::double as sell_usd
    from fct_sector_ratios_daily
    where isodow(as_of_date) = 5 or as_of_date = (select max(as_of_date) from fct_sector_ratios_daily)
"""
_BANDS = """
    select as_of_date, sector, window_days, insider_group, lower_edge, upper_edge, five_year_average, percentile
    from rpt_sector_bands_monthly where measure = $measure
"""
# Tiers as numbers that fit the codes of ratios.
_TIERS = """
    select quarter_end, sector, window_days, insider_group, percentile,
        case tier when 'Overweight' then 0.0 when 'Neutral' then 0.1 when 'Underweight' then 0.2 else 0.3 end
            as tier_number
    from fct_sector_tiers_quarterly where measure = $measure
"""
_PRICES = """
    select friday as as_of_date, sector, max_by(adjusted_close_usd, price_date) as adjusted_close_usd
    from (
        select sector, price_date, adjusted_close_usd,
            least(
                price_date + ((12 - isodow(price_date)) % 7)::int,
                (select max(as_of_date) from fct_sector_ratios_daily)
            )::date as friday
        from fct_etf_prices_daily
        where adjusted_close_usd is not null
            and price_date <= (select max(as_of_date) from fct_sector_ratios_daily)
    )
    group by friday, sector
"""
_MARKET = """
    select ratios.as_of_date, ratios.buy_usd::double as buy_usd, ratios.sell_usd::double as sell_usd,
        ratios.buy_count, ratios.sell_count, ratios.npr_usd, ratios.buy_issuer_count, ratios.sell_issuer_count,
        bands.percentile, bands.standing, bands.history_months, bands.lower_edge, bands.upper_edge
    from fct_sector_ratios_daily as ratios
    inner join rpt_sector_bands_monthly as bands using (as_of_date, sector, window_days, insider_group)
    where bands.is_newest and sector = 'All' and window_days = $window and insider_group = $group
        and bands.measure = $measure
"""
_BOARD = """
    select tiers.quarter_end, tiers.sector, tiers.tier, tiers.value, tiers.percentile, tiers.history_months,
        tiers.previous_quarter_tier, tiers.previous_quarter_percentile, tiers.tier_change, tiers.suggested_weight,
        tiers.benchmark_weight, tiers.issuer_count, tiers.is_fragile, tiers.tier_without_top_issuer,
        bands.five_year_low, bands.lower_edge, bands.five_year_average, bands.upper_edge, bands.five_year_high,
        newest.value as newest_value,
        newest.standing as newest_standing, newest.percentile as newest_percentile
    from fct_sector_tiers_quarterly as tiers
    left join rpt_sector_bands_monthly as bands
        on tiers.quarter_end = bands.as_of_date and tiers.sector = bands.sector
            and tiers.window_days = bands.window_days and tiers.insider_group = bands.insider_group
            and tiers.measure = bands.measure
    left join rpt_sector_bands_monthly as newest
        on newest.is_newest and tiers.sector = newest.sector and tiers.window_days = newest.window_days
            and tiers.insider_group = newest.insider_group and tiers.measure = newest.measure
    where tiers.is_headline and tiers.quarter_end = (select max(quarter_end) from fct_sector_tiers_quarterly)
    order by tiers.percentile desc nulls last, tiers.sector
"""
_CLUSTERS = """
    with newest as (select max(as_of_date) as day from fct_sector_ratios_daily)
    select clusters.known_from, clusters.sector, clusters.first_trade_date, clusters.last_trade_date,
        clusters.owner_count, clusters.value_usd::double as value_usd, clusters.has_ceo, clusters.has_cfo,
        clusters.filing_urls, issuers.issuer_name, issuers.issuer_symbol,
        conviction.cluster_key is not null as is_high_conviction, conviction.conviction_score
    from fct_cluster_buys as clusters
    cross join newest
    left join rpt_high_conviction as conviction using (cluster_key)
    left join dim_issuers as issuers on clusters.issuer_cik = issuers.issuer_cik
    where clusters.known_from > newest.day - $days::int
        and (clusters.known_to is null or clusters.known_to > newest.day)
    order by clusters.known_from desc, clusters.value_usd desc, clusters.cluster_key
"""
_COVERAGE = """
    select filed_month, sum(mapped_line_count)::bigint as mapped_line_count,
        sum(signal_line_count - mapped_line_count)::bigint as unmapped_line_count,
        sum(mapped_usd)::double / nullif(sum(signal_usd)::double, 0) as mapped_usd_share
    from rpt_sector_coverage where sic_source = 'all' group by filed_month order by filed_month
"""
_LEDGER = """
    select filing_day, filing_count, transaction_line_count, signal_line_count, headline_line_count,
        coalesce(lost_not_fetched_count, 0) + coalesce(lost_not_found_count, 0) + coalesce(lost_quarantined_count, 0)
            as missing_filing_count
    from fct_filing_day_ledger order by filing_day desc limit 10
"""
