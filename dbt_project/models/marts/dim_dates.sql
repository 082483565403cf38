with

filings as (

    select * from {{ ref('int_filings') }}

),

filing_index_files as (

    select * from {{ ref('stg_sec__filing_index_files') }}

),

us_federal_holidays as (

    select * from {{ ref('us_federal_holidays') }}

),

edgar_closings as (

    select * from {{ ref('edgar_closings') }}

),

-- The horizon is the newest filing day loaded, never the clock: the same data gives the same calendar.
known_days as (

    select
        filed_date as known_day,
        true as is_filing
    from filings
    union all
    select
        filing_day as known_day,
        false as is_filing
    from filing_index_files
    where index_status = 'published'

),

bounds as (

    select
        min(case when is_filing then known_day end) as first_day,
        max(known_day) as last_day
    from known_days

),

calendar as (

    {{ day_series('(select first_day from bounds)', '(select last_day from bounds)') }}

),

-- Days on which EDGAR's own listing shows no index, and those on which it was closed by order.
days_without_index as (

    select filing_day
    from filing_index_files
    where index_status = 'holiday'
    union distinct
    select holiday_date as filing_day
    from edgar_closings

),

holiday_names as (

    select
        holiday_date,
        min(holiday_name) as holiday_name
    from us_federal_holidays
    group by holiday_date

),

dates as (

    select
        calendar.calendar_date as date_day,
        cast(extract(year from calendar.calendar_date) as integer) as year_number,
        cast(extract(quarter from calendar.calendar_date) as integer) as quarter_number,
        cast(extract(month from calendar.calendar_date) as integer) as month_number,
        cast(extract(isodow from calendar.calendar_date) as integer) as weekday_number,
        extract(isodow from calendar.calendar_date) >= 6 as is_weekend,
        holiday_names.holiday_date is not null as is_federal_holiday,
        holiday_names.holiday_name,
        extract(isodow from calendar.calendar_date) < 6
        and holiday_names.holiday_date is null
        and days_without_index.filing_day is null as is_filing_day,
        extract(month from {{ add_days('calendar.calendar_date', 1) }})
        <> extract(month from calendar.calendar_date) as is_month_end,
        extract(quarter from {{ add_days('calendar.calendar_date', 1) }})
        <> extract(quarter from calendar.calendar_date) as is_quarter_end
    from calendar
    left join holiday_names
        on calendar.calendar_date = holiday_names.holiday_date
    left join days_without_index
        on calendar.calendar_date = days_without_index.filing_day

)

select * from dates
