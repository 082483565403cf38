with

nonderivative_source as (

    select * from {{ source('raw', 'nonderiv_trans') }}

),

derivative_source as (

    select * from {{ source('raw', 'deriv_trans') }}

),

nonderivative_lines as (

    select
        -- ids
        {{ clean_text('accession_number') }} as accession_number,
        'N' as table_code,
        -- codes
        upper({{ clean_text('trans_code') }}) as transaction_code,
        -- amounts
        {{ parse_number('trans_shares', 4) }} as share_count,
        {{ parse_number('trans_pricepershare', 6) }} as price_usd,
        -- dates
        {{ parse_date('trans_date') }} as transaction_date,
        -- provenance
        _road,
        _partition
    from nonderivative_source

),

derivative_lines as (

    select
        {{ clean_text('accession_number') }} as accession_number,
        'D' as table_code,
        upper({{ clean_text('trans_code') }}) as transaction_code,
        {{ parse_number('trans_shares', 4) }} as share_count,
        {{ parse_number('trans_pricepershare', 6) }} as price_usd,
        {{ parse_date('trans_date') }} as transaction_date,
        _road,
        _partition
    from derivative_source

),

-- Without line numbers, whose window over all rows would be computed before any filter on the partition: whoever
-- compares a few partitions reads only those.
renamed as (

    select * from nonderivative_lines
    union all
    select * from derivative_lines

)

select * from renamed
