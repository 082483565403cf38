{%- set first_day = "date '" ~ var('date_earliest_year') ~ "-01-01'" -%}
{%- set last_day = "(select max(holiday_date) from us_federal_holidays)" -%}
with

us_federal_holidays as (

    select * from {{ ref('us_federal_holidays') }}

),

edgar_closings as (

    select * from {{ ref('edgar_closings') }}

),

calendar as (

    {{ day_series(first_day, last_day) }}

),

days_closed as (

    select holiday_date from us_federal_holidays
    union distinct
    select holiday_date from edgar_closings

),

days as (

    select
        calendar.calendar_date,
        extract(isodow from calendar.calendar_date) < 6 and days_closed.holiday_date is null as is_business_day
    from calendar
    left join days_closed
        on calendar.calendar_date = days_closed.holiday_date

),

-- The difference of two days' numbers is the number of business days from the first to the second, without a look at
-- the days between them.
business_days as (

    select
        calendar_date,
        is_business_day,
        cast(
            sum(case when is_business_day then 1 else 0 end) over (
                order by calendar_date
                rows between unbounded preceding and current row
            ) as integer
        ) as business_day_number
    from days

)

select * from business_days
