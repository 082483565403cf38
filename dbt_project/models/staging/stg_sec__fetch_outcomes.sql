with

source as (

    select * from {{ source('raw', 'fetch_outcomes') }}

),

renamed as (

    select
        -- ids
        accession_number,
        url,
        sha256,
        -- codes
        kind as fetch_kind,
        outcome as fetch_outcome,
        http_status as http_status_code,
        -- amounts
        byte_count,
        attempts as attempt_count,
        elapsed_ms,
        -- texts
        error as error_text,
        -- flags
        is_simulated,
        -- dates
        fetched_at,
        -- provenance
        _partition,
        _loaded_at
    from source

)

select * from renamed
