with

source as (

    select * from {{ source('raw', 'builds') }}

),

renamed as (

    select
        -- ids
        project_sha256,
        -- texts
        full_reason as full_refresh_reason,
        -- amounts
        changed_filing_count,
        changed_issuer_count,
        -- flags
        is_full as is_full_refresh,
        finished_at is not null as is_complete,
        -- dates
        started_at,
        finished_at,
        -- provenance
        _loaded_at
    from source

)

select * from renamed
