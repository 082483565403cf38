with

source as (

    select * from {{ source('raw', 'footnotes') }}

),

renamed as (

    select
        -- ids
        {{ clean_text('accession_number') }} as accession_number,
        {{ clean_text('footnote_id') }} as footnote_id,
        -- texts
        {{ clean_prose('footnote_txt') }} as footnote_text,
        {{ clean_text('elements') }} as element_paths,
        -- provenance
        _road,
        _partition,
        _loaded_at,
        _parser_version
    from source

)

select * from renamed
