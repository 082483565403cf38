{%- set first_day = kept_by_days('event_date') %}
with

grouped_lines as (

    select * from {{ ref('int_signal_lines_grouped') }}
    {{ of_lines_from(first_day) }}

),

-- Each line is written twice per window: it adds on the day it enters and takes the same away on the day it leaves.
changes as (
    {% for days in sector_parameter('window_days') %}
    select
        enters_on as event_date,
        {{ days }} as window_days,
        sector,
        direction,
        is_officer_or_director,
        is_executive,
        is_opportunistic,
        sum(line_count) as line_change,
        sum(share_count) as share_change,
        sum(value_usd) as usd_change
    from grouped_lines
    where enters_on < {{ leaves_on(days) }}
    group by
        enters_on, sector, direction, is_officer_or_director, is_executive, is_opportunistic

    union all

    select
        {{ leaves_on(days) }} as event_date,
        {{ days }} as window_days,
        sector,
        direction,
        is_officer_or_director,
        is_executive,
        is_opportunistic,
        -sum(line_count) as line_change,
        -sum(share_count) as share_change,
        -sum(value_usd) as usd_change
    from grouped_lines
    where enters_on < {{ leaves_on(days) }}
    group by
        {{ leaves_on(days) }}, sector, direction, is_officer_or_director, is_executive, is_opportunistic
    {{ "union all" if not loop.last }}
    {% endfor %}
),

changes_by_group as (
    {% for insider_group, condition in insider_group_conditions().items() %}
    select
        event_date,
        sector,
        window_days,
        '{{ insider_group }}' as insider_group,
        direction,
        line_change,
        share_change,
        usd_change
    from changes
    where {{ condition }}
    {{ "union all" if not loop.last }}
    {% endfor %}
),

-- Sums add up: the market is the sum of its sectors.
changes_by_sector as (

    select * from changes_by_group

    union all

    select
        event_date,
        'All' as sector,
        window_days,
        insider_group,
        direction,
        line_change,
        share_change,
        usd_change
    from changes_by_group

)

select
    event_date,
    sector,
    window_days,
    insider_group,
    direction,
    cast(sum(line_change) as bigint) as line_change,
    cast(sum(share_change) as decimal(38, 4)) as share_change,
    cast(sum(usd_change) as decimal(38, 4)) as usd_change
from changes_by_sector
{{ of_days_from(first_day, 'event_date') }}
group by
    event_date, sector, window_days, insider_group, direction
