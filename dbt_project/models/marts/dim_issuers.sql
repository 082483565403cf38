with

filings as (

    select * from {{ ref('int_filings') }}

),

-- Issuers are known by issuerCik only: a person or a company that merely reports as owner never becomes one, whatever
-- SIC the SEC's own lists give it.
ranked as (

    select
        *,
        row_number() over (
            partition by issuer_cik
            order by filed_date desc, accession_number desc
        ) as recency,
        min(filed_date) over (partition by issuer_cik) as first_filed_date,
        max(filed_date) over (partition by issuer_cik) as last_filed_date,
        count(*) over (partition by issuer_cik) as filing_count
    from filings
    where issuer_cik is not null

),

issuers as (

    select
        issuer_cik,
        issuer_name,
        issuer_symbol,
        sic_code,
        sic_source,
        sector,
        first_filed_date,
        last_filed_date,
        filing_count
    from ranked
    where recency = 1

)

select * from issuers
