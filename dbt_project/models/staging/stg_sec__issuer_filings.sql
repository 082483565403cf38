with

source as (

    select * from {{ source('raw', 'issuer_filings') }}

),

renamed as (

    select
        -- ids
        {{ clean_cik('cik') }} as cik,
        {{ clean_text('accession_number') }} as accession_number,
        sha256,
        -- codes
        upper({{ clean_text('form_type') }}) as form_type,
        {{ clean_text('items') }} as item_codes,
        -- texts
        unreadable_reason,
        -- flags
        unreadable_reason is null as is_readable,
        concat(',', replace(coalesce(items, ''), ' ', ''), ',') like '%,2.02,%' as is_earnings_release,
        is_simulated,
        -- dates
        {{ parse_date('filing_date') }} as filed_date,
        {{ parse_date('report_date') }} as report_date,
        {{ clean_text('acceptance_datetime') }} as accepted_at_as_listed,
        fetched_at,
        -- casts that failed
        {{ count_failed_casts({
            'filing_date': parse_date('filing_date'),
            'report_date': parse_date('report_date')
        }) }} as cast_failure_count,
        -- provenance
        _partition,
        _loaded_at
    from source

)

select * from renamed
