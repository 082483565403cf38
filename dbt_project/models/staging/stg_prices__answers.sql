with

source as (

    select * from {{ source('raw', 'etf_price_answers') }}

),

renamed as (

    select
        -- ids
        {{ clean_text('ticker') }} as ticker,
        sha256,
        -- codes
        source as price_source,
        reason,
        -- amounts
        row_count,
        -- flags
        is_whole,
        is_joined,
        is_in_force,
        is_simulated,
        -- dates
        {{ parse_date('asked_from') }} as asked_from_date,
        {{ parse_date('asked_to') }} as asked_to_date,
        fetched_at,
        -- provenance
        _partition,
        _loaded_at
    from source

)

select * from renamed
