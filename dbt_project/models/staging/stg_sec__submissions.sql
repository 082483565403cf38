with

source as (

    select * from {{ source('raw', 'submission') }}

),

renamed as (

    select
        -- ids
        {{ clean_text('accession_number') }} as accession_number,
        {{ clean_cik('issuercik') }} as issuer_cik,
        {{ clean_prose('issuername') }} as issuer_name,
        {{ clean_prose('issuertradingsymbol') }} as issuer_symbol,
        {{ clean_text('header_issuer_name') }} as header_issuer_name,
        -- codes
        upper({{ clean_text('document_type') }}) as form_type,
        upper({{ clean_text('header_form_type') }}) as header_form_type,
        {{ clean_text('schema_version') }} as schema_version,
        {{ clean_text('assigned_sic') }} as assigned_sic_code,
        -- texts
        {{ clean_prose('remarks') }} as remarks,
        {{ clean_text('recovery') }} as recovery_note,
        -- flags
        {{ parse_flag('aff10b5one') }} as is_rule_10b5_1_box_checked,
        {{ parse_flag('no_securities_owned') }} as is_no_securities_owned,
        {{ parse_flag('not_subject_sec16') }} as is_not_subject_to_section_16,
        {{ parse_flag('form3_holdings_reported') }} as has_form_3_holdings,
        {{ parse_flag('form4_trans_reported') }} as has_form_4_transactions,
        -- dates
        {{ parse_date('filing_date') }} as filed_date,
        {{ parse_date('period_of_report') }} as period_of_report_date,
        {{ parse_date('date_of_orig_sub') }} as original_submission_date,
        {{ parse_header_timestamp('acceptance_datetime') }} as accepted_at,
        -- casts that failed
        {{ count_failed_casts({
            'aff10b5one': parse_flag('aff10b5one'),
            'no_securities_owned': parse_flag('no_securities_owned'),
            'not_subject_sec16': parse_flag('not_subject_sec16'),
            'form3_holdings_reported': parse_flag('form3_holdings_reported'),
            'form4_trans_reported': parse_flag('form4_trans_reported'),
            'filing_date': parse_date('filing_date'),
            'period_of_report': parse_date('period_of_report'),
            'date_of_orig_sub': parse_date('date_of_orig_sub'),
            'acceptance_datetime': parse_header_timestamp('acceptance_datetime')
        }) }} as cast_failure_count,
        -- provenance
        _road,
        _partition,
        _loaded_at,
        _parser_version
    from source

)

select * from renamed
