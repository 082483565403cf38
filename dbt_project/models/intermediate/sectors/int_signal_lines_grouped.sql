{{ config(materialized='incremental', incremental_strategy='replace_lines', on_schema_change='fail') }}
-- depends_on: {{ changed('int_changed_days') }}

with

signal_lines as (

    select * from {{ ref('int_signal_lines') }}
    {{ of_changed_issuers() }}

),

-- The lines of one insider, issuer, day and direction that come and go together are one row from here on. A line
-- counts from the day the market learned of it, never before the day of the trade.
int_signal_lines_grouped as (

    select
        sector,
        issuer_cik,
        insider_key,
        direction,
        coalesce(is_officer_or_director, false) as is_officer_or_director,
        coalesce(is_executive, false) as is_executive,
        coalesce(is_opportunistic, false) as is_opportunistic,
        transaction_date,
        greatest(known_from, transaction_date) as enters_on,
        known_to as superseded_on,
        cast(count(*) as bigint) as line_count,
        cast(sum(coalesce(share_count, 0)) as decimal(38, 4)) as share_count,
        cast(sum(cast(coalesce(value_usd, 0) as decimal(38, 4))) as decimal(38, 4)) as value_usd
    from signal_lines
    where
        known_to is null
        or known_to > greatest(known_from, transaction_date)
    group by
        sector,
        issuer_cik,
        insider_key,
        direction,
        coalesce(is_officer_or_director, false),
        coalesce(is_executive, false),
        coalesce(is_opportunistic, false),
        transaction_date,
        greatest(known_from, transaction_date),
        known_to

)

select * from int_signal_lines_grouped
