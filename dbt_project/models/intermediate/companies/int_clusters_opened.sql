with

cluster_windows as (

    select * from {{ ref('int_cluster_windows') }}

),

-- Windows that became known on one day and share a purchase day are one cluster.
same_day_windows as (

    select
        *,
        max(anchor_date) over (
            partition by issuer_cik, known_from
            order by first_trade_date, anchor_date
            rows between unbounded preceding and 1 preceding
        ) as last_date_before
    from cluster_windows

),

numbered_windows as (

    select
        *,
        sum(case when last_date_before is null or first_trade_date > last_date_before then 1 else 0 end) over (
            partition by issuer_cik, known_from
            order by first_trade_date, anchor_date
            rows between unbounded preceding and current row
        ) as island_number
    from same_day_windows

),

detections as (

    select
        issuer_cik,
        known_from,
        min(first_trade_date) as first_trade_date,
        max(anchor_date) as last_trade_date
    from numbered_windows
    group by issuer_cik, known_from, island_number

),

-- What reaches into a window that was known before makes that cluster longer and opens none.
continuations as (

    select distinct
        detections.issuer_cik,
        detections.known_from,
        detections.first_trade_date
    from detections
    inner join cluster_windows as earlier_windows
        on
            detections.issuer_cik = earlier_windows.issuer_cik
            and detections.known_from > earlier_windows.known_from
            and detections.first_trade_date <= earlier_windows.anchor_date
            and detections.last_trade_date
            > {{ add_days('earlier_windows.anchor_date', -company_parameter('cluster_window_days')) }}

),

openings as (

    select
        detections.issuer_cik,
        detections.known_from,
        detections.first_trade_date,
        detections.last_trade_date
    from detections
    left join continuations
        on
            detections.issuer_cik = continuations.issuer_cik
            and detections.known_from = continuations.known_from
            and detections.first_trade_date = continuations.first_trade_date
    where continuations.issuer_cik is null

),

-- A cluster stands while any window that ends in it has enough owners: from its opening to the first day without.
standing_windows as (

    select
        openings.*,
        cluster_windows.known_from as window_known_from,
        coalesce(cluster_windows.known_to, {{ end_of_time() }}) as leaves_on,
        max(coalesce(cluster_windows.known_to, {{ end_of_time() }})) over (
            partition by openings.issuer_cik, openings.known_from, openings.first_trade_date
            order by cluster_windows.known_from, coalesce(cluster_windows.known_to, {{ end_of_time() }})
            rows between unbounded preceding and 1 preceding
        ) as left_before
    from openings
    inner join cluster_windows
        on
            openings.issuer_cik = cluster_windows.issuer_cik
            and openings.known_from <= cluster_windows.known_from
            and openings.first_trade_date <= cluster_windows.anchor_date
            and openings.last_trade_date >= cluster_windows.anchor_date

),

numbered_stands as (

    select
        *,
        sum(case when window_known_from > left_before then 1 else 0 end) over (
            partition by issuer_cik, known_from, first_trade_date
            order by window_known_from, leaves_on
            rows between unbounded preceding and current row
        ) as gap_count
    from standing_windows

),

clusters_opened as (

    select
        concat(issuer_cik, '|', cast(known_from as varchar), '|', cast(first_trade_date as varchar)) as cluster_key,
        issuer_cik,
        first_trade_date,
        last_trade_date,
        known_from,
        nullif(max(leaves_on), {{ end_of_time() }}) as known_to
    from numbered_stands
    where gap_count = 0
    group by issuer_cik, first_trade_date, last_trade_date, known_from

)

select * from clusters_opened
