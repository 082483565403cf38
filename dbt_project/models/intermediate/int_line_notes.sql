{{ config(materialized='incremental', incremental_strategy='replace_issuers', on_schema_change='fail') }}

with

transaction_lines as (

    select * from {{ ref('int_transaction_lines') }}
    {{ of_changed_issuers() }}

),

footnotes_classified as (

    select * from {{ ref('int_footnotes_classified') }}

),

-- What the closing of an offering converts tells the day of that closing.
offering_closings as (

    select distinct
        transaction_lines.accession_number,
        transaction_lines.transaction_date
    from transaction_lines
    inner join footnotes_classified
        on transaction_lines.accession_number = footnotes_classified.accession_number
    where
        footnotes_classified.mentions_offering_closing
        and transaction_lines.transaction_code in ('C', 'J', 'M')
        and {{ footnote_is_listed('footnotes_classified.footnote_id', 'transaction_lines.trade_footnote_ids') }}

),

-- A note speaks of the trade when it hangs on the security, date, code, quantity or price, wherever else it hangs. One
-- that hangs only on what is owned afterwards, or that opens with what an amount includes ("includes shares acquired
-- through dividend reinvestment"), does not. Remarks speak of every line.
line_note_pairs as (

    select
        transaction_lines.transaction_line_key,
        transaction_lines.issuer_cik,
        {{ footnote_is_listed('footnotes_classified.footnote_id', 'transaction_lines.trade_footnote_ids') }}
            as is_on_trade,
        {{ footnote_is_listed('footnotes_classified.footnote_id', 'transaction_lines.holding_footnote_ids') }}
            as is_on_holding,
        footnotes_classified.footnote_id = 'remarks' as is_remark,
        footnotes_classified.is_short_remark,
        footnotes_classified.speaks_of_holding,
        -- Offerings are priced in dollars and quarters of one. Who buys at such a price on the day of the closing was
        -- allotted the shares, though few filers say so.
        coalesce(
            footnotes_classified.mentions_offering_closing
            and offering_closings.accession_number is not null
            and transaction_lines.direction = 'buy'
            and transaction_lines.price_footnote_ids is null
            and transaction_lines.price_usd > 0
            and transaction_lines.price_usd * 4 = round(transaction_lines.price_usd * 4),
            false
        ) as is_bought_at_closing,
        footnotes_classified.mentions_10b5_1,
        footnotes_classified.denies_10b5_1,
        footnotes_classified.mentions_private_placement,
        footnotes_classified.mentions_offering_allotment,
        footnotes_classified.mentions_plan_purchase,
        footnotes_classified.mentions_dividend_reinvestment,
        footnotes_classified.mentions_exercise_sale,
        footnotes_classified.mentions_depositary_shares
    from transaction_lines
    inner join footnotes_classified
        on transaction_lines.accession_number = footnotes_classified.accession_number
    left join offering_closings
        on
            transaction_lines.accession_number = offering_closings.accession_number
            and transaction_lines.transaction_date = offering_closings.transaction_date

),

lines_and_notes as (

    select
        *,
        is_on_trade or is_on_holding or is_remark as is_on_line
    from line_note_pairs

),

line_notes as (

    select
        transaction_line_key,
        issuer_cik,
        bool_or(mentions_10b5_1 and not denies_10b5_1 and is_on_line) as says_10b5_1_plan,
        bool_or(denies_10b5_1 and is_on_line) as denies_10b5_1_plan,
        bool_or(mentions_private_placement and (is_on_trade or is_remark) and not speaks_of_holding)
            as says_private_placement,
        bool_or(
            (mentions_offering_allotment and (is_on_trade or is_remark) and not speaks_of_holding)
            or is_bought_at_closing
        ) as says_offering_allotment,
        bool_or(mentions_plan_purchase and (is_on_trade or is_short_remark) and not speaks_of_holding)
            as says_plan_purchase,
        bool_or(mentions_dividend_reinvestment and (is_on_trade or is_short_remark) and not speaks_of_holding)
            as says_dividend_reinvestment,
        bool_or(mentions_exercise_sale and (is_on_trade or is_remark) and not speaks_of_holding)
            as says_exercise_sale,
        bool_or(mentions_depositary_shares and is_on_line) as says_depositary_shares
    from lines_and_notes
    where is_on_line or is_bought_at_closing
    group by transaction_line_key, issuer_cik

)

select * from line_notes
