"""The definition of the sector ratios written down as a join of every line with every day, to check the models by.

It shares nothing with the models: no events, no running totals, no merged spans. Each as-of day looks at all lines,
keeps those that are known and in the window, and counts. That is far too slow for a warehouse and easy to believe.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import duckdb
    import pandas as pd

# Which lines belong to an insider group, from the wording in ARCHITECTURE.md.
GROUP_CONDITIONS: Mapping[str, str] = {
    "all": "true",
    "officers_directors": "is_officer_or_director",
    "executives": "is_executive",
    "opportunistic": "is_officer_or_director and is_opportunistic",
}

_TEMPLATE = """
with
windows as (select unnest([30, 90]) as window_days),
days as (
    select cast(unnest(generate_series(
        (select min(known_from) from {lines}),
        (select max(known_from) from {lines}),
        interval 1 day
    )) as date) as as_of_date
),
scoped as (
    select sector as scope, * from {lines} where {condition}
    union all
    select 'All' as scope, * from {lines} where {condition}
),
active as (
    select days.as_of_date, windows.window_days, scoped.*
    from days, windows, scoped
    where scoped.known_from <= days.as_of_date
      and (scoped.known_to is null or scoped.known_to > days.as_of_date)
      and scoped.transaction_date > days.as_of_date - windows.window_days
      and scoped.transaction_date <= days.as_of_date
),
totals as (
    select
        as_of_date, window_days, scope as sector,
        count(distinct (insider_key, issuer_cik, transaction_date)) filter (direction = 'buy') as buy_count,
        count(distinct (insider_key, issuer_cik, transaction_date)) filter (direction = 'sell') as sell_count,
        count(*) filter (direction = 'buy') as buy_line_count,
        count(*) filter (direction = 'sell') as sell_line_count,
        coalesce(sum(share_count) filter (direction = 'buy'), 0) as buy_share_count,
        coalesce(sum(share_count) filter (direction = 'sell'), 0) as sell_share_count,
        coalesce(sum(value_usd) filter (direction = 'buy'), 0) as buy_usd,
        coalesce(sum(value_usd) filter (direction = 'sell'), 0) as sell_usd,
        count(distinct insider_key) filter (direction = 'buy') as buy_insider_count,
        count(distinct insider_key) filter (direction = 'sell') as sell_insider_count,
        count(distinct issuer_cik) filter (direction = 'buy') as buy_issuer_count,
        count(distinct issuer_cik) filter (direction = 'sell') as sell_issuer_count
    from active group by all
),
issuers as (
    select as_of_date, window_days, scope as sector, issuer_cik,
        sum(case direction when 'buy' then share_count else -share_count end) as net_share_count
    from active group by all
),
breadths as (
    select as_of_date, window_days, sector,
        count(*) filter (net_share_count > 0) as net_buyer_issuer_count,
        count(*) filter (net_share_count < 0) as net_seller_issuer_count
    from issuers group by all
),
issuer_days as (
    select as_of_date, window_days, scope as sector, issuer_cik, transaction_date, direction,
        sum(coalesce(value_usd, 0)) as value_usd
    from active group by all
),
caps as (
    select as_of_date, window_days, sector,
        coalesce(sum(least(value_usd, cap_usd)) filter (direction = 'buy'), 0) as buy_usd_capped,
        coalesce(sum(least(value_usd, cap_usd)) filter (direction = 'sell'), 0) as sell_usd_capped
    from (
        select *, cast(0.10 * sum(value_usd) over (partition by as_of_date, window_days, sector)
            as decimal(38, 4)) as cap_usd
        from issuer_days
    ) group by all
)
select '{group}' as insider_group, *,
    buy_count / nullif(sell_count, 0) as buy_sell_ratio_count,
    sell_count / nullif(buy_count, 0) as sell_buy_ratio_count,
    cast(buy_share_count as double) / nullif(cast(sell_share_count as double), 0) as buy_sell_ratio_share_count,
    cast(sell_share_count as double) / nullif(cast(buy_share_count as double), 0) as sell_buy_ratio_share_count,
    cast(buy_usd as double) / nullif(cast(sell_usd as double), 0) as buy_sell_ratio_usd,
    cast(sell_usd as double) / nullif(cast(buy_usd as double), 0) as sell_buy_ratio_usd,
    (buy_count - sell_count) / nullif(buy_count + sell_count, 0) as npr_count,
    cast(buy_share_count - sell_share_count as double)
        / nullif(cast(buy_share_count + sell_share_count as double), 0) as npr_share_count,
    cast(buy_usd - sell_usd as double) / nullif(cast(buy_usd + sell_usd as double), 0) as npr_usd,
    cast(buy_usd_capped - sell_usd_capped as double)
        / nullif(cast(buy_usd_capped + sell_usd_capped as double), 0) as npr_usd_capped,
    net_buyer_issuer_count / nullif(net_buyer_issuer_count + net_seller_issuer_count, 0) as breadth
from totals join breadths using (as_of_date, window_days, sector) join caps using (as_of_date, window_days, sector)
"""


def ratios_by_definition(connection: duckdb.DuckDBPyConnection, lines: str) -> pd.DataFrame:
    """Sector ratios of every day on which something was in the window, by the definition alone.

    Args:
        connection: An open DuckDB connection.
        lines: Name of a relation with the columns of ``int_signal_lines``; dollars and shares with four decimals.

    Returns:
        One row per as-of date, sector (and ``All``), window and insider group that has at least one active line.
    """
    parts = [
        _TEMPLATE.format(lines=lines, condition=condition, group=group) for group, condition in GROUP_CONDITIONS.items()
    ]
    return connection.sql(" union all by name ".join(f"({part})" for part in parts)).df()
