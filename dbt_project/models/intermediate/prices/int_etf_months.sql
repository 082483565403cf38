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

returns_daily as (

    select * from {{ ref('int_etf_returns_daily') }}

),

-- Only closes of days the exchange traded: a shifted date is no close of that day.
closes as (

    select
        returns_daily.etf_symbol,
        returns_daily.price_date,
        returns_daily.adjusted_close_usd,
        trading_days.month_number,
        row_number() over (
            partition by returns_daily.etf_symbol, trading_days.month_number
            order by returns_daily.price_date
        ) as place_in_month,
        row_number() over (
            partition by returns_daily.etf_symbol, trading_days.month_number
            order by returns_daily.price_date desc
        ) as place_from_end
    from returns_daily
    inner join trading_days
        on returns_daily.price_date = trading_days.trading_date

),

month_closes as (

    select
        etf_symbol,
        month_number,
        max(case when place_in_month = 1 then price_date end) as first_price_date,
        max(case when place_in_month = 1 then adjusted_close_usd end) as first_adjusted_close_usd,
        max(case when place_from_end = 1 then price_date end) as last_price_date,
        max(case when place_from_end = 1 then adjusted_close_usd end) as last_adjusted_close_usd
    from closes
    group by etf_symbol, month_number

),

-- Where the source lost the day itself, the nearest close inside the month counts if it is near enough.
etf_months as (

    select
        sectors.etf_symbol,
        trading_months.month_number,
        trading_months.first_trading_date,
        trading_months.last_trading_date,
        trading_months.is_begun,
        trading_months.is_over,
        sectors.etf_first_date <= trading_months.first_trading_date as is_trading_at_first,
        sectors.etf_first_date <= trading_months.last_trading_date as is_trading_at_last,
        trading_months.is_begun
        and {{ days_between('trading_months.first_trading_date', 'month_closes.first_price_date') }}
        <= {{ price_parameter('anchor_tolerance_days') }} as has_first,
        trading_months.is_over
        and {{ days_between('month_closes.last_price_date', 'trading_months.last_trading_date') }}
        <= {{ price_parameter('anchor_tolerance_days') }} as has_last,
        month_closes.first_price_date,
        month_closes.first_adjusted_close_usd,
        month_closes.last_price_date,
        month_closes.last_adjusted_close_usd
    from sectors
    cross join trading_months
    left join month_closes
        on sectors.etf_symbol = month_closes.etf_symbol
            and trading_months.month_number = month_closes.month_number
    where sectors.etf_symbol is not null

)

select
    etf_symbol,
    month_number,
    case when has_first and is_trading_at_first then first_price_date end as first_price_date,
    case when has_first and is_trading_at_first then first_adjusted_close_usd end as first_adjusted_close_usd,
    case
        when not is_begun then 'not_over_yet'
        when not is_trading_at_first then 'etf_not_yet_trading'
        when not coalesce(has_first, false) then 'price_missing'
    end as first_missing_reason,
    coalesce(has_first and is_trading_at_first and first_price_date > first_trading_date, false) as is_first_moved,
    case when has_last and is_trading_at_last then last_price_date end as last_price_date,
    case when has_last and is_trading_at_last then last_adjusted_close_usd end as last_adjusted_close_usd,
    case
        when not is_over then 'not_over_yet'
        when not is_trading_at_last then 'etf_not_yet_trading'
        when not coalesce(has_last, false) then 'price_missing'
    end as last_missing_reason
from etf_months
