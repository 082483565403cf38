"""Reads the small data frames the marts gate looks at: newest dates row by row, the history as aggregates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from quality.marts_suite import (
    ADDITIVE,
    AMOUNTS,
    ISSUER_MEASURES,
    LEDGER_STAGES,
    MARTS,
    NET_PURCHASE_RATIOS,
    SECTORS,
    USUAL_SHARES,
    Mart,
)

if TYPE_CHECKING:
    from datetime import date

    import duckdb

_RATIO_TABLE = "fct_sector_ratios_daily"


def inventory_frame(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """One row per mart of the architecture: whether it is there, filled, and unique in its grain."""
    return pd.DataFrame([_inventory(connection, mart) for mart in MARTS], columns=list(_INVENTORY_TYPES)).astype(
        _INVENTORY_TYPES
    )


_INVENTORY_TYPES = {
    "mart": "object",
    "row_count": "int64",
    "missing_mart": "object",
    "empty_mart": "object",
    "missing_key_columns": "object",
    "first_repeated_key": "object",
    "null_key_count": "int64",
}


def _inventory(connection: duckdb.DuckDBPyConnection, mart: Mart) -> dict[str, object]:
    found: dict[str, object] = {"mart": mart.name, "row_count": 0, "null_key_count": 0}
    columns = {
        name
        for (name,) in connection.execute(
            "select column_name from duckdb_columns() where database_name = current_database() "
            "and schema_name = 'marts' and table_name = ?",
            [mart.name],
        ).fetchall()
    }
    if not columns:
        found["missing_mart"] = mart.name if mart.is_required else None
        return found
    missing = [key for key in mart.keys if key not in columns]
    if missing:
        found["missing_key_columns"] = ", ".join(missing)
        return found
    keys = ", ".join(mart.keys)
    is_null = " or ".join(f"{key} is null" for key in mart.keys)
    # Hashes are compared first: a collision costs a second look, never a wrong answer.
    counts = connection.execute(
        f"select count(*), count(distinct hash({keys})), count(*) filter ({is_null}) from marts.{mart.name}"
    ).fetchone()
    row_count, key_count, null_key_count = counts or (0, 0, 0)
    found |= {"row_count": row_count, "null_key_count": null_key_count}
    if row_count == 0 and mart.is_required and _must_be_filled(connection, mart):
        found["empty_mart"] = mart.name
    if key_count < row_count:
        repeated = connection.execute(
            f"select {keys}, count(*) as times from marts.{mart.name} group by {keys} having count(*) > 1 "
            f"order by {keys} limit 1"
        ).fetchone()
        if repeated:
            names = (*mart.keys, "times")
            found["first_repeated_key"] = ", ".join(
                f"{name}={value}" for name, value in zip(names, repeated, strict=True)
            )
    return found


def _must_be_filled(connection: duckdb.DuckDBPyConnection, mart: Mart) -> bool:
    """What a mart is made of; where nothing is said, a filing is enough."""
    needs = {
        _RATIO_TABLE: "select count(*) from marts.fct_insider_transactions where is_signal_trade",
        "fct_sector_tiers_quarterly": f"select count(*) from marts.{_RATIO_TABLE} where is_quarter_end",
        "fct_insider_transactions": "select count(*) from raw.nonderiv_trans",
        "fct_road_reconciliation": _COVERED_QUARTERS,
        "fct_tier_restatements": "select count(*) from raw.frozen_tiers",
        "rpt_sector_coverage": "select count(*) from marts.fct_insider_transactions where is_signal_trade",
        "fct_trade_timing": _COUNTED_LINES,
        "fct_trade_conviction": _COUNTED_LINES,
        "fct_issuer_ratios_quarterly": (
            f"select sum(buy_count + sell_count) from marts.{_RATIO_TABLE} where is_quarter_end"
        ),
        # Few trades make none of these.
        "fct_cluster_buys": "select 0",
        "rpt_high_conviction": "select 0",
        "rpt_screen_low_sell_buy": "select 0",
        "rpt_screen_selling_into_strength": "select 0",
        "fct_etf_prices_daily": _READABLE_PRICES,
        "fct_sector_forward_returns": f"{_READABLE_PRICES} and exists ({_QUARTER_ENDS_THERE})",
        "rpt_sector_confirmation": f"{_READABLE_PRICES} and exists ({_QUARTER_ENDS_THERE})",
    }
    row = connection.execute(needs.get(mart.name, "select 1")).fetchone()
    return bool(row and row[0])


def marts_frames(connection: duckdb.DuckDBPyConnection, today: date) -> dict[str, pd.DataFrame]:
    """Every frame but ``marts`` and the two that compare with the published copy.

    Args:
        connection: Open connection to a warehouse that holds every required mart.
        today: The wall clock's day, New York.
    """
    ledger_columns = {
        name
        for (name,) in connection.execute(
            "select column_name from duckdb_columns() where database_name = current_database() "
            "and schema_name = 'marts' and table_name = 'fct_filing_day_ledger'"
        ).fetchall()
    }
    return {
        "freshness": connection.execute(_FRESHNESS, {"today": today}).df(),
        "ratios": connection.execute(_RATIOS).df(),
        "ratio_years": connection.execute(_RATIO_YEARS).df(),
        "additivity": connection.execute(_ADDITIVITY).df(),
        "sector_coverage": connection.execute(_COVERAGE, {"sectors": list(SECTORS)}).df(),
        "sector_mapping": connection.execute(_MAPPING).df(),
        "tiers": connection.execute(_TIERS).df(),
        "weights": connection.execute(_WEIGHTS).df(),
        "newest_transactions": connection.execute(_TRANSACTIONS).df(),
        "ledger": connection.execute(_ledger_query()).df(),
        "reconciliation": connection.execute(_RECONCILIATION).df(),
        "frozen_tiers": connection.execute(_FROZEN).df(),
        "prices": connection.execute(_PRICES).df(),
        "issuer_totals": connection.execute(_ISSUER_TOTALS).df(),
        "companies": connection.execute(_COMPANIES).df(),
        "data_quality": connection.execute(_data_quality_query()).df(),
        "ledger_totals": _with_unknown_losses(connection.execute(_LEDGER_TOTALS).df(), ledger_columns),
    }


def published_frames(
    connection: duckdb.DuckDBPyConnection, published: duckdb.DuckDBPyConnection
) -> dict[str, pd.DataFrame] | None:
    """The frames that compare the marts with the published copy.

    Args:
        connection: Open connection to the warehouse.
        published: Open connection to the published file. Another one, because a file attached inside the caller's
            transaction could not be let go before its end.

    Returns:
        ``None`` when the copy holds no ratios to compare with.
    """
    row = published.execute(
        "select schema_name from duckdb_tables() where database_name = current_database() and table_name = ?",
        [_RATIO_TABLE],
    ).fetchone()
    if row is None:
        return None
    here, there = f"marts.{_RATIO_TABLE}", f"{row[0]}.{_RATIO_TABLE}"
    dates = pd.DataFrame(
        {
            "as_of_date": [_newest(connection, here)],
            "published_as_of_date": [_newest(published, there)],
        }
    )
    behind = pd.to_datetime(dates["published_as_of_date"]) - pd.to_datetime(dates["as_of_date"])
    history = connection.execute(_QUARTER_ENDS.format(table=here)).df()
    published_history = published.execute(_QUARTER_ENDS.format(table=there)).df()
    return {
        "publication": dates.assign(days_behind_published=behind.dt.days.clip(lower=0)),
        "published_history": history.merge(
            published_history.rename(
                columns={"row_count": "published_row_count", "line_count": "published_line_count"}
            ),
            on="quarter_end",
        ),
    }


def _newest(connection: duckdb.DuckDBPyConnection, table: str) -> str | None:
    row = connection.execute(f"select max(as_of_date)::varchar from {table}").fetchone()
    return row[0] if row else None


def empty_published_frames() -> dict[str, pd.DataFrame]:
    """The comparison frames without rows, for when nothing is published yet."""
    return {
        "publication": pd.DataFrame(columns=["as_of_date", "published_as_of_date", "days_behind_published"]),
        "published_history": pd.DataFrame(
            columns=["quarter_end", "row_count", "published_row_count", "line_count", "published_line_count"]
        ),
    }


# Days are read from raw again, not from staging: this is the check of everything in between.
_FILED_ON = "coalesce(try_strptime(filing_date, '%Y-%m-%d'), try_strptime(filing_date, '%d-%b-%Y'))::date"

_FRESHNESS = f"""
with loaded as (
    select
        max({_FILED_ON}) as newest_filed_day,
        -- A quarterly set speaks for its whole quarter.
        max(
            case
                when _road = 'quarterly' then last_day(
                    make_date(left(_partition, 4)::int, right(_partition, 1)::int * 3, 1)
                )
            end
        ) as newest_quarter_day
    from raw.submission
),
indexed as (
    select
        max(try_cast(_partition as date)) filter (status = 'published') as newest_index_day,
        max(try_cast(_partition as date)) as newest_known_day
    from raw.filing_index_files
),
listed as (
    select max(try_cast(_partition as date)) as newest_listed_day from raw.filing_index
),
ratios as (
    select
        max(as_of_date) as as_of_date,
        max(as_of_date) filter (is_quarter_end) as newest_quarter_end
    from marts.fct_sector_ratios_daily
),
facts as (
    select
        as_of_date,
        newest_quarter_end,
        (select max(quarter_end) from marts.fct_sector_tiers_quarterly) as newest_tier_quarter_end,
        greatest(newest_filed_day, newest_listed_day) as newest_filing_day,
        greatest(newest_filed_day, newest_quarter_day, newest_known_day) as newest_loaded_day,
        (select max(filing_day) from marts.fct_filing_day_ledger) as newest_ledger_day,
        (select coalesce(bool_or(is_simulated), false) from raw.loads) as is_simulated
    from ratios, loaded, indexed, listed
)
select
    as_of_date::varchar as as_of_date,
    newest_loaded_day::varchar as newest_loaded_day,
    newest_ledger_day::varchar as newest_ledger_day,
    newest_filing_day::varchar as newest_filing_day,
    newest_quarter_end::varchar as newest_quarter_end,
    newest_tier_quarter_end::varchar as newest_tier_quarter_end,
    greatest(0, date_diff('day', as_of_date, newest_filing_day)) as days_behind_raw,
    greatest(0, date_diff('day', newest_loaded_day, as_of_date)) as days_ahead_of_raw,
    case when not is_simulated then date_diff('day', newest_loaded_day, $today::date) end as days_behind_wall_clock
