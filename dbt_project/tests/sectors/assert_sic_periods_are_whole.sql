-- Every code has a sector on every day: its periods begin at the beginning, follow each other and stay open.
with

periods as (

    select
        sic_code,
        valid_from,
        valid_to,
        lag(valid_to) over (partition by sic_code order by valid_from) as previous_valid_to,
        row_number() over (partition by sic_code order by valid_from) as period_number,
        row_number() over (partition by sic_code order by valid_from desc) as period_number_from_end
    from {{ ref('int_sic_sectors') }}

)

select *
from periods
where
    (period_number = 1 and valid_from != cast('1900-01-01' as date))
    or (period_number > 1 and (previous_valid_to is null or previous_valid_to != valid_from))
    or (period_number_from_end = 1 and valid_to is not null)
    or valid_to <= valid_from
