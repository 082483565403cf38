with

source as (

    select * from {{ source('raw', 'deriv_holding') }}

),

-- row_order: the sources number their rows over everything (quarterly sets) or from 1 (our parser), in the order of the
-- form.
renamed as (

    select
        -- ids
        {{ clean_text('accession_number') }} as accession_number,
        try_cast(deriv_holding_sk as bigint) as row_order,
        {{ clean_prose('security_title') }} as security_title,
        -- codes
        {{ clean_text('trans_form_type') }} as transaction_form_code,
        upper({{ clean_text('direct_indirect_ownership') }}) as direct_indirect_code,
        {{ clean_prose('nature_of_ownership') }} as ownership_nature,
        -- amounts
        {{ parse_number('conv_exercise_price', 6) }} as exercise_price_usd,
        {{ parse_number('shrs_ownd_folwng_trans', 4) }} as share_count_owned_after,
        {{ parse_number('valu_ownd_folwng_trans', 2) }} as value_owned_after_usd,
        {{ clean_prose('undlyng_sec_title') }} as underlying_security_title,
        {{ parse_number('undlyng_sec_shares', 4) }} as underlying_share_count,
        {{ parse_number('undlyng_sec_value', 2) }} as underlying_value_usd,
        -- dates
        {{ parse_date('exercise_date') }} as exercise_date,
        {{ parse_date('expiration_date') }} as expiration_date,
        -- footnotes
        {{ clean_text('security_title_fn') }} as security_title_footnote_ids,
        {{ clean_text('conv_exercise_price_fn') }} as exercise_price_footnote_ids,
        {{ clean_text('trans_form_type_fn') }} as transaction_form_footnote_ids,
        {{ clean_text('exercise_date_fn') }} as exercise_date_footnote_ids,
        {{ clean_text('expiration_date_fn') }} as expiration_date_footnote_ids,
        {{ clean_text('undlyng_sec_title_fn') }} as underlying_security_title_footnote_ids,
        {{ clean_text('undlyng_sec_shares_fn') }} as underlying_share_count_footnote_ids,
        {{ clean_text('undlyng_sec_value_fn') }} as underlying_value_footnote_ids,
        {{ clean_text('shrs_ownd_folwng_trans_fn') }} as share_count_owned_after_footnote_ids,
        {{ clean_text('valu_ownd_folwng_trans_fn') }} as value_owned_after_footnote_ids,
        {{ clean_text('direct_indirect_ownership_fn') }} as direct_indirect_footnote_ids,
        {{ clean_text('nature_of_ownership_fn') }} as ownership_nature_footnote_ids,
        -- casts that failed
        {{ count_failed_casts({
            'conv_exercise_price': parse_number('conv_exercise_price', 6),
            'shrs_ownd_folwng_trans': parse_number('shrs_ownd_folwng_trans', 4),
            'valu_ownd_folwng_trans': parse_number('valu_ownd_folwng_trans', 2),
            'undlyng_sec_shares': parse_number('undlyng_sec_shares', 4),
            'undlyng_sec_value': parse_number('undlyng_sec_value', 2),
            'exercise_date': parse_date('exercise_date'),
            'expiration_date': parse_date('expiration_date')
        }) }} as cast_failure_count,
        -- provenance
        _road,
        _partition,
        _loaded_at,
        _parser_version
    from source

)

select * from renamed
