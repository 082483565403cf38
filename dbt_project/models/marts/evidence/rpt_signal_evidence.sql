-- noqa: disable=LT02
{%- set keys = ["measure", "window_days", "insider_group", "horizon_months"] %}
{%- set with_interval = [
    "ic", "control_ic", "ic_minus_control", "ic_minus_count", "spread", "control_spread",
    "slope", "slope_beyond_prior", "prior_slope",
] %}
{%- set quartiles = {
    1: "percentile <= 0.25",
    2: "percentile > 0.25 and percentile <= 0.5",
    3: "percentile > 0.5 and percentile < 0.75",
    4: "percentile >= 0.75",
} %}
with

observations as (

    select * from {{ ref('int_evidence_observations') }}
    where is_usable

),

signal_evidence_quarterly as (

    select * from {{ ref('rpt_signal_evidence_quarterly') }}
    where sector_count > 0

),

signal_statistics as (

    select * from {{ ref('int_signal_statistics') }}

),

-- What is looked at: all sectors together over all quarters and on each side of the split, and each sector.
scopes as (

    select
        *,
        'pooled' as scope,
        'all' as evidence_period
    from observations
    union all
    select
        *,
        'pooled' as scope,
        period as evidence_period
    from observations
    union all
    select
        *,
        sector as scope,
        'all' as evidence_period
    from observations

),

counted as (

    select
        measure,
        window_days,
        insider_group,
        horizon_months,
        scope,
        evidence_period,
        min(quarter_end) as first_quarter_end,
        max(quarter_end) as last_quarter_end,
        cast(count(distinct quarter_end) as integer) as quarter_count,
        count(*) as observation_count,
        count(case when tier = 'Overweight' then 1 end) as overweight_count,
        count(case when tier = 'Underweight' then 1 end) as underweight_count,
        {{ mean_return_where('excess_return', "tier = 'Overweight'") }} as overweight_excess_return,
        {{ mean_return_where('excess_return', "tier = 'Underweight'") }} as underweight_excess_return,
        cast(count(case when tier = 'Overweight' and excess_return > 0 then 1 end) as double)
        / nullif(count(case when tier = 'Overweight' then 1 end), 0) as overweight_hit_rate,
        cast(count(case when tier = 'Underweight' and excess_return < 0 then 1 end) as double)
        / nullif(count(case when tier = 'Underweight' then 1 end), 0) as underweight_hit_rate,
        {%- for quartile, condition in quartiles.items() %}
        count(case when {{ condition }} then 1 end) as quartile_{{ quartile }}_count,
        {{ mean_return_where('excess_return', condition) }} as quartile_{{ quartile }}_excess_return
        {{- "," if not loop.last }}
        {%- endfor %}
    from scopes
    group by measure, window_days, insider_group, horizon_months, scope, evidence_period

),

-- A hit rate of quarters is of all sectors: a sector alone is not both overweight and underweight.
quarters_by_period as (

    select
        *,
        'all' as evidence_period
    from signal_evidence_quarterly
    union all
    select
        *,
        {{ evidence_period('quarter_end') }} as evidence_period
    from signal_evidence_quarterly

),

hit_rates as (

    select
        measure,
        window_days,
        insider_group,
        horizon_months,
        'pooled' as scope,
        evidence_period,
        cast(count(spread) as integer) as spread_quarter_count,
        cast(count(case when spread > 0 then 1 end) as double) / nullif(count(spread), 0) as spread_hit_rate,
        cast(count(case when control_spread > 0 then 1 end) as double) / nullif(count(control_spread), 0)
            as control_spread_hit_rate
    from quarters_by_period
    group by measure, window_days, insider_group, horizon_months, evidence_period

),

estimates as (

    select
        measure,
        window_days,
        insider_group,
        horizon_months,
        scope,
        period as evidence_period,
        statistic,
        value as estimate,
        case
            when quarter_count >= {{ minimum_quarter_count('scope', 'horizon_months') }} then standard_error
        end as standard_error,
        effective_n,
        critical_t,
        hac_lag
    from signal_statistics

),

