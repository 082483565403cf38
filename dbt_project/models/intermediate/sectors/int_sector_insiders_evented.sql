{%- set first_day = kept_by_days('event_date') %}
with

grouped_lines as (

    select * from {{ ref('int_signal_lines_grouped') }}
    {{ of_lines_from(first_day) }}

),

-- An insider is counted once, however many trades and issuers they are active in.
int_sector_insiders_evented as (
    {{ distinct_events('grouped_lines', ['insider_key']) }}
)

select * from int_sector_insiders_evented
{{ of_days_from(first_day, 'event_date') }}
