with

source as (

    select * from {{ source('raw', 'reportingowner') }}

),

renamed as (

    select
        -- ids
        {{ clean_text('accession_number') }} as accession_number,
        {{ clean_cik('rptownercik') }} as owner_cik,
        {{ clean_prose('rptownername') }} as owner_name,
        {{ clean_text('file_number') }} as file_number,
        -- texts
        {{ clean_prose('rptowner_title') }} as officer_title,
        {{ clean_prose('rptowner_txt') }} as other_relationship_text,
        {{ clean_prose('rptowner_street1') }} as street_1,
        {{ clean_prose('rptowner_street2') }} as street_2,
        {{ clean_prose('rptowner_city') }} as city_name,
        {{ clean_text('rptowner_state') }} as state_code,
        {{ clean_text('rptowner_zipcode') }} as zip_code,
        {{ clean_text('rptowner_state_desc') }} as state_name,
        -- flags
        coalesce(lower(rptowner_relationship) like '%director%', false) as is_director,
        coalesce(lower(rptowner_relationship) like '%officer%', false) as is_officer,
        coalesce(lower(rptowner_relationship) like '%tenpercentowner%', false) as is_ten_percent_owner,
        coalesce(lower(rptowner_relationship) like '%other%', false) as is_other_owner,
        -- provenance
        _road,
        _partition,
        _loaded_at,
        _parser_version
    from source

)

select * from renamed
