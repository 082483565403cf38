with

source as (

    select * from {{ source('raw', 'frozen_lines') }}

),

renamed as (

    select
        -- ids
        transaction_line_key,
        insider_key,
        issuer_cik,
        sector,
        -- codes
        direction,
        -- amounts
        share_count,
        value_usd,
        -- flags
        is_counted,
        is_officer_or_director,
        is_executive,
        is_opportunistic,
        -- dates
        quarter_end,
        transaction_date,
        -- provenance
        _road,
        _partition,
        _parser_version,
        _loaded_at
    from source

)

select * from renamed
