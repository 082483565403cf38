{{ config(materialized='incremental', incremental_strategy='replace_filings', on_schema_change='fail') }}

with

reporting_owners as (

    select * from {{ ref('stg_sec__reporting_owners') }}
    {{ of_changed_filings() }}

),

winning_roads as (

    select * from {{ ref('stg_sec__winning_roads') }}

),

submissions as (

    select * from {{ ref('stg_sec__submissions') }}
    {{ of_changed_filings() }}

),

role_codes as (

    select * from {{ ref('role_codes') }}

),

-- A filing names up to ten owners "in no meaningful order"; one named twice is one owner with both relationships.
owners_once as (

    select
        reporting_owners.accession_number,
        coalesce(reporting_owners.owner_cik, '0000000000') as owner_cik,
        reporting_owners._road,
        reporting_owners._partition,
        max(reporting_owners.owner_name) as owner_name,
        max(reporting_owners.officer_title) as officer_title,
        max(reporting_owners.other_relationship_text) as other_relationship_text,
        bool_or(reporting_owners.is_director) as is_director,
        bool_or(reporting_owners.is_officer) as is_officer,
        bool_or(reporting_owners.is_ten_percent_owner) as is_ten_percent_owner,
        bool_or(reporting_owners.is_other_owner) as is_other_owner
    from reporting_owners
    inner join winning_roads
        on
            reporting_owners.accession_number = winning_roads.accession_number
            and reporting_owners._road = winning_roads._road
            and reporting_owners._partition = winning_roads._partition
    group by
        reporting_owners.accession_number,
        coalesce(reporting_owners.owner_cik, '0000000000'),
        reporting_owners._road,
        reporting_owners._partition

),

-- The title field holds 30 characters; longer titles are written into the remarks, and the field says so.
with_title as (

    select
        owners_once.*,
        submissions.issuer_cik,
        submissions.form_type,
        submissions.filed_date,
        {{ text_matches('owners_once.officer_title', 'remark') }} and submissions.remarks is not null
            as is_title_from_remarks,
        case
            when {{ text_matches('owners_once.officer_title', 'remark') }}
                then coalesce(submissions.remarks, owners_once.officer_title)
            else owners_once.officer_title
        end as full_title
    from owners_once
    inner join submissions
        on
            owners_once.accession_number = submissions.accession_number
            and owners_once._road = submissions._road
            and owners_once._partition = submissions._partition

),

-- Before the ladder is read: a vice president is no president, a vice chair no chair, a deputy not the one he stands
-- for, the head of a committee not the head of the board, and a former officer or honorary chair holds the office no
-- longer.
ladder_title as (

    select
        *,
        case
            when
                is_officer
                or is_director
                or not (is_ten_percent_owner or is_other_owner)
                then {{ text_replace_all(
                    join_initials('lower(full_title)'),
                    [
                        "vice[ -]*(president|pres\\b|chair[a-z]*|cob\\b)|\\bv[ -]?(pres(ident)?|chair[a-z]*|cob)\\b",
                        "(deputy|dep|assistant|asst|associate|assoc)\\.? (general counsel|gen\\.? counsel|gc\\b)",
                        "(deputy|dep|assistant|asst|associate|assoc)\\.? (c[efo]o\\b|ch(ie|ei)?f [a-z]+)",
                        "(former|ex-|retired|assistant to( the)?|advisor to( the)?)[ -]*[a-z &.]*",
                        "chief of staff|(committee|comm\\.?) chair[a-z]*|chair[a-z]*,? (of )?(the )?[a-z &]*comm",
                        "(chair[a-z]*|cob)( of the board)?[^a-z]{0,3}(emeritus|s counsel)|office of (the )?(chair[a-z]*|cob)",
                    ] | join('|'),
                    ""
                ) }}
        end as title
    from with_title

),

with_role as (

    select
        *,
        case
            when {{ text_matches('title', "\\b(co-?)?ceo\\b|\\bch(ie|ei)?f\\.? ?exe?c|principal executive off") }}
                then 'ceo'
            when {{ text_matches('title', "\\bcfo\\b|\\bch(ie|ei)?f\\.? ?fin|principal financial off") }} then 'cfo'
            when {{ text_matches('title', "\\bcoo\\b|\\bch(ie|ei)?f\\.? ?op(er|s)") }} then 'coo'
            when {{ text_matches('title', "\\bpres(ident)?\\b") }} then 'president'
            when {{ text_matches('title', "\\bchair(man|woman|person)?\\b|\\bcob\\b") }} then 'chair'
            when {{ text_matches('title', "\\bch(ie|ei)?f\\b|\\bc[a-z]o\\b|\\bchro\\b") }} then 'other_chief'
            when {{ text_matches('title', "\\bgen(eral)?\\.? ?couns|\\bgc\\b") }} then 'general_counsel'
            when is_officer then 'other_officer'
            when is_director then 'director'
            when is_ten_percent_owner then 'ten_percent_owner'
            when title is not null and not is_other_owner then 'other_officer'
            else 'other'
        end as role_code
    from ladder_title

),

filing_owners as (

    select
        with_role.accession_number,
        with_role.owner_cik,
        with_role.owner_name,
        with_role.issuer_cik,
        with_role.form_type,
        with_role.filed_date,
        with_role.is_director,
        with_role.is_officer,
        with_role.is_ten_percent_owner,
        with_role.is_other_owner,
        with_role.officer_title,
        with_role.full_title,
        with_role.is_title_from_remarks,
        with_role.other_relationship_text,
        with_role.role_code,
        role_codes.role_rank,
        -- Board members are executives here: the guide's "high-ranking executives" are CEO, CFO and board.
        (role_codes.is_executive or with_role.is_director) as is_executive
    from with_role
    inner join role_codes
        on with_role.role_code = role_codes.role_code

)

select * from filing_owners
