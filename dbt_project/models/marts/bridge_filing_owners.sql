-- A view: its rows are stored once, in int_filing_owners, and a second time where they are read, in the published file.
{{ config(materialized='view') }}

with

filing_owners as (

    select * from {{ ref('int_filing_owners') }}

),

bridge as (

    select
        accession_number,
        owner_cik,
        owner_name,
        issuer_cik,
        form_type,
        filed_date,
        is_director,
        is_officer,
        is_ten_percent_owner,
        is_other_owner,
        full_title as officer_title,
        is_title_from_remarks,
        other_relationship_text,
        role_code,
        is_executive
    from filing_owners

)

select * from bridge
