{{ config(materialized='incremental', incremental_strategy='replace_issuers', on_schema_change='fail') }}
{#- Imported three times, because each use is of other rows and columns: none of them is to read the others'. #}
with

transactions_flagged as (

    select * from {{ ref('int_transactions_flagged') }}
    {{ of_changed_issuers() }}

),

transactions_restored as (

    select * from {{ ref('int_transactions_flagged') }}
    {{ of_changed_issuers() }}

),

transactions_of_several as (

    select * from {{ ref('int_transactions_flagged') }}
    {{ of_changed_issuers() }}

),

filing_owners as (

    select * from {{ ref('int_filing_owners') }}
    {{ of_changed_issuers() }}

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
        from transactions_of_several
        where is_signal_while_known and owner_count > 1
    ) as signal_filings
    inner join filing_owners
        on signal_filings.accession_number = filing_owners.accession_number
    group by signal_filings.accession_number

),

-- A line that came to count (again), because what stood in its place was withdrawn, has a second span from that day.
spans as (

    select
        *,
        coalesce(transaction_date_corrected, transaction_date) as trade_date,
        known_from as counts_from,
        known_to as counts_to,
        1 as span_number
    from transactions_flagged
    where is_signal_while_known
    union all
    select
        *,
        coalesce(transaction_date_corrected, transaction_date) as trade_date,
        restored_from as counts_from,
        restored_to as counts_to,
        2 as span_number
    from transactions_restored
    where is_signal_while_known and restored_from is not null

),

-- A span begins on the day the market learned of the line, never before the day of the trade, and ends on the day an
-- amendment came or the filing left the index. One that ends before it began never counted.
counted_spans as (

    select
        *,
        greatest(counts_from, trade_date) as enters_on,
        span_number = 2 and coalesce(known_to > greatest(known_from, trade_date), true) as is_restored,
        span_number = 1
        and restored_from is not null
        and coalesce(restored_to > greatest(restored_from, trade_date), true) as is_to_be_restored
    from spans
    where counts_to is null or counts_to > greatest(counts_from, trade_date)

),

signal_lines_detailed as (

    select
        counted_spans.transaction_line_key,
        counted_spans.accession_number,
        counted_spans.issuer_cik,
        counted_spans.owner_ciks as insider_key,
        coalesce(lead_owners.lead_owner_cik, counted_spans.owner_ciks) as lead_owner_cik,
        counted_spans.role_code,
        counted_spans.is_officer_or_director,
        counted_spans.is_executive,
        counted_spans.is_opportunistic,
        counted_spans.insider_class,
        counted_spans.rule_10b5_1_status,
        counted_spans.sector,
        counted_spans.direction,
        -- Where a filer's mistake was put right, the right value counts.
        counted_spans.trade_date as transaction_date,
        counted_spans.counts_from as known_from,
        counted_spans.enters_on,
        counted_spans.counts_to as known_to,
        counted_spans.is_restored,
        case when counted_spans.is_to_be_restored then counted_spans.restored_from end as restored_from,
        case when counted_spans.is_to_be_restored then counted_spans.restored_to end as restored_to,
        coalesce(counted_spans.share_count_corrected, counted_spans.share_count) as share_count,
        coalesce(
            counted_spans.price_usd_corrected,
            case when counted_spans.price_status = 'valid' then counted_spans.price_usd end
        ) as price_usd,
        coalesce(
            counted_spans.value_usd_corrected,
            case when counted_spans.price_status = 'valid' then counted_spans.value_usd end
        ) as value_usd,
        counted_spans.share_count_owned_after,
        -- The account the shares lie in: what is owned afterwards is told for each apart.
        concat_ws(
            '|',
            coalesce(counted_spans.security_title, ''),
            coalesce(counted_spans.direct_indirect_code, ''),
            coalesce(counted_spans.ownership_nature, '')
        ) as holding_key
    from counted_spans
    left join lead_owners
        on counted_spans.accession_number = lead_owners.accession_number

)

select * from signal_lines_detailed
