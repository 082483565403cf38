{%- set window_days = company_parameter('cluster_window_days') %}
with

signal_lines as (

    select * from {{ ref('int_signal_lines_detailed') }}

),

cluster_purchases as (

    select * from {{ ref('int_cluster_purchases') }}

),

cluster_windows as (

    select * from {{ ref('int_cluster_windows') }}

),

-- Purchases on the days they became known, where they were large enough by then.
known_purchases as (

    select distinct
        signal_lines.issuer_cik,
        signal_lines.lead_owner_cik,
        signal_lines.transaction_date,
        signal_lines.enters_on,
        {{ day_bucket('signal_lines.transaction_date', window_days) }} as bucket
    from signal_lines
    inner join cluster_purchases
        on
            signal_lines.issuer_cik = cluster_purchases.issuer_cik
            and signal_lines.lead_owner_cik = cluster_purchases.lead_owner_cik
            and signal_lines.transaction_date = cluster_purchases.transaction_date
            and signal_lines.enters_on >= cluster_purchases.qualified_from
            and (
                cluster_purchases.qualified_to is null
                or signal_lines.enters_on < cluster_purchases.qualified_to
            )
    where signal_lines.direction = 'buy'

),

-- A window that ends in one stretch of days holds purchases of that stretch and of the one before.
window_buckets as (

    select
        *,
        {{ day_bucket('anchor_date', window_days) }} as bucket
    from cluster_windows
    union all
    select
        *,
        {{ day_bucket('anchor_date', window_days) }} - 1 as bucket
    from cluster_windows

),

purchases_in_clusters as (

    select distinct
        known_purchases.issuer_cik,
        known_purchases.lead_owner_cik,
        known_purchases.transaction_date,
        known_purchases.enters_on
    from known_purchases
    inner join window_buckets
        on
            known_purchases.issuer_cik = window_buckets.issuer_cik
            and known_purchases.bucket = window_buckets.bucket
    where
        known_purchases.transaction_date <= window_buckets.anchor_date
        and known_purchases.transaction_date > {{ add_days('window_buckets.anchor_date', -window_days) }}
        and known_purchases.enters_on >= window_buckets.known_from
        and (window_buckets.known_to is null or known_purchases.enters_on < window_buckets.known_to)

)

select * from purchases_in_clusters
