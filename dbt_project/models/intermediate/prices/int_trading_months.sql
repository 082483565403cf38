with

trading_days as (

    select * from {{ ref('int_trading_days') }}

)

select
    month_number,
    min(trading_date) as first_trading_date,
    max(trading_date) as last_trading_date,
    -- A month is begun when its first trading day has closed, and over when its last one has.
    min(case when is_closed then trading_date end) is not null as is_begun,
    min(case when not is_closed then trading_date end) is null as is_over
from trading_days
group by month_number
