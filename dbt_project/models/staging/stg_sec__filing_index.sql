with

source as (

    select * from {{ source('raw', 'filing_index') }}

),

renamed as (

    select
        -- ids
        {{ clean_cik('cik') }} as filer_cik,
        {{ clean_text('company_name') }} as filer_name,
        replace(split_part({{ clean_text('file_name') }}, '/', 4), '.txt', '') as accession_number,
        {{ clean_text('file_name') }} as file_name,
        line_number,
        -- codes
        upper({{ clean_text('form_type') }}) as form_type,
        -- dates
        cast(_partition as date) as filing_day,
        {{ parse_compact_date('date_filed') }} as filed_date,
        -- casts that failed
        {{ count_failed_casts({
            'date_filed': parse_compact_date('date_filed')
        }) }} as cast_failure_count,
        -- provenance
        _index_version,
        _partition,
        _loaded_at
    from source

)

select * from renamed
