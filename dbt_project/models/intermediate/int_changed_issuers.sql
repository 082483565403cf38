with

changes as (

    select * from {{ ref('stg_sec__changes') }}

),

changed_filings as (

    select * from {{ ref('int_changed_filings') }}

),

submissions as (

    select * from {{ ref('stg_sec__submissions') }}

),

-- The issuers a changed filing had and has, in every copy of it: another copy may count from now on.
all_issuers as (

    select issuer_cik
    from changes
    union all
    select submissions.issuer_cik
    from submissions
    inner join changed_filings
        on submissions.accession_number = changed_filings.accession_number

),

changed_issuers as (

    select distinct issuer_cik
    from all_issuers
    where issuer_cik is not null

)

select * from changed_issuers
