with

sectors as (

    select * from {{ ref('dim_sectors') }}

),

trading_days as (

    select * from {{ ref('int_trading_days') }}

),

trading_months as (

    select * from {{ ref('int_trading_months') }}

),

etf_months as (

    select * from {{ ref('int_etf_months') }}

),

as_of_dates as (

    select * from {{ ref('int_as_of_dates') }}

),

-- Quarter ends that are over as far as prices go, and those the tiers have besides. Without any price there are none.
quarter_months as (

    select month_number
    from trading_months
    where is_over and mod(month_number, 3) = 2
    union
    select {{ month_ordinal('as_of_date') }} as month_number
    from as_of_dates
    where is_quarter_end and exists (select 1 from trading_days)

),

quarters as (

    select
        month_number,
        {{ month_end_of('month_number') }} as quarter_end
    from quarter_months

),

horizons as (
    {% for months in price_parameter('horizon_months') %}
    select {{ months }} as horizon_months
    {{ "union all" if not loop.last }}
    {% endfor %}
),

first_month as (

    select min(month_number) as first_month_number
    from trading_months

),

funds as (

    select
        sector,
        etf_symbol,
        is_investable
    from sectors
    where etf_symbol is not null

),

-- The tier is known when the quarter has ended, so the first close after it is the first that could be traded on. A
-- return ends at the first close after the horizon, where the next quarter's begins: quarters chain without a gap.
-- Before the first month of prices and after the last there is no row to join.
returns as (

    select
        quarters.quarter_end,
        funds.sector,
        funds.etf_symbol,
        funds.is_investable,
        horizons.horizon_months,
        start_months.first_price_date as start_date,
        end_months.first_price_date as end_date,
        {{ return_between('start_months.first_adjusted_close_usd', 'end_months.first_adjusted_close_usd') }}
            as forward_return,
        case
            when start_months.first_missing_reason is not null then start_months.first_missing_reason
            when start_months.month_number is null and quarters.month_number + 1 < first_month.first_month_number
                then 'price_missing'
            when start_months.month_number is null then 'not_over_yet'
            when end_months.month_number is null then 'not_over_yet'
            else end_months.first_missing_reason
        end as missing_reason,
        coalesce(start_months.is_first_moved, false) or coalesce(end_months.is_first_moved, false) as is_moved
    from quarters
    cross join funds
    cross join horizons
    cross join first_month
    left join etf_months as start_months
        on funds.etf_symbol = start_months.etf_symbol
            and start_months.month_number = quarters.month_number + 1
    left join etf_months as end_months
        on funds.etf_symbol = end_months.etf_symbol
            and end_months.month_number = quarters.month_number + 1 + horizons.horizon_months

),

-- What was known at the end of the quarter: the last closes up to it, a month before it and a year before it.
trailing_returns as (

    select
        quarters.quarter_end,
        funds.etf_symbol,
        funds.is_investable,
        {{ return_between('year_before.last_adjusted_close_usd', 'this_month.last_adjusted_close_usd') }}
            as trailing_12_month_return,
        {{ return_between('year_before.last_adjusted_close_usd', 'month_before.last_adjusted_close_usd') }}
            as momentum_12_1,
        case
            when year_before.month_number is null then 'price_missing'
            when year_before.last_missing_reason is not null then year_before.last_missing_reason
            when this_month.month_number is null then 'not_over_yet'
            when this_month.last_missing_reason is not null then this_month.last_missing_reason
            else month_before.last_missing_reason
        end as trailing_missing_reason
    from quarters
    cross join funds
    left join etf_months as this_month
        on funds.etf_symbol = this_month.etf_symbol
            and quarters.month_number = this_month.month_number
    left join etf_months as month_before
        on funds.etf_symbol = month_before.etf_symbol
            and month_before.month_number = quarters.month_number - 1
    left join etf_months as year_before
        on funds.etf_symbol = year_before.etf_symbol
            and year_before.month_number = quarters.month_number - 12

)

select
    returns.quarter_end,
    returns.sector,
    cast(returns.horizon_months as integer) as horizon_months,
    returns.etf_symbol,
    returns.start_date,
    returns.end_date,
    returns.forward_return,
    market.forward_return as market_forward_return,
    returns.forward_return - market.forward_return as excess_return,
    returns.missing_reason,
    market.missing_reason as market_missing_reason,
    returns.is_moved or market.is_moved as is_moved,
    trailing_returns.trailing_12_month_return,
    trailing_returns.momentum_12_1,
    market_trailing.trailing_12_month_return as market_trailing_12_month_return,
    market_trailing.momentum_12_1 as market_momentum_12_1,
    trailing_returns.momentum_12_1 - market_trailing.momentum_12_1 as relative_strength_12_1,
    trailing_returns.trailing_missing_reason
from returns
inner join trailing_returns
    on returns.quarter_end = trailing_returns.quarter_end
        and returns.etf_symbol = trailing_returns.etf_symbol
left join returns as market
    on returns.quarter_end = market.quarter_end
        and returns.horizon_months = market.horizon_months
        and market.sector = 'All'
left join trailing_returns as market_trailing
    on returns.quarter_end = market_trailing.quarter_end
        and market.etf_symbol = market_trailing.etf_symbol
where returns.is_investable
