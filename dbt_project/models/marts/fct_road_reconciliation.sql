with

loads as (

    select * from {{ ref('stg_sec__loads') }}

),

submissions as (

    select * from {{ ref('stg_sec__submissions') }}

),

reporting_owners as (

    select * from {{ ref('stg_sec__reporting_owners') }}

),

line_amounts as (

    select * from {{ ref('stg_sec__line_amounts') }}

),

quarantined_filings as (

    select * from {{ ref('stg_sec__quarantined_filings') }}

),

index_accessions as (

    select * from {{ ref('int_index_accessions') }}

),

us_federal_holidays as (

    select * from {{ ref('us_federal_holidays') }}

),

-- A quarter's number counts quarters, so that the next one is one more; its name is the SEC's. Only the two roads that
-- bring filings have quarters.
partitions as (

    select distinct
        _road,
        _partition,
        case
            when _road = 'daily'
                then {{ quarter_ordinal('cast(_partition as date)') }}
            else cast(substr(_partition, 1, 4) as integer) * 4 + cast(substr(_partition, 6, 1) as integer) - 1
        end as quarter_ordinal
    from loads
    where _road in ('daily', 'quarterly')

),

-- Quarters whose set is loaded and of which the daily road holds days. All that follows reads these quarters and
-- their neighbours only: years of history by the quarterly road alone cost nothing here.
covered_quarters as (

    select quarter_ordinal
    from partitions
    group by quarter_ordinal
    having count(distinct _road) = 2

),

-- The evening of a quarter's last business day is in the next quarter's set.
partitions_at_stake as (

    select
        partitions._road,
        partitions._partition,
        partitions.quarter_ordinal,
        max(case when partitions.quarter_ordinal = covered_quarters.quarter_ordinal then 1 else 0 end) = 1
            as is_covered
    from partitions
    inner join covered_quarters
        on
            partitions.quarter_ordinal = covered_quarters.quarter_ordinal
            or (
                partitions._road = 'daily'
                and partitions.quarter_ordinal = covered_quarters.quarter_ordinal - 1
            )
            or (
                partitions._road = 'quarterly'
                and partitions.quarter_ordinal = covered_quarters.quarter_ordinal + 1
            )
    group by
        partitions._road,
        partitions._partition,
        partitions.quarter_ordinal

),

-- Of two partitions of one road the earlier counts, as in stg_sec__winning_roads.
numbered_copies as (

    select
        submissions.accession_number,
        submissions.form_type,
        submissions.issuer_cik,
        submissions.filed_date,
        submissions.accepted_at,
        submissions._road,
        submissions._partition,
        partitions_at_stake.is_covered,
        row_number() over (
            partition by submissions.accession_number, submissions._road
            order by submissions._partition
        ) as copy_number
    from submissions
    inner join partitions_at_stake
        on
            submissions._road = partitions_at_stake._road
            and submissions._partition = partitions_at_stake._partition

),

owner_totals as (

    select
        reporting_owners.accession_number,
        reporting_owners._road,
        reporting_owners._partition,
        count(distinct coalesce(reporting_owners.owner_cik, '')) as owner_count
    from reporting_owners
    inner join partitions_at_stake
        on
            reporting_owners._road = partitions_at_stake._road
            and reporting_owners._partition = partitions_at_stake._partition
    group by
        reporting_owners.accession_number,
        reporting_owners._road,
        reporting_owners._partition

),

line_totals as (

    select
        line_amounts.accession_number,
        line_amounts._road,
        line_amounts._partition,
        count(*) filter (where line_amounts.table_code = 'N') as nonderivative_line_count,
        count(*) filter (where line_amounts.table_code = 'D') as derivative_line_count,
        sum(line_amounts.share_count) as share_count,
        sum(
            case
                when line_amounts.table_code = 'N' and line_amounts.transaction_code in ('P', 'S')
                    -- Totals typed as prices give products beyond 18 digits; 38 hold any of two filed numbers.
                    then cast(line_amounts.share_count as decimal(20, 4)) * line_amounts.price_usd
            end
        ) as open_market_usd,
        min(line_amounts.transaction_date) as first_transaction_date,
        max(line_amounts.transaction_date) as last_transaction_date
    from line_amounts
    inner join partitions_at_stake
        on
            line_amounts._road = partitions_at_stake._road
            and line_amounts._partition = partitions_at_stake._partition
    group by
        line_amounts.accession_number,
        line_amounts._road,
        line_amounts._partition

),

