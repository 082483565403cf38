with

tiers as (

    select * from {{ ref('fct_sector_tiers_quarterly') }}

),

ratios as (

    select * from {{ ref('fct_sector_ratios_daily') }}

),

confirmations as (

    select * from {{ ref('rpt_sector_confirmation') }}

),

tier_clusters as (

    select * from {{ ref('rpt_tier_clusters') }}

),

issuers as (

    select * from {{ ref('dim_issuers') }}

),

sectors as (

    select * from {{ ref('dim_sectors') }}

),

headline_tiers as (

    select
        *,
        lag(suggested_weight) over (
            partition by sector
            order by quarter_end
        ) as previous_suggested_weight
    from tiers
    where is_headline

),

-- A tier that other ways of counting the same trades give, too, says more than one that hangs on the dollars alone.
agreements as (

    select
        headline_tiers.quarter_end,
        headline_tiers.sector,
        count(*) as measure_count,
        sum(case when tiers.tier = headline_tiers.tier then 1 else 0 end) as agreeing_measure_count
    from headline_tiers
    inner join tiers
        on headline_tiers.quarter_end = tiers.quarter_end
            and headline_tiers.sector = tiers.sector
            and headline_tiers.window_days = tiers.window_days
            and headline_tiers.insider_group = tiers.insider_group
    group by headline_tiers.quarter_end, headline_tiers.sector

),

clusters as (

    select
        quarter_end,
        sector,
        count(*) as cluster_count,
        sum(value_usd) as cluster_usd
    from tier_clusters
    group by quarter_end, sector

)

select
    headline_tiers.quarter_end,
    headline_tiers.sector,
    sectors.etf_symbol,
    headline_tiers.tier,
    cast(
        row_number() over (
            partition by headline_tiers.quarter_end
            order by headline_tiers.percentile desc nulls last, headline_tiers.sector asc
        ) as integer
    ) as sector_rank,
    headline_tiers.value,
    headline_tiers.five_year_average,
    headline_tiers.percentile,
    headline_tiers.history_months,
    headline_tiers.same_season_average,
    headline_tiers.previous_quarter_tier,
    headline_tiers.tier_change,
    headline_tiers.previous_quarter_value,
    headline_tiers.previous_quarter_percentile,
    headline_tiers.percentile - headline_tiers.previous_quarter_percentile as percentile_change,
    headline_tiers.benchmark_weight,
    headline_tiers.weight_multiplier_low,
    headline_tiers.weight_multiplier_high,
    headline_tiers.suggested_weight,
    headline_tiers.suggested_weight - headline_tiers.benchmark_weight as active_weight,
    headline_tiers.suggested_weight - headline_tiers.previous_suggested_weight as suggested_weight_change,
    ratios.buy_usd,
    ratios.sell_usd,
    ratios.buy_insider_count,
    ratios.sell_insider_count,
    headline_tiers.issuer_count,
    headline_tiers.top_issuer_cik,
    issuers.issuer_name as top_issuer_name,
    issuers.issuer_symbol as top_issuer_symbol,
    headline_tiers.top_issuer_share,
    headline_tiers.value_without_top_issuer,
    headline_tiers.tier_without_top_issuer,
    headline_tiers.is_fragile,
    cast(agreements.measure_count as integer) as measure_count,
    cast(agreements.agreeing_measure_count as integer) as agreeing_measure_count,
    case
        when headline_tiers.tier = 'Insufficient history' then 'no opinion'
        when headline_tiers.is_fragile then 'fragile'
        when agreements.agreeing_measure_count >= {{ report_parameter('firm_measure_count') }} then 'firm'
        else 'mixed'
    end as tier_support,
    cast(coalesce(clusters.cluster_count, 0) as integer) as cluster_count,
    cast(coalesce(clusters.cluster_usd, 0) as decimal(38, 4)) as cluster_usd,
    confirmations.trailing_12_month_return,
    confirmations.relative_strength_12_1,
    confirmations.relative_strength_rank,
    coalesce(
        confirmations.confirmation,
        case when headline_tiers.tier in ('Overweight', 'Underweight') then 'unknown' else 'no opinion' end
    ) as confirmation
from headline_tiers
inner join sectors
    on headline_tiers.sector = sectors.sector
inner join agreements
    on headline_tiers.quarter_end = agreements.quarter_end
        and headline_tiers.sector = agreements.sector
left join ratios
    on headline_tiers.quarter_end = ratios.as_of_date
        and headline_tiers.sector = ratios.sector
        and headline_tiers.window_days = ratios.window_days
        and headline_tiers.insider_group = ratios.insider_group
left join issuers
    on headline_tiers.top_issuer_cik = issuers.issuer_cik
left join clusters
    on headline_tiers.quarter_end = clusters.quarter_end
        and headline_tiers.sector = clusters.sector
left join confirmations
    on headline_tiers.quarter_end = confirmations.quarter_end
        and headline_tiers.sector = confirmations.sector
