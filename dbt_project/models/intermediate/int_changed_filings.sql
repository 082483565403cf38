with

changes as (

    select * from {{ ref('stg_sec__changes') }}

),

winning_roads as (

    select * from {{ ref('stg_sec__winning_roads') }}

),

touched as (

    select distinct accession_number
    from changes
    where accession_number is not null

),

-- A filing that left one partition may still stand in another, which nothing has replaced.
changed_filings as (

    select
        touched.accession_number,
        winning_roads._road as winning_road,
        winning_roads._partition as winning_partition
    from touched
    left join winning_roads
        on touched.accession_number = winning_roads.accession_number

)

select * from changed_filings
