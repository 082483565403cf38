with

tiers as (

    select * from {{ ref('fct_sector_tiers_quarterly') }}

),

forward_returns as (

    select * from {{ ref('fct_sector_forward_returns') }}

),

-- Your own numbers, empty as delivered: the newest of each indicator up to the quarter's end counts while it is fresh.
scores as (

    select * from {{ ref('sector_confirmations') }}

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

),

scores_known as (

    select
        headline_tiers.quarter_end,
        headline_tiers.sector,
        scores.indicator,
        scores.score,
        row_number() over (
            partition by headline_tiers.quarter_end, headline_tiers.sector, scores.indicator
            order by scores.as_of_date desc
        ) as place_from_newest
    from headline_tiers
    inner join scores
        on headline_tiers.sector = scores.sector
            and headline_tiers.quarter_end >= scores.as_of_date
            and {{ days_between('scores.as_of_date', 'headline_tiers.quarter_end') }}
            <= {{ price_parameter('confirmation_valid_days') }}

),

newest_scores as (

    select
        quarter_end,
        sector,
        max(case when indicator = 'valuation' then score end) as valuation_score,
        max(case when indicator = 'earnings_revisions' then score end) as earnings_revisions_score
    from scores_known
    where place_from_newest = 1
    group by quarter_end, sector

),

confirmations as (

    select
        ranked_tiers.*,
        newest_scores.valuation_score,
        newest_scores.earnings_revisions_score
    from ranked_tiers
    left join newest_scores
        on ranked_tiers.quarter_end = newest_scores.quarter_end
            and ranked_tiers.sector = newest_scores.sector

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
    {{ confirmation_of('relative_strength_12_1') }} as confirmation,
    trailing_missing_reason,
    valuation_score,
    {{ confirmation_of('valuation_score') }} as valuation_confirmation,
    earnings_revisions_score,
    {{ confirmation_of('earnings_revisions_score') }} as earnings_revisions_confirmation
from confirmations
