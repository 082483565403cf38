{{ config(materialized='incremental', incremental_strategy='replace_filings', on_schema_change='fail') }}

with

nonderivative_transactions as (

    select * from {{ ref('stg_sec__nonderivative_transactions') }}
    {{ of_changed_filings() }}

),

derivative_transactions as (

    select * from {{ ref('stg_sec__derivative_transactions') }}
    {{ of_changed_filings() }}

),

-- Named apart from the lines themselves: of these only the keys are read.
nonderivative_rows as (

    select
        accession_number,
        row_order,
        _partition
    from {{ ref('stg_sec__nonderivative_transactions') }}
    {{ of_changed_filings() }}

),

derivative_rows as (

    select
        accession_number,
        row_order,
        _partition
    from {{ ref('stg_sec__derivative_transactions') }}
    {{ of_changed_filings() }}

),

filings as (

    select * from {{ ref('int_filings') }}
    {{ of_changed_filings() }}

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
        row_order,
        security_title,
        transaction_code as transaction_code_as_filed,
        is_equity_swap,
        acquired_disposed_code,
        direct_indirect_code,
        ownership_nature,
        share_count,
        price_usd,
        cast(null as decimal(18, 6)) as exercise_price_usd,
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
        row_order,
        security_title,
        transaction_code as transaction_code_as_filed,
        is_equity_swap,
        acquired_disposed_code,
        direct_indirect_code,
        ownership_nature,
        share_count,
        price_usd,
        exercise_price_usd,
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

row_orders as (

    select
        'N' as table_code,
        *
    from nonderivative_rows
    union all
    select
        'D' as table_code,
        *
    from derivative_rows

),

row_spans as (

    select
        accession_number,
        table_code,
        _partition,
        min(row_order) as first_row_order,
        max(row_order) - min(row_order) + 1 <> count(*) as has_gaps
    from row_orders
    group by accession_number, table_code, _partition

),

-- Both sources number a filing's rows one after the other, so a line's number is its distance from the first. (A
-- window over all lines would say the same, carry every column through a sort and leave the rows in no order of
-- time, which makes whatever reads a period read everything.) Should numbers be left out, places are counted.
counted_rows as (

    select
        row_orders.accession_number,
        row_orders.table_code,
        row_orders._partition,
        row_orders.row_order,
        row_number() over (
            partition by row_orders.accession_number, row_orders.table_code, row_orders._partition
            order by row_orders.row_order
        ) as line_number
    from row_orders
    inner join row_spans
        on
            row_orders.accession_number = row_spans.accession_number
            and row_orders.table_code = row_spans.table_code
            and row_orders._partition = row_spans._partition
    where row_spans.has_gaps

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
        filings.withdrawn_known_from,
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
            -- Month and day of the period of report and another year, where that period ended just before the filing:
            -- the year is a slip. Form 5 reports a whole year at once, so its period says nothing about one trade.
            when
                filings.form_family = '4'
                and extract(year from lines.transaction_date) <> extract(year from filings.period_of_report_date)
                and extract(month from lines.transaction_date) = extract(month from filings.period_of_report_date)
                and extract(day from lines.transaction_date) = extract(day from filings.period_of_report_date)
                and {{ days_between('filings.period_of_report_date', 'filings.filed_date') }}
                between 0 and {{ var('date_year_slip_days') }}
                then 'year_differs_from_period'
        end as date_reason_code,
        -- K beside another code ("S/K") means that an equity swap is involved; the trade is what the first letter says.
        case
            when
                length(lines.transaction_code_as_filed) > 1
                and {{ text_matches('lines.transaction_code_as_filed', "^[a-z][ /,-]*k$") }}
                then substr(lines.transaction_code_as_filed, 1, 1)
            else lines.transaction_code_as_filed
        end as transaction_code,
        split_part(lines.security_title, '(', 1) as title_head,
        coalesce(counted_rows.line_number, lines.row_order - row_spans.first_row_order + 1) as line_number
    from lines
    inner join filings
        on
            lines.accession_number = filings.accession_number
            and lines._road = filings.road
            and lines._partition = filings._partition
    inner join row_spans
        on
            lines.accession_number = row_spans.accession_number
            and lines.table_code = row_spans.table_code
            and lines._partition = row_spans._partition
    left join counted_rows
        on
            lines.accession_number = counted_rows.accession_number
            and lines.table_code = counted_rows.table_code
            and lines._partition = counted_rows._partition
            and lines.row_order = counted_rows.row_order

),

-- Most titles are plain and decided by the first condition; the patterns are read for the rest. What stands in brackets
-- is a remark ("Common Stock (restricted stock units)"), but depositary shares of preferred stock are preferred stock.
-- "Common Stock and associated preferred share purchase rights" is common stock; "Common Units" are a partnership's.
with_security_class as (

    select
        *,
        case
            when security_title is null then 'unknown'
            when
                lower(security_title) in (
                    'common stock', 'class a common stock', 'class b common stock', 'common shares', 'ordinary shares',
                    'common stock, par value $0.01', 'common stock, $0.01 par value', 'common stock, $.01 par value',
                    'common stock, par value $0.01 per share', 'common stock, par value $0.001 per share'
                )
                then 'common'
            when
                {{ text_matches(
                    'security_title',
                    "^[^a-z]*((class|series) [a-z0-9-]+,? |voting |non-?voting |restricted |subordinated? )*(common|ordinary) (stock|shares?)\\b"
                ) }}
                and not {{ text_matches(
                    'title_head', "depositary|\\bads(s|es)?\\b|warrant|option|units?\\b|phantom|right to|swap|note"
                ) }}
                then 'common'
            when
                {{ text_matches(
                    'title_head',
                    "(restricted|performance|deferred|phantom|stock|share|award|bonus|equivalent)[a-z -]*units?\\b|\\b(rsu|psu|dsu)s?\\b|phantom|\\boptions?\\b|right to (buy|purchase|sell)|warrants?\\b|\\bswaps?\\b|\\bfutures?\\b|forward|appreciation right|\\bputs?\\b|\\bcalls?\\b"
                ) }}
                then 'other'
            when {{ text_matches('security_title', "preferred|preference|\\bpfd\\b|\\bpref\\b") }} then 'preferred'
            when {{ text_matches('title_head', "depositary|depository share|\\bads(s|es)?\\b|\\badrs?\\b") }}
                then 'depositary_share'
            when {{ text_matches('title_head', "\\bnotes?\\b|\\bbonds?\\b|debentures?|term loan|indebtedness") }}
                then 'debt'
            when
                {{ text_matches(
                    'title_head', "\\bunits?\\b|partner|\\bl\\.?p\\.?\\b|membership|\\bllc\\b|(company|profits) interest"
                ) }}
                then 'unit'
            when
                {{ text_matches(
                    'security_title', "common|ordinary|capital stock|subordinated? voting|voting shares"
                ) }}
                then 'common'
            when {{ text_matches('security_title', "\\bfunds?\\b|beneficial interest|\\betfs?\\b|trust shares") }}
                then 'fund_share'
            when {{ text_matches('security_title', "\\bstock\\b|\\bshares?\\b|class [a-z]\\b|^[$0-9. ]*par") }}
                then 'common'
            else 'other'
        end as security_class
    from with_date_reason

),

transaction_lines as (

    select
        concat(
            with_security_class.accession_number,
            '|',
            with_security_class.table_code,
            '|',
            with_security_class.line_number
        ) as transaction_line_key,
        with_security_class.accession_number,
        with_security_class.table_code,
        cast(with_security_class.line_number as integer) as line_number,
        with_security_class.issuer_cik,
        with_security_class.insider_key,
        with_security_class.form_family,
        with_security_class.is_amendment,
        with_security_class.is_withdrawn,
        with_security_class.withdrawn_known_from,
        with_security_class.filed_date,
        with_security_class.period_of_report_date,
        with_security_class.original_submission_date,
        with_security_class.security_title,
        with_security_class.security_class,
        with_security_class.transaction_code,
        coalesce(transaction_codes.transaction_class, 'unknown') as transaction_class,
        coalesce(with_security_class.is_equity_swap, false)
        or coalesce(upper(with_security_class.transaction_code_as_filed) like '%K', false) as is_equity_swap,
        with_security_class.acquired_disposed_code,
        with_security_class.direct_indirect_code,
        with_security_class.ownership_nature,
        with_security_class.transaction_date,
        case when with_security_class.transaction_date is null then with_security_class.transaction_date_as_filed end
            as unreadable_date_text,
        case
            when with_security_class.date_reason_code is null then 'valid'
            when with_security_class.date_reason_code in ('date_missing', 'date_unreadable') then 'unknown'
            else 'suspect'
        end as date_status,
        with_security_class.date_reason_code,
        with_security_class.share_count,
        with_security_class.price_usd,
        -- Through double, because the exact product needs more digits than a decimal holds; back to cents.
        try_cast(
            round(cast(with_security_class.share_count as double) * cast(with_security_class.price_usd as double), 2)
            as decimal(18, 2)
        ) as value_usd,
        with_security_class.exercise_price_usd,
        with_security_class.share_count_owned_after,
        -- Only P and S in the non-derivative table are decisions to buy or sell at the market's price.
        case
            when with_security_class.table_code = 'N' and transaction_codes.is_open_market
                then transaction_codes.signal_direction
        end as direction,
        with_security_class.price_footnote_ids,
        with_security_class.trade_footnote_ids,
        with_security_class.holding_footnote_ids,
        with_security_class.cast_failure_count
    from with_security_class
    left join transaction_codes
        on with_security_class.transaction_code = transaction_codes.transaction_code

)

select * from transaction_lines
