with

ratios as (

    select * from {{ ref('fct_sector_ratios_daily') }}

),

newest_day as (

    select max(as_of_date) as as_of_date
    from ratios

),

shown_ratios as (

    select
        ratios.*,
        ratios.as_of_date = newest_day.as_of_date as is_newest
    from ratios
    cross join newest_day
    where ratios.is_month_end or ratios.as_of_date = newest_day.as_of_date

),

-- One row per measure. A month is numbered so that "the 60 month-ends before" is a difference of numbers.
measured_ratios as (
    {{ by_measure(
        'shown_ratios',
        [
            'as_of_date', 'is_month_end', 'is_newest', month_ordinal('as_of_date') ~ ' as month_number',
            'sector', 'window_days', 'insider_group',
        ],
        'measured_value',
        measures=band_measures()
    ) }}
),

-- Each day beside the month-ends before it that have a value, in the order of their values: the same months a tier is
-- decided by. Values are summed as decimals so that the average does not depend on the order of the rows.
ranked_histories as (

    select
        shown.as_of_date,
        shown.sector,
        shown.window_days,
        shown.insider_group,
        shown.measure,
        shown.measured_value,
        past.measured_value as past_value,
        row_number() over (
            partition by shown.as_of_date, shown.sector, shown.window_days, shown.insider_group, shown.measure
            order by past.measured_value
        ) as past_rank,
        count(*) over (
            partition by shown.as_of_date, shown.sector, shown.window_days, shown.insider_group, shown.measure
        ) as past_count
    from measured_ratios as shown
    inner join measured_ratios as past
        on shown.sector = past.sector
            and shown.window_days = past.window_days
            and shown.insider_group = past.insider_group
            and shown.measure = past.measure
            and {{ is_in_history('past.month_number', 'shown.month_number') }}
    where
        past.is_month_end
        and past.measured_value is not null

),

-- The two values between which a tier is Neutral: with 60 months the 16th and the 45th.
histories as (

    select
        as_of_date,
        sector,
        window_days,
        insider_group,
        measure,
        count(*) as history_months,
        sum(case when past_value < measured_value then 1 else 0 end) as below_count,
        sum(case when past_value = measured_value then 1 else 0 end) as equal_count,
        sum(cast(past_value as decimal(38, 15))) as value_sum,
        min(past_value) as five_year_low,
        max(past_value) as five_year_high,
        max(
            case
                when past_rank = floor(past_count * {{ sector_parameter('tier_underweight_percentile') }}) + 1
                    then past_value
            end
        ) as lower_edge,
        max(
            case
                when past_rank = ceil(past_count * {{ sector_parameter('tier_overweight_percentile') }})
                    then past_value
            end
        ) as upper_edge
    from ranked_histories
    group by
        as_of_date, sector, window_days, insider_group, measure

),

-- A band of fewer months than a tier needs would be read as one.
ranked_days as (

    select
        shown.*,
        cast(coalesce(histories.history_months, 0) as integer) as history_months,
        coalesce(histories.history_months, 0)
        >= {{ sector_parameter('tier_minimum_month_count') }} as has_band,
        case
            when shown.measured_value is not null
                then {{ mid_rank_percentile(
                    'histories.below_count', 'histories.equal_count', 'histories.history_months'
                ) }}
        end as percentile,
        {{ quotient('histories.value_sum', 'histories.history_months') }} as five_year_average,
        histories.five_year_low,
        histories.five_year_high,
        histories.lower_edge,
        histories.upper_edge
    from measured_ratios as shown
    left join histories
        on shown.as_of_date = histories.as_of_date
            and shown.sector = histories.sector
            and shown.window_days = histories.window_days
            and shown.insider_group = histories.insider_group
            and shown.measure = histories.measure

),

rpt_sector_bands_monthly as (

    select
        as_of_date,
        sector,
        window_days,
        insider_group,
        measure,
        is_month_end,
        is_newest,
        measured_value as value,  -- noqa: RF04
        history_months,
        case when has_band then percentile end as percentile,
        {{ tier_of('percentile', 'history_months') }} as standing,
        case when has_band then five_year_average end as five_year_average,
        case when has_band then five_year_low end as five_year_low,
        case when has_band then lower_edge end as lower_edge,
        case when has_band then upper_edge end as upper_edge,
        case when has_band then five_year_high end as five_year_high
    from ranked_days

)

select * from rpt_sector_bands_monthly
