with

filings as (

    select * from {{ ref('int_filings') }}

),

-- Issuers are known by issuerCik only: a person or a company that merely reports as owner never becomes one, whatever
-- SIC the SEC's own lists give it.
histories as (

    select
        issuer_cik,
        count(*) as filing_count,
        min(filed_date) as first_filed_date,
        max(filed_date) as last_filed_date,
        max_by(accession_number, concat(cast(filed_date as varchar), accession_number)) as newest_accession_number
    from filings
    where issuer_cik is not null
    group by issuer_cik

),

issuers as (

    select
        filings.issuer_cik,
        filings.issuer_name,
        filings.issuer_symbol,
        filings.sic_code,
        filings.sic_source,
        filings.sector,
        histories.first_filed_date,
        histories.last_filed_date,
        histories.filing_count
    from filings
    inner join histories
        on filings.accession_number = histories.newest_accession_number

)

select * from issuers
