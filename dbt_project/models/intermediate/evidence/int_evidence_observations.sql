{%- set cross_section = "quarter_end, measure, window_days, insider_group, horizon_months, is_usable" %}
with

tiers as (

    select * from {{ ref('fct_sector_tiers_quarterly') }}

),

conviction_percentiles as (

    select * from {{ ref('int_conviction_percentiles') }}

),

forward_returns as (

    select * from {{ ref('fct_sector_forward_returns') }}

),

opinions as (

    select
        quarter_end,
        sector,
        measure,
        window_days,
        insider_group,
        percentile,
        tier
    from tiers
    union all
    select
        quarter_end,
        sector,
        measure,
        window_days,
        insider_group,
        percentile,
        tier
    from conviction_percentiles

),

-- An opinion is usable when its return is known and so is the year before, which the control needs: the signal and its
-- control are held against the same returns.
observations as (

    select
        opinions.quarter_end,
        {{ quarter_ordinal('opinions.quarter_end') }} as quarter_number,
        {{ evidence_period('opinions.quarter_end') }} as period,
        opinions.sector,
        opinions.measure,
        opinions.window_days,
        opinions.insider_group,
        forward_returns.horizon_months,
        opinions.percentile,
        opinions.tier,
        forward_returns.excess_return,
        forward_returns.trailing_12_month_return - forward_returns.market_trailing_12_month_return
            as prior_excess_return,
        coalesce(
            forward_returns.missing_reason,
            forward_returns.market_missing_reason,
            forward_returns.trailing_missing_reason,
            case when forward_returns.market_trailing_12_month_return is null then 'price_missing' end
        ) as missing_reason
    from opinions
    inner join forward_returns
        on opinions.quarter_end = forward_returns.quarter_end
            and opinions.sector = forward_returns.sector
    where opinions.tier <> 'Insufficient history'

),

usable_observations as (

    select
        *,
        missing_reason is null as is_usable
    from observations

),

ranked_observations as (

    select
        *,
        {{ mean_rank('percentile', cross_section) }} as percentile_rank,
        {{ mean_rank('excess_return', cross_section) }} as excess_rank,
        {{ mean_rank('prior_excess_return', cross_section) }} as prior_rank,
        rank() over (partition by {{ cross_section }} order by prior_excess_return) as rank_from_worst,
        rank() over (partition by {{ cross_section }} order by prior_excess_return desc) as rank_from_best,
        count(*) over (partition by {{ cross_section }}) as sector_count
    from usable_observations

)

select
    quarter_end,
    quarter_number,
    period,
    sector,
    measure,
    window_days,
    insider_group,
    horizon_months,
    percentile,
    tier,
    excess_return,
    prior_excess_return,
    case when is_usable then cast(percentile_rank as double) end as percentile_rank,
    case when is_usable then cast(excess_rank as double) end as excess_rank,
    case when is_usable then cast(prior_rank as double) end as prior_rank,
    case
        when not is_usable then null
        when rank_from_worst <= {{ control_sector_count('sector_count') }} then 'worst'
        when rank_from_best <= {{ control_sector_count('sector_count') }} then 'best'
        else 'middle'
    end as control_group,
    is_usable,
    missing_reason
from ranked_observations
