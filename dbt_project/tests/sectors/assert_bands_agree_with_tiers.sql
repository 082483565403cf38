-- The band is drawn so that a reader sees a tier coming: at a quarter end both must say the same.
select
    tiers.quarter_end,
    tiers.sector,
    tiers.window_days,
    tiers.insider_group,
    tiers.measure,
    tiers.tier,
    bands.standing
from {{ ref('fct_sector_tiers_quarterly') }} as tiers
left join {{ ref('rpt_sector_bands_monthly') }} as bands
    on
        tiers.quarter_end = bands.as_of_date
        and tiers.sector = bands.sector
        and tiers.window_days = bands.window_days
        and tiers.insider_group = bands.insider_group
        and tiers.measure = bands.measure
where
    {{ has_bands('tiers.measure') }}
    and (
        bands.standing is null
        or bands.standing <> tiers.tier
        or coalesce(bands.five_year_average, 0) <> case
            when bands.five_year_average is null then 0 else tiers.five_year_average
        end
    )
