with

issuer_days as (

    select * from {{ ref('int_issuer_days_at_quarter_ends') }}
    where
        window_days = {{ sector_parameter('headline_window_days') }}
        and insider_group = '{{ sector_parameter('headline_insider_group') }}'

),

issuers as (

    select * from {{ ref('dim_issuers') }}

),

tier_clusters as (

    select * from {{ ref('rpt_tier_clusters') }}

),

-- The very trades of the headline tier, by issuer.
issuer_totals as (

    select
        quarter_end,
        sector,
        issuer_cik,
        coalesce(sum(case when direction = 'buy' then value_usd end), 0) as buy_usd,
        coalesce(sum(case when direction = 'sell' then value_usd end), 0) as sell_usd,
        sum(case when direction = 'buy' then trade_count else 0 end) as buy_count,
        sum(case when direction = 'sell' then trade_count else 0 end) as sell_count
    from issuer_days
    group by quarter_end, sector, issuer_cik

),

-- The same order as that of the largest issuer in the tiers.
ranked_issuers as (

    select
        *,
        row_number() over (
            partition by quarter_end, sector
            order by buy_usd + sell_usd desc, issuer_cik
        ) as driver_rank,
        sum(buy_usd) over (partition by quarter_end, sector) as sector_buy_usd,
        sum(sell_usd) over (partition by quarter_end, sector) as sector_sell_usd
    from issuer_totals

),

drivers as (

    select
        *,
        {{ net_purchase_ratio('sector_buy_usd', 'sector_sell_usd') }} as sector_value,
        {{ net_purchase_ratio('(sector_buy_usd - buy_usd)', '(sector_sell_usd - sell_usd)') }} as value_without_issuer
    from ranked_issuers
    where driver_rank <= {{ report_parameter('tier_driver_count') }}

),

clusters as (

    select
        quarter_end,
        issuer_cik,
        max(owner_count) as cluster_owner_count
    from tier_clusters
    group by quarter_end, issuer_cik

)

select
    drivers.quarter_end,
    drivers.sector,
    cast(drivers.driver_rank as integer) as driver_rank,
    drivers.issuer_cik,
    issuers.issuer_name,
    issuers.issuer_symbol,
    cast(drivers.buy_count as bigint) as buy_count,
    cast(drivers.sell_count as bigint) as sell_count,
    cast(drivers.buy_usd as decimal(38, 4)) as buy_usd,
    cast(drivers.sell_usd as decimal(38, 4)) as sell_usd,
    cast(drivers.buy_usd - drivers.sell_usd as decimal(38, 4)) as net_usd,
    {{ quotient('(drivers.buy_usd + drivers.sell_usd)', '(drivers.sector_buy_usd + drivers.sector_sell_usd)') }}
        as usd_share,
    drivers.value_without_issuer,
    drivers.sector_value - drivers.value_without_issuer as value_contribution,
    cast(coalesce(clusters.cluster_owner_count, 0) as integer) as cluster_owner_count
from drivers
left join issuers
    on drivers.issuer_cik = issuers.issuer_cik
left join clusters
    on drivers.quarter_end = clusters.quarter_end
        and drivers.issuer_cik = clusters.issuer_cik
