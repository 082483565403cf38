with

etf_prices as (

    select * from {{ ref('stg_prices__etf_prices') }}

),

-- A day without two positive closes has no price; the gate counts it, and the mart shows the day as missing. Should an
-- accepted exception let a day in twice, the later answer counts.
readable_prices as (

    select
        *,
        row_number() over (
            partition by ticker, price_date
            order by fetched_at desc, adjusted_close_usd asc, close_usd asc
        ) as answer_number
    from etf_prices
    where close_usd > 0 and adjusted_close_usd > 0 and price_date is not null

),

paired_prices as (

    select
        *,
        lag(price_date) over (partition by ticker order by price_date) as previous_price_date,
        lag(close_usd) over (partition by ticker order by price_date) as previous_close_usd,
        lag(adjusted_close_usd) over (partition by ticker order by price_date) as previous_adjusted_close_usd
    from readable_prices
    where answer_number = 1

),

-- What the close before is worth in the shares of this day and without its dividend (CRSP's method, as both sources
-- have it): (1 - dividend * split / close before) / split.
stepped_prices as (

    select
        *,
        (previous_adjusted_close_usd / previous_close_usd) / (adjusted_close_usd / close_usd) as adjustment_step
    from paired_prices

),

-- A source that states neither dividends nor splits shows them in its adjusted close.
explained_prices as (

    select
        *,
        case
            when stated_dividend_usd is not null or stated_split_factor is not null then 'stated'
            when adjustment_step is not null then 'implied'
        end as action_source,
        case
            when abs(adjustment_step - 1) <= {{ price_parameter('adjustment_tolerance') }} then 'none'
            when adjustment_step < 1 and adjustment_step >= 1 - {{ price_parameter('largest_dividend_share') }}
                then 'dividend'
            when adjustment_step is not null then 'split'
        end as implied_action
    from stepped_prices

)

select
    ticker as etf_symbol,
    price_date,
    previous_price_date,
    close_usd,
    adjusted_close_usd,
    action_source,
    case
        when action_source = 'stated' then coalesce(stated_dividend_usd, 0)
        when implied_action = 'dividend' then (1 - adjustment_step) * previous_close_usd
        when action_source = 'implied' then 0
    end as dividend_usd,
    case
        when action_source = 'stated' then coalesce(stated_split_factor, 1)
        when implied_action = 'split' then round(1 / adjustment_step, 4)
        when action_source = 'implied' then 1
    end as split_factor,
    adjusted_close_usd / previous_adjusted_close_usd as total_return_factor,
    price_source,
    is_simulated
from explained_prices
