with

sectors as (

    select * from {{ ref('dim_sectors') }}

),

trading_days as (

    select * from {{ ref('int_trading_days') }}

),

returns_daily as (

    select * from {{ ref('int_etf_returns_daily') }}

),

first_prices as (

    select
        etf_symbol,
        min(price_date) as first_price_date
    from returns_daily
    group by etf_symbol

),

-- Every day a fund should have a close: from its first one to the newest day of any fund, so that a series that stopped
-- shows it. Days on which the exchange was closed and the source has a close all the same are kept and flagged.
expected_days as (

    select
        first_prices.etf_symbol,
        trading_days.trading_date as price_date,
        true as is_trading_day
    from first_prices
    inner join trading_days
        on first_prices.first_price_date <= trading_days.trading_date
    where trading_days.is_closed
    union all
    select
        returns_daily.etf_symbol,
        returns_daily.price_date,
        false as is_trading_day
    from returns_daily
    left join trading_days
        on returns_daily.price_date = trading_days.trading_date
    where trading_days.trading_date is null

)

select
    expected_days.price_date,
    expected_days.etf_symbol,
    sectors.sector,
    returns_daily.close_usd,
    returns_daily.adjusted_close_usd,
    returns_daily.dividend_usd,
    returns_daily.split_factor,
    returns_daily.action_source,
    returns_daily.total_return_factor,
    returns_daily.previous_price_date,
    expected_days.is_trading_day,
    returns_daily.price_date is null as is_missing,
    coalesce(
        abs(returns_daily.total_return_factor - 1) > {{ price_parameter('unusual_move') }}, false
    ) as is_unusual_move,
    returns_daily.price_source
from expected_days
left join returns_daily
    on expected_days.etf_symbol = returns_daily.etf_symbol
        and expected_days.price_date = returns_daily.price_date
left join sectors
    on expected_days.etf_symbol = sectors.etf_symbol
