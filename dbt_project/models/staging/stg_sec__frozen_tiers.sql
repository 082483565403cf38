with

source as (

    select * from {{ source('raw', 'frozen_tiers') }}

),

renamed as (

    select
        -- ids
        sector,
        window_days,
        insider_group,
        measure,
        generation,
        content_hash,
        code_version,
        -- amounts
        value as frozen_value,
        five_year_average as frozen_five_year_average,
        percentile as frozen_percentile,
        history_months as frozen_history_months,
        suggested_weight as frozen_suggested_weight,
        -- codes
        tier as frozen_tier,
        -- flags
        is_headline,
        -- dates
        quarter_end,
        knowledge_date,
        frozen_at,
        published_at,
        -- provenance
        _road,
        _partition,
        _parser_version,
        _loaded_at
    from source

)

select * from renamed
