with

ratios as (

    select * from {{ ref('fct_sector_ratios_daily') }}

),

ratios_without_top_issuer as (

    select * from {{ ref('int_sector_ratios_without_top_issuer') }}

),

sectors as (

    select * from {{ ref('dim_sectors') }}

),

-- One row per measure. A month is numbered so that "the 60 month-ends before" is a difference of numbers.
measured_ratios as (
    {{ by_measure(
        'ratios',
        [
            'as_of_date', 'is_quarter_end', month_ordinal('as_of_date') ~ ' as month_number',
            'sector', 'window_days', 'insider_group',
        ],
        'measured_value',
        where='is_month_end'
    ) }}
),

measured_ratios_without_top_issuer as (
    {{ by_measure(
        'ratios_without_top_issuer',
        [
            'quarter_end', 'sector', 'window_days', 'insider_group',
            'issuer_count', 'top_issuer_cik', 'top_issuer_share',
        ],
        'value_without_top_issuer'
    ) }}
),

-- The market and what has no sector carry no weight, so they have no tier.
quarters as (

    select
        measured_ratios.as_of_date as quarter_end,
        measured_ratios.month_number,
        measured_ratios.sector,
        measured_ratios.window_days,
        measured_ratios.insider_group,
        measured_ratios.measure,
        measured_ratios.measured_value,
        coalesce(measured_ratios_without_top_issuer.issuer_count, 0) as issuer_count,
        measured_ratios_without_top_issuer.value_without_top_issuer,
        measured_ratios_without_top_issuer.top_issuer_cik,
        measured_ratios_without_top_issuer.top_issuer_share,
        sectors.benchmark_weight
    from measured_ratios
    inner join sectors
        on measured_ratios.sector = sectors.sector
            and sectors.is_investable
    left join measured_ratios_without_top_issuer
        on measured_ratios.as_of_date = measured_ratios_without_top_issuer.quarter_end
            and measured_ratios.sector = measured_ratios_without_top_issuer.sector
            and measured_ratios.window_days = measured_ratios_without_top_issuer.window_days
            and measured_ratios.insider_group = measured_ratios_without_top_issuer.insider_group
            and measured_ratios.measure = measured_ratios_without_top_issuer.measure
    where measured_ratios.is_quarter_end

),

-- Each quarter end beside the month-ends before it that have a value. The quarter end itself is not among them.
-- Values are summed as decimals so that the average does not depend on the order of the rows.
histories as (

    select
        quarters.quarter_end,
        quarters.sector,
        quarters.window_days,
        quarters.insider_group,
        quarters.measure,
        count(*) as history_months,
        sum(cast(past.measured_value as decimal(38, 15))) as value_sum,
        sum(case when past.measured_value < quarters.measured_value then 1 else 0 end) as below_count,
        sum(case when past.measured_value = quarters.measured_value then 1 else 0 end) as equal_count,
        sum(case when past.measured_value < quarters.value_without_top_issuer then 1 else 0 end)
            as below_count_without_top_issuer,
        sum(case when past.measured_value = quarters.value_without_top_issuer then 1 else 0 end)
            as equal_count_without_top_issuer,
        sum(case when mod(quarters.month_number - past.month_number, 12) = 0 then 1 else 0 end)
            as same_season_years,
        sum(
            case
                when mod(quarters.month_number - past.month_number, 12) = 0
                    then cast(past.measured_value as decimal(38, 15))
                else 0
            end
        ) as same_season_sum
    from quarters
    inner join measured_ratios as past
        on quarters.sector = past.sector
            and quarters.window_days = past.window_days
            and quarters.insider_group = past.insider_group
            and quarters.measure = past.measure
            and {{ is_in_history('past.month_number', 'quarters.month_number') }}
    where past.measured_value is not null
    group by
        quarters.quarter_end, quarters.sector, quarters.window_days, quarters.insider_group, quarters.measure

),

