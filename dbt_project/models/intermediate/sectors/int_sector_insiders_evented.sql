with

grouped_lines as (

    select * from {{ ref('int_signal_lines_grouped') }}

),

-- An insider is counted once, however many trades and issuers they are active in.
int_sector_insiders_evented as (
    {{ distinct_events('grouped_lines', ['insider_key']) }}
)

select * from int_sector_insiders_evented
