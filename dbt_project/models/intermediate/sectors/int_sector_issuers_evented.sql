{%- set first_day = kept_by_days('event_date') %}
with

grouped_lines as (

    select * from {{ ref('int_signal_lines_grouped') }}
    {{ of_lines_from(first_day) }}

),

-- An issuer is counted once among the bought, and once among the sold, however many insiders traded in it.
int_sector_issuers_evented as (
    {{ distinct_events('grouped_lines', ['issuer_cik']) }}
)

select * from int_sector_issuers_evented
{{ of_days_from(first_day, 'event_date') }}
