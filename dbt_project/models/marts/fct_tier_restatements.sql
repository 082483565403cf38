with

frozen_tiers as (

    select * from {{ ref('stg_sec__frozen_tiers') }}

),

tiers as (

    select * from {{ ref('fct_sector_tiers_quarterly') }}

),

ratios as (

    select * from {{ ref('fct_sector_ratios_daily') }}

),

ratios_in_hindsight as (

    select * from {{ ref('int_sector_ratios_in_hindsight') }}

),

frozen_lines_compared as (

    select * from {{ ref('int_frozen_lines_compared') }}

),

measured_in_hindsight as (
    {{ by_measure(
        'ratios_in_hindsight', ['quarter_end', 'sector', 'window_days', 'insider_group'], 'hindsight_value'
    ) }}
),

month_ends as (
    {{ by_measure(
        'ratios',
        [month_ordinal('as_of_date') ~ ' as month_number', 'sector', 'window_days', 'insider_group'],
        'measured_value',
        where='is_month_end'
    ) }}
),

-- Hindsight changes the quarter's value, not what it is compared with: the same 60 month-ends as they were known.
hindsight_ranks as (

    select
        measured_in_hindsight.quarter_end,
        measured_in_hindsight.sector,
        measured_in_hindsight.window_days,
        measured_in_hindsight.insider_group,
        measured_in_hindsight.measure,
        count(*) as history_months,
        sum(case when month_ends.measured_value < measured_in_hindsight.hindsight_value then 1 else 0 end)
            as below_count,
        sum(case when month_ends.measured_value = measured_in_hindsight.hindsight_value then 1 else 0 end)
            as equal_count
    from measured_in_hindsight
    inner join month_ends
        on measured_in_hindsight.sector = month_ends.sector
            and measured_in_hindsight.window_days = month_ends.window_days
            and measured_in_hindsight.insider_group = month_ends.insider_group
            and measured_in_hindsight.measure = month_ends.measure
            and {{ is_in_history('month_ends.month_number', month_ordinal('measured_in_hindsight.quarter_end')) }}
    where
        measured_in_hindsight.hindsight_value is not null
        and month_ends.measured_value is not null
    group by
        measured_in_hindsight.quarter_end,
        measured_in_hindsight.sector,
        measured_in_hindsight.window_days,
        measured_in_hindsight.insider_group,
        measured_in_hindsight.measure

),

line_counts as (

    select
        quarter_end,
        sector,
        window_days,
        insider_group,
        sum(case when is_frozen then 1 else 0 end) as frozen_line_count,
        sum(case when change_code = 'found_later' then 1 else 0 end) as found_later_line_count,
        sum(case when change_code = 'withdrawn' then 1 else 0 end) as withdrawn_line_count,
        sum(case when change_code = 'recomputed' then 1 else 0 end) as recomputed_line_count,
        sum(case when hindsight_code = 'late_filing' then 1 else 0 end) as late_filing_line_count,
        sum(case when hindsight_code = 'amended' then 1 else 0 end) as amended_line_count,
        sum(case when hindsight_code = 'withdrawn' then 1 else 0 end) as withdrawn_since_line_count
    from frozen_lines_compared
    group by
        quarter_end, sector, window_days, insider_group

),

