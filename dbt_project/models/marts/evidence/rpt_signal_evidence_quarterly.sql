with

observations as (

    select * from {{ ref('int_evidence_observations') }}

),

-- Sums of ranks need the usable rows only: the ranks of the others are null, as are their excess returns or priors.
cross_sections as (

    select
        quarter_end,
        measure,
        window_days,
        insider_group,
        horizon_months,
        cast(count(case when is_usable then 1 end) as integer) as sector_count,
        cast(count(case when not is_usable then 1 end) as integer) as left_out_count,
        max(missing_reason) as left_out_reason,
        {{ rank_correlation('percentile_rank', 'excess_rank') }} as ic,
        -1 * ({{ rank_correlation('prior_rank', 'excess_rank') }}) as control_ic,
        cast(count(case when is_usable and tier = 'Overweight' then 1 end) as integer) as overweight_count,
        cast(count(case when is_usable and tier = 'Underweight' then 1 end) as integer) as underweight_count,
        {{ mean_return_where('excess_return', "is_usable and tier = 'Overweight'") }} as overweight_excess_return,
        {{ mean_return_where('excess_return', "is_usable and tier = 'Underweight'") }} as underweight_excess_return,
        {{ mean_return_where('excess_return', "control_group = 'worst'") }} as worst_excess_return,
        {{ mean_return_where('excess_return', "control_group = 'best'") }} as best_excess_return
    from observations
    group by quarter_end, measure, window_days, insider_group, horizon_months

)

select
    quarter_end,
    measure,
    window_days,
    insider_group,
    horizon_months,
    {{ is_headline_tier() }}
    and horizon_months = {{ evidence_parameter('evidence_headline_horizon_months') }} as is_headline,
    sector_count,
    left_out_count,
    left_out_reason,
    ic,
    control_ic,
    overweight_count,
    underweight_count,
    overweight_excess_return,
    underweight_excess_return,
    overweight_excess_return - underweight_excess_return as spread,
    -- Where the tiers have no spread the control has none either, so that both are means over the same quarters.
    case
        when overweight_count > 0 and underweight_count > 0
            then worst_excess_return - best_excess_return
    end as control_spread
from cross_sections
