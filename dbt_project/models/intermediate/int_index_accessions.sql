with

filing_index as (

    select * from {{ ref('stg_sec__filing_index') }}

),

filing_index_files as (

    select * from {{ ref('stg_sec__filing_index_files') }}

),

newest_versions as (

    select
        filing_day,
        max(_index_version) as newest_version
    from filing_index_files
    where index_status = 'published'
    group by filing_day

),

-- Each filing is listed once per filer; the accession number, not the line, is the filing. A line is counted once
-- however many versions of the index repeat it.
lines_once as (

    select
        filing_index.filing_day,
        filing_index.accession_number,
        filing_index.filer_cik,
        filing_index.form_type,
        max(filing_index._index_version) as last_version
    from filing_index
    group by
        filing_index.filing_day,
        filing_index.accession_number,
        filing_index.filer_cik,
        filing_index.form_type

),

index_accessions as (

    select
        lines_once.filing_day,
        lines_once.accession_number,
        min(lines_once.form_type) as form_type,
        count(*) as index_line_count,
        bool_or(lines_once.last_version = newest_versions.newest_version) as is_in_newest_version
    from lines_once
    inner join newest_versions
        on lines_once.filing_day = newest_versions.filing_day
    group by
        lines_once.filing_day,
        lines_once.accession_number

)

select * from index_accessions