copies as (

    select
        numbered_copies.*,
        coalesce(owner_totals.owner_count, 0) as owner_count,
        coalesce(line_totals.nonderivative_line_count, 0) as nonderivative_line_count,
        coalesce(line_totals.derivative_line_count, 0) as derivative_line_count,
        cast(coalesce(line_totals.share_count, 0) as decimal(38, 4)) as share_count,
        cast(coalesce(line_totals.open_market_usd, 0) as decimal(38, 4)) as open_market_usd,
        line_totals.first_transaction_date,
        line_totals.last_transaction_date
    from numbered_copies
    left join owner_totals
        on
            numbered_copies.accession_number = owner_totals.accession_number
            and numbered_copies._road = owner_totals._road
            and numbered_copies._partition = owner_totals._partition
    left join line_totals
        on
            numbered_copies.accession_number = line_totals.accession_number
            and numbered_copies._road = line_totals._road
            and numbered_copies._partition = line_totals._partition
    where numbered_copies.copy_number = 1

),

daily_copies as (

    select *
    from copies
    where _road = 'daily'

),

quarterly_copies as (

    select *
    from copies
    where _road = 'quarterly'

),

paired as (

    select
        coalesce(daily_copies.accession_number, quarterly_copies.accession_number) as accession_number,
        coalesce(daily_copies.filed_date, quarterly_copies.filed_date) as filed_date,
        daily_copies.accepted_at,
        daily_copies._partition as daily_partition,
        quarterly_copies._partition as quarterly_partition,
        daily_copies.form_type as daily_form_type,
        quarterly_copies.form_type as quarterly_form_type,
        daily_copies.issuer_cik as daily_issuer_cik,
        quarterly_copies.issuer_cik as quarterly_issuer_cik,
        daily_copies.filed_date as daily_filed_date,
        quarterly_copies.filed_date as quarterly_filed_date,
        daily_copies.owner_count as daily_owner_count,
        quarterly_copies.owner_count as quarterly_owner_count,
        daily_copies.nonderivative_line_count as daily_nonderivative_line_count,
        quarterly_copies.nonderivative_line_count as quarterly_nonderivative_line_count,
        daily_copies.derivative_line_count as daily_derivative_line_count,
        quarterly_copies.derivative_line_count as quarterly_derivative_line_count,
        daily_copies.share_count as daily_share_count,
        quarterly_copies.share_count as quarterly_share_count,
        daily_copies.open_market_usd as daily_open_market_usd,
        quarterly_copies.open_market_usd as quarterly_open_market_usd,
        daily_copies.first_transaction_date as daily_first_transaction_date,
        quarterly_copies.first_transaction_date as quarterly_first_transaction_date,
        daily_copies.last_transaction_date as daily_last_transaction_date,
        quarterly_copies.last_transaction_date as quarterly_last_transaction_date
    from daily_copies
    full outer join quarterly_copies
        on daily_copies.accession_number = quarterly_copies.accession_number
    where
        coalesce(daily_copies.is_covered, false)
        or coalesce(quarterly_copies.is_covered, false)

),

-- Three months more on both sides, so that the first and the last quarter are whole.
calendar as (

    {{ day_series(
        "(select min(cast(_partition as date)) - interval 3 month from partitions_at_stake where _road = 'daily')",
        "(select max(cast(_partition as date)) + interval 3 month from partitions_at_stake where _road = 'daily')"
    ) }}

),

quarter_last_days as (

    select
        {{ quarter_ordinal('calendar.calendar_date') }} as quarter_ordinal,
        max(calendar.calendar_date) as last_business_day
    from calendar
    left join us_federal_holidays
        on calendar.calendar_date = us_federal_holidays.holiday_date
    where
        us_federal_holidays.holiday_date is null
        and extract(isodow from calendar.calendar_date) < 6
    group by {{ quarter_ordinal('calendar.calendar_date') }}

),

with_expected_quarter as (

    select
        paired.*,
        coalesce(
            paired.filed_date = quarter_last_days.last_business_day
            and cast(paired.accepted_at as time) > time '17:30:00',
            false
        ) as is_quarter_edge,
        {{ quarter_ordinal('paired.filed_date') }} as filed_quarter_ordinal
    from paired
    left join quarter_last_days
        on {{ quarter_ordinal('paired.filed_date') }} = quarter_last_days.quarter_ordinal

),

loaded_quarters as (

    select quarter_ordinal
    from partitions
    where _road = 'quarterly'

),

loaded_days as (

    select cast(_partition as date) as filing_day
    from partitions
    where _road = 'daily'

),

