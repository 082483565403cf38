with

sectors as (

    select * from {{ ref('sectors') }}

)

select
    sector,
    cast(sort_order as integer) as sort_order,
    is_investable,
    etf_symbol,
    etf_first_date,
    -- Any positive numbers may stand in the seed (equal, per cent, market value): they are scaled to sum to one.
    cast(benchmark_weight as double) / sum(benchmark_weight) over () as benchmark_weight,
    benchmark_note
from sectors
