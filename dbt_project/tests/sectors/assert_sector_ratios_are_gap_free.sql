-- Every day from the first to the last has one row per sector, window and insider group.
with

ratios as (

    select * from {{ ref('fct_sector_ratios_daily') }}

),

expected as (

    select
        (select count(*) from {{ ref('dim_sectors') }})
        * (select count(*) from {{ ref('insider_groups') }})
        * {{ sector_parameter('window_days') | length }} as row_count

),

days as (

    select
        as_of_date,
        count(*) as row_count,
        lag(as_of_date) over (order by as_of_date) as previous_date
    from ratios
    group by as_of_date

)

select
    days.as_of_date,
    days.row_count,
    days.previous_date
from days
cross join expected
where
    days.row_count != expected.row_count
    or {{ add_days('days.previous_date', 1) }} != days.as_of_date
