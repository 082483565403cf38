with

clusters_opened as (

    select * from {{ ref('int_clusters_opened') }}

),

cluster_purchases as (

    select * from {{ ref('int_cluster_purchases') }}

),

signal_lines as (

    select * from {{ ref('int_signal_lines_detailed') }}

),

-- The purchases that were large enough on the day the cluster became known, and of them the lines known by then.
members as (

    select
        clusters_opened.cluster_key,
        clusters_opened.known_from as cluster_known_from,
        cluster_purchases.issuer_cik,
        cluster_purchases.lead_owner_cik,
        cluster_purchases.transaction_date
    from clusters_opened
    inner join cluster_purchases
        on
            clusters_opened.issuer_cik = cluster_purchases.issuer_cik
            and clusters_opened.first_trade_date <= cluster_purchases.transaction_date
            and clusters_opened.last_trade_date >= cluster_purchases.transaction_date
            and clusters_opened.known_from >= cluster_purchases.qualified_from
            and (
                cluster_purchases.qualified_to is null
                or clusters_opened.known_from < cluster_purchases.qualified_to
            )

),

cluster_lines as (

    select
        members.cluster_key,
        signal_lines.transaction_line_key,
        signal_lines.enters_on
    from members
    inner join signal_lines
        on
            members.issuer_cik = signal_lines.issuer_cik
            and members.lead_owner_cik = signal_lines.lead_owner_cik
            and members.transaction_date = signal_lines.transaction_date
    where
        signal_lines.direction = 'buy'
        and signal_lines.value_usd > 0
        and members.cluster_known_from >= signal_lines.enters_on
        and (signal_lines.known_to is null or members.cluster_known_from < signal_lines.known_to)

)

select * from cluster_lines
