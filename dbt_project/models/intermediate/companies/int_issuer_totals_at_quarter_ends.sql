-- noqa: disable=LT02
{{ config(
    materialized='incremental',
    incremental_strategy='replace_issuers',
    on_schema_change='fail',
    post_hook="{{ drop_gone_quarters(ref('int_as_of_dates')) }}"
) }}
{#- A window of up to a quarter holds one quarter end at most; longer ones hold more. #}
{%- set groups = insider_group_conditions() %}
{%- set window_days = company_parameter('issuer_window_days') %}
{%- set most_quarter_ends = window_days // 90 + 1 %}
with

dates as (

    select * from {{ ref('int_as_of_dates') }}

),

quarter_ends as (

    select
        as_of_date as quarter_end,
        quarter_end_number
    from dates
    where is_quarter_end

),

grouped_lines as (

    select * from {{ ref('int_signal_lines_grouped') }}
    {{ of_changed_issuers_or_quarters('quarter_ends') }}

),

later_quarter_ends as (
    {% for offset in range(most_quarter_ends) %}
    select {{ offset }} as quarter_offset
    {{ "union all" if not loop.last }}
    {% endfor %}
),

-- Of each day the quarter ends that a window may reach from it.
quarter_ends_ahead as (

    select
        dates.as_of_date,
        quarter_ends.quarter_end
    from dates
    cross join later_quarter_ends
    inner join quarter_ends
        on dates.quarter_end_number + later_quarter_ends.quarter_offset = quarter_ends.quarter_end_number

),

lines_in_windows as (

    select
        quarter_ends_ahead.quarter_end,
        grouped_lines.*
    from grouped_lines
    inner join quarter_ends_ahead
        on grouped_lines.enters_on = quarter_ends_ahead.as_of_date
    where quarter_ends_ahead.quarter_end < {{ leaves_on(window_days) }}

),

-- The sector is the one the issuer had in the newest filing of the window.
sectors as (

    select
        quarter_end,
        issuer_cik,
        substr(max(concat(cast(enters_on as varchar), sector)), 11) as sector
    from (
        select distinct
            quarter_end,
            issuer_cik,
            enters_on,
            sector
        from lines_in_windows
    ) as filing_days
    group by quarter_end, issuer_cik

),

-- The lines of one trade that became known on different days are one trade; a group has the trade when it has any of
-- its lines.
trades as (

    select
        quarter_end,
        issuer_cik,
        insider_key,
        transaction_date,
        direction
        {%- for insider_group, condition in groups.items() %},
        max(case when {{ condition }} then 1 else 0 end) as {{ insider_group }}_count
        {%- endfor %}
    from lines_in_windows
    group by
        quarter_end, issuer_cik, insider_key, transaction_date, direction

),

insiders as (

    select
        quarter_end,
        issuer_cik,
        insider_key,
        direction
        {%- for insider_group in groups %},
        sum({{ insider_group }}_count) as {{ insider_group }}_count
        {%- endfor %}
    from trades
    group by
        quarter_end, issuer_cik, insider_key, direction

),

-- All groups side by side in one pass each: what is counted once, and what adds up.
counts as (

    select
        quarter_end,
        issuer_cik
        {%- for insider_group in groups %}
        {%- for side in ['buy', 'sell'] %},
        sum(case when direction = '{{ side }}' then {{ insider_group }}_count else 0 end)
            as {{ insider_group }}_{{ side }}_count,
        sum(case when direction = '{{ side }}' and {{ insider_group }}_count > 0 then 1 else 0 end)
            as {{ insider_group }}_{{ side }}_insider_count
        {%- endfor %}
        {%- endfor %}
    from insiders
    group by quarter_end, issuer_cik

),

amounts as (

    select
        quarter_end,
        issuer_cik
        {%- for insider_group, condition in groups.items() %}
        {%- for side in ['buy', 'sell'] %},
        sum(case when direction = '{{ side }}' and {{ condition }} then share_count else 0 end)
            as {{ insider_group }}_{{ side }}_share_count,
        sum(case when direction = '{{ side }}' and {{ condition }} then value_usd else 0 end)
            as {{ insider_group }}_{{ side }}_usd
        {%- endfor %}
        {%- endfor %}
    from lines_in_windows
    group by quarter_end, issuer_cik

),

issuers as (

    select
        counts.*,
        sectors.sector
        {%- for insider_group in groups %}
        {%- for side in ['buy', 'sell'] %},
        amounts.{{ insider_group }}_{{ side }}_share_count,
        amounts.{{ insider_group }}_{{ side }}_usd
        {%- endfor %}
        {%- endfor %}
    from counts
    inner join amounts
        on
            counts.quarter_end = amounts.quarter_end
            and counts.issuer_cik = amounts.issuer_cik
    inner join sectors
        on
            counts.quarter_end = sectors.quarter_end
            and counts.issuer_cik = sectors.issuer_cik

),

issuer_totals as (
    {% for insider_group in groups %}
    select
        quarter_end,
        issuer_cik,
        '{{ insider_group }}' as insider_group,
        {%- for side in ['buy', 'sell'] %}
        {%- for unit in ['count', 'share_count', 'usd', 'insider_count'] %}
        {{ insider_group }}_{{ side }}_{{ unit }} as {{ side }}_{{ unit }},
        {%- endfor %}
        {%- endfor %}
        sector
    from issuers
    where {{ insider_group }}_buy_count + {{ insider_group }}_sell_count > 0
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from issuer_totals
