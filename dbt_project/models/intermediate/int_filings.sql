{{ config(materialized='incremental', incremental_strategy='replace_issuers', on_schema_change='fail') }}

with

submissions as (

    select * from {{ ref('stg_sec__submissions') }}
    {{ of_changed_issuers() }}

),

winning_roads as (

    select * from {{ ref('stg_sec__winning_roads') }}

),

filing_owners as (

    select * from {{ ref('int_filing_owners') }}
    {{ of_changed_issuers() }}

),

role_codes as (

    select * from {{ ref('role_codes') }}

),

index_accessions as (

    select * from {{ ref('int_index_accessions') }}

),

issuer_sics as (

    select * from {{ ref('int_issuer_sics') }}

),

sic_sectors as (

    select * from {{ ref('int_sic_sectors') }}

),

issuer_sector_overrides as (

    select * from {{ ref('int_issuer_sector_overrides') }}

),

-- "There is no primary owner": relationships are OR-ed, the role is the highest of all owners', the title is the one
-- of the owner with that role.
owners_of_filing as (

    select
        accession_number,
        min(owner_cik) as first_owner_cik,
        min(owner_name) as first_owner_name,
        count(*) as owner_count,
        bool_or(is_director) as is_director,
        bool_or(is_officer) as is_officer,
        bool_or(is_ten_percent_owner) as is_ten_percent_owner,
        bool_or(is_other_owner) as is_other_owner,
        bool_or(is_executive) as is_executive,
        min(role_rank) as role_rank,
        min_by(full_title, role_rank * 1000000000000 + cast(owner_cik as bigint)) as officer_title
    from filing_owners
    group by accession_number

),

-- Nine filings in ten have one owner; lists are put together for the others only.
joint_filings as (

    select
        filing_owners.accession_number,
        {{ join_text('filing_owners.owner_cik', ',', 'filing_owners.owner_cik') }} as owner_ciks,
        {{ join_text('filing_owners.owner_name', '; ', 'filing_owners.owner_cik') }} as owner_names
    from filing_owners
    inner join owners_of_filing
        on filing_owners.accession_number = owners_of_filing.accession_number
    where owners_of_filing.owner_count > 1
    group by filing_owners.accession_number

),

-- Indexes are rebuilt for post-acceptance corrections: a filing that an earlier version listed and the newest
-- version of no day lists was withdrawn.
withdrawals as (

    select
        accession_number,
        not bool_or(is_in_newest_version) as is_withdrawn,
        -- The market learned of it when the last index that listed the filing was fetched without it.
        case when not bool_or(is_in_newest_version) then max(left_index_date) end as withdrawn_known_from
    from index_accessions
    group by accession_number

),

winning_submissions as (

    select
        submissions.*,
        winning_roads.copy_count
    from submissions
    inner join winning_roads
        on
            submissions.accession_number = winning_roads.accession_number
            and submissions._road = winning_roads._road
            and submissions._partition = winning_roads._partition

),

with_sic as (

    select
        winning_submissions.*,
        coalesce(winning_submissions.assigned_sic_code, issuer_sics.sic_code) as sic_code,
        case
            when winning_submissions.assigned_sic_code is not null then 'filing_header'
            when issuer_sics.sic_code is not null then 'latest_known'
            else 'none'
        end as sic_source,
        case
            when winning_submissions.assigned_sic_code is not null then winning_submissions.filed_date
            else issuer_sics.learned_date
        end as sic_known_from
    from winning_submissions
    left join issuer_sics
        on
            winning_submissions.issuer_cik = issuer_sics.issuer_cik
            and winning_submissions.filed_date >= issuer_sics.valid_from
            and winning_submissions.filed_date < issuer_sics.valid_to

),

filings as (

    select
        with_sic.accession_number,
        with_sic._road as road,
        with_sic._partition,
        with_sic.form_type,
        substr(with_sic.form_type, 1, 1) as form_family,
        coalesce(with_sic.form_type like '%/A', false) as is_amendment,
        with_sic.issuer_cik,
        with_sic.issuer_name,
        with_sic.issuer_symbol,
        coalesce(joint_filings.owner_ciks, owners_of_filing.first_owner_cik, '') as owner_ciks,
        coalesce(joint_filings.owner_names, owners_of_filing.first_owner_name) as owner_names,
        coalesce(owners_of_filing.owner_count, 0) as owner_count,
        coalesce(owners_of_filing.is_director, false) as is_director,
        coalesce(owners_of_filing.is_officer, false) as is_officer,
        coalesce(owners_of_filing.is_ten_percent_owner, false) as is_ten_percent_owner,
        coalesce(owners_of_filing.is_other_owner, false) as is_other_owner,
        coalesce(owners_of_filing.is_executive, false) as is_executive,
        owners_of_filing.officer_title,
        coalesce(role_codes.role_code, 'other') as role_code,
        with_sic.filed_date,
        with_sic.accepted_at,
        with_sic.period_of_report_date,
        with_sic.original_submission_date,
        with_sic.is_rule_10b5_1_box_checked,
        with_sic.remarks,
        with_sic.sic_code,
        with_sic.sic_source,
        with_sic.sic_known_from,
        coalesce(issuer_sector_overrides.sector, sic_sectors.sector, 'Unmapped') as sector,
        coalesce(withdrawals.is_withdrawn, false) as is_withdrawn,
        withdrawals.withdrawn_known_from,
        -- Filed again under the same accession number in another partition: counted once, here.
        with_sic.copy_count,
        with_sic.cast_failure_count
    from with_sic
    left join owners_of_filing
        on with_sic.accession_number = owners_of_filing.accession_number
    left join joint_filings
        on with_sic.accession_number = joint_filings.accession_number
    left join role_codes
        on owners_of_filing.role_rank = role_codes.role_rank
    left join withdrawals
        on with_sic.accession_number = withdrawals.accession_number
    left join sic_sectors
        on
            with_sic.sic_code = sic_sectors.sic_code
            and with_sic.filed_date >= sic_sectors.valid_from
            and with_sic.filed_date < coalesce(sic_sectors.valid_to, date '9999-12-31')
    left join issuer_sector_overrides
        on
            with_sic.issuer_cik = issuer_sector_overrides.issuer_cik
            and with_sic.filed_date >= issuer_sector_overrides.valid_from
            and with_sic.filed_date < coalesce(issuer_sector_overrides.valid_to, date '9999-12-31')

)

select * from filings
