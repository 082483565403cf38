with

source as (

    select * from {{ source('raw', 'issuer_records') }}

),

renamed as (

    select
        -- ids
        {{ clean_cik('cik') }} as cik,
        sha256,
        -- codes
        {{ parse_sic('sic') }} as sic_code,
        {{ clean_text('entity_type') }} as entity_type,
        {{ clean_text('category') }} as filer_category,
        {{ clean_text('state_of_incorporation') }} as state_of_incorporation,
        -- texts
        {{ clean_text('name') }} as filer_name,
        {{ clean_text('sic_description') }} as sic_title,
        {{ json_texts('tickers', '$[*]', ',') }} as tickers,
        {{ json_texts('exchanges', '$[*]', ',') }} as exchanges,
        {{ json_texts('former_names', '$[*].name', '; ') }} as former_names,
        unreadable_reason,
        -- flags
        unreadable_reason is null as is_readable,
        is_simulated,
        -- dates
        fetched_at,
        cast(fetched_at as date) as fetched_date,
        -- casts that failed
        {{ count_failed_casts({'sic': parse_sic('sic')}) }} as cast_failure_count,
        -- provenance
        _partition,
        _loaded_at
    from source

)

select * from renamed
