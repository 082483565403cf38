with

source as (

    select * from {{ source('raw', 'quarantine') }}

),

renamed as (

    select
        -- ids
        {{ clean_text('accession_number') }} as accession_number,
        sha256,
        -- codes
        reason_code as quarantine_reason_code,
        -- texts
        reason as quarantine_reason,
        -- amounts
        byte_count,
        -- provenance
        _road,
        _partition,
        _loaded_at,
        _parser_version
    from source

)

select * from renamed
