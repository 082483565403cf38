with

source as (

    select * from {{ source('raw', 'etf_prices') }}

),

renamed as (

    select
        -- ids
        {{ clean_text('ticker') }} as ticker,
        sha256,
        -- codes
        source as price_source,
        -- amounts
        {{ parse_double('close') }} as close_usd,
        {{ parse_double('adj_close') }} as adjusted_close_usd,
        {{ parse_double('dividend') }} as stated_dividend_usd,
        {{ parse_double('split_factor') }} as stated_split_factor,
        {{ parse_double('volume') }} as traded_share_count,
        -- flags
        is_simulated,
        -- dates
        {{ parse_date('price_date') }} as price_date,
        fetched_at,
        -- casts that failed
        {{ count_failed_casts({
            'price_date': parse_date('price_date'),
            'close': parse_double('close'),
            'adj_close': parse_double('adj_close'),
            'dividend': parse_double('dividend'),
            'split_factor': parse_double('split_factor'),
            'volume': parse_double('volume'),
        }) }} as cast_failure_count,
        -- provenance
        _partition,
        _loaded_at
    from source

)

select * from renamed
