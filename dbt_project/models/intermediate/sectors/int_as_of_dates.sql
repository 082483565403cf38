with

dates as (

    select * from {{ ref('dim_dates') }}

),

signal_lines as (

    select * from {{ ref('int_signal_lines') }}

),

first_day as (

    select min(known_from) as first_known_from
    from signal_lines

),

-- From the day the first signal trade was known to the last filing day that is loaded, where the calendar ends: also
-- that a filing day brought no signal trade is known.
known_dates as (

    select
        dates.date_day as as_of_date,
        dates.is_month_end,
        dates.is_quarter_end
    from dates
    inner join first_day
        on dates.date_day >= first_day.first_known_from

),

-- Quarter ends are numbered 0, 1, 2, ...; each day has the number of the first one on or after it: how many there were
-- before it.
numbered_dates as (

    select
        *,
        sum(case when is_quarter_end then 1 else 0 end) over (
            order by as_of_date
            rows between unbounded preceding and 1 preceding
        ) as earlier_quarter_end_count
    from known_dates

)

select
    as_of_date,
    is_month_end,
    is_quarter_end,
    cast(coalesce(earlier_quarter_end_count, 0) as integer) as quarter_end_number
from numbered_dates
