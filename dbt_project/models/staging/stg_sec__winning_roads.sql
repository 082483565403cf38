{{ config(materialized='table') }}

with

submissions as (

    select * from {{ ref('stg_sec__submissions') }}

),

-- The daily road wins where it holds the filing: it alone knows the header (acceptance time, SIC of that day) and
-- every footnote's place. A filing that could not be parsed is in quarantine, not here, so the quarterly road wins it.
-- Of two partitions of one road the earlier wins: it is the one that first made the filing known.
ranked as (

    select
        accession_number,
        _road,
        _partition,
        row_number() over (
            partition by accession_number
            order by
                case when _road = 'daily' then 1 else 2 end,
                _partition
        ) as preference,
        count(*) over (partition by accession_number) as copy_count
    from submissions

),

winning_roads as (

    select
        accession_number,
        _road,
        _partition,
        copy_count
    from ranked
    where preference = 1

)

select * from winning_roads
