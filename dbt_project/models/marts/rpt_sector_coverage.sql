with

insider_transactions as (

    select * from {{ ref('fct_insider_transactions') }}

),

signal_lines as (

    select
        cast({{ dbt.date_trunc('month', 'filed_date') }} as date) as filed_month,
        road,
        sic_source,
        sector <> 'Unmapped' as is_mapped,
        case when is_usd_usable then coalesce(value_usd_corrected, value_usd) else 0 end as value_usd
    from insider_transactions
    where is_signal_trade

),

by_source as (

    select
        filed_month,
        road,
        sic_source,
        count(*) as signal_line_count,
        sum(case when is_mapped then 1 else 0 end) as mapped_line_count,
        sum(cast(value_usd as decimal(38, 2))) as signal_usd,
        sum(case when is_mapped then cast(value_usd as decimal(38, 2)) else 0 end) as mapped_usd
    from signal_lines
    group by
        filed_month, road, sic_source

),

-- What has a SIC can be mapped; what has none waits for its issuer's record. Both are in the total.
with_totals as (

    select * from by_source
    union all
    select
        filed_month,
        road,
        'all' as sic_source,
        sum(signal_line_count) as signal_line_count,
        sum(mapped_line_count) as mapped_line_count,
        sum(signal_usd) as signal_usd,
        sum(mapped_usd) as mapped_usd
    from by_source
    group by
        filed_month, road

),

rpt_sector_coverage as (

    select
        filed_month,
        road,
        sic_source,
        cast(signal_line_count as bigint) as signal_line_count,
        cast(mapped_line_count as bigint) as mapped_line_count,
        {{ quotient('mapped_line_count', 'signal_line_count') }} as mapped_line_share,
        cast(signal_usd as decimal(38, 2)) as signal_usd,
        cast(mapped_usd as decimal(38, 2)) as mapped_usd,
        {{ quotient('mapped_usd', 'signal_usd') }} as mapped_usd_share
    from with_totals

)

select * from rpt_sector_coverage
