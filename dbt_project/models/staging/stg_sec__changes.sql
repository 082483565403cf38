with

source as (

    select * from {{ source('raw', 'changes') }}

),

renamed as (

    select
        -- ids
        {{ clean_text('accession_number') }} as accession_number,
        {{ clean_cik('issuercik') }} as issuer_cik,
        -- flags
        is_taken,
        -- provenance
        _loaded_at
    from source

)

select * from renamed
