{{ config(materialized='incremental', incremental_strategy='replace_issuers', on_schema_change='fail') }}

with

transaction_lines as (

    select * from {{ ref('int_transaction_lines') }}
    {{ of_changed_issuers() }}

),

filings as (

    select * from {{ ref('int_filings') }}
    {{ of_changed_issuers() }}

),

filing_owners as (

    select * from {{ ref('int_filing_owners') }}
    {{ of_changed_issuers() }}

),

-- Withdrawn amendments too: until it left the index an amendment was what one knew.
amendments as (

    select
        accession_number,
        issuer_cik,
        form_family,
        owner_ciks,
        filed_date,
        original_submission_date
    from filings
    where is_amendment

),

amendment_owners as (

    select
        amendments.accession_number,
        amendments.issuer_cik,
        amendments.form_family,
        amendments.owner_ciks,
        amendments.filed_date,
        amendments.original_submission_date,
        filing_owners.owner_cik
    from amendments
    inner join filing_owners
        on amendments.accession_number = filing_owners.accession_number

),

filing_keys as (

    select
        filings.accession_number,
        filings.issuer_cik,
        filings.form_family,
        filings.owner_ciks,
        filings.filed_date,
        filings.is_amendment,
        filing_owners.owner_cik
    from filings
    inner join filing_owners
        on filings.accession_number = filing_owners.accession_number

),

-- The form names the original by a date typed by hand, never by accession number. So an earlier filing of the same
-- form family, issuer and owners qualifies; one that shares only some owners needs the typed date to agree.
filing_pairs as (

    select distinct
        amendment_owners.accession_number as amendment_accession_number,
        amendment_owners.issuer_cik,
        filing_keys.accession_number as earlier_accession_number,
        filing_keys.filed_date as earlier_filed_date,
        filing_keys.is_amendment as is_earlier_amendment,
        amendment_owners.owner_ciks = filing_keys.owner_ciks as has_same_owners,
        coalesce(amendment_owners.original_submission_date = filing_keys.filed_date, false) as has_original_date
    from amendment_owners
    inner join filing_keys
        on
            amendment_owners.issuer_cik = filing_keys.issuer_cik
            and amendment_owners.form_family = filing_keys.form_family
            and amendment_owners.owner_cik = filing_keys.owner_cik
    where
        amendment_owners.accession_number <> filing_keys.accession_number
        and (
            filing_keys.filed_date < amendment_owners.filed_date
            or (
                filing_keys.filed_date = amendment_owners.filed_date
                and (not filing_keys.is_amendment or filing_keys.accession_number < amendment_owners.accession_number)
            )
        )
        and (
            amendment_owners.owner_ciks = filing_keys.owner_ciks
            or amendment_owners.original_submission_date = filing_keys.filed_date
        )

),

amendment_lines as (

    select transaction_lines.*
    from transaction_lines
    inner join amendments
        on transaction_lines.accession_number = amendments.accession_number

),

earlier_accessions as (

    select distinct earlier_accession_number
    from filing_pairs

),

earlier_lines as (

    select transaction_lines.*
    from transaction_lines
    inner join earlier_accessions
        on transaction_lines.accession_number = earlier_accessions.earlier_accession_number

),

amendment_days as (

    select distinct
        accession_number,
        table_code,
        transaction_date
    from amendment_lines
    where transaction_date is not null

),

earlier_days as (

    select distinct
        accession_number,
        table_code,
        transaction_date
    from earlier_lines
    where transaction_date is not null

),

-- Lines that agree in quantity say which of several filings of one day is the one restated: a bulk seller's split
-- filings are not each other's originals.
line_agreement as (

    select
        filing_pairs.amendment_accession_number,
        filing_pairs.earlier_accession_number,
        amendment_lines.table_code,
        amendment_lines.transaction_date,
        count(*) as agreeing_line_count
    from filing_pairs
    inner join amendment_lines
        on filing_pairs.amendment_accession_number = amendment_lines.accession_number
    inner join earlier_lines
        on
            filing_pairs.earlier_accession_number = earlier_lines.accession_number
            and amendment_lines.table_code = earlier_lines.table_code
            and amendment_lines.transaction_date = earlier_lines.transaction_date
            and (
                amendment_lines.share_count = earlier_lines.share_count
                or amendment_lines.price_usd = earlier_lines.price_usd
            )
    group by
        filing_pairs.amendment_accession_number,
        filing_pairs.earlier_accession_number,
        amendment_lines.table_code,
        amendment_lines.transaction_date

),

same_day_candidates as (

    select
        filing_pairs.*,
        amendment_days.table_code,
        amendment_days.transaction_date,
        coalesce(line_agreement.agreeing_line_count, 0) as agreeing_line_count
    from filing_pairs
    inner join amendment_days
        on filing_pairs.amendment_accession_number = amendment_days.accession_number
    inner join earlier_days
        on
            filing_pairs.earlier_accession_number = earlier_days.accession_number
            and amendment_days.table_code = earlier_days.table_code
            and amendment_days.transaction_date = earlier_days.transaction_date
    left join line_agreement
        on
            filing_pairs.amendment_accession_number = line_agreement.amendment_accession_number
            and filing_pairs.earlier_accession_number = line_agreement.earlier_accession_number
            and amendment_days.table_code = line_agreement.table_code
            and amendment_days.transaction_date = line_agreement.transaction_date

),

-- Originals first, then the typed date, the same owners, the lines that agree, the newest.
ranked as (

    select
        *,
        row_number() over (
            partition by amendment_accession_number, table_code, transaction_date
            order by
                case when is_earlier_amendment then 1 else 0 end asc,
                case when has_original_date then 0 else 1 end asc,
                case when has_same_owners then 0 else 1 end asc,
                agreeing_line_count desc,
                earlier_filed_date desc,
                earlier_accession_number asc
        ) as preference
    from same_day_candidates

),

amendment_roots as (

    select
        amendment_accession_number,
        issuer_cik,
        table_code,
        transaction_date,
        earlier_accession_number as root_accession_number,
        has_same_owners,
        has_original_date
    from ranked
    where preference = 1

)

select * from amendment_roots
