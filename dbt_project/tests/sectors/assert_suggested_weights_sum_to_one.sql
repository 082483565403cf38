with

tiers as (

    select * from {{ ref('fct_sector_tiers_quarterly') }}

),

investable_sectors as (

    select count(*) as sector_count
    from {{ ref('dim_sectors') }}
    where is_investable

),

weights as (

    select
        quarter_end,
        window_days,
        insider_group,
        measure,
        count(*) as sector_count,
        sum(suggested_weight) as suggested_weight,
        sum(benchmark_weight) as benchmark_weight
    from tiers
    group by
        quarter_end, window_days, insider_group, measure

)

select weights.*
from weights
cross join investable_sectors
where
    abs(weights.suggested_weight - 1) > 0.000000001
    or abs(weights.benchmark_weight - 1) > 0.000000001
    or weights.sector_count != investable_sectors.sector_count
