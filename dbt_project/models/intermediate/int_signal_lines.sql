with

transactions_flagged as (

    select * from {{ ref('int_transactions_flagged') }}

),

-- Superseded lines are here with the day their amendment came: they counted until then, and a number as of an earlier
-- day must not change.
signal_lines as (

    select
        transaction_line_key,
        owner_ciks as insider_key,
        issuer_cik,
        sector,
        transaction_date,
        known_from,
        known_to,
        direction,
        share_count,
        case when price_status = 'valid' then value_usd end as value_usd,
        is_officer_or_director,
        is_executive,
        is_opportunistic
    from transactions_flagged
    where is_signal_while_known

)

select * from signal_lines
