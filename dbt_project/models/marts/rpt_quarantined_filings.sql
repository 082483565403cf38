with

quarantined_filings as (

    select * from {{ ref('stg_sec__quarantined_filings') }}

),

filing_index as (

    select * from {{ ref('stg_sec__filing_index') }}

),

filings as (

    select * from {{ ref('int_filings') }}

),

-- A filing that cannot be read does not say whose it is; the index does, once per filer.
listed_filings as (

    select
        filing_index.accession_number,
        min(filing_index.filer_cik) as filer_cik,
        min(filing_index.form_type) as form_type
    from filing_index
    inner join quarantined_filings
        on filing_index.accession_number = quarantined_filings.accession_number
    group by filing_index.accession_number

),

rpt_quarantined_filings as (

    select
        quarantined_filings.accession_number,
        quarantined_filings._road as road,
        quarantined_filings._partition as source_partition,
        listed_filings.form_type,
        listed_filings.filer_cik,
        quarantined_filings.quarantine_reason_code,
        quarantined_filings.quarantine_reason,
        quarantined_filings.byte_count,
        -- The SEC's own flattening may hold what our parser cannot read.
        filings.accession_number is not null as is_known_otherwise,
        'https://www.sec.gov/Archives/edgar/data/'
        || ltrim(listed_filings.filer_cik, '0')
        || '/'
        || quarantined_filings.accession_number
        || '.txt' as filing_url
    from quarantined_filings
    left join listed_filings
        on quarantined_filings.accession_number = listed_filings.accession_number
    left join filings
        on quarantined_filings.accession_number = filings.accession_number

)

select * from rpt_quarantined_filings
