with

filing_owners as (

    select * from {{ ref('int_filing_owners') }}

),

issuer_counts as (

    select
        owner_cik,
        count(distinct issuer_cik) as issuer_count,
        count(*) as filing_count,
        min(filed_date) as first_filed_date,
        max(filed_date) as last_filed_date
    from filing_owners
    group by owner_cik

),

ranked as (

    select
        *,
        row_number() over (
            partition by owner_cik
            order by filed_date desc, accession_number desc
        ) as recency
    from filing_owners

),

insiders as (

    select
        ranked.owner_cik,
        ranked.owner_name,
        ranked.role_code as latest_role_code,
        ranked.full_title as latest_officer_title,
        ranked.issuer_cik as latest_issuer_cik,
        issuer_counts.issuer_count,
        issuer_counts.first_filed_date,
        issuer_counts.last_filed_date,
        issuer_counts.filing_count
    from ranked
    inner join issuer_counts
        on ranked.owner_cik = issuer_counts.owner_cik
    where ranked.recency = 1

)

select * from insiders
