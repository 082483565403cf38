with

filing_owners as (

    select * from {{ ref('int_filing_owners') }}

),

histories as (

    select
        owner_cik,
        count(distinct issuer_cik) as issuer_count,
        count(*) as filing_count,
        min(filed_date) as first_filed_date,
        max(filed_date) as last_filed_date,
        max_by(accession_number, concat(cast(filed_date as varchar), accession_number)) as newest_accession_number
    from filing_owners
    group by owner_cik

),

insiders as (

    select
        filing_owners.owner_cik,
        filing_owners.owner_name,
        filing_owners.role_code as latest_role_code,
        filing_owners.full_title as latest_officer_title,
        filing_owners.issuer_cik as latest_issuer_cik,
        histories.issuer_count,
        histories.first_filed_date,
        histories.last_filed_date,
        histories.filing_count
    from filing_owners
    inner join histories
        on
            filing_owners.owner_cik = histories.owner_cik
            and filing_owners.accession_number = histories.newest_accession_number

)

select * from insiders
