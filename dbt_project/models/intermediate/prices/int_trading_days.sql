with

etf_prices as (

    select * from {{ ref('stg_prices__etf_prices') }}

),

exchange_holidays as (

    select * from {{ ref('exchange_holidays') }}

),

bounds as (

    select
        min(price_date) as first_price_date,
        max(price_date) as newest_price_date
    from etf_prices

),

-- Whole months, so that the last trading day of the running one is known before it is over; none is longer than 31.
days as (

    {{ day_series(
        '(select ' ~ add_days('first_price_date', -31) ~ ' from bounds)',
        '(select ' ~ add_days('newest_price_date', 31) ~ ' from bounds)'
    ) }}

)

select
    days.calendar_date as trading_date,
    {{ month_ordinal('days.calendar_date') }} as month_number,
    days.calendar_date <= bounds.newest_price_date as is_closed
from days
cross join bounds
left join exchange_holidays
    on days.calendar_date = exchange_holidays.holiday_date
where
    exchange_holidays.holiday_date is null
    and extract(isodow from days.calendar_date) < 6
    and {{ month_ordinal('days.calendar_date') }} between
    {{ month_ordinal('bounds.first_price_date') }} and {{ month_ordinal('bounds.newest_price_date') }}
