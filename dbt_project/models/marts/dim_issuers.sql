with

filings as (

    select * from {{ ref('int_filings') }}

),

issuer_records as (

    select * from {{ ref('stg_sec__issuer_records') }}

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

newest_records as (

    select
        cik,
        tickers,
        exchanges,
        former_names,
        entity_type,
        fetched_at,
        row_number() over (partition by cik order by fetched_at desc) as place_from_newest
    from issuer_records
    where is_readable

),

issuers as (

    select
        filings.issuer_cik,
        filings.issuer_name,
        filings.issuer_symbol,
        filings.sic_code,
        filings.sic_source,
        filings.sic_known_from,
        filings.sector,
        newest_records.tickers,
        newest_records.exchanges,
        newest_records.former_names,
        newest_records.entity_type,
        newest_records.fetched_at as record_fetched_at,
        histories.first_filed_date,
        histories.last_filed_date,
        histories.filing_count
    from filings
    inner join histories
        on filings.accession_number = histories.newest_accession_number
    left join newest_records
        on
            filings.issuer_cik = newest_records.cik
            and newest_records.place_from_newest = 1

)

select * from issuers