from facts
"""

# The newest as-of date and the newest quarter end: what the page and the report show.
_SHOWN_DATES = """
shown_dates as (
    select max(as_of_date) as as_of_date from marts.fct_sector_ratios_daily
    union
    select max(as_of_date) from marts.fct_sector_ratios_daily where is_quarter_end
)
"""

_RATIOS = f"""
with {_SHOWN_DATES}
select ratios.* replace (ratios.as_of_date::varchar as as_of_date)
from marts.fct_sector_ratios_daily as ratios
inner join shown_dates on ratios.as_of_date = shown_dates.as_of_date
order by ratios.as_of_date, sector, window_days, insider_group
"""

_RATIO_YEARS = f"""
with per_date as (
    select
        as_of_date,
        count(*) as row_count,
        min(least({", ".join(AMOUNTS)})) as least_amount,
        max(greatest({", ".join(f"abs({column})" for column in NET_PURCHASE_RATIOS)})) as greatest_absolute_npr
    from marts.fct_sector_ratios_daily
    group by as_of_date
),
usual as (
    select
        mode(row_count) as row_count,
        min(as_of_date) as first_date,
        max(as_of_date) as last_date
    from per_date
)
select
    year(per_date.as_of_date) as year,
    sum(per_date.row_count)::bigint as row_count,
    count(*) filter (per_date.row_count <> usual.row_count) as uneven_date_count,
    date_diff(
        'day',
        greatest(any_value(usual.first_date), make_date(year(per_date.as_of_date), 1, 1)),
        least(any_value(usual.last_date), make_date(year(per_date.as_of_date), 12, 31))
    ) + 1 - count(*) as missing_date_count,
    min(per_date.least_amount)::double as least_amount,
    max(per_date.greatest_absolute_npr) as greatest_absolute_npr