daily_road as (

    select min(filing_day) as first_filing_day
    from loaded_days

),

withdrawn_filings as (

    select accession_number
    from index_accessions
    group by accession_number
    having not bool_or(is_in_newest_version)

),

quarantined_daily as (

    select distinct accession_number
    from quarantined_filings
    where _road = 'daily'

),

with_reason as (

    select
        with_expected_quarter.*,
        case
            when
                with_expected_quarter.daily_partition is not null
                and with_expected_quarter.quarterly_partition is not null
                then null
            when withdrawn_filings.accession_number is not null then 'withdrawn'
            when with_expected_quarter.quarterly_partition is null and loaded_quarters.quarter_ordinal is not null
                then 'missing_on_quarterly'
            when with_expected_quarter.quarterly_partition is null and with_expected_quarter.is_quarter_edge
                then 'quarter_edge'
            when with_expected_quarter.quarterly_partition is null then 'not_published_yet'
            when quarantined_daily.accession_number is not null then 'quarantined'
            when with_expected_quarter.filed_date < daily_road.first_filing_day then 'before_daily_road'
            when loaded_days.filing_day is null then 'day_not_loaded'
            else 'missing_on_daily'
        end as reason_code
    from with_expected_quarter
    cross join daily_road
    left join withdrawn_filings
        on with_expected_quarter.accession_number = withdrawn_filings.accession_number
    left join quarantined_daily
        on with_expected_quarter.accession_number = quarantined_daily.accession_number
    left join loaded_quarters
        on
            with_expected_quarter.filed_quarter_ordinal
            + case when with_expected_quarter.is_quarter_edge then 1 else 0 end
            = loaded_quarters.quarter_ordinal
    left join loaded_days
        on with_expected_quarter.filed_date = loaded_days.filing_day

),

with_difference as (

    select
        *,
        case
            when daily_partition is null or quarterly_partition is null then null
            when {{ is_different('daily_form_type', 'quarterly_form_type') }} then 'form_type'
            when {{ is_different('daily_issuer_cik', 'quarterly_issuer_cik') }} then 'issuer_cik'
            when {{ is_different('daily_filed_date', 'quarterly_filed_date') }} then 'filed_date'
            when {{ is_different('daily_owner_count', 'quarterly_owner_count') }} then 'owner_count'
            when {{ is_different('daily_nonderivative_line_count', 'quarterly_nonderivative_line_count') }}
                then 'nonderivative_line_count'
            when {{ is_different('daily_derivative_line_count', 'quarterly_derivative_line_count') }}
                then 'derivative_line_count'
            when {{ is_different('daily_share_count', 'quarterly_share_count') }} then 'share_count'
            when {{ is_different('daily_open_market_usd', 'quarterly_open_market_usd') }} then 'open_market_usd'
            when {{ is_different('daily_first_transaction_date', 'quarterly_first_transaction_date') }}
                then 'first_transaction_date'
            when {{ is_different('daily_last_transaction_date', 'quarterly_last_transaction_date') }}
                then 'last_transaction_date'
        end as difference
    from with_reason

),

road_reconciliation as (

    select
        accession_number,
        filed_date,
        daily_partition,
        quarterly_partition,
        case
            when quarterly_partition is null then 'only_daily'
            when daily_partition is null then 'only_quarterly'
            when difference is null then 'agree'
            else 'differs'
        end as agreement,
        difference,
        reason_code,
        difference is null
        and coalesce(reason_code not in ('missing_on_daily', 'missing_on_quarterly'), true) as is_explained,
        is_quarter_edge,
        daily_form_type,
        quarterly_form_type,
        daily_issuer_cik,
        quarterly_issuer_cik,
        daily_filed_date,
        quarterly_filed_date,
        cast(daily_owner_count as bigint) as daily_owner_count,
        cast(quarterly_owner_count as bigint) as quarterly_owner_count,
        cast(daily_nonderivative_line_count as bigint) as daily_nonderivative_line_count,
        cast(quarterly_nonderivative_line_count as bigint) as quarterly_nonderivative_line_count,
        cast(daily_derivative_line_count as bigint) as daily_derivative_line_count,
        cast(quarterly_derivative_line_count as bigint) as quarterly_derivative_line_count,
        daily_share_count,
        quarterly_share_count,
        daily_open_market_usd,
        quarterly_open_market_usd,
        daily_first_transaction_date,
        quarterly_first_transaction_date,
        daily_last_transaction_date,
        quarterly_last_transaction_date
    from with_difference

)

select * from road_reconciliation
