select
    quarter_end,
    sector
from {{ ref('fct_sector_tiers_quarterly') }}
group by
    quarter_end, sector
having sum(case when is_headline then 1 else 0 end) != 1
