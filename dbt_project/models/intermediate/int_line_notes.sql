with

transaction_lines as (

    select * from {{ ref('int_transaction_lines') }}

),

footnotes_classified as (

    select * from {{ ref('int_footnotes_classified') }}

),

-- A note speaks of the trade when it hangs on the security, date, code, quantity or price. One that hangs on what is
-- owned afterwards ("includes shares acquired through dividend reinvestment") does not.
line_note_pairs as (

    select
        transaction_lines.transaction_line_key,
        {{ footnote_is_listed('footnotes_classified.footnote_id', 'transaction_lines.trade_footnote_ids') }}
            as is_on_trade,
        {{ footnote_is_listed('footnotes_classified.footnote_id', 'transaction_lines.holding_footnote_ids') }}
            as is_on_holding,
        footnotes_classified.footnote_id = 'remarks' as is_remark,
        footnotes_classified.mentions_10b5_1,
        footnotes_classified.denies_10b5_1,
        footnotes_classified.mentions_private_placement,
        footnotes_classified.mentions_offering_allotment,
        footnotes_classified.mentions_plan_purchase,
        footnotes_classified.mentions_exercise_sale,
        footnotes_classified.mentions_depositary_shares
    from transaction_lines
    inner join footnotes_classified
        on transaction_lines.accession_number = footnotes_classified.accession_number

),

line_notes as (

    select
        transaction_line_key,
        bool_or(mentions_10b5_1 and not denies_10b5_1) as says_10b5_1_plan,
        bool_or(denies_10b5_1) as denies_10b5_1_plan,
        bool_or(mentions_private_placement and not is_on_holding) as says_private_placement,
        bool_or(mentions_offering_allotment and not is_on_holding) as says_offering_allotment,
        bool_or(mentions_plan_purchase and not is_on_holding and not is_remark) as says_plan_purchase,
        bool_or(mentions_exercise_sale and not is_on_holding and not is_remark) as says_exercise_sale,
        bool_or(mentions_depositary_shares) as says_depositary_shares
    from line_note_pairs
    where is_on_trade or is_on_holding or is_remark
    group by transaction_line_key

)

select * from line_notes