from per_date, usual
group by year(per_date.as_of_date)
order by year
"""

_ADDITIVITY = (
    f"with {_SHOWN_DATES} "
    + " union all ".join(
        f"select ratios.as_of_date::varchar as as_of_date, window_days, insider_group, '{column}' as measure, "
        f"sum({column}) filter (sector = 'All') as market_total, "
        f"sum({column}) filter (sector <> 'All') as sector_total "
        "from marts.fct_sector_ratios_daily as ratios "
        "inner join shown_dates on ratios.as_of_date = shown_dates.as_of_date group by all"
        for column in ADDITIVE
    )
    + " order by all"
)

_COVERAGE = """
with expected as (select unnest($sectors) as sector),
newest as (
    select
        (select max(quarter_end) from marts.fct_sector_tiers_quarterly) as quarter_end,
        (select max(as_of_date) from marts.fct_sector_ratios_daily) as as_of_date
),
signals as (
    select lines.sector, count(*) as line_count
    from marts.fct_insider_transactions as lines, newest
    where lines.is_signal_trade and lines.filed_date > newest.as_of_date - 90
    group by lines.sector
)
select
    expected.sector,
    newest.quarter_end::varchar as newest_quarter_end,
    case
        when newest.as_of_date is not null and expected.sector not in (
            select ratios.sector
            from marts.fct_sector_ratios_daily as ratios, newest as latest
            where ratios.as_of_date = latest.as_of_date
        ) then expected.sector
    end as missing_in_ratios,
    case
        when newest.quarter_end is not null and expected.sector not in (
            select tiers.sector
            from marts.fct_sector_tiers_quarterly as tiers, newest as latest
            where tiers.quarter_end = latest.quarter_end
        ) then expected.sector
    end as missing_in_newest_tiers,
    case
        when expected.sector not in (select sector from marts.dim_sectors) then expected.sector
    end as missing_in_dimension,
    coalesce(signals.line_count, 0) as signal_line_count
