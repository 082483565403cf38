{{ config(materialized='incremental', incremental_strategy='replace_filings', on_schema_change='fail') }}

with

transaction_lines as (

    select * from {{ ref('int_transaction_lines') }}
    {{ of_changed_filings(has_partition=false) }}

),

form4_corrections as (

    select * from {{ ref('form4_corrections') }}

),

-- A correction without a line number is for every line of the table with the filed value. One whose filed value is not
-- there corrects nothing and is named by the test of the seed.
listed_corrections as (

    select
        transaction_lines.transaction_line_key,
        max(
            case
                when form4_corrections.field = 'transaction_date'
                    then {{ parse_date('form4_corrections.corrected_value') }}
            end
        ) as transaction_date_corrected,
        max(
            case
                when form4_corrections.field = 'share_count'
                    then {{ parse_number('form4_corrections.corrected_value', 4) }}
            end
        ) as share_count_corrected,
        max(
            case
                when form4_corrections.field = 'price_usd'
                    then {{ parse_number('form4_corrections.corrected_value', 6) }}
            end
        ) as price_usd_corrected,
        {{ join_text('form4_corrections.reason', ' ', 'form4_corrections.field') }} as correction_reason
    from form4_corrections
    inner join transaction_lines
        on
            form4_corrections.accession_number = transaction_lines.accession_number
            and form4_corrections.table_code = transaction_lines.table_code
            and (
                form4_corrections.line_number is null
                or form4_corrections.line_number = transaction_lines.line_number
            )
            and {{ is_filed_value('form4_corrections', 'transaction_lines') }}
    group by transaction_lines.transaction_line_key

),

-- Dates that cannot be, on Form 4, whose period of report is the day of the earliest trade. Form 5 reports a year.
impossible_dates as (

    select
        transaction_line_key,
        accession_number,
        transaction_date,
        period_of_report_date,
        filed_date,
        try_cast(
            concat(
                extract(year from period_of_report_date),
                '-',
                lpad(cast(extract(month from transaction_date) as varchar), 2, '0'),
                '-',
                lpad(cast(extract(day from transaction_date) as varchar), 2, '0')
            ) as date
        ) as date_in_year_of_period,
        try_cast(
            concat(
                extract(year from filed_date),
                '-',
                lpad(cast(extract(month from transaction_date) as varchar), 2, '0'),
                '-',
                lpad(cast(extract(day from transaction_date) as varchar), 2, '0')
            ) as date
        ) as date_in_year_of_filing
    from transaction_lines
    where
        date_status = 'suspect'
        and form_family = '4'
        and period_of_report_date <= filed_date

),

impossible_filings as (

    select distinct accession_number
    from impossible_dates

),

-- Filings in which a line that can be has the period's date: there the period tells nothing about another line.
periods_taken as (

    select distinct transaction_lines.accession_number
    from transaction_lines
    inner join impossible_filings
        on transaction_lines.accession_number = impossible_filings.accession_number
    where
        transaction_lines.date_status = 'valid'
        and transaction_lines.transaction_date = transaction_lines.period_of_report_date

),

-- Both rules use this filing alone, so a corrected date was known on the filing day.
rule_corrections as (

    select
        impossible_dates.transaction_line_key,
        case
            -- With the year of the period the trade lies on the period's day, or between it and the filing that
            -- followed within a month: only the year was mistyped.
            when
                impossible_dates.date_in_year_of_period = impossible_dates.period_of_report_date
                or (
                    impossible_dates.date_in_year_of_period
                    between impossible_dates.period_of_report_date and impossible_dates.filed_date
                    and {{ days_between('impossible_dates.period_of_report_date', 'impossible_dates.filed_date') }}
                    <= {{ var('date_year_slip_days') }}
                )
                then impossible_dates.date_in_year_of_period
            when
                impossible_dates.date_in_year_of_filing
                between impossible_dates.period_of_report_date and impossible_dates.filed_date
                and {{ days_between('impossible_dates.period_of_report_date', 'impossible_dates.filed_date') }}
                <= {{ var('date_year_slip_days') }}
                then impossible_dates.date_in_year_of_filing
            -- Two of day, month and year agree with the period, and no other line of the filing has its date.
            when
                periods_taken.accession_number is null
                and extract(year from impossible_dates.transaction_date)
                = extract(year from impossible_dates.period_of_report_date)
                and (
                    extract(month from impossible_dates.transaction_date)
                    = extract(month from impossible_dates.period_of_report_date)
                    or extract(day from impossible_dates.transaction_date)
                    = extract(day from impossible_dates.period_of_report_date)
                )
                then impossible_dates.period_of_report_date
        end as transaction_date_corrected
    from impossible_dates
    left join periods_taken
        on impossible_dates.accession_number = periods_taken.accession_number

),

corrected_lines as (

    select transaction_line_key from listed_corrections
    union
    select transaction_line_key from rule_corrections
    where transaction_date_corrected is not null

),

with_values as (

    select
        transaction_lines.transaction_line_key,
        transaction_lines.accession_number,
        coalesce(listed_corrections.transaction_date_corrected, rule_corrections.transaction_date_corrected)
            as transaction_date_corrected,
        listed_corrections.share_count_corrected,
        listed_corrections.price_usd_corrected,
        coalesce(listed_corrections.share_count_corrected, transaction_lines.share_count) as share_count,
        coalesce(listed_corrections.price_usd_corrected, transaction_lines.price_usd) as price_usd,
        case when listed_corrections.transaction_line_key is not null then 'listed' else 'rule' end
            as correction_source,
        coalesce(
            listed_corrections.correction_reason,
            case
                when
                    extract(year from transaction_lines.transaction_date)
                    <> extract(year from rule_corrections.transaction_date_corrected)
                    then 'Only the year is wrong: with the year of the period of report the date is possible.'
                else 'The date is the period of report but for its day or month, and no other line has that date.'
            end
        ) as correction_reason
    from corrected_lines
    inner join transaction_lines
        on corrected_lines.transaction_line_key = transaction_lines.transaction_line_key
    left join listed_corrections
        on corrected_lines.transaction_line_key = listed_corrections.transaction_line_key
    left join rule_corrections
        on corrected_lines.transaction_line_key = rule_corrections.transaction_line_key

),

line_corrections as (

    select
        transaction_line_key,
        accession_number,
        transaction_date_corrected,
        share_count_corrected,
        price_usd_corrected,
        case
            when share_count_corrected is not null or price_usd_corrected is not null
                then try_cast(round(cast(share_count as double) * cast(price_usd as double), 2) as decimal(18, 2))
        end as value_usd_corrected,
        correction_source,
        correction_reason
    from with_values

)

select * from line_corrections
