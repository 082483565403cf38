{{ config(materialized='incremental', incremental_strategy='replace_issuers', on_schema_change='fail') }}
{%- set window_days = company_parameter('cluster_window_days') %}
with

cluster_purchases as (

    select * from {{ ref('int_cluster_purchases') }}
    {{ of_changed_issuers() }}

),

-- Most issuers never have enough buyers.
issuers as (

    select issuer_cik
    from cluster_purchases
    group by issuer_cik
    having count(distinct lead_owner_cik) >= {{ company_parameter('cluster_owner_count') }}

),

purchases as (

    select
        cluster_purchases.issuer_cik,
        cluster_purchases.lead_owner_cik,
        cluster_purchases.transaction_date,
        cluster_purchases.qualified_from,
        coalesce(cluster_purchases.qualified_to, {{ end_of_time() }}) as leaves_on,
        {{ day_bucket('cluster_purchases.transaction_date', window_days) }} as bucket
    from cluster_purchases
    inner join issuers
        on cluster_purchases.issuer_cik = issuers.issuer_cik

),

-- Windows end on days of purchases: any other window with enough owners holds no purchase more than the window that
-- ends on its last one.
anchors as (

    select distinct
        issuer_cik,
        transaction_date as anchor_date,
        bucket
    from purchases

),

anchor_buckets as (

    select
        issuer_cik,
        anchor_date,
        bucket
    from anchors
    union all
    select
        issuer_cik,
        anchor_date,
        bucket - 1 as bucket
    from anchors

),

window_purchases as (

    select
        anchor_buckets.issuer_cik,
        anchor_buckets.anchor_date,
        purchases.lead_owner_cik,
        purchases.transaction_date,
        purchases.qualified_from,
        purchases.leaves_on
    from anchor_buckets
    inner join purchases
        on
            anchor_buckets.issuer_cik = purchases.issuer_cik
            and anchor_buckets.bucket = purchases.bucket
    where
        anchor_buckets.anchor_date >= purchases.transaction_date
        and purchases.transaction_date > {{ add_days('anchor_buckets.anchor_date', -window_days) }}

),

-- An owner counts once while any of their purchases in the window stands: overlapping and touching spans are one.
spans as (

    select
        *,
        max(leaves_on) over (
            partition by issuer_cik, anchor_date, lead_owner_cik
            order by qualified_from, leaves_on
            rows between unbounded preceding and 1 preceding
        ) as left_before
    from window_purchases

),

numbered_spans as (

    select
        *,
        sum(case when left_before is null or qualified_from > left_before then 1 else 0 end) over (
            partition by issuer_cik, anchor_date, lead_owner_cik
            order by qualified_from, leaves_on
            rows between unbounded preceding and current row
        ) as island_number
    from spans

),

owner_islands as (

    select
        issuer_cik,
        anchor_date,
        min(qualified_from) as counts_from,
        max(leaves_on) as leaves_on
    from numbered_spans
    group by issuer_cik, anchor_date, lead_owner_cik, island_number

),

changes as (

    select
        issuer_cik,
        anchor_date,
        counts_from as changed_on,
        1 as owner_change,
        0 as anchor_change
    from owner_islands
    union all
    select
        issuer_cik,
        anchor_date,
        leaves_on as changed_on,
        -1 as owner_change,
        0 as anchor_change
    from owner_islands
    union all
    select
        issuer_cik,
        transaction_date as anchor_date,
        qualified_from as changed_on,
        0 as owner_change,
        1 as anchor_change
    from purchases
    union all
    select
        issuer_cik,
        transaction_date as anchor_date,
        leaves_on as changed_on,
        0 as owner_change,
        -1 as anchor_change
    from purchases

),

daily_changes as (

    select
        issuer_cik,
        anchor_date,
        changed_on,
        sum(owner_change) as owner_change,
        sum(anchor_change) as anchor_change
    from changes
    group by issuer_cik, anchor_date, changed_on

),

totals as (

    select
        issuer_cik,
        anchor_date,
        changed_on,
        sum(owner_change) over anchor_days as owner_count,
        sum(anchor_change) over anchor_days as anchor_count
    from daily_changes
    window anchor_days as (
        partition by issuer_cik, anchor_date
        order by changed_on
        rows between unbounded preceding and current row
    )

),

-- A window is known only while its last purchase is: else it would end on a day nobody knew of.
levels as (

    select
        issuer_cik,
        anchor_date,
        changed_on,
        owner_count >= {{ company_parameter('cluster_owner_count') }} and anchor_count > 0 as is_cluster
    from totals

),

with_level_before as (

    select
        *,
        coalesce(
            lag(is_cluster) over (partition by issuer_cik, anchor_date order by changed_on),
            false
        ) as was_cluster
    from levels

),

turns as (

    select
        *,
        lead(changed_on) over (partition by issuer_cik, anchor_date order by changed_on) as next_turn_on
    from with_level_before
    where is_cluster <> was_cluster

),

cluster_windows as (

    select
        turns.issuer_cik,
        turns.anchor_date,
        turns.changed_on as known_from,
        nullif(turns.next_turn_on, {{ end_of_time() }}) as known_to,
        min(window_purchases.transaction_date) as first_trade_date
    from turns
    inner join window_purchases
        on
            turns.issuer_cik = window_purchases.issuer_cik
            and turns.anchor_date = window_purchases.anchor_date
            and turns.changed_on >= window_purchases.qualified_from
            and turns.changed_on < window_purchases.leaves_on
    where turns.is_cluster
    group by turns.issuer_cik, turns.anchor_date, turns.changed_on, turns.next_turn_on

)

select * from cluster_windows
