with

transaction_lines as (

    select * from {{ ref('int_transaction_lines') }}

),

superseded_lines as (

    select * from {{ ref('int_superseded_lines') }}

),

-- Open-market trades only, by month, with the years in which they became known and stopped to count.
trade_months as (

    select
        transaction_lines.insider_key,
        cast(extract(year from transaction_lines.transaction_date) as integer) as trade_year,
        cast(extract(month from transaction_lines.transaction_date) as integer) as trade_month,
        cast(extract(year from transaction_lines.filed_date) as integer) as known_from_year,
        cast(
            extract(year from least(superseded_lines.known_to, transaction_lines.withdrawn_known_from)) as integer
        ) as known_to_year
    from transaction_lines
    left join superseded_lines
        on transaction_lines.transaction_line_key = superseded_lines.transaction_line_key
    where
        transaction_lines.direction is not null
        and transaction_lines.date_status = 'valid'
    group by
        transaction_lines.insider_key,
        extract(year from transaction_lines.transaction_date),
        extract(month from transaction_lines.transaction_date),
        extract(year from transaction_lines.filed_date),
        extract(year from least(superseded_lines.known_to, transaction_lines.withdrawn_known_from))

),

look_back_years as (

    select 1 as years_back
    union all
    select 2 as years_back
    union all
    select 3 as years_back

),

-- Each month of trading bears on the three years after it, if it was known when that year began and still stood.
history as (

    select
        trade_months.insider_key,
        trade_months.trade_year + look_back_years.years_back as class_year,
        trade_months.trade_month,
        look_back_years.years_back
    from trade_months
    cross join look_back_years
    where
        trade_months.known_from_year < trade_months.trade_year + look_back_years.years_back
        and (
            trade_months.known_to_year is null
            or trade_months.known_to_year >= trade_months.trade_year + look_back_years.years_back
        )

),

insider_years as (

    select
        insider_key,
        class_year
    from history
    group by insider_key, class_year
    having count(distinct years_back) = 3

),

routine_years as (

    select distinct
        insider_key,
        class_year
    from (
        select
            insider_key,
            class_year,
            trade_month
        from history
        group by insider_key, class_year, trade_month
        having count(distinct years_back) = 3
    ) as months_of_every_year

),

insider_classes as (

    select
        insider_years.insider_key,
        insider_years.class_year,
        case when routine_years.insider_key is not null then 'routine' else 'opportunistic' end as insider_class
    from insider_years
    left join routine_years
        on
            insider_years.insider_key = routine_years.insider_key
            and insider_years.class_year = routine_years.class_year

)

select * from insider_classes
