with

submissions as (

    select * from {{ ref('stg_sec__submissions') }}

),

-- Only a submission's header tells the SIC of its day.
daily_sics as (

    select
        issuer_cik,
        filed_date,
        max_by(assigned_sic_code, accession_number) as sic_code
    from submissions
    where assigned_sic_code is not null
    group by issuer_cik, filed_date

),

with_previous as (

    select
        *,
        lag(sic_code) over (partition by issuer_cik order by filed_date) as previous_sic_code
    from daily_sics

),

-- The first SIC ever learned is carried back to filings from before it was learned; nothing learned after it moves
-- the past.
issuer_sics as (

    select
        issuer_cik,
        sic_code,
        filed_date as learned_date,
        case when previous_sic_code is null then date '0001-01-01' else filed_date end as valid_from,
        coalesce(lead(filed_date) over (partition by issuer_cik order by filed_date), date '9999-12-31') as valid_to
    from with_previous
    where previous_sic_code is null or previous_sic_code <> sic_code

)

select * from issuer_sics