from expected
cross join newest
left join signals on expected.sector = signals.sector
order by expected.sector
"""

_MAPPING = """
with newest as (select max(as_of_date) as as_of_date from marts.fct_sector_ratios_daily),
counts as (
    select
        lines.road,
        count(*) as signal_line_count,
        count(*) filter (lines.sic_source = 'none' and lines.sector = 'Unmapped') as without_sic_count,
        count(*) filter (lines.sic_source <> 'none' and lines.sector = 'Unmapped') as unmapped_sic_count,
        count(*) filter (lines.sic_source <> 'none') as with_sic_count
    from marts.fct_insider_transactions as lines, newest
    where lines.is_signal_trade and lines.filed_date > newest.as_of_date - 90
    group by lines.road
)
select
    road,
    signal_line_count,
    without_sic_count,
    unmapped_sic_count,
    without_sic_count / signal_line_count as without_sic_share,
    case
        when road = 'daily' and signal_line_count >= 20 then without_sic_count / signal_line_count
    end as without_sic_share_daily,
    -- A handful of lines says nothing about the mapping.
    case when with_sic_count >= 20 then unmapped_sic_count / with_sic_count end as unmapped_sic_share
from counts
order by road
"""

_TIERS = """
select tiers.* replace (tiers.quarter_end::varchar as quarter_end)
from marts.fct_sector_tiers_quarterly as tiers
where tiers.quarter_end = (select max(quarter_end) from marts.fct_sector_tiers_quarterly)
order by sector, window_days, insider_group, measure
"""

_WEIGHTS = """
select
    quarter_end::varchar as quarter_end,
    window_days,
    insider_group,
    measure,
    sum(suggested_weight) as suggested_weight_sum,
    count(distinct sector) as sector_count,
    case
        when bool_and(is_headline) then
            case
                when window_days = 90 and insider_group = 'officers_directors' and measure = 'npr_usd' then 'headline'
                else 'unexpected headline'
            end
        when bool_or(is_headline) then 'headline in part'
        when window_days = 90 and insider_group = 'officers_directors' and measure = 'npr_usd' then 'no headline'
        else 'other'
    end as headline_state
