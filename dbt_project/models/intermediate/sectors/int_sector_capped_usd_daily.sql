-- noqa: disable=LT02
{# The part of bought and sold dollars above the cap, without joining every line to every day: an issuer-day can
    only reach the cap if it is larger than the smallest cap of any day it can be part of. #}
{%- set first_day = kept_by_days('as_of_date', 'int_as_of_dates', is_dense=true) %}
{% set pairs = window_group_pairs() %}
{% set issuer_day = 'sector, issuer_cik, transaction_date, direction' %}
with

grouped_lines as (

    select * from {{ ref('int_signal_lines_grouped') }}
    {{ of_lines_from(first_day) }}

),

totals as (

    select * from {{ ref('int_sector_totals_daily') }}
    {{ of_days_from(first_day, 'as_of_date') }}

),

-- No issuer-day counts with more than this many dollars on this day.
caps as (

    select
        as_of_date,
        sector,
        window_days,
        insider_group,
        cast({{ dbt.date_trunc('month', 'as_of_date') }} as date) as as_of_month,
        cast((buy_usd + sell_usd) * {{ sector_parameter('issuer_day_cap_share') }} as decimal(38, 4)) as cap_usd
    from totals
    where buy_usd + sell_usd > 0

),

monthly_caps as (

    select
        as_of_month,
        sector,
        window_days,
        insider_group,
        min(cap_usd) as cap_usd
    from caps
    group by
        as_of_month, sector, window_days, insider_group

),

months as (

    select distinct cast({{ dbt.date_trunc('month', 'transaction_date') }} as date) as first_month
    from grouped_lines

),

-- The smallest cap that a trade of this month can meet while it is in the window.
smallest_caps as (

    select
        months.first_month,
        monthly_caps.sector
        {%- for pair in pairs %},
        min(
            case
                when
                    monthly_caps.window_days = {{ pair.window_days }}
                    and monthly_caps.insider_group = '{{ pair.insider_group }}'
                    and monthly_caps.as_of_month < {{ add_days('months.first_month', pair.window_days + 31) }}
                    then monthly_caps.cap_usd
            end
        ) as {{ pair.name }}_cap_usd
        {%- endfor %}
    from months
    inner join monthly_caps
        on months.first_month <= monthly_caps.as_of_month
            and monthly_caps.as_of_month
            < {{ add_days('months.first_month', (sector_parameter('window_days') | max) + 31) }}
    group by
        months.first_month, monthly_caps.sector

),

issuer_days as (

    select
        {{ issuer_day }}
        {%- for insider_group, condition in insider_group_conditions().items() %},
        sum(case when {{ condition }} then value_usd else 0 end) as {{ insider_group }}_usd
        {%- endfor %}
    from grouped_lines
    where value_usd > 0
    group by
        {{ issuer_day }}

),

issuer_days_by_sector as (

    select * from issuer_days

    union all

    select
        'All' as sector,
        issuer_cik,
        transaction_date,
        direction
        {%- for insider_group in insider_group_conditions() %},
        sum({{ insider_group }}_usd) as {{ insider_group }}_usd
        {%- endfor %}
    from issuer_days
    group by
        issuer_cik, transaction_date, direction

),

candidates_by_sector as (

    select
        issuer_days_by_sector.*
        {%- for pair in pairs %},
        coalesce(
            issuer_days_by_sector.{{ pair.insider_group }}_usd > smallest_caps.{{ pair.name }}_cap_usd, false
        ) as is_{{ pair.name }}_candidate
        {%- endfor %}
    from issuer_days_by_sector
    inner join smallest_caps
        on issuer_days_by_sector.sector = smallest_caps.sector
            and cast({{ dbt.date_trunc('month', 'issuer_days_by_sector.transaction_date') }} as date)
            = smallest_caps.first_month

),

candidates as (

    select *
    from candidates_by_sector
    where
        {%- for pair in pairs %}
        is_{{ pair.name }}_candidate {{ "or" if not loop.last }}
        {%- endfor %}

),

candidate_lines as (

    select
        candidates.sector as scope,
        grouped_lines.*
        {%- for pair in pairs %},
        candidates.is_{{ pair.name }}_candidate
        {%- endfor %}
    from grouped_lines
    inner join candidates
        on grouped_lines.issuer_cik = candidates.issuer_cik
            and grouped_lines.transaction_date = candidates.transaction_date
            and grouped_lines.direction = candidates.direction
            and (candidates.sector = 'All' or grouped_lines.sector = candidates.sector)
    where grouped_lines.value_usd > 0

),

candidate_changes as (
    {% for pair in pairs %}
    {% for event_date, sign in [('enters_on', ''), (leaves_on(pair.window_days), '-')] %}
    select
        {{ event_date }} as event_date,
        scope as sector,
        {{ pair.window_days }} as window_days,
        '{{ pair.insider_group }}' as insider_group,
        issuer_cik,
        transaction_date,
        direction,
        {{ sign }}sum(value_usd) as usd_change
    from candidate_lines
    where
        is_{{ pair.name }}_candidate
        and {{ pair.condition }}
        and enters_on < {{ leaves_on(pair.window_days) }}
    group by
        {{ event_date }}, scope, issuer_cik, transaction_date, direction
    {{ "union all" if not loop.last }}
    {% endfor %}
    {{ "union all" if not loop.last }}
    {% endfor %}
),

candidate_changes_by_day as (

    select
        event_date,
        sector,
        window_days,
        insider_group,
        issuer_cik,
        transaction_date,
        direction,
        sum(usd_change) as usd_change
    from candidate_changes
    group by
        event_date, sector, window_days, insider_group, issuer_cik, transaction_date, direction

),

-- What one issuer-day amounts to changes when a late filing or an amendment arrives.
issuer_day_values as (

    select
        sector,
        window_days,
        insider_group,
        direction,
        event_date as from_date,
        lead(event_date) over (
            partition by sector, window_days, insider_group, issuer_cik, transaction_date, direction
            order by event_date
        ) as to_date,
        sum(usd_change) over (
            partition by sector, window_days, insider_group, issuer_cik, transaction_date, direction
            order by event_date
            rows between unbounded preceding and current row
        ) as value_usd
    from candidate_changes_by_day

),

excesses as (

    select
        caps.as_of_date,
        caps.sector,
        caps.window_days,
        caps.insider_group,
        issuer_day_values.direction,
        issuer_day_values.value_usd - caps.cap_usd as excess_usd
    from issuer_day_values
    inner join caps
        on issuer_day_values.sector = caps.sector
            and issuer_day_values.window_days = caps.window_days
            and issuer_day_values.insider_group = caps.insider_group
            and issuer_day_values.from_date <= caps.as_of_date
            and issuer_day_values.to_date > caps.as_of_date
    where issuer_day_values.value_usd > caps.cap_usd

),

excesses_by_day as (

    select
        as_of_date,
        sector,
        window_days,
        insider_group,
        sum(case when direction = 'buy' then excess_usd else 0 end) as buy_excess_usd,
        sum(case when direction = 'sell' then excess_usd else 0 end) as sell_excess_usd
    from excesses
    group by
        as_of_date, sector, window_days, insider_group

),

int_sector_capped_usd_daily as (

    select
        totals.as_of_date,
        totals.sector,
        totals.window_days,
        totals.insider_group,
        cast(totals.buy_usd - coalesce(excesses_by_day.buy_excess_usd, 0) as decimal(38, 4)) as buy_usd_capped,
        cast(totals.sell_usd - coalesce(excesses_by_day.sell_excess_usd, 0) as decimal(38, 4)) as sell_usd_capped
    from totals
    left join excesses_by_day
        on totals.as_of_date = excesses_by_day.as_of_date
            and totals.sector = excesses_by_day.sector
            and totals.window_days = excesses_by_day.window_days
            and totals.insider_group = excesses_by_day.insider_group

)

select * from int_sector_capped_usd_daily
