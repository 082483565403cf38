-- What a running total can never be: negative, empty with lines in it, or more distinct things than lines.
select
    as_of_date,
    sector,
    window_days,
    insider_group
from {{ ref('fct_sector_ratios_daily') }}
where
    {%- for side in ['buy', 'sell'] %}
    {{ side }}_line_count < {{ side }}_count
    or {{ side }}_count < {{ side }}_insider_count
    or {{ side }}_count < {{ side }}_issuer_count
    or {{ side }}_issuer_count < 0
    or {{ side }}_insider_count < 0
    or ({{ side }}_line_count > 0 and ({{ side }}_issuer_count = 0 or {{ side }}_insider_count = 0))
    or {{ side }}_share_count < 0
    or {{ side }}_usd < {{ side }}_usd_capped
    or {{ side }}_usd_capped < 0
    or
    {%- endfor %}
    net_buyer_issuer_count < 0
    or net_seller_issuer_count < 0
    or net_buyer_issuer_count > buy_issuer_count
    or net_seller_issuer_count > sell_issuer_count