from marts.fct_sector_tiers_quarterly
group by quarter_end, window_days, insider_group, measure
order by all
"""

_TRANSACTIONS = """
select
    transaction_line_key,
    sector,
    case when is_signal_trade then concat_ws(' ', table_code, transaction_code) end as signal_code,
    filed_date::varchar as filed_date,
    known_from::varchar as known_from,
    case when known_to < known_from then known_to::varchar end as early_known_to
from marts.fct_insider_transactions
where filed_date = (select max(filed_date) from marts.fct_insider_transactions)
order by transaction_line_key
"""


def _ledger_query() -> str:
    counts = sorted({name for total, parts in LEDGER_STAGES.items() for name in (total, *parts)})
    unexplained = ", ".join(
        f"{total} - ({' + '.join(parts)}) as {total}_unexplained" for total, parts in LEDGER_STAGES.items()
    )
    return f"""
    select
        filing_day::varchar as filing_day,
        {", ".join(counts)},
        {unexplained},
        least({", ".join(counts)}) as least_count
    from marts.fct_filing_day_ledger
    order by filing_day
    """


# Each stage counted where it can be counted without the models in between.


def _data_quality_query() -> str:
    """One row per road with the shares that have bounds; a month of few lines says nothing."""
    shares = ", ".join(
        f"max(report.{unit}_share) filter (report.flag = '{flag}') as {flag}_{unit}_share"
        for flag, (unit, _, _) in USUAL_SHARES.items()
    )
    return f"""
    with newest as (
        select road, max(filed_month) as filed_month
        from marts.rpt_data_quality
        where total_line_count >= 200
        group by road
    )
    select
        report.filed_month::varchar as filed_month,
        report.road,
        max(report.total_line_count) as total_line_count,
        max(report.total_filing_count) as total_filing_count,
        {shares}
    from marts.rpt_data_quality as report
    inner join newest on report.road = newest.road and report.filed_month = newest.filed_month
    group by report.filed_month, report.road
    order by report.road
    """


_LEDGER_TOTALS = """
with ledger as (
    select
        sum(accession_count) as accession_count,
        sum(filing_count) as filing_count,
        sum(transaction_line_count) as transaction_line_count,
        sum(signal_line_count) as signal_line_count
    from marts.fct_filing_day_ledger
),
listed as (
    -- The name ends in the accession number (20 characters) and .txt.
    select count(distinct hash(_partition, right(file_name, 24))) as counted
    from raw.filing_index
),
filed as (
    select count(distinct hash(accession_number)) as counted from raw.submission
),
lines as (
    select
        count(*) as counted,
        count(*) filter (is_signal_trade) as signal_count
    from marts.fct_insider_transactions
)
select
    'accessions listed' as stage,
    coalesce(ledger.accession_count, 0) as ledger_total,
    listed.counted as counted_total
