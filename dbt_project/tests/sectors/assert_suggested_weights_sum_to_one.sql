select
    quarter_end,
    window_days,
    insider_group,
    measure,
    sum(suggested_weight) as suggested_weight,
    sum(benchmark_weight) as benchmark_weight
from {{ ref('fct_sector_tiers_quarterly') }}
group by
    quarter_end, window_days, insider_group, measure
having
    abs(sum(suggested_weight) - 1) > 0.000000001
    or abs(sum(benchmark_weight) - 1) > 0.000000001
    or count(*) != (select count(*) from {{ ref('dim_sectors') }} where is_investable)
