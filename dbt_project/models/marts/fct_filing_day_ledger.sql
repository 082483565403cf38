with

filings as (

    select * from {{ ref('int_filings') }}

),

index_accessions as (

    select * from {{ ref('int_index_accessions') }}

),

submissions as (

    select * from {{ ref('stg_sec__submissions') }}

),

quarantined_filings as (

    select * from {{ ref('stg_sec__quarantined_filings') }}

),

fetch_outcomes as (

    select * from {{ ref('stg_sec__fetch_outcomes') }}

),

transactions_flagged as (

    select * from {{ ref('int_transactions_flagged') }}

),

filing_index_files as (

    select * from {{ ref('stg_sec__filing_index_files') }}

),

-- The ledger's day is the index that brought a filing (daily road) or its filing date (quarterly road); the two
-- differ only where an index lists an older date.
filing_days as (

    select
        accession_number,
        case when road = 'daily' then cast(_partition as date) else filed_date end as filing_day,
        road,
        cast_failure_count
    from filings

),

parsed_daily as (

    select distinct
        accession_number,
        cast(_partition as date) as filing_day
    from submissions
    where _road = 'daily'

),

quarantined_daily as (

    select distinct
        accession_number,
        cast(_partition as date) as filing_day
    from quarantined_filings
    where _road = 'daily'

),

-- A filing the archive answers with "no such file" after its index listed it.
not_found_daily as (

    select distinct
        accession_number,
        cast(_partition as date) as filing_day
    from fetch_outcomes
    where fetch_kind = 'filing' and fetch_outcome = 'not_found'

),

-- Each accession of a day's index is in exactly one of these states.
index_states as (

    select
        index_accessions.filing_day,
        index_accessions.accession_number,
        index_accessions.index_line_count,
        index_accessions.is_in_newest_version,
        case
            when filing_days.accession_number is not null then 'parsed'
            when parsed_daily.accession_number is not null then 'parsed_elsewhere'
            when quarantined_daily.accession_number is not null then 'quarantined'
            when not_found_daily.accession_number is not null then 'not_found'
            else 'not_fetched'
        end as index_state
    from index_accessions
    left join filing_days
        on
            index_accessions.accession_number = filing_days.accession_number
            and index_accessions.filing_day = filing_days.filing_day
            and filing_days.road = 'daily'
    left join parsed_daily
        on
            index_accessions.accession_number = parsed_daily.accession_number
            and index_accessions.filing_day = parsed_daily.filing_day
    left join quarantined_daily
        on
            index_accessions.accession_number = quarantined_daily.accession_number
            and index_accessions.filing_day = quarantined_daily.filing_day
    left join not_found_daily
        on
            index_accessions.accession_number = not_found_daily.accession_number
            and index_accessions.filing_day = not_found_daily.filing_day

),

index_counts as (

    select
        filing_day,
        sum(index_line_count) as index_line_count,
        count(*) as accession_count,
        sum(index_line_count) - count(*) as lost_repeated_index_line_count,
        count(*) filter (where not is_in_newest_version) as withdrawn_accession_count,
        count(*) filter (where index_state = 'parsed') as parsed_accession_count,
        count(*) filter (where index_state = 'parsed_elsewhere') as lost_listed_on_other_day_count,
        count(*) filter (where index_state = 'quarantined') as lost_quarantined_count,
        count(*) filter (where index_state = 'not_found') as lost_not_found_count,
        count(*) filter (where index_state = 'not_fetched') as lost_not_fetched_count
    from index_states
    group by filing_day

),

filing_counts as (

    select
        filing_day,
        count(*) as filing_count,
        count(*) filter (where road = 'daily') as daily_filing_count,
        count(*) filter (where road = 'quarterly') as quarterly_filing_count,
        sum(cast_failure_count) as filing_cast_failure_count
    from filing_days
    group by filing_day

),

-- When the day was learned of, and how often its index has been made anew since.
index_versions as (

    select
        filing_day,
        min(fetched_at) as index_first_fetched_at,
        count(*) as index_version_count
    from filing_index_files
    where index_status = 'published'
    group by filing_day

),

-- Of the quarterly road, which has most of a history, a line knows its day by itself.
daily_filing_days as (

    select
        accession_number,
        filing_day
    from filing_days
    where road = 'daily'

),

headline_reasons as (

    select
        coalesce(daily_filing_days.filing_day, transactions_flagged.filed_date) as filing_day,
        transactions_flagged.exclusion_reason,
        transactions_flagged.table_code,
        transactions_flagged.cast_failure_count,
        -- The headline is officers and directors, in dollars, in one of the eleven sectors.
        case
            when transactions_flagged.exclusion_reason is not null then null
            when not transactions_flagged.is_officer_or_director then 'not_officer_or_director'
            when transactions_flagged.price_status <> 'valid' and transactions_flagged.value_usd_corrected is null
                then 'price_not_valid'
            when transactions_flagged.sector = 'Unmapped' then 'unmapped_sector'
            else 'used'
        end as headline_state
    from transactions_flagged
    left join daily_filing_days
        on transactions_flagged.accession_number = daily_filing_days.accession_number

),

