with

grouped_lines as (

    select * from {{ ref('int_signal_lines_grouped') }}

),

-- An issuer is counted once among the bought, and once among the sold, however many insiders traded in it.
int_sector_issuers_evented as (
    {{ distinct_events('grouped_lines', ['issuer_cik']) }}
)

select * from int_sector_issuers_evented
