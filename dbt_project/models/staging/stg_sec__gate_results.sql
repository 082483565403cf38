with

source as (

    select * from {{ source('raw', 'gate_results') }}

),

renamed as (

    select
        -- codes
        gate as gate_name,
        severity as severity_code,
        expectation as expectation_name,
        -- texts
        partition as checked_partition,
        sample as failing_sample,
        -- amounts
        failing_count as failing_row_count,
        -- flags
        passed as is_passed,
        -- dates
        checked_at,
        -- provenance
        _partition,
        _loaded_at
    from source

)

select * from renamed