-- One row of many columns from many rows of one.
spread_out as (

    select
        measure,
        window_days,
        insider_group,
        horizon_months,
        scope,
        evidence_period,
        {%- for statistic in with_interval %}
        max(case when statistic = '{{ statistic }}' then estimate end) as {{ statistic }},
        max(case when statistic = '{{ statistic }}' then estimate / standard_error end) as {{ statistic }}_t,
        max(case when statistic = '{{ statistic }}' then estimate - critical_t * standard_error end)
            as {{ statistic }}_low,
        max(case when statistic = '{{ statistic }}' then estimate + critical_t * standard_error end)
            as {{ statistic }}_high,
        {%- endfor %}
        max(case when statistic = 'ic' and standard_error is not null then effective_n end) as ic_effective_n,
        max(case when statistic = 'ic' and standard_error is not null then hac_lag end) as hac_lag,
        max(case when statistic = 'ic' and standard_error is not null then critical_t end) as critical_t,
        max(case when statistic = 'spread' and standard_error is not null then effective_n end) as spread_effective_n
    from estimates
    group by measure, window_days, insider_group, horizon_months, scope, evidence_period

),

combinations as (

    select cast(count(*) as integer) as combination_count
    from counted
    where scope = 'pooled' and evidence_period = 'all'

)

select
    {%- for key in keys %}
    counted.{{ key }},
    {%- endfor %}
    counted.scope,
    counted.evidence_period as period,
    counted.window_days = {{ sector_parameter('headline_window_days') }}
    and counted.insider_group = '{{ sector_parameter('headline_insider_group') }}'
    and counted.measure = '{{ sector_parameter('headline_measure') }}'
    and counted.horizon_months = {{ evidence_parameter('evidence_headline_horizon_months') }}
    and counted.scope = 'pooled'
    and counted.evidence_period = 'all' as is_headline,
    date '{{ evidence_parameter('evidence_split_date') }}' as split_date,
    counted.first_quarter_end,
    counted.last_quarter_end,
    counted.quarter_count,
    counted.observation_count,
    combinations.combination_count,
    {{ verdict('spread_out.ic') }} as verdict,
    {{ verdict('spread_out.slope_beyond_prior') }} as verdict_beyond_prior,
    {%- for statistic in with_interval %}
    {%- for ending in ["", "_t", "_low", "_high"] %}
    spread_out.{{ statistic }}{{ ending }},
    {%- endfor %}
    {%- if statistic == "ic" %}
    spread_out.ic_effective_n,
    spread_out.hac_lag,
    spread_out.critical_t,
    {%- elif statistic == "spread" %}
    spread_out.spread_effective_n,
    hit_rates.spread_quarter_count,
    hit_rates.spread_hit_rate,
    {%- elif statistic == "control_spread" %}
    hit_rates.control_spread_hit_rate,
    counted.overweight_count,
    counted.overweight_hit_rate,
    counted.overweight_excess_return,
    counted.underweight_count,
    counted.underweight_hit_rate,
    counted.underweight_excess_return,
    {%- for quartile in quartiles %}
    counted.quartile_{{ quartile }}_count,
    counted.quartile_{{ quartile }}_excess_return,
    {%- endfor %}
    {%- endif %}
    {%- endfor %}
    {{ minimum_quarter_count('counted.scope', 'counted.horizon_months') }} as minimum_quarter_count
from counted
cross join combinations
left join spread_out
    on
        {%- for key in keys %}
        counted.{{ key }} = spread_out.{{ key }} and
        {%- endfor %}
        counted.scope = spread_out.scope
        and counted.evidence_period = spread_out.evidence_period
left join hit_rates
    on
        {%- for key in keys %}
        counted.{{ key }} = hit_rates.{{ key }} and
        {%- endfor %}
        counted.scope = hit_rates.scope
        and counted.evidence_period = hit_rates.evidence_period
