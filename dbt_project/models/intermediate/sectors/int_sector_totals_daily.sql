-- noqa: disable=LT02
{%- set first_day = kept_by_days('as_of_date', 'int_as_of_dates', is_dense=true) %}
{% set measures = [
    'buy_line_count', 'sell_line_count',
    'buy_share_count', 'sell_share_count',
    'buy_usd', 'sell_usd',
    'buy_count', 'sell_count',
    'buy_insider_count', 'sell_insider_count',
    'buy_issuer_count', 'sell_issuer_count',
    'net_buyer_issuer_count', 'net_seller_issuer_count',
] %}
{% set exact_measures = ['buy_share_count', 'sell_share_count', 'buy_usd', 'sell_usd'] %}
{# Where each running total comes from: source CTE, its change column, the direction it is for. #}
{% set sources = [
    ('sums', {
        'buy_line_count': ('line_change', 'buy'), 'sell_line_count': ('line_change', 'sell'),
        'buy_share_count': ('share_change', 'buy'), 'sell_share_count': ('share_change', 'sell'),
        'buy_usd': ('usd_change', 'buy'), 'sell_usd': ('usd_change', 'sell'),
    }),
    ('trades', {'buy_count': ('active_change', 'buy'), 'sell_count': ('active_change', 'sell')}),
    ('insiders', {'buy_insider_count': ('active_change', 'buy'), 'sell_insider_count': ('active_change', 'sell')}),
    ('issuers', {'buy_issuer_count': ('active_change', 'buy'), 'sell_issuer_count': ('active_change', 'sell')}),
    ('net_issuers', {
        'net_buyer_issuer_count': ('net_buyer_issuer_change', none),
        'net_seller_issuer_count': ('net_seller_issuer_change', none),
    }),
] %}
with

dates as (

    select * from {{ ref('int_as_of_dates') }}
    {{ of_days_from(first_day, 'as_of_date') }}

),

sectors as (

    select * from {{ ref('sectors') }}

),

insider_groups as (

    select * from {{ ref('insider_groups') }}

),

sums as (

    select * from {{ ref('int_sector_sums_evented') }}

),

trades as (

    select * from {{ ref('int_sector_trades_evented') }}

),

insiders as (

    select * from {{ ref('int_sector_insiders_evented') }}

),

issuers as (

    select * from {{ ref('int_sector_issuers_evented') }}

),

net_issuers as (

    select * from {{ ref('int_sector_net_issuers_evented') }}

),

windows as (
    {{ window_rows() }}
),

changes as (
{% for source, columns in sources %}
    select
        event_date,
        sector,
        window_days,
        insider_group,
        {%- for measure in measures %}
            {%- if measure in columns %}
                {%- set change, direction = columns[measure] %}
                {%- if direction is none %}
        {{ change }} as {{ measure }}
                {%- else %}
        case when direction = '{{ direction }}' then {{ change }} else 0 end as {{ measure }}
                {%- endif %}
            {%- else %}
        0 as {{ measure }}
            {%- endif %}
            {{- "," if not loop.last }}
        {%- endfor %}
    from {{ source }}
    {{- of_days_from(first_day, 'event_date') }}
    {{ "union all" if not loop.last }}
{% endfor %}
),

changes_by_day as (

    select
        event_date,
        sector,
        window_days,
        insider_group,
        {%- for measure in measures %}
        sum({{ measure }}) as {{ measure }}{{ "," if not loop.last }}
        {%- endfor %}
    from changes
    group by
        event_date, sector, window_days, insider_group

),

{%- if first_day %}
-- Earlier days stay as they are, and these go on from the last of them.
days_before as (

    select *
    from {{ this }}
    where as_of_date = {{ add_days(first_day, -1) }}

),
{%- endif %}

-- Gap-free: every day, sector, window and group has a row, also where nothing happened.
calendar as (

    select
        dates.as_of_date,
        dates.is_month_end,
        dates.is_quarter_end,
        sectors.sector,
        windows.window_days,
        insider_groups.insider_group
    from dates
    cross join sectors
    cross join windows
    cross join insider_groups

)

select
    calendar.as_of_date,
    calendar.is_month_end,
    calendar.is_quarter_end,
    calendar.sector,
    calendar.window_days,
    calendar.insider_group,
    {%- for measure in measures %}
    cast(
        sum(coalesce(changes_by_day.{{ measure }}, 0)) over (
            partition by calendar.sector, calendar.window_days, calendar.insider_group
            order by calendar.as_of_date
            rows between unbounded preceding and current row
        )
        {%- if first_day %} + coalesce(days_before.{{ measure }}, 0){% endif %}
        as {{ 'decimal(38, 4)' if measure in exact_measures else 'bigint' }}
    ) as {{ measure }}{{ "," if not loop.last }}
    {%- endfor %}
from calendar
left join changes_by_day
    on calendar.as_of_date = changes_by_day.event_date
        and calendar.sector = changes_by_day.sector
        and calendar.window_days = changes_by_day.window_days
        and calendar.insider_group = changes_by_day.insider_group
{%- if first_day %}
left join days_before
    on calendar.sector = days_before.sector
        and calendar.window_days = days_before.window_days
        and calendar.insider_group = days_before.insider_group
{%- endif %}
