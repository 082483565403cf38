{{ config(materialized='view') }}

with

transactions_flagged as (

    select * from {{ ref('int_transactions_flagged') }}

),

-- Superseded and withdrawn lines are here with the day their amendment came or they left the index: they counted
-- until then, and a number as of an earlier day must not change. A line that came to count (again) later, because what
-- stood in its place was withdrawn, has a second span from that day.
spans as (

    select
        *,
        known_from as counts_from,
        known_to as counts_to
    from transactions_flagged
    where is_signal_while_known
    union all
    select
        *,
        restored_from as counts_from,
        restored_to as counts_to
    from transactions_flagged
    where is_signal_while_known and restored_from is not null

),

signal_lines as (

    select
        transaction_line_key,
        owner_ciks as insider_key,
        issuer_cik,
        sector,
        coalesce(transaction_date_corrected, transaction_date) as transaction_date,
        counts_from as known_from,
        counts_to as known_to,
        direction,
        coalesce(share_count_corrected, share_count) as share_count,
        coalesce(value_usd_corrected, case when price_status = 'valid' then value_usd end) as value_usd,
        is_officer_or_director,
        is_executive,
        is_opportunistic
    from spans

)

select * from signal_lines