line_counts as (

    select
        filing_day,
        count(*) as transaction_line_count,
        count(*) filter (where exclusion_reason = 'derivative') as lost_derivative_count,
        count(*) filter (where exclusion_reason = 'not_open_market') as lost_not_open_market_count,
        count(*) filter (
            where exclusion_reason is null or exclusion_reason not in ('derivative', 'not_open_market')
        ) as open_market_line_count,
        count(*) filter (where exclusion_reason = 'superseded') as lost_superseded_count,
        count(*) filter (where exclusion_reason = 'withdrawn') as lost_withdrawn_count,
        count(*) filter (where exclusion_reason = 'joint_duplicate') as lost_joint_duplicate_count,
        count(*) filter (where exclusion_reason = 'date_not_valid') as lost_date_not_valid_count,
        count(*) filter (where exclusion_reason = 'plan_purchase') as lost_plan_purchase_count,
        count(*) filter (where exclusion_reason = 'private_placement') as lost_private_placement_count,
        count(*) filter (where exclusion_reason = 'exercise_linked') as lost_exercise_linked_count,
        count(*) filter (where exclusion_reason is null) as signal_line_count,
        count(*) filter (where headline_state = 'not_officer_or_director') as lost_not_officer_or_director_count,
        count(*) filter (where headline_state = 'price_not_valid') as lost_price_not_valid_count,
        count(*) filter (where headline_state = 'unmapped_sector') as lost_unmapped_sector_count,
        count(*) filter (where headline_state = 'used') as headline_line_count,
        sum(cast_failure_count) as line_cast_failure_count
    from headline_reasons
    group by filing_day

),

all_days as (

    select filing_day from index_counts
    union distinct
    select filing_day from filing_counts

),

filing_day_ledger as (

    select
        all_days.filing_day,
        cast(index_counts.index_line_count as bigint) as index_line_count,
        cast(index_counts.lost_repeated_index_line_count as bigint) as lost_repeated_index_line_count,
        cast(index_counts.accession_count as bigint) as accession_count,
        cast(index_counts.withdrawn_accession_count as bigint) as withdrawn_accession_count,
        cast(index_counts.lost_not_fetched_count as bigint) as lost_not_fetched_count,
        cast(index_counts.lost_not_found_count as bigint) as lost_not_found_count,
        cast(index_counts.lost_quarantined_count as bigint) as lost_quarantined_count,
        cast(index_counts.lost_listed_on_other_day_count as bigint) as lost_listed_on_other_day_count,
        cast(index_counts.parsed_accession_count as bigint) as parsed_accession_count,
        cast(coalesce(filing_counts.daily_filing_count, 0) as bigint) as daily_filing_count,
        cast(coalesce(filing_counts.quarterly_filing_count, 0) as bigint) as quarterly_filing_count,
        cast(coalesce(filing_counts.filing_count, 0) as bigint) as filing_count,
        cast(coalesce(line_counts.transaction_line_count, 0) as bigint) as transaction_line_count,
        cast(coalesce(line_counts.lost_derivative_count, 0) as bigint) as lost_derivative_count,
        cast(coalesce(line_counts.lost_not_open_market_count, 0) as bigint) as lost_not_open_market_count,
        cast(coalesce(line_counts.open_market_line_count, 0) as bigint) as open_market_line_count,
        cast(coalesce(line_counts.lost_superseded_count, 0) as bigint) as lost_superseded_count,
        cast(coalesce(line_counts.lost_withdrawn_count, 0) as bigint) as lost_withdrawn_count,
        cast(coalesce(line_counts.lost_joint_duplicate_count, 0) as bigint) as lost_joint_duplicate_count,
        cast(coalesce(line_counts.lost_date_not_valid_count, 0) as bigint) as lost_date_not_valid_count,
        cast(coalesce(line_counts.lost_plan_purchase_count, 0) as bigint) as lost_plan_purchase_count,
        cast(coalesce(line_counts.lost_private_placement_count, 0) as bigint) as lost_private_placement_count,
        cast(coalesce(line_counts.lost_exercise_linked_count, 0) as bigint) as lost_exercise_linked_count,
        cast(coalesce(line_counts.signal_line_count, 0) as bigint) as signal_line_count,
        cast(coalesce(line_counts.lost_not_officer_or_director_count, 0) as bigint)
            as lost_not_officer_or_director_count,
        cast(coalesce(line_counts.lost_price_not_valid_count, 0) as bigint) as lost_price_not_valid_count,
        cast(coalesce(line_counts.lost_unmapped_sector_count, 0) as bigint) as lost_unmapped_sector_count,
        cast(coalesce(line_counts.headline_line_count, 0) as bigint) as headline_line_count,
        cast(
            coalesce(filing_counts.filing_cast_failure_count, 0) + coalesce(line_counts.line_cast_failure_count, 0)
            as bigint
        ) as cast_failure_count,
        index_versions.index_first_fetched_at,
        cast(index_versions.index_version_count as bigint) as index_version_count
    from all_days
    left join index_counts
        on all_days.filing_day = index_counts.filing_day
    left join filing_counts
        on all_days.filing_day = filing_counts.filing_day
    left join line_counts
        on all_days.filing_day = line_counts.filing_day
    left join index_versions
        on all_days.filing_day = index_versions.filing_day

)

select * from filing_day_ledger
