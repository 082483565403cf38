{%- set first_day = kept_by_days('event_date') %}
with

grouped_lines as (

    select * from {{ ref('int_signal_lines_grouped') }}
    {{ of_lines_from(first_day) }}

),

-- One owner, issuer, day and direction is one trade, however many lots it was filled in.
int_sector_trades_evented as (
    {{ distinct_events('grouped_lines', ['issuer_cik', 'insider_key', 'transaction_date']) }}
)

select * from int_sector_trades_evented
{{ of_days_from(first_day, 'event_date') }}