from ledger, listed
union all
select 'filings with rows', coalesce(ledger.filing_count, 0), filed.counted from ledger, filed
union all
select 'transaction lines', coalesce(ledger.transaction_line_count, 0), lines.counted from ledger, lines
union all
select 'signal lines', coalesce(ledger.signal_line_count, 0), lines.signal_count from ledger, lines
"""


# Quarters of which both roads hold filings.
_COVERED_QUARTERS = """
select count(*)
from (
    select _partition as quarter from raw.submission where _road = 'quarterly'
    intersect
    select year(_partition::date) || 'q' || quarter(_partition::date) from raw.submission where _road = 'daily'
)
"""

# Two positive closes on a day, of a fund that stands for a sector or the market.
_READABLE_PRICES = """
select count(distinct (ticker, price_date))
from raw.etf_prices
where
    try_cast(price_date as date) is not null
    and try_cast(close as double) > 0
    and try_cast(adj_close as double) > 0
"""
_QUARTER_ENDS_THERE = f"select 1 from marts.{_RATIO_TABLE} where is_quarter_end"

_PRICES = f"""
with returns as (
    select min(forward_return) as least_forward_return, max(forward_return) as greatest_forward_return
    from marts.fct_sector_forward_returns
),
prices as (
    select
        max(price_date) filter (not is_missing) as newest_price_date,
        count(*) filter (not is_missing) as mart_price_count
    from marts.fct_etf_prices_daily
),
ratios as (
    select max(as_of_date) as as_of_date from marts.{_RATIO_TABLE}
)
select
    prices.newest_price_date::varchar as newest_price_date,
    ratios.as_of_date::varchar as as_of_date,
    ({_READABLE_PRICES}) as raw_price_count,
    prices.mart_price_count,
    case when prices.mart_price_count = 0 then 'no price is loaded' end as missing_prices,
    date_diff('day', prices.newest_price_date, ratios.as_of_date) as days_behind_ratios,
    returns.least_forward_return,
    returns.greatest_forward_return
from prices, ratios, returns
"""

# Lines that are or were signal trades on any day: from the day they were known, or known again, to the day they no
# longer counted.
_COUNTED_LINES = """
select count(*)
from (
    select *, coalesce(transaction_date_corrected, transaction_date) as trade_date
    from marts.fct_insider_transactions
    where is_signal_while_known
) as lines
where
    coalesce(known_to > greatest(known_from, trade_date), true)
    or (restored_from is not null and coalesce(restored_to > greatest(restored_from, trade_date), true))
"""

_ISSUER_TOTALS = f"""
with issuers as (
    select
        quarter_end, window_days, insider_group,
        {", ".join(f"sum({measure}) as issuer_{measure}" for measure in ISSUER_MEASURES)}
    from marts.fct_issuer_ratios_quarterly
    group by all
),
markets as (
    select
        as_of_date as quarter_end, window_days, insider_group,
        {", ".join(f"{measure} as market_{measure}" for measure in ISSUER_MEASURES)}
    from marts.{_RATIO_TABLE}
    where is_quarter_end and sector = 'All'
)
select
    markets.quarter_end::varchar as quarter_end,
    markets.window_days,
    markets.insider_group,
    {", ".join(f"coalesce(issuer_{measure}, 0)::double as issuer_{measure}" for measure in ISSUER_MEASURES)},
    {", ".join(f"market_{measure}::double as market_{measure}" for measure in ISSUER_MEASURES)}
