with

source as (

    select * from {{ source('raw', 'filing_index_files') }}

),

renamed as (

    select
        -- ids
        url,
        sha256,
        -- codes
        status as index_status,
        -- amounts
        byte_count,
        line_count,
        ownership_line_count,
        unreadable_line_count,
        unreadable_lines,
        -- dates
        cast(_partition as date) as filing_day,
        fetched_at,
        -- provenance
        _index_version,
        _partition,
        _loaded_at
    from source

)

select * from renamed
