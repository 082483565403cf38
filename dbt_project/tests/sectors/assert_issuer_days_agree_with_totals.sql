-- The quarter-end detail and the running totals are computed on two ways: trades, shares and dollars must agree.
with

totals as (

    select * from {{ ref('int_sector_totals_daily') }}
    where is_quarter_end and sector != 'All'

),

issuer_days as (

    select
        quarter_end,
        sector,
        window_days,
        insider_group,
        sum(trade_count) as trade_count,
        sum(share_count) as share_count,
        sum(value_usd) as value_usd
    from {{ ref('int_issuer_days_at_quarter_ends') }}
    group by
        quarter_end, sector, window_days, insider_group

)

select
    totals.as_of_date,
    totals.sector,
    totals.window_days,
    totals.insider_group
from totals
left join issuer_days
    on totals.as_of_date = issuer_days.quarter_end
        and totals.sector = issuer_days.sector
        and totals.window_days = issuer_days.window_days
        and totals.insider_group = issuer_days.insider_group
where
    totals.buy_count + totals.sell_count != coalesce(issuer_days.trade_count, 0)
    or totals.buy_share_count + totals.sell_share_count != coalesce(issuer_days.share_count, 0)
    or totals.buy_usd + totals.sell_usd != coalesce(issuer_days.value_usd, 0)
