{{ config(materialized='incremental', incremental_strategy='replace_issuers', on_schema_change='fail') }}

with

transactions_flagged as (

    select * from {{ ref('int_transactions_flagged') }}
    {{ of_changed_issuers() }}

),

filing_owners as (

    select * from {{ ref('int_filing_owners') }}
    {{ of_changed_issuers() }}

),

-- A line counts from the day the market learned of it, never before the day of the trade, until an amendment came.
signal_lines as (

    select
        *,
        coalesce(transaction_date_corrected, transaction_date) as trade_date,
        greatest(known_from, coalesce(transaction_date_corrected, transaction_date)) as enters_on
    from transactions_flagged
    where
        is_signal_while_known
        and (
            known_to is null
            or known_to > greatest(known_from, coalesce(transaction_date_corrected, transaction_date))
        )

),

-- One person stands for a joint form: the owner highest on the ladder of roles. So a director who reports once with a
-- family trust and once alone is one buyer, and nothing has to be learned from later filings.
lead_owners as (

    select
        signal_filings.accession_number,
        min_by(
            filing_owners.owner_cik,
            filing_owners.role_rank * 1000000000000 + cast(filing_owners.owner_cik as bigint)
        ) as lead_owner_cik
    from (
        select distinct accession_number
        from signal_lines
        where owner_count > 1
    ) as signal_filings
    inner join filing_owners
        on signal_filings.accession_number = filing_owners.accession_number
    group by signal_filings.accession_number

),

signal_lines_detailed as (

    select
        signal_lines.transaction_line_key,
        signal_lines.accession_number,
        signal_lines.issuer_cik,
        signal_lines.owner_ciks as insider_key,
        coalesce(lead_owners.lead_owner_cik, signal_lines.owner_ciks) as lead_owner_cik,
        signal_lines.role_code,
        signal_lines.is_officer_or_director,
        signal_lines.is_executive,
        signal_lines.is_opportunistic,
        signal_lines.insider_class,
        signal_lines.rule_10b5_1_status,
        signal_lines.sector,
        signal_lines.direction,
        -- Where a filer's mistake was put right, the right value counts.
        signal_lines.trade_date as transaction_date,
        signal_lines.known_from,
        signal_lines.enters_on,
        signal_lines.known_to,
        coalesce(signal_lines.share_count_corrected, signal_lines.share_count) as share_count,
        coalesce(
            signal_lines.price_usd_corrected,
            case when signal_lines.price_status = 'valid' then signal_lines.price_usd end
        ) as price_usd,
        coalesce(
            signal_lines.value_usd_corrected,
            case when signal_lines.price_status = 'valid' then signal_lines.value_usd end
        ) as value_usd,
        signal_lines.share_count_owned_after,
        -- The account the shares lie in: what is owned afterwards is told for each apart.
        concat_ws(
            '|',
            coalesce(signal_lines.security_title, ''),
            coalesce(signal_lines.direct_indirect_code, ''),
            coalesce(signal_lines.ownership_nature, '')
        ) as holding_key
    from signal_lines
    left join lead_owners
        on signal_lines.accession_number = lead_owners.accession_number

)

select * from signal_lines_detailed
