-- noqa: disable=LT02
{%- set first_day = kept_by_days('event_date') %}
{% set groups = insider_group_conditions() %}
with

all_lines as (

    select * from {{ ref('int_signal_lines_grouped') }}

),

grouped_lines as (

    select * from all_lines
    {{ of_lines_from(first_day) }}

),

-- Few issuers ever change their sector. Only for them does the whole market differ from the sum of the sectors.
issuers as (

    select
        issuer_cik,
        min(sector) != max(sector) as has_several_sectors
    from all_lines
    group by issuer_cik

),

changes as (
    {% for days in sector_parameter('window_days') %}
    {% for event_date, sign in [('enters_on', ''), (leaves_on(days), '-')] %}
    select
        {{ event_date }} as event_date,
        {{ days }} as window_days,
        sector,
        issuer_cik,
        is_officer_or_director,
        is_executive,
        is_opportunistic,
        case direction when 'buy' then {{ sign }}share_count else -({{ sign }}share_count) end as net_share_change
    from grouped_lines
    where enters_on < {{ leaves_on(days) }}
    {{ "union all" if not loop.last }}
    {% endfor %}
    {{ "union all" if not loop.last }}
    {% endfor %}
),

changes_by_scope as (

    select
        changes.*,
        issuers.has_several_sectors
    from changes
    inner join issuers
        on changes.issuer_cik = issuers.issuer_cik

    union all

    select
        changes.event_date,
        changes.window_days,
        'All' as sector,
        changes.issuer_cik,
        changes.is_officer_or_director,
        changes.is_executive,
        changes.is_opportunistic,
        changes.net_share_change,
        issuers.has_several_sectors
    from changes
    inner join issuers
        on changes.issuer_cik = issuers.issuer_cik
            and issuers.has_several_sectors

),

-- What the issuer's insiders have bought less what they have sold, in the window, after each event. Several events
-- of one day follow each other in any order: only the state after the last of them remains in the sum of the day.
balances as (

    select
        event_date,
        window_days,
        sector,
        has_several_sectors
        {%- for insider_group, condition in groups.items() %},
        case when {{ condition }} then net_share_change else 0 end as {{ insider_group }}_change,
        sum(case when {{ condition }} then net_share_change else 0 end) over issuer_events
            as {{ insider_group }}_net_share_count
        {%- endfor %}
    from changes_by_scope
    window issuer_events as (
        partition by sector, window_days, issuer_cik
        order by event_date
        rows between unbounded preceding and current row
    )

),

-- State after the event less state before it: 1, 0 or -1.
state_changes as (

    select
        event_date,
        window_days,
        sector,
        has_several_sectors
        {%- for insider_group in groups %}
        {%- for state, comparison in [('net_buyer', '> 0'), ('net_seller', '< 0')] %},
        sum(
            case when {{ insider_group }}_net_share_count {{ comparison }} then 1 else 0 end
            - case
                when {{ insider_group }}_net_share_count - {{ insider_group }}_change {{ comparison }} then 1
                else 0
            end
        ) as {{ insider_group }}_{{ state }}_issuer_change
        {%- endfor %}
        {%- endfor %}
    from balances
    group by
        event_date, window_days, sector, has_several_sectors

),

state_changes_by_sector as (

    select * from state_changes

    union all

    select
        event_date,
        window_days,
        'All' as sector,
        has_several_sectors
        {%- for insider_group in groups %}
        {%- for state in ['net_buyer', 'net_seller'] %},
        {{ insider_group }}_{{ state }}_issuer_change
        {%- endfor %}
        {%- endfor %}
    from state_changes
    where not has_several_sectors

),

int_sector_net_issuers_evented as (
    {% for insider_group in groups %}
    select
        event_date,
        sector,
        window_days,
        '{{ insider_group }}' as insider_group,
        cast(sum({{ insider_group }}_net_buyer_issuer_change) as bigint) as net_buyer_issuer_change,
        cast(sum({{ insider_group }}_net_seller_issuer_change) as bigint) as net_seller_issuer_change
    from state_changes_by_sector
    group by
        event_date, sector, window_days
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from int_sector_net_issuers_evented
{{ of_days_from(first_day, 'event_date') }}
