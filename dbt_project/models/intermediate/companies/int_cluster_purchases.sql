{{ config(materialized='incremental', incremental_strategy='replace_issuers', on_schema_change='fail') }}

with

signal_lines as (

    select * from {{ ref('int_signal_lines_detailed') }}
    {{ of_changed_issuers() }}

),

-- All lots one owner bought of an issuer on one day are one purchase. Its dollars change on the days on which lines
-- became known or were superseded.
changes as (

    select
        issuer_cik,
        lead_owner_cik,
        transaction_date,
        enters_on as changed_on,
        cast(value_usd as decimal(38, 4)) as value_change
    from signal_lines
    where direction = 'buy' and value_usd > 0
    union all
    select
        issuer_cik,
        lead_owner_cik,
        transaction_date,
        known_to as changed_on,
        -cast(value_usd as decimal(38, 4)) as value_change
    from signal_lines
    where direction = 'buy' and value_usd > 0 and known_to is not null

),

daily_changes as (

    select
        issuer_cik,
        lead_owner_cik,
        transaction_date,
        changed_on,
        sum(value_change) as value_change
    from changes
    group by issuer_cik, lead_owner_cik, transaction_date, changed_on

),

levels as (

    select
        issuer_cik,
        lead_owner_cik,
        transaction_date,
        changed_on,
        sum(value_change) over (
            partition by issuer_cik, lead_owner_cik, transaction_date
            order by changed_on
            rows between unbounded preceding and current row
        ) >= {{ company_parameter('cluster_minimum_usd') }} as is_large_enough
    from daily_changes

),

with_level_before as (

    select
        *,
        coalesce(
            lag(is_large_enough) over (
                partition by issuer_cik, lead_owner_cik, transaction_date
                order by changed_on
            ),
            false
        ) as was_large_enough
    from levels

),

-- Where it rises above the least amount and where it falls below again.
turns as (

    select
        *,
        lead(changed_on) over (
            partition by issuer_cik, lead_owner_cik, transaction_date
            order by changed_on
        ) as next_turn_on
    from with_level_before
    where is_large_enough <> was_large_enough

),

cluster_purchases as (

    select
        issuer_cik,
        lead_owner_cik,
        transaction_date,
        changed_on as qualified_from,
        next_turn_on as qualified_to
    from turns
    where is_large_enough

)

select * from cluster_purchases
