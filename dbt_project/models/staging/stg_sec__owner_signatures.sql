with

source as (

    select * from {{ source('raw', 'owner_signature') }}

),

renamed as (

    select
        -- ids
        {{ clean_text('accession_number') }} as accession_number,
        {{ clean_prose('ownersignaturename') }} as signature_name,
        -- dates
        {{ parse_date('ownersignaturedate') }} as signature_date,
        -- casts that failed
        {{ count_failed_casts({
            'ownersignaturedate': parse_date('ownersignaturedate')
        }) }} as cast_failure_count,
        -- provenance
        _road,
        _partition,
        _loaded_at,
        _parser_version
    from source

)

select * from renamed
