with

totals as (

    select * from {{ ref('int_sector_totals_daily') }}

),

capped_usd as (

    select * from {{ ref('int_sector_capped_usd_daily') }}

),

fct_sector_ratios_daily as (

    select
        totals.as_of_date,
        totals.sector,
        totals.window_days,
        totals.insider_group,
        totals.is_month_end,
        totals.is_quarter_end,
        totals.buy_count,
        totals.sell_count,
        totals.buy_line_count,
        totals.sell_line_count,
        totals.buy_share_count,
        totals.sell_share_count,
        totals.buy_usd,
        totals.sell_usd,
        capped_usd.buy_usd_capped,
        capped_usd.sell_usd_capped,
        totals.buy_insider_count,
        totals.sell_insider_count,
        totals.buy_issuer_count,
        totals.sell_issuer_count,
        totals.net_buyer_issuer_count,
        totals.net_seller_issuer_count,
        {{ quotient('totals.buy_count', 'totals.sell_count') }} as buy_sell_ratio_count,
        {{ quotient('totals.buy_share_count', 'totals.sell_share_count') }} as buy_sell_ratio_share_count,
        {{ quotient('totals.buy_usd', 'totals.sell_usd') }} as buy_sell_ratio_usd,
        {{ quotient('totals.sell_count', 'totals.buy_count') }} as sell_buy_ratio_count,
        {{ quotient('totals.sell_share_count', 'totals.buy_share_count') }} as sell_buy_ratio_share_count,
        {{ quotient('totals.sell_usd', 'totals.buy_usd') }} as sell_buy_ratio_usd,
        {{ net_purchase_ratio('totals.buy_count', 'totals.sell_count') }} as npr_count,
        {{ net_purchase_ratio('totals.buy_share_count', 'totals.sell_share_count') }} as npr_share_count,
        {{ net_purchase_ratio('totals.buy_usd', 'totals.sell_usd') }} as npr_usd,
        {{ net_purchase_ratio('capped_usd.buy_usd_capped', 'capped_usd.sell_usd_capped') }} as npr_usd_capped,
        {{ quotient(
            'totals.net_buyer_issuer_count',
            '(totals.net_buyer_issuer_count + totals.net_seller_issuer_count)'
        ) }} as breadth  -- noqa: RF04
    from totals
    inner join capped_usd
        on totals.as_of_date = capped_usd.as_of_date
            and totals.sector = capped_usd.sector
            and totals.window_days = capped_usd.window_days
            and totals.insider_group = capped_usd.insider_group

)

select * from fct_sector_ratios_daily
