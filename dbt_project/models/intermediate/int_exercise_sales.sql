{{ config(materialized='incremental', incremental_strategy='replace_issuers', on_schema_change='fail') }}

with

transaction_lines as (

    select * from {{ ref('int_transaction_lines') }}
    {{ of_changed_issuers() }}

),

-- Exercises show twice: as shares acquired in the non-derivative table and as options used up in the other.
exercises as (

    select
        accession_number,
        insider_key,
        issuer_cik,
        transaction_date,
        share_count,
        table_code,
        filed_date,
        row_number() over (
            partition by insider_key, issuer_cik, transaction_date, share_count, table_code
            order by filed_date, transaction_line_key
        ) as occurrence
    from transaction_lines
    where
        transaction_code in ('M', 'X')
        and share_count > 0
        and (table_code = 'D' or acquired_disposed_code = 'A')

),

sales as (

    select
        transaction_line_key,
        accession_number,
        insider_key,
        issuer_cik,
        transaction_date,
        share_count,
        filed_date,
        row_number() over (
            partition by insider_key, issuer_cik, transaction_date, share_count
            order by filed_date, transaction_line_key
        ) as occurrence
    from transaction_lines
    where direction = 'sell' and share_count > 0

),

-- Same insider, issuer, day and number of shares; the exercise known no later than the sale. One exercise accounts for
-- one sale: a second sale of as many shares sold others.
same_shares as (

    select distinct sales.transaction_line_key
    from sales
    inner join exercises
        on
            sales.insider_key = exercises.insider_key
            and sales.issuer_cik = exercises.issuer_cik
            and sales.transaction_date = exercises.transaction_date
            and sales.share_count = exercises.share_count
            and sales.occurrence = exercises.occurrence
            and sales.filed_date >= exercises.filed_date

),

-- A sale filled in several lots, or several options exercised for one sale: the day's totals of one filing agree. Fewer
-- sold than exercised is a sale to cover taxes and costs; more sold than exercised was a decision to sell.
exercise_totals as (

    select
        accession_number,
        transaction_date,
        table_code,
        sum(share_count) as exercised_share_count
    from exercises
    group by accession_number, transaction_date, table_code

),

sale_totals as (

    select
        accession_number,
        transaction_date,
        sum(share_count) as sold_share_count
    from sales
    group by accession_number, transaction_date

),

days_in_balance as (

    select
        sale_totals.accession_number,
        sale_totals.transaction_date,
        bool_or(sale_totals.sold_share_count = exercise_totals.exercised_share_count) as is_whole
    from sale_totals
    inner join exercise_totals
        on
            sale_totals.accession_number = exercise_totals.accession_number
            and sale_totals.transaction_date = exercise_totals.transaction_date
            and sale_totals.sold_share_count <= exercise_totals.exercised_share_count
    group by
        sale_totals.accession_number,
        sale_totals.transaction_date

),

exercise_sales as (

    select
        sales.transaction_line_key,
        sales.issuer_cik,
        case
            when same_shares.transaction_line_key is not null then 'same_shares'
            when days_in_balance.is_whole then 'same_day_total'
            else 'part_of_exercise'
        end as link_reason_code
    from sales
    left join same_shares
        on sales.transaction_line_key = same_shares.transaction_line_key
    left join days_in_balance
        on
            sales.accession_number = days_in_balance.accession_number
            and sales.transaction_date = days_in_balance.transaction_date
    where same_shares.transaction_line_key is not null or days_in_balance.accession_number is not null

)

select * from exercise_sales
