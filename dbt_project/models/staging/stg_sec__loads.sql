with

source as (

    select * from {{ source('raw', 'loads') }}

),

renamed as (

    select
        -- ids
        table_name,
        source_sha256,
        -- amounts
        row_count,
        -- flags
        is_simulated,
        -- provenance
        _road,
        _partition,
        _parser_version,
        _loaded_at
    from source

)

select * from renamed
