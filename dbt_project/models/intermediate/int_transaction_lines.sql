with

nonderivative_transactions as (

    select * from {{ ref('stg_sec__nonderivative_transactions') }}

),

derivative_transactions as (

    select * from {{ ref('stg_sec__derivative_transactions') }}

),

filings as (

    select * from {{ ref('int_filings') }}

),

transaction_codes as (

    select * from {{ ref('transaction_codes') }}

),

-- The two tables of the form stay apart by table_code: a derivative line's price and quantity are those of the
-- option, and no measure of open-market trading ever reads them.
nonderivative_lines as (

    select
        accession_number,
        'N' as table_code,
        line_number,
        security_title,
        transaction_code,
        acquired_disposed_code,
        direct_indirect_code,
        ownership_nature,
        share_count,
        price_usd,
        share_count_owned_after,
        transaction_date,
        transaction_date_as_filed,
        price_footnote_ids,
        concat_ws(
            ',',
            security_title_footnote_ids,
            transaction_date_footnote_ids,
            deemed_execution_date_footnote_ids,
            transaction_code_footnote_ids,
            timeliness_footnote_ids,
            share_count_footnote_ids,
            price_footnote_ids,
            acquired_disposed_footnote_ids
        ) as trade_footnote_ids,
        concat_ws(
            ',',
            share_count_owned_after_footnote_ids,
            value_owned_after_footnote_ids,
            direct_indirect_footnote_ids,
            ownership_nature_footnote_ids
        ) as holding_footnote_ids,
        cast_failure_count,
        _road,
        _partition
    from nonderivative_transactions

),

derivative_lines as (

    select
        accession_number,
        'D' as table_code,
        line_number,
        security_title,
        transaction_code,
        acquired_disposed_code,
        direct_indirect_code,
        ownership_nature,
        share_count,
        price_usd,
        share_count_owned_after,
        transaction_date,
        transaction_date_as_filed,
        price_footnote_ids,
        concat_ws(
            ',',
            security_title_footnote_ids,
            transaction_date_footnote_ids,
            deemed_execution_date_footnote_ids,
            transaction_code_footnote_ids,
            timeliness_footnote_ids,
            share_count_footnote_ids,
            total_value_footnote_ids,
            price_footnote_ids,
            acquired_disposed_footnote_ids
        ) as trade_footnote_ids,
        concat_ws(
            ',',
            share_count_owned_after_footnote_ids,
            value_owned_after_footnote_ids,
            direct_indirect_footnote_ids,
            ownership_nature_footnote_ids
        ) as holding_footnote_ids,
        cast_failure_count,
        _road,
        _partition
    from derivative_transactions

),

lines as (

    select * from nonderivative_lines
    union all
    select * from derivative_lines

),

-- An impossible date keeps its line and its text; it only stops the line from being placed in time.
with_date_reason as (

    select
        lines.*,
        filings.issuer_cik,
        filings.owner_ciks as insider_key,
        filings.form_family,
        filings.is_amendment,
        filings.is_withdrawn,
        filings.filed_date,
        filings.period_of_report_date,
        filings.original_submission_date,
        case
            when lines.transaction_date is null and lines.transaction_date_as_filed is null then 'date_missing'
            when lines.transaction_date is null then 'date_unreadable'
            when extract(year from lines.transaction_date) < {{ var('date_earliest_year') }}
                then 'before_electronic_age'
            when
                lines.transaction_date
                > {{ add_days('filings.filed_date', var('date_after_filing_tolerance_days')) }}
                then 'after_filing'
        end as date_reason_code
    from lines
    inner join filings
        on
            lines.accession_number = filings.accession_number
            and lines._road = filings.road
            and lines._partition = filings._partition

),

transaction_lines as (

    select
        concat(
            with_date_reason.accession_number, '|', with_date_reason.table_code, '|', with_date_reason.line_number
        ) as transaction_line_key,
        with_date_reason.accession_number,
        with_date_reason.table_code,
        cast(with_date_reason.line_number as integer) as line_number,
        with_date_reason.issuer_cik,
        with_date_reason.insider_key,
        with_date_reason.form_family,
        with_date_reason.is_amendment,
        with_date_reason.is_withdrawn,
        with_date_reason.filed_date,
        with_date_reason.period_of_report_date,
        with_date_reason.original_submission_date,
        with_date_reason.security_title,
        with_date_reason.transaction_code,
        coalesce(transaction_codes.transaction_class, 'unknown') as transaction_class,
        with_date_reason.acquired_disposed_code,
        with_date_reason.direct_indirect_code,
        with_date_reason.ownership_nature,
        with_date_reason.transaction_date,
        case
            when with_date_reason.date_reason_code is null then 'valid'
            when with_date_reason.date_reason_code in ('date_missing', 'date_unreadable') then 'unknown'
            else 'suspect'
        end as date_status,
        with_date_reason.date_reason_code,
        with_date_reason.share_count,
        with_date_reason.price_usd,
        -- Through double, because the exact product needs more digits than a decimal holds; back to cents.
        try_cast(
            round(cast(with_date_reason.share_count as double) * cast(with_date_reason.price_usd as double), 2)
            as decimal(18, 2)
        ) as value_usd,
        with_date_reason.share_count_owned_after,
        -- Only P and S in the non-derivative table are decisions to buy or sell at the market's price.
        case
            when with_date_reason.table_code = 'N' and transaction_codes.is_open_market
                then transaction_codes.signal_direction
        end as direction,
        with_date_reason.price_footnote_ids,
        with_date_reason.trade_footnote_ids,
        with_date_reason.holding_footnote_ids,
        with_date_reason.cast_failure_count
    from with_date_reason
    left join transaction_codes
        on with_date_reason.transaction_code = transaction_codes.transaction_code

)

select * from transaction_lines
