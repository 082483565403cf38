with

source as (

    select * from {{ source('raw', 'nonderiv_holding') }}

),

-- row_order: the sources number their rows over everything (quarterly sets) or from 1 (our parser), in the order of the
-- form.
renamed as (

    select
        -- ids
        {{ clean_text('accession_number') }} as accession_number,
        try_cast(nonderiv_holding_sk as bigint) as row_order,
        {{ clean_prose('security_title') }} as security_title,
        -- codes
        {{ clean_text('trans_form_type') }} as transaction_form_code,
        upper({{ clean_text('direct_indirect_ownership') }}) as direct_indirect_code,
        {{ clean_prose('nature_of_ownership') }} as ownership_nature,
        -- amounts
        {{ parse_number('shrs_ownd_folwng_trans', 4) }} as share_count_owned_after,
        {{ parse_number('valu_ownd_folwng_trans', 2) }} as value_owned_after_usd,
        -- footnotes
        {{ clean_text('security_title_fn') }} as security_title_footnote_ids,
        {{ clean_text('trans_form_type_fn') }} as transaction_form_footnote_ids,
        {{ clean_text('shrs_ownd_folwng_trans_fn') }} as share_count_owned_after_footnote_ids,
        {{ clean_text('valu_ownd_folwng_trans_fn') }} as value_owned_after_footnote_ids,
        {{ clean_text('direct_indirect_ownership_fn') }} as direct_indirect_footnote_ids,
        {{ clean_text('nature_of_ownership_fn') }} as ownership_nature_footnote_ids,
        -- casts that failed
        {{ count_failed_casts({
            'shrs_ownd_folwng_trans': parse_number('shrs_ownd_folwng_trans', 4),
            'valu_ownd_folwng_trans': parse_number('valu_ownd_folwng_trans', 2)
        }) }} as cast_failure_count,
        -- provenance
        _road,
        _partition,
        _loaded_at,
        _parser_version
    from source

)

select * from renamed
