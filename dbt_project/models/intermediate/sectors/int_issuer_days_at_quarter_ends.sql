-- noqa: disable=LT02
{%- set first_day = kept_by_days('quarter_end', 'int_as_of_dates') %}
{# A window of up to a quarter holds one quarter end at most; longer ones hold more. #}
{% set groups = insider_group_conditions() %}
{% set most_quarter_ends = (sector_parameter('window_days') | max) // 90 + 1 %}
with

grouped_lines as (

    select * from {{ ref('int_signal_lines_grouped') }}
    {{ of_lines_from(first_day) }}

),

dates as (

    select * from {{ ref('int_as_of_dates') }}

),

quarter_ends as (

    select
        as_of_date as quarter_end,
        quarter_end_number
    from dates
    where
        is_quarter_end
        {%- if first_day %}
        and as_of_date >= {{ first_day }}
        {%- endif %}

),

later_quarter_ends as (
    {% for offset in range(most_quarter_ends) %}
    select {{ offset }} as quarter_offset
    {{ "union all" if not loop.last }}
    {% endfor %}
),

lines_with_quarter_ends as (

    select
        quarter_ends.quarter_end,
        grouped_lines.*
    from grouped_lines
    inner join dates
        on grouped_lines.enters_on = dates.as_of_date
    cross join later_quarter_ends
    inner join quarter_ends
        on dates.quarter_end_number + later_quarter_ends.quarter_offset = quarter_ends.quarter_end_number

),

-- Only what is in the window at a quarter end. The lines of one trade that became known on different days are one
-- trade; a group has the trade when it has any of its lines.
trades as (
    {% for days in sector_parameter('window_days') %}
    select
        quarter_end,
        {{ days }} as window_days,
        sector,
        issuer_cik,
        transaction_date,
        direction
        {%- for insider_group, condition in groups.items() %},
        max(case when {{ condition }} then 1 else 0 end) as {{ insider_group }}_trade_count,
        sum(case when {{ condition }} then share_count else 0 end) as {{ insider_group }}_share_count,
        sum(case when {{ condition }} then value_usd else 0 end) as {{ insider_group }}_value_usd
        {%- endfor %}
    from lines_with_quarter_ends
    where quarter_end < {{ leaves_on(days) }}
    group by
        quarter_end, sector, issuer_cik, insider_key, transaction_date, direction
    {{ "union all" if not loop.last }}
    {% endfor %}
),

issuer_days as (

    select
        quarter_end,
        window_days,
        sector,
        issuer_cik,
        transaction_date,
        direction
        {%- for insider_group in groups %}
        {%- for total in ['trade_count', 'share_count', 'value_usd'] %},
        sum({{ insider_group }}_{{ total }}) as {{ insider_group }}_{{ total }}
        {%- endfor %}
        {%- endfor %}
    from trades
    group by
        quarter_end, window_days, sector, issuer_cik, transaction_date, direction

),

int_issuer_days_at_quarter_ends as (
    {% for insider_group in groups %}
    select
        quarter_end,
        sector,
        window_days,
        '{{ insider_group }}' as insider_group,
        issuer_cik,
        transaction_date,
        direction,
        cast({{ insider_group }}_trade_count as bigint) as trade_count,
        cast({{ insider_group }}_share_count as decimal(38, 4)) as share_count,
        cast({{ insider_group }}_value_usd as decimal(38, 4)) as value_usd
    from issuer_days
    where {{ insider_group }}_trade_count > 0
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from int_issuer_days_at_quarter_ends
