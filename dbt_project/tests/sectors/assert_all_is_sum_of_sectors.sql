-- noqa: disable=LT02
-- Lines, shares and dollars of the whole market are exactly those of the eleven sectors and Unmapped.
{%- set totals = ['buy_line_count', 'sell_line_count', 'buy_share_count', 'sell_share_count', 'buy_usd', 'sell_usd'] %}
select
    as_of_date,
    window_days,
    insider_group
from {{ ref('fct_sector_ratios_daily') }}
group by
    as_of_date, window_days, insider_group
having
    {%- for total in totals %}
    sum(case when sector = 'All' then {{ total }} else 0 end)
    != sum(case when sector = 'All' then 0 else {{ total }} end)
    {{ "or" if not loop.last }}
    {%- endfor %}