ranked_quarters as (

    select
        quarters.*,
        coalesce(histories.history_months, 0) as history_months,
        {{ quotient('histories.value_sum', 'histories.history_months') }} as five_year_average,
        {{ quotient('histories.same_season_sum', 'histories.same_season_years') }} as same_season_average,
        coalesce(histories.same_season_years, 0) as same_season_years,
        case
            when quarters.measured_value is not null
                then {{ mid_rank_percentile(
                    'histories.below_count', 'histories.equal_count', 'histories.history_months'
                ) }}
        end as percentile,
        case
            when quarters.value_without_top_issuer is not null
                then {{ mid_rank_percentile(
                    'histories.below_count_without_top_issuer',
                    'histories.equal_count_without_top_issuer',
                    'histories.history_months'
                ) }}
        end as percentile_without_top_issuer
    from quarters
    left join histories
        on quarters.quarter_end = histories.quarter_end
            and quarters.sector = histories.sector
            and quarters.window_days = histories.window_days
            and quarters.insider_group = histories.insider_group
            and quarters.measure = histories.measure

),

tiered_quarters as (

    select
        *,
        {{ tier_of('percentile', 'history_months') }} as tier,
        {{ tier_of('percentile_without_top_issuer', 'history_months') }} as tier_without_top_issuer
    from ranked_quarters

),

weighted_quarters as (

    select
        *,
        {{ weight_multiplier('tier', 'low') }} as weight_multiplier_low,
        {{ weight_multiplier('tier', 'mid') }} as weight_multiplier_mid,
        {{ weight_multiplier('tier', 'high') }} as weight_multiplier_high,
        -- Exact, so that the eleven weights sum to one whatever the order of the rows.
        cast(benchmark_weight as decimal(18, 12)) * {{ weight_multiplier('tier', 'mid') }} as raw_weight,
        lag(tier) over (
            partition by sector, window_days, insider_group, measure
            order by quarter_end
        ) as previous_quarter_tier,
        lag(measured_value) over (
            partition by sector, window_days, insider_group, measure
            order by quarter_end
        ) as previous_quarter_value,
        lag(percentile) over (
            partition by sector, window_days, insider_group, measure
            order by quarter_end
        ) as previous_quarter_percentile
    from tiered_quarters

),

fct_sector_tiers_quarterly as (

    select
        quarter_end,
        sector,
        window_days,
        insider_group,
        measure,
        window_days = {{ sector_parameter('headline_window_days') }}
        and insider_group = '{{ sector_parameter('headline_insider_group') }}'
        and measure = '{{ sector_parameter('headline_measure') }}' as is_headline,
        measured_value as value,  -- noqa: RF04
        five_year_average,
        {{ quotient('measured_value', 'five_year_average') }} as ratio_to_five_year_average,
        percentile,
        cast(history_months as integer) as history_months,
        same_season_average,
        cast(same_season_years as integer) as same_season_years,
        tier,
        previous_quarter_tier,
        previous_quarter_value,
        previous_quarter_percentile,
        case
            when previous_quarter_tier is null then 'first'
            when previous_quarter_tier = tier then 'unchanged'
            when 'Insufficient history' in (previous_quarter_tier, tier) then 'history'
            when tier = 'Overweight' or previous_quarter_tier = 'Underweight' then 'up'
            else 'down'
        end as tier_change,
        cast(weight_multiplier_low as double) as weight_multiplier_low,
        cast(weight_multiplier_mid as double) as weight_multiplier_mid,
        cast(weight_multiplier_high as double) as weight_multiplier_high,
        benchmark_weight,
        {{ quotient(
            'raw_weight',
            'sum(raw_weight) over (partition by quarter_end, window_days, insider_group, measure)'
        ) }} as suggested_weight,
        issuer_count,
        top_issuer_cik,
        top_issuer_share,
        value_without_top_issuer,
        tier_without_top_issuer,
        tier != tier_without_top_issuer
        or issuer_count < {{ sector_parameter('fragile_issuer_count') }} as is_fragile
    from weighted_quarters

)

select * from fct_sector_tiers_quarterly
