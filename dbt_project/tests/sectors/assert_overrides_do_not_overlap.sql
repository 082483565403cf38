with

periods as (

    select
        issuer_cik,
        valid_from,
        valid_to,
        lead(valid_from) over (partition by issuer_cik order by valid_from) as next_valid_from
    from {{ ref('int_issuer_sector_overrides') }}

)

select *
from periods
where
    valid_to <= valid_from
    or (next_valid_from is not null and (valid_to is null or valid_to > next_valid_from))
