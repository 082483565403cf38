with

filing_index as (

    select * from {{ ref('stg_sec__filing_index') }}

),

filing_index_files as (

    select * from {{ ref('stg_sec__filing_index_files') }}

),

-- A rebuilt index is known on the day it was fetched: four hours behind UTC is New York's day or, in winter around
-- midnight, the next one, never an earlier one. No index is known before its day is over.
version_dates as (

    select
        filing_day,
        _index_version,
        greatest(filing_day, cast(fetched_at - interval 4 hours as date)) as version_date
    from filing_index_files
    where index_status = 'published'

),

published_versions as (

    select
        filing_day,
        _index_version,
        lead(version_date) over (partition by filing_day order by _index_version) as next_version_date
    from version_dates

),

newest_versions as (

    select
        filing_day,
        max(_index_version) as newest_version
    from published_versions
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

accessions_once as (

    select
        lines_once.filing_day,
        lines_once.accession_number,
        min(lines_once.form_type) as form_type,
        count(*) as index_line_count,
        max(lines_once.last_version) as last_version,
        bool_or(lines_once.last_version = newest_versions.newest_version) as is_in_newest_version
    from lines_once
    inner join newest_versions
        on lines_once.filing_day = newest_versions.filing_day
    group by
        lines_once.filing_day,
        lines_once.accession_number

),

index_accessions as (

    select
        accessions_once.filing_day,
        accessions_once.accession_number,
        accessions_once.form_type,
        accessions_once.index_line_count,
        accessions_once.is_in_newest_version,
        published_versions.next_version_date as left_index_date
    from accessions_once
    inner join published_versions
        on
            accessions_once.filing_day = published_versions.filing_day
            and accessions_once.last_version = published_versions._index_version

)

select * from index_accessions
