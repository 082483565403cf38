{{ config(materialized='incremental', incremental_strategy='replace_issuers', on_schema_change='fail') }}

with

signal_lines as (

    select * from {{ ref('int_signal_lines_detailed') }}
    {{ of_changed_issuers() }}

),

trade_days_timed as (

    select * from {{ ref('int_trade_days_timed') }}
    {{ of_changed_issuers() }}

),

timed_lines as (

    select
        signal_lines.transaction_line_key,
        signal_lines.issuer_cik,
        signal_lines.direction,
        signal_lines.transaction_date,
        signal_lines.known_from,
        signal_lines.known_to,
        signal_lines.restored_from,
        signal_lines.restored_to,
        trade_days_timed.last_released_on,
        trade_days_timed.last_release_kind,
        {{ days_between('trade_days_timed.last_released_on', 'signal_lines.transaction_date') }} as days_since_release,
        trade_days_timed.expected_release_on,
        {{ days_between('signal_lines.transaction_date', 'trade_days_timed.expected_release_on') }}
            as days_to_expected_release,
        trade_days_timed.next_released_on_hindsight,
        {{ days_between('signal_lines.transaction_date', 'trade_days_timed.next_released_on_hindsight') }}
            as days_to_next_release_hindsight
    from signal_lines
    left join trade_days_timed
        on
            signal_lines.issuer_cik = trade_days_timed.issuer_cik
            and signal_lines.transaction_date = trade_days_timed.transaction_date
    where not signal_lines.is_restored

),

-- Companies usually close trading to insiders some weeks before results and open it a day after them.
fct_trade_timing as (

    select
        transaction_line_key,
        issuer_cik,
        direction,
        transaction_date,
        known_from,
        known_to,
        restored_from,
        restored_to,
        last_released_on,
        last_release_kind,
        cast(days_since_release as integer) as days_since_release,
        expected_release_on,
        cast(days_to_expected_release as integer) as days_to_expected_release,
        {{ is_in_blackout('days_since_release', 'days_to_expected_release') }} as is_in_expected_blackout,
        next_released_on_hindsight,
        cast(days_to_next_release_hindsight as integer) as days_to_next_release_hindsight,
        {{ is_in_blackout('days_since_release', 'days_to_next_release_hindsight') }} as is_in_blackout_hindsight
    from timed_lines

)

select * from fct_trade_timing