from markets
left join issuers using (quarter_end, window_days, insider_group)
-- The windows are parameters: only the one both have can be compared.
where markets.window_days in (select window_days from issuers)
order by all
"""

_COMPANIES = f"""
with scores as (
    select
        count(*) as scored_line_count,
        min(conviction_score) as least_score,
        max(conviction_score) as greatest_score,
        avg(conviction_score) as average_score,
        avg(known_weight_share) as average_known_weight,
        count(*) filter (timing_code = 'blackout') / nullif(count(timing_code), 0) as blackout_share
    from marts.fct_trade_conviction
),
clusters as (
    select
        count(*) as cluster_count,
        min(owner_count) as least_owner_count,
        max(largest_owner_share) as greatest_owner_share
    from marts.fct_cluster_buys
),
buyers as (
    select count(distinct bought.issuer_cik) as issuer_count, count(distinct clusters.issuer_cik) as in_cluster_count
    from (
        select distinct issuer_cik, max(known_from) over () - 365 as since, known_from
        from marts.fct_trade_conviction
        where direction = 'buy'
    ) as bought
    left join marts.fct_cluster_buys as clusters
        on bought.issuer_cik = clusters.issuer_cik and clusters.known_from > bought.since
    where bought.known_from > bought.since
),
misplaced as (
    select count(*) as misplaced_cluster_count
    from marts.rpt_high_conviction as listed
    where coalesce(
        (
            select max_by(tiers.tier, tiers.quarter_end)
            from marts.fct_sector_tiers_quarterly as tiers
            where tiers.is_headline and tiers.sector = listed.sector and tiers.quarter_end <= listed.known_from
        ),
        'none'
    ) <> 'Overweight'
)
select
    ({_COUNTED_LINES}) as signal_line_count,
    (select count(*) from marts.fct_trade_timing) as timed_line_count,
    scores.*,
    clusters.*,
    -- A few buyers are no share.
    case when buyers.issuer_count >= 20 then buyers.in_cluster_count / buyers.issuer_count end as cluster_issuer_share,
    misplaced.misplaced_cluster_count,
    (
        select count(*) from marts.rpt_screen_low_sell_buy where coalesce(sell_buy_ratio_usd, 1) >= 1
    ) as high_ratio_count,
    (select max(price_change) from marts.rpt_screen_selling_into_strength) as greatest_price_change
from scores, clusters, buyers, misplaced
"""

# Filings that a road could not hold yet, or not any more, say nothing about how well it is read.
_RECONCILIATION = """
select
    coalesce(year(filed_date) || 'q' || quarter(filed_date), 'unknown') as quarter,
    count(*) as compared_count,
    count(*) filter (not is_explained) as unexplained_count,
    greatest(count(*) filter (not is_explained and agreement = 'differs') - 3, 0) / count(*) as differing_share,
    min(concat_ws(' ', accession_number, agreement, difference, reason_code)) filter (not is_explained)
        as first_unexplained
from marts.fct_road_reconciliation
where agreement in ('agree', 'differs') or not is_explained
group by all
order by quarter
"""


_FROZEN = """
select
    frozen.quarter_end::varchar as quarter_end,
    count(*) as frozen_count,
    count(shown.quarter_end) as shown_count,
    count(*) filter (shown.is_headline and shown.is_tier_restated) as restated_headline_count,
    min(concat_ws(' ', shown.sector, shown.frozen_tier, '->', shown.tier, shown.restatement_reason))
        filter (shown.is_headline and shown.is_tier_restated) as first_restated
from raw.frozen_tiers as frozen
left join marts.fct_tier_restatements as shown
    using (quarter_end, sector, window_days, insider_group, measure)
group by frozen.quarter_end
order by quarter_end
"""


def _with_unknown_losses(totals: pd.DataFrame, ledger_columns: set[str]) -> pd.DataFrame:
    known = {name for parts in LEDGER_STAGES.values() for name in parts}
    unknown = sorted(name for name in ledger_columns if name.startswith("lost_") and name not in known)
    rows = pd.DataFrame({"stage": unknown, "unknown_loss_column": unknown})
    return pd.concat([totals.assign(unknown_loss_column=None), rows], ignore_index=True)


# What must not change for a quarter end that readers have seen.
_QUARTER_ENDS = """
select
    as_of_date::varchar as quarter_end,
    count(*) as row_count,
    sum(buy_line_count + sell_line_count) filter (
        sector = 'All' and window_days = 90 and insider_group = 'all'
    )::bigint as line_count
from {table}
where is_quarter_end
group by as_of_date
order by quarter_end
"""
