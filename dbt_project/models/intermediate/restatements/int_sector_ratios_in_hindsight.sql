with

frozen_lines_compared as (

    select * from {{ ref('int_frozen_lines_compared') }}

),

-- The same sums as in the daily ratios, of the same window, but of every trade that is known today.
trades as (

    select
        quarter_end,
        sector,
        window_days,
        insider_group,
        issuer_cik,
        insider_key,
        transaction_date,
        direction,
        sum(coalesce(share_count, 0)) as share_count,
        sum(cast(coalesce(value_usd, 0) as decimal(38, 4))) as value_usd
    from frozen_lines_compared
    where is_in_hindsight
    group by
        quarter_end, sector, window_days, insider_group, issuer_cik, insider_key, transaction_date, direction

),

issuer_days as (

    select
        quarter_end,
        sector,
        window_days,
        insider_group,
        issuer_cik,
        transaction_date,
        direction,
        count(*) as trade_count,
        sum(share_count) as share_count,
        sum(value_usd) as value_usd
    from trades
    group by
        quarter_end, sector, window_days, insider_group, issuer_cik, transaction_date, direction

),

with_caps as (

    select
        *,
        cast(
            sum(value_usd) over (partition by quarter_end, sector, window_days, insider_group)
            * {{ sector_parameter('issuer_day_cap_share') }} as decimal(38, 4)
        ) as cap_usd
    from issuer_days

),

issuers as (

    select
        quarter_end,
        sector,
        window_days,
        insider_group,
        issuer_cik,
        sum(case when direction = 'buy' then trade_count else 0 end) as buy_count,
        sum(case when direction = 'sell' then trade_count else 0 end) as sell_count,
        sum(case when direction = 'buy' then share_count else 0 end) as buy_share_count,
        sum(case when direction = 'sell' then share_count else 0 end) as sell_share_count,
        sum(case when direction = 'buy' then value_usd else 0 end) as buy_usd,
        sum(case when direction = 'sell' then value_usd else 0 end) as sell_usd,
        sum(case when direction = 'buy' then least(value_usd, cap_usd) else 0 end) as buy_usd_capped,
        sum(case when direction = 'sell' then least(value_usd, cap_usd) else 0 end) as sell_usd_capped
    from with_caps
    group by
        quarter_end, sector, window_days, insider_group, issuer_cik

),

sectors as (

    select
        quarter_end,
        sector,
        window_days,
        insider_group,
        sum(buy_count) as buy_count,
        sum(sell_count) as sell_count,
        sum(buy_share_count) as buy_share_count,
        sum(sell_share_count) as sell_share_count,
        sum(buy_usd) as buy_usd,
        sum(sell_usd) as sell_usd,
        sum(buy_usd_capped) as buy_usd_capped,
        sum(sell_usd_capped) as sell_usd_capped,
        sum(case when buy_share_count > sell_share_count then 1 else 0 end) as net_buyer_issuer_count,
        sum(case when buy_share_count < sell_share_count then 1 else 0 end) as net_seller_issuer_count
    from issuers
    group by
        quarter_end, sector, window_days, insider_group

)

select
    quarter_end,
    sector,
    window_days,
    insider_group,
    {{ net_purchase_ratio('buy_count', 'sell_count') }} as npr_count,
    {{ net_purchase_ratio('buy_share_count', 'sell_share_count') }} as npr_share_count,
    {{ net_purchase_ratio('buy_usd', 'sell_usd') }} as npr_usd,
    {{ net_purchase_ratio('buy_usd_capped', 'sell_usd_capped') }} as npr_usd_capped,
    {{ quotient(
        'net_buyer_issuer_count', '(net_buyer_issuer_count + net_seller_issuer_count)'
    ) }} as breadth  -- noqa: RF04
from sectors
