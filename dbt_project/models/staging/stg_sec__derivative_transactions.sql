with

source as (

    select * from {{ source('raw', 'deriv_trans') }}

),

-- row_order: the sources number their rows over everything (quarterly sets) or from 1 (our parser), in the order of the
-- form, one after the other. int_transaction_lines makes line numbers of it.
renamed as (

    select
        -- ids
        {{ clean_text('accession_number') }} as accession_number,
        try_cast(deriv_trans_sk as bigint) as row_order,
        {{ clean_prose('security_title') }} as security_title,
        -- codes
        {{ clean_text('trans_form_type') }} as transaction_form_code,
        upper({{ clean_text('trans_code') }}) as transaction_code,
        upper({{ clean_text('trans_timeliness') }}) as timeliness_code,
        upper({{ clean_text('trans_acquired_disp_cd') }}) as acquired_disposed_code,
        upper({{ clean_text('direct_indirect_ownership') }}) as direct_indirect_code,
        {{ clean_prose('nature_of_ownership') }} as ownership_nature,
        -- amounts
        {{ parse_number('trans_shares', 4) }} as share_count,
        {{ parse_number('trans_pricepershare', 6) }} as price_usd,
        {{ parse_number('trans_total_value', 2) }} as total_value_usd,
        {{ parse_number('conv_exercise_price', 6) }} as exercise_price_usd,
        {{ parse_number('shrs_ownd_folwng_trans', 4) }} as share_count_owned_after,
        {{ parse_number('valu_ownd_folwng_trans', 2) }} as value_owned_after_usd,
        {{ clean_prose('undlyng_sec_title') }} as underlying_security_title,
        {{ parse_number('undlyng_sec_shares', 4) }} as underlying_share_count,
        {{ parse_number('undlyng_sec_value', 2) }} as underlying_value_usd,
        -- flags
        {{ parse_flag('equity_swap_involved') }} as is_equity_swap,
        -- dates
        {{ parse_date('trans_date') }} as transaction_date,
        {{ clean_text('trans_date') }} as transaction_date_as_filed,
        {{ parse_date('deemed_execution_date') }} as deemed_execution_date,
        {{ parse_date('excercise_date') }} as exercise_date,
        {{ parse_date('expiration_date') }} as expiration_date,
        -- footnotes
        {{ clean_text('security_title_fn') }} as security_title_footnote_ids,
        {{ clean_text('conv_exercise_price_fn') }} as exercise_price_footnote_ids,
        {{ clean_text('trans_date_fn') }} as transaction_date_footnote_ids,
        {{ clean_text('deemed_execution_date_fn') }} as deemed_execution_date_footnote_ids,
        {{ clean_text('equity_swap_trans_cd_fn') }} as transaction_code_footnote_ids,
        {{ clean_text('trans_timeliness_fn') }} as timeliness_footnote_ids,
        {{ clean_text('trans_shares_fn') }} as share_count_footnote_ids,
        {{ clean_text('trans_total_value_fn') }} as total_value_footnote_ids,
        {{ clean_text('trans_pricepershare_fn') }} as price_footnote_ids,
        {{ clean_text('trans_acquired_disp_cd_fn') }} as acquired_disposed_footnote_ids,
        {{ clean_text('excercise_date_fn') }} as exercise_date_footnote_ids,
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
            'trans_shares': parse_number('trans_shares', 4),
            'trans_pricepershare': parse_number('trans_pricepershare', 6),
            'trans_total_value': parse_number('trans_total_value', 2),
            'conv_exercise_price': parse_number('conv_exercise_price', 6),
            'shrs_ownd_folwng_trans': parse_number('shrs_ownd_folwng_trans', 4),
            'valu_ownd_folwng_trans': parse_number('valu_ownd_folwng_trans', 2),
            'undlyng_sec_shares': parse_number('undlyng_sec_shares', 4),
            'undlyng_sec_value': parse_number('undlyng_sec_value', 2),
            'equity_swap_involved': parse_flag('equity_swap_involved'),
            'trans_date': parse_date('trans_date'),
            'deemed_execution_date': parse_date('deemed_execution_date'),
            'excercise_date': parse_date('excercise_date'),
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
