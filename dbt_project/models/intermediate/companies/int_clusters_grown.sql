with

cluster_windows as (

    select * from {{ ref('int_cluster_windows') }}

),

clusters_opened as (

    select * from {{ ref('int_clusters_opened') }}

),

cluster_purchases as (

    select * from {{ ref('int_cluster_purchases') }}

),

signal_lines as (

    select * from {{ ref('int_signal_lines_detailed') }}

),

-- Windows that stand today and share a purchase day.
standing_windows as (

    select
        *,
        max(anchor_date) over (
            partition by issuer_cik
            order by first_trade_date, anchor_date
            rows between unbounded preceding and 1 preceding
        ) as last_date_before
    from cluster_windows
    where known_to is null

),

numbered_windows as (

    select
        *,
        sum(case when last_date_before is null or first_trade_date > last_date_before then 1 else 0 end) over (
            partition by issuer_cik
            order by first_trade_date, anchor_date
            rows between unbounded preceding and current row
        ) as island_number
    from standing_windows

),

islands as (

    select
        issuer_cik,
        min(first_trade_date) as first_trade_date,
        max(anchor_date) as last_trade_date
    from numbered_windows
    group by issuer_cik, island_number

),

-- Two clusters that a late filing has joined since have grown into the same one.
spans as (

    select
        clusters_opened.cluster_key,
        clusters_opened.issuer_cik,
        min(islands.first_trade_date) as latest_first_trade_date,
        max(islands.last_trade_date) as latest_last_trade_date
    from clusters_opened
    inner join islands
        on
            clusters_opened.issuer_cik = islands.issuer_cik
            and clusters_opened.first_trade_date <= islands.last_trade_date
            and clusters_opened.last_trade_date >= islands.first_trade_date
    group by clusters_opened.cluster_key, clusters_opened.issuer_cik

),

clusters_grown as (

    select
        spans.cluster_key,
        spans.latest_first_trade_date,
        spans.latest_last_trade_date,
        count(distinct cluster_purchases.lead_owner_cik) as latest_owner_count,
        sum(cast(signal_lines.value_usd as decimal(38, 4))) as latest_value_usd
    from spans
    inner join cluster_purchases
        on
            spans.issuer_cik = cluster_purchases.issuer_cik
            and spans.latest_first_trade_date <= cluster_purchases.transaction_date
            and spans.latest_last_trade_date >= cluster_purchases.transaction_date
    inner join signal_lines
        on
            cluster_purchases.issuer_cik = signal_lines.issuer_cik
            and cluster_purchases.lead_owner_cik = signal_lines.lead_owner_cik
            and cluster_purchases.transaction_date = signal_lines.transaction_date
    where
        cluster_purchases.qualified_to is null
        and signal_lines.known_to is null
        and signal_lines.direction = 'buy'
        and signal_lines.value_usd > 0
    group by spans.cluster_key, spans.latest_first_trade_date, spans.latest_last_trade_date

)

select * from clusters_grown
