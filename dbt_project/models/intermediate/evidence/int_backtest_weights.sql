with

sectors as (

    select * from {{ ref('dim_sectors') }}
    where etf_symbol is not null

),

etf_months as (

    select * from {{ ref('int_etf_months') }}

),

bands as (

    select * from {{ ref('rpt_sector_bands_monthly') }}

),

-- Where each sector stands at every month-end: monthly rebalancing has something new to go by.
monthly_tiers as (

    select
        {{ month_ordinal('bands.as_of_date') }} as month_number,
        bands.sector,
        bands.standing as tier
    from bands
    inner join sectors
        on bands.sector = sectors.sector
            and sectors.is_investable
    where
        bands.is_month_end
        and bands.window_days = {{ sector_parameter('headline_window_days') }}
        and bands.insider_group = '{{ sector_parameter('headline_insider_group') }}'
        and bands.measure = '{{ sector_parameter('headline_measure') }}'

),

-- Portfolios begin after the first quarter's end with a tier on which the market fund and a sector fund could be
-- bought, and end a month after the last month-end whose tiers are known: nothing is held on a tier of long ago.
first_months as (

    select min(monthly_tiers.month_number) + 1 as first_month_number
    from monthly_tiers
    inner join sectors
        on monthly_tiers.sector = sectors.sector
    inner join etf_months
        on sectors.etf_symbol = etf_months.etf_symbol
            and etf_months.month_number = monthly_tiers.month_number + 1
    inner join sectors as market
        on market.sector = 'All'
    inner join etf_months as market_months
        on market.etf_symbol = market_months.etf_symbol
            and market_months.month_number = monthly_tiers.month_number + 1
    where
        mod(monthly_tiers.month_number, 3) = 2
        and monthly_tiers.tier <> 'Insufficient history'
        and etf_months.first_adjusted_close_usd is not null
        and market_months.first_adjusted_close_usd is not null

),

last_months as (

    select max(month_number) + 1 as last_rebalancing_month_number
    from monthly_tiers

),

-- What can be bought at the first close after each month-end, and what was known then.
candidates as (

    select
        etf_months.month_number,
        sectors.sector,
        sectors.is_investable,
        -- Decimals are the same sum in any order, and a build of the same data the same table.
        cast(sectors.benchmark_weight as decimal(18, 12)) as benchmark_weight,
        coalesce(monthly_tiers.tier, 'Insufficient history') as tier,
        {{ return_between('year_before.last_adjusted_close_usd', 'month_before.last_adjusted_close_usd') }}
            as prior_return
    from etf_months
    inner join sectors
        on etf_months.etf_symbol = sectors.etf_symbol
    cross join first_months
    cross join last_months
    left join monthly_tiers
        on sectors.sector = monthly_tiers.sector
            and monthly_tiers.month_number = etf_months.month_number - 1
    left join etf_months as month_before
        on etf_months.etf_symbol = month_before.etf_symbol
            and month_before.month_number = etf_months.month_number - 1
    left join etf_months as year_before
        on etf_months.etf_symbol = year_before.etf_symbol
            and year_before.month_number = etf_months.month_number - 13
    where
        etf_months.first_adjusted_close_usd is not null
        and etf_months.month_number >= first_months.first_month_number
        and etf_months.month_number <= last_months.last_rebalancing_month_number

),

ranked_candidates as (

    select
        *,
        rank() over (partition by month_number order by prior_return nulls last) as rank_from_worst,
        rank() over (partition by month_number order by prior_return desc nulls last) as rank_from_best,
        count(prior_return) over (partition by month_number) as known_prior_count
    from candidates
    where is_investable

),

raw_weights as (

    select
        month_number,
        sector,
        'tier' as portfolio,
        benchmark_weight * {{ weight_multiplier('tier', 'mid') }} as raw_weight
    from ranked_candidates
    union all
    -- The control weighs last year's losers as the tiers weigh what insiders buy.
    select
        month_number,
        sector,
        'contrarian' as portfolio,
        benchmark_weight * case
            when prior_return is null then 1
            when rank_from_worst <= {{ control_sector_count('known_prior_count') }}
                then {{ sector_parameter('overweight_multiplier_mid') }}
            when rank_from_best <= {{ control_sector_count('known_prior_count') }}
                then {{ sector_parameter('underweight_multiplier_mid') }}
            else 1
        end as raw_weight
    from ranked_candidates
    union all
    select
        month_number,
        sector,
        'equal_weight' as portfolio,
        1 as raw_weight
    from ranked_candidates
    union all
    select
        month_number,
        sector,
        'market' as portfolio,
        1 as raw_weight
    from candidates
    where sector = 'All'

),

-- A fund that does not exist yet, or has no close that month, leaves its weight to the others in proportion.
weights as (

    select
        month_number,
        sector,
        portfolio,
        cast(raw_weight as double)
        / cast(sum(raw_weight) over (partition by month_number, portfolio) as double) as target_weight
    from raw_weights

),

-- Months are counted from January: every third begins a quarter, every twelfth a year.
rebalancings as (

    select
        'monthly' as rebalancing,
        1 as every_months
    union all
    select
        'quarterly' as rebalancing,
        3 as every_months
    union all
    select
        'annual' as rebalancing,
        12 as every_months

)

select
    weights.portfolio,
    rebalancings.rebalancing,
    weights.month_number,
    weights.sector,
    weights.target_weight
from weights
cross join rebalancings
cross join first_months
where
    weights.portfolio <> 'market'
    and (
        mod(weights.month_number, rebalancings.every_months) = 0
        or weights.month_number = first_months.first_month_number
    )
union all
select
    weights.portfolio,
    'none' as rebalancing,
    weights.month_number,
    weights.sector,
    weights.target_weight
from weights
inner join first_months
    on weights.month_number = first_months.first_month_number
where weights.portfolio = 'market'
