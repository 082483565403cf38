"""Good marts in a real warehouse file, made by plain SQL from one filing day, to be spoilt by tests.

Two as-of dates (the quarter end 2023-12-31 and 2024-01-05 with the days between), thirteen sectors, two windows and
four groups. One signal purchase per sector on the newest filing day, all of it in every window and group.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from quality.marts_suite import INSIDER_GROUPS, LEDGER_STAGES, SECTORS, SECTORS_AND_TOTALS, USUAL_SHARES

if TYPE_CHECKING:
    import duckdb


def build_marts(connection: duckdb.DuckDBPyConnection) -> None:
    """Create schema ``marts`` beside the raw day of ``tests.quality.conftest``."""
    names = {"sectors": list(SECTORS_AND_TOTALS), "eleven": list(SECTORS), "groups": list(INSIDER_GROUPS)}
    connection.execute("create schema marts")
    for statement in _STATEMENTS:
        connection.execute(statement, {key: value for key, value in names.items() if f"${key}" in statement})
    connection.execute(_ledger_statement())
    connection.execute(_RECONCILIATION)
    for statement in (*_FROZEN, *_PRICES, *_COMPANIES):
        connection.execute(statement)
    connection.execute(_DATA_QUALITY)


_STATEMENTS = (
    "create table marts.dim_sectors as select unnest($sectors) as sector",
    "create table marts.dim_issuers as select '0000001000' as issuer_cik",
    "create table marts.dim_insiders as select '0000002000' as owner_cik",
    """
    create table marts.dim_dates as
    select range::date as date_day from range(date '2023-12-29', date '2024-01-06', interval 1 day)
    """,
    # Twelve filings with a purchase and an option grant each; eleven sectors and one line without.
    """
    create table marts.fct_insider_transactions as
    with numbered as (
        select
            accession_number,
            row_number() over (order by accession_number) as number
        from raw.submission
        where _road = 'daily' and _partition = '2024-01-05'
    ),
    coded as (select unnest(['N', 'D']) as table_code)
    select
        accession_number || '|' || table_code || '|1' as transaction_line_key,
        accession_number,
        table_code,
        'daily' as road,
        date '2024-01-05' as filed_date,
        date '2024-01-05' as known_from,
        null::date as known_to,
        null::date as restored_from,
        null::date as restored_to,
        date '2024-01-03' as transaction_date,
        null::date as transaction_date_corrected,
        table_code = 'N' as is_signal_while_known,
        case when table_code = 'N' then 'P' else 'A' end as transaction_code,
        case when number = 12 then 'Unmapped' else ($eleven)[number] end as sector,
        case when number = 12 then 'none' else 'filing_header' end as sic_source,
        table_code = 'N' as is_signal_trade,
        case when table_code = 'D' then 'derivative' end as exclusion_reason
    from numbered, coded
    """,
    """
    create table marts.fct_sector_ratios_daily as
    with dates as (
        select range::date as as_of_date from range(date '2023-12-29', date '2024-01-06', interval 1 day)
    ),
    filled as (
        select
            as_of_date,
            as_of_date = date '2023-12-31' as is_month_end,
            as_of_date = date '2023-12-31' as is_quarter_end,
            sector,
            window_days,
            insider_group,
            case when as_of_date < date '2024-01-05' then 0 when sector = 'All' then 12 else 1 end as line_count
        from dates, (select unnest($sectors) as sector), (select unnest([30, 90]) as window_days),
            (select unnest($groups) as insider_group)
    )
    select
        * exclude (line_count),
        line_count::bigint as buy_count,
        0::bigint as sell_count,
        line_count::bigint as buy_line_count,
        0::bigint as sell_line_count,
        (line_count * 100.5)::decimal(38, 4) as buy_share_count,
        0::decimal(38, 4) as sell_share_count,
        (line_count * 1231.125)::decimal(38, 4) as buy_usd,
        0::decimal(38, 4) as sell_usd,
        line_count::bigint as buy_insider_count,
        0::bigint as sell_insider_count,
        null::double as buy_sell_ratio_count,
        null::double as buy_sell_ratio_share_count,
        null::double as buy_sell_ratio_usd,
        case when line_count > 0 then 0.0::double end as sell_buy_ratio_count,
        case when line_count > 0 then 0.0::double end as sell_buy_ratio_share_count,
        case when line_count > 0 then 0.0::double end as sell_buy_ratio_usd,
        case when line_count > 0 then 1.0::double end as npr_count,
        case when line_count > 0 then 1.0::double end as npr_share_count,
        case when line_count > 0 then 1.0::double end as npr_usd
    from filled
    """,
    """
    create table marts.fct_sector_tiers_quarterly as
    select
        date '2023-12-31' as quarter_end,
        sector,
        window_days,
        insider_group,
        measure,
        window_days = 90 and insider_group = 'officers_directors' and measure = 'npr_usd' as is_headline,
        0.1::double as value,
        0.5::double as percentile,
        60 as history_months,
        'Neutral' as tier,
        1.0::double as weight_multiplier_low,
        1.0::double as weight_multiplier_high,
        1.0::double / 11 as benchmark_weight,
        1.0::double / 11 as suggested_weight,
        0.3::double as top_issuer_share
    from (select unnest($eleven) as sector), (select unnest([30, 90]) as window_days),
        (select unnest($groups) as insider_group), (select unnest(['npr_count', 'npr_usd']) as measure)
    """,
)


# The twelve filings of the day, found by both roads.
_RECONCILIATION = """
    create table marts.fct_road_reconciliation as
    select
        accession_number,
        date '2024-01-05' as filed_date,
        'agree' as agreement,
        null::varchar as difference,
        null::varchar as reason_code,
        true as is_explained
    from raw.submission
    where _road = 'daily' and _partition = '2024-01-05'
    """

# One frozen tier, which stands.
_FROZEN = (
    """
    insert into raw.frozen_tiers (quarter_end, sector, window_days, insider_group, measure, is_headline, tier)
    values ('2023-12-31', 'Energy', 90, 'officers_directors', 'npr_usd', true, 'Neutral')
    """,
    """
    create table marts.fct_tier_restatements as
    select
        quarter_end,
        sector,
        window_days,
        insider_group,
        measure,
        is_headline,
        tier as frozen_tier,
        tier,
        false as is_tier_restated,
        'none' as restatement_reason
    from raw.frozen_tiers
    """,
    """
    create table marts.rpt_sector_coverage as
    select date '2024-01-01' as filed_month, 'daily' as road, 'filing_header' as sic_source, 11 as signal_line_count
    """,
)


# Two days of one fund and of the market, and what they make at the quarter's end.
_PRICES = (
    """
    insert into raw.etf_prices (ticker, price_date, close, adj_close)
    select ticker, price_date, '100', '99.5'
    from (select unnest(['XLE', 'SPY']) as ticker), (select unnest(['2024-01-04', '2024-01-05']) as price_date)
    """,
    """
    create table marts.fct_etf_prices_daily as
    select ticker as etf_symbol, price_date::date as price_date, false as is_missing from raw.etf_prices
    """,
    """
    create table marts.fct_sector_forward_returns as
    select date '2023-12-31' as quarter_end, 'Energy' as sector, horizon_months, 0.05::double as forward_return
    from (select unnest([3, 6, 9, 12]) as horizon_months)
    """,
    """
    create table marts.rpt_sector_confirmation as
    select date '2023-12-31' as quarter_end, 'Energy' as sector, 'confirms' as confirmation
    """,
)

# The day's purchases scored and timed, one cluster of them in a sector that is Overweight, and an issuer's quarter of
# which nothing is left.
_COMPANIES = (
    """
    create table marts.fct_trade_conviction as
    select
        transaction_line_key,
        '0000001000' as issuer_cik,
        'buy' as direction,
        known_from,
        'open' as timing_code,
        0.8::double as known_weight_share,
        50.0::double as conviction_score
    from marts.fct_insider_transactions
    where is_signal_while_known
    """,
    "create table marts.fct_trade_timing as select transaction_line_key from marts.fct_trade_conviction",
    """
    create table marts.fct_issuer_ratios_quarterly as
    select quarter_end, '0000001000' as issuer_cik, window_days, insider_group,
        buy_count, sell_count, buy_share_count, sell_share_count, buy_usd, sell_usd
    from (select as_of_date as quarter_end, * from marts.fct_sector_ratios_daily)
    where is_quarter_end and sector = 'All' and window_days = 90
    """,
    """
    create table marts.fct_cluster_buys as
    select 'k' as cluster_key, '0000001000' as issuer_cik, date '2024-01-05' as known_from, 3::bigint as owner_count,
        0.5::double as largest_owner_share
    """,
    """
    create table marts.rpt_high_conviction as
    select 'k' as cluster_key, 'Energy' as sector, date '2024-01-05' as known_from
    """,
    """
    update marts.fct_sector_tiers_quarterly set tier = 'Overweight' where sector = 'Energy' and is_headline
    """,
    """
    create table marts.rpt_screen_low_sell_buy as
    select date '2023-12-31' as quarter_end, '0000001000' as issuer_cik, 'all' as insider_group,
        0.5::double as sell_buy_ratio_usd
    """,
    """
    create table marts.rpt_screen_selling_into_strength as
    select date '2023-12-31' as quarter_end, '0000001000' as issuer_cik, 'all' as insider_group,
        0.1::double as price_change
    """,
)
# A month in which every share that has a bound is at it.
_DATA_QUALITY = f"""
    create table marts.rpt_data_quality as
    select
        date '2024-01-01' as filed_month,
        'daily' as road,
        flag,
        1000::bigint as total_line_count,
        500::bigint as total_filing_count,
        bound::double as line_share,
        bound::double as filing_share
    from (values {", ".join(f"('{flag}', {usual[1]})" for flag, usual in USUAL_SHARES.items())}) as usual (flag, bound)
    """


def _ledger_statement() -> str:
    counts = dict.fromkeys({name for total, parts in LEDGER_STAGES.items() for name in (total, *parts)}, 0)
    counts |= {
        "index_line_count": 24,
        "lost_repeated_index_line_count": 12,
        "accession_count": 12,
        "parsed_accession_count": 12,
        "filing_count": 12,
        "daily_filing_count": 12,
        "transaction_line_count": 24,
        "lost_derivative_count": 12,
        "open_market_line_count": 12,
        "signal_line_count": 12,
        "lost_unmapped_sector_count": 1,
        "headline_line_count": 11,
    }
    listed = ", ".join(f"{count}::bigint as {name}" for name, count in sorted(counts.items()))
    return f"create table marts.fct_filing_day_ledger as select date '2024-01-05' as filing_day, {listed}"
