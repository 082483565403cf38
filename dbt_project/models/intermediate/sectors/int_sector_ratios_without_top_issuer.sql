{%- set first_day = kept_by_days('quarter_end', 'int_as_of_dates') %}
with

issuer_days as (

    select * from {{ ref('int_issuer_days_at_quarter_ends') }}
    {{ of_days_from(first_day, 'quarter_end') }}

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
        sum(case when direction = 'sell' then value_usd else 0 end) as sell_usd
    from issuer_days
    group by
        quarter_end, sector, window_days, insider_group, issuer_cik

),

-- The largest issuer is the one with the most dollars, bought and sold together; a tie goes to the lower CIK.
ranked_issuers as (

    select
        *,
        row_number() over (
            partition by quarter_end, sector, window_days, insider_group
            order by buy_usd + sell_usd desc, issuer_cik
        ) as issuer_rank
    from issuers

),

sectors as (

    select
        quarter_end,
        sector,
        window_days,
        insider_group,
        count(*) as issuer_count,
        max(case when issuer_rank = 1 then issuer_cik end) as top_issuer_cik,
        sum(case when issuer_rank = 1 then buy_usd + sell_usd else 0 end) as top_issuer_usd,
        sum(buy_usd + sell_usd) as total_usd,
        sum(case when issuer_rank > 1 then buy_count else 0 end) as buy_count,
        sum(case when issuer_rank > 1 then sell_count else 0 end) as sell_count,
        sum(case when issuer_rank > 1 then buy_share_count else 0 end) as buy_share_count,
        sum(case when issuer_rank > 1 then sell_share_count else 0 end) as sell_share_count,
        sum(case when issuer_rank > 1 then buy_usd else 0 end) as buy_usd,
        sum(case when issuer_rank > 1 then sell_usd else 0 end) as sell_usd,
        sum(case when issuer_rank > 1 and buy_share_count > sell_share_count then 1 else 0 end)
            as net_buyer_issuer_count,
        sum(case when issuer_rank > 1 and buy_share_count < sell_share_count then 1 else 0 end)
            as net_seller_issuer_count
    from ranked_issuers
    group by
        quarter_end, sector, window_days, insider_group

),

caps as (

    select
        quarter_end,
        sector,
        window_days,
        insider_group,
        top_issuer_cik,
        cast((buy_usd + sell_usd) * {{ sector_parameter('issuer_day_cap_share') }} as decimal(38, 4)) as cap_usd
    from sectors

),

-- Without the largest issuer the window's total is smaller, and so is what one issuer-day may carry.
capped_sectors as (

    select
        caps.quarter_end,
        caps.sector,
        caps.window_days,
        caps.insider_group,
        sum(case when issuer_days.direction = 'buy' then least(issuer_days.value_usd, caps.cap_usd) else 0 end)
            as buy_usd_capped,
        sum(case when issuer_days.direction = 'sell' then least(issuer_days.value_usd, caps.cap_usd) else 0 end)
            as sell_usd_capped
    from caps
    inner join issuer_days
        on caps.quarter_end = issuer_days.quarter_end
            and caps.sector = issuer_days.sector
            and caps.window_days = issuer_days.window_days
            and caps.insider_group = issuer_days.insider_group
            and caps.top_issuer_cik != issuer_days.issuer_cik
    group by
        caps.quarter_end, caps.sector, caps.window_days, caps.insider_group

)

select
    sectors.quarter_end,
    sectors.sector,
    sectors.window_days,
    sectors.insider_group,
    cast(sectors.issuer_count as bigint) as issuer_count,
    sectors.top_issuer_cik,
    {{ quotient('sectors.top_issuer_usd', 'sectors.total_usd') }} as top_issuer_share,
    {{ net_purchase_ratio('sectors.buy_count', 'sectors.sell_count') }} as npr_count,
    {{ net_purchase_ratio('sectors.buy_share_count', 'sectors.sell_share_count') }} as npr_share_count,
    {{ net_purchase_ratio('sectors.buy_usd', 'sectors.sell_usd') }} as npr_usd,
    {{ net_purchase_ratio('capped_sectors.buy_usd_capped', 'capped_sectors.sell_usd_capped') }} as npr_usd_capped,
    {{ quotient(
        'sectors.net_buyer_issuer_count',
        '(sectors.net_buyer_issuer_count + sectors.net_seller_issuer_count)'
    ) }} as breadth  -- noqa: RF04
from sectors
left join capped_sectors
    on sectors.quarter_end = capped_sectors.quarter_end
        and sectors.sector = capped_sectors.sector
        and sectors.window_days = capped_sectors.window_days
        and sectors.insider_group = capped_sectors.insider_group