compared as (

    select
        frozen_tiers.*,
        tiers.value as measured_value,
        tiers.percentile,
        coalesce(tiers.tier, 'Insufficient history') as tier,
        measured_in_hindsight.hindsight_value,
        {{ mid_rank_percentile(
            'hindsight_ranks.below_count', 'hindsight_ranks.equal_count', 'hindsight_ranks.history_months'
        ) }} as hindsight_percentile,
        coalesce(hindsight_ranks.history_months, 0) as hindsight_history_months,
        {%- for counted in [
            'frozen', 'found_later', 'withdrawn', 'recomputed', 'late_filing', 'amended', 'withdrawn_since'
        ] %}
        cast(coalesce(line_counts.{{ counted }}_line_count, 0) as bigint) as {{ counted }}_line_count,
        {%- endfor %}
        not {{ is_same('frozen_tiers.frozen_value', 'tiers.value') }} as is_value_restated,
        not {{ is_same('frozen_tiers.frozen_percentile', 'tiers.percentile') }}
        or frozen_tiers.frozen_tier <> coalesce(tiers.tier, 'Insufficient history') as is_rank_restated
    from frozen_tiers
    left join tiers
        on frozen_tiers.quarter_end = tiers.quarter_end
            and frozen_tiers.sector = tiers.sector
            and frozen_tiers.window_days = tiers.window_days
            and frozen_tiers.insider_group = tiers.insider_group
            and frozen_tiers.measure = tiers.measure
    left join measured_in_hindsight
        on frozen_tiers.quarter_end = measured_in_hindsight.quarter_end
            and frozen_tiers.sector = measured_in_hindsight.sector
            and frozen_tiers.window_days = measured_in_hindsight.window_days
            and frozen_tiers.insider_group = measured_in_hindsight.insider_group
            and frozen_tiers.measure = measured_in_hindsight.measure
    left join hindsight_ranks
        on frozen_tiers.quarter_end = hindsight_ranks.quarter_end
            and frozen_tiers.sector = hindsight_ranks.sector
            and frozen_tiers.window_days = hindsight_ranks.window_days
            and frozen_tiers.insider_group = hindsight_ranks.insider_group
            and frozen_tiers.measure = hindsight_ranks.measure
    left join line_counts
        on frozen_tiers.quarter_end = line_counts.quarter_end
            and frozen_tiers.sector = line_counts.sector
            and frozen_tiers.window_days = line_counts.window_days
            and frozen_tiers.insider_group = line_counts.insider_group

),

with_hindsight_tier as (

    select
        *,
        {{ tier_of('hindsight_percentile', 'hindsight_history_months') }} as hindsight_tier
    from compared

),

fct_tier_restatements as (

    select
        quarter_end,
        sector,
        window_days,
        insider_group,
        measure,
        is_headline,
        frozen_at,
        knowledge_date,
        code_version as frozen_code_version,
        generation as frozen_generation,
        content_hash as frozen_content_hash,
        frozen_value,
        frozen_percentile,
        frozen_tier,
        frozen_suggested_weight,
        measured_value as value,  -- noqa: RF04
        percentile,
        tier,
        hindsight_value,
        hindsight_percentile,
        hindsight_tier,
        frozen_line_count,
        found_later_line_count,
        withdrawn_line_count,
        recomputed_line_count,
        late_filing_line_count,
        amended_line_count,
        withdrawn_since_line_count,
        is_value_restated or is_rank_restated as is_restated,
        frozen_tier <> tier as is_tier_restated,
        -- The value comes from the quarter's own lines; what ranks it otherwise is the history it is compared with.
        case
            when not is_value_restated and not is_rank_restated then 'none'
            when not is_value_restated then 'history'
            when found_later_line_count + withdrawn_line_count + recomputed_line_count = 0
                then 'new code or corrections'
            else concat_ws(
                    '; ',
                    case when found_later_line_count > 0 then 'filings found later' end,
                    case when withdrawn_line_count > 0 then 'withdrawals' end,
                    case when recomputed_line_count > 0 then 'new code or corrections' end
                )
        end as restatement_reason,
        case
            when {{ is_same('measured_value', 'hindsight_value') }} then 'none'
            else concat_ws(
                    '; ',
                    case when late_filing_line_count > 0 then 'late filings' end,
                    case when amended_line_count > 0 then 'amendments' end,
                    case when withdrawn_since_line_count > 0 then 'withdrawals' end
                )
        end as hindsight_reason
    from with_hindsight_tier

)

select * from fct_tier_restatements
