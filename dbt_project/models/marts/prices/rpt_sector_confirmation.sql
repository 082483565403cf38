with

tiers as (

    select * from {{ ref('fct_sector_tiers_quarterly') }}

),

forward_returns as (

    select * from {{ ref('fct_sector_forward_returns') }}

),

-- What was known at the quarter's end is the same for every horizon.
trailing_returns as (

    select
        quarter_end,
        sector,
        etf_symbol,
        trailing_12_month_return,
        momentum_12_1,
        market_momentum_12_1,
        relative_strength_12_1,
        trailing_missing_reason
    from forward_returns
    where horizon_months = {{ price_parameter('horizon_months')[0] }}

),

headline_tiers as (

    select
        tiers.quarter_end,
        tiers.sector,
        trailing_returns.etf_symbol,
        tiers.tier,
        tiers.percentile,
        trailing_returns.trailing_12_month_return,
        trailing_returns.momentum_12_1,
        trailing_returns.market_momentum_12_1,
        trailing_returns.relative_strength_12_1,
        trailing_returns.trailing_missing_reason
    from tiers
    inner join trailing_returns
        on tiers.quarter_end = trailing_returns.quarter_end
            and tiers.sector = trailing_returns.sector
    where tiers.is_headline

),

-- 1 is the strongest of the sectors whose strength is known.
ranked_tiers as (

    select
        *,
        rank() over (
            partition by quarter_end
            order by relative_strength_12_1 desc nulls last
        ) as strength_rank,
        count(relative_strength_12_1) over (partition by quarter_end) as ranked_sector_count
    from headline_tiers

)

select
    quarter_end,
    sector,
    etf_symbol,
    tier,
    percentile,
    trailing_12_month_return,
    momentum_12_1,
    market_momentum_12_1,
    case
        when momentum_12_1 > 0 then 'up'
        when momentum_12_1 < 0 then 'down'
        when momentum_12_1 = 0 then 'flat'
    end as momentum_direction,
    relative_strength_12_1,
    case when relative_strength_12_1 is not null then cast(strength_rank as integer) end as relative_strength_rank,
    cast(ranked_sector_count as integer) as ranked_sector_count,
    case
        when tier not in ('Overweight', 'Underweight') then 'no opinion'
        when relative_strength_12_1 is null then 'unknown'
        when relative_strength_12_1 = 0 then 'neither'
        when (tier = 'Overweight') = (relative_strength_12_1 > 0) then 'confirms'
        else 'diverges'
    end as confirmation,
    trailing_missing_reason
from ranked_tiers
