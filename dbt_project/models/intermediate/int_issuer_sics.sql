with

submissions as (

    select * from {{ ref('stg_sec__submissions') }}

),

issuer_records as (

    select * from {{ ref('stg_sec__issuer_records') }}

),

-- Only a submission's header tells the SIC of its day.
header_sics as (

    select
        issuer_cik,
        filed_date as learned_date,
        max_by(assigned_sic_code, accession_number) as sic_code
    from submissions
    where assigned_sic_code is not null
    group by issuer_cik, filed_date

),

-- Issuers are known by issuerCik only; from when on their headers speak, where any does.
issuers as (

    select
        issuer_cik,
        min(case when assigned_sic_code is not null then filed_date end) as first_header_date
    from submissions
    where issuer_cik is not null
    group by issuer_cik

),

-- What the SEC's list says today counts where no header spoke before it: a header is never overwritten.
record_sics as (

    select
        issuers.issuer_cik,
        issuer_records.fetched_date as learned_date,
        max_by(issuer_records.sic_code, issuer_records.fetched_at) as sic_code
    from issuer_records
    inner join issuers
        on issuer_records.cik = issuers.issuer_cik
    where
        issuer_records.sic_code is not null
        and (issuers.first_header_date is null or issuer_records.fetched_date < issuers.first_header_date)
    group by issuers.issuer_cik, issuer_records.fetched_date

),

learned_sics as (

    select
        issuer_cik,
        learned_date,
        sic_code,
        'filing_header' as learned_from
    from header_sics

    union all

    select
        issuer_cik,
        learned_date,
        sic_code,
        'issuer_record' as learned_from
    from record_sics

),

with_previous as (

    select
        *,
        lag(sic_code) over (partition by issuer_cik order by learned_date) as previous_sic_code
    from learned_sics

),

-- The first SIC ever learned is carried back to filings from before it was learned; nothing learned after it moves
-- the past.
issuer_sics as (

    select
        issuer_cik,
        sic_code,
        learned_from,
        learned_date,
        case when previous_sic_code is null then date '0001-01-01' else learned_date end as valid_from,
        coalesce(lead(learned_date) over (partition by issuer_cik order by learned_date), date '9999-12-31') as valid_to
    from with_previous
    where previous_sic_code is null or previous_sic_code <> sic_code

)

select * from issuer_sics
