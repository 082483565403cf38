with

cluster_buys as (

    select * from {{ ref('fct_cluster_buys') }}

),

cluster_lines as (

    select * from {{ ref('int_cluster_lines') }}

),

signal_lines as (

    select * from {{ ref('int_signal_lines_detailed') }}

),

trades_measured as (

    select * from {{ ref('int_trades_measured') }}

),

trade_conviction as (

    select * from {{ ref('fct_trade_conviction') }}

),

tiers as (

    select * from {{ ref('fct_sector_tiers_quarterly') }}
    where is_headline

),

issuers as (

    select * from {{ ref('dim_issuers') }}

),

-- The tier of a quarter end is known at the end of that day, as the cluster is at the end of its own.
latest_tiers as (

    select
        cluster_buys.cluster_key,
        max(tiers.quarter_end) as tier_quarter_end
    from cluster_buys
    inner join tiers
        on
            cluster_buys.sector = tiers.sector
            and cluster_buys.known_from >= tiers.quarter_end
    group by cluster_buys.cluster_key

),

overweight_clusters as (

    select
        cluster_buys.*,
        tiers.quarter_end as tier_quarter_end,
        tiers.tier as sector_tier,
        tiers.percentile as sector_percentile,
        tiers.is_fragile as is_sector_fragile
    from cluster_buys
    inner join latest_tiers
        on cluster_buys.cluster_key = latest_tiers.cluster_key
    inner join tiers
        on
            cluster_buys.sector = tiers.sector
            and latest_tiers.tier_quarter_end = tiers.quarter_end
    where tiers.tier = 'Overweight'

),

member_lines as (

    select
        cluster_lines.cluster_key,
        signal_lines.transaction_line_key,
        signal_lines.issuer_cik,
        signal_lines.lead_owner_cik,
        signal_lines.transaction_date,
        signal_lines.direction,
        signal_lines.enters_on,
        signal_lines.rule_10b5_1_status,
        signal_lines.value_usd
    from cluster_lines
    inner join overweight_clusters
        on cluster_lines.cluster_key = overweight_clusters.cluster_key
    inner join signal_lines
        on
            cluster_lines.transaction_line_key = signal_lines.transaction_line_key
            and cluster_lines.enters_on = signal_lines.enters_on

),

member_trades as (

    select distinct
        cluster_key,
        issuer_cik,
        lead_owner_cik,
        transaction_date,
        direction,
        enters_on
    from member_lines

),

-- Against what they held before: each buyer's earliest holding of the cluster, for buyers whose holding is known.
owner_holdings as (

    select
        member_trades.cluster_key,
        member_trades.lead_owner_cik,
        sum(trades_measured.share_count) as share_count,
        min_by(
            trades_measured.share_count_owned_before,
            concat(cast(member_trades.transaction_date as varchar), cast(member_trades.enters_on as varchar))
        ) as share_count_owned_before,
        max(trades_measured.size_deviation) as size_deviation,
        min(trades_measured.earlier_trade_count) as earlier_trade_count
    from member_trades
    inner join trades_measured
        on
            member_trades.issuer_cik = trades_measured.issuer_cik
            and member_trades.lead_owner_cik = trades_measured.lead_owner_cik
            and member_trades.transaction_date = trades_measured.transaction_date
            and member_trades.direction = trades_measured.direction
            and member_trades.enters_on = trades_measured.enters_on
    group by member_trades.cluster_key, member_trades.lead_owner_cik

),

holdings as (

    select
        cluster_key,
        count(share_count_owned_before) as owner_count_with_holding,
        sum(case when share_count_owned_before is not null then share_count end) as share_count_of_known,
        sum(share_count_owned_before) as share_count_owned_before,
        sum(case when share_count_owned_before = 0 then 1 else 0 end) as new_holder_count,
        max(size_deviation) as largest_size_deviation,
        min(earlier_trade_count) as earlier_purchase_count
    from owner_holdings
    group by cluster_key

),

-- Weighted by dollars, so that a token purchase beside a large one does not lower the score by half; by those of the
-- line, because every lot carries the score of its whole trade.
convictions as (

    select
        member_lines.cluster_key,
        {{ quotient(
            'sum(cast(trade_conviction.conviction_score * cast(member_lines.value_usd as double) as decimal(38, 4)))',
            'sum(member_lines.value_usd)'
        ) }} as conviction_score,
        max(trade_conviction.conviction_score) as highest_conviction_score,
        sum(case when member_lines.rule_10b5_1_status = 'yes' then 1 else 0 end) as plan_line_count
    from member_lines
    inner join trade_conviction
        on member_lines.transaction_line_key = trade_conviction.transaction_line_key
    group by member_lines.cluster_key

),

earlier_clusters as (

    select
        overweight_clusters.cluster_key,
        count(*) as earlier_cluster_count,
        max(earlier.known_from) as earlier_cluster_known_from
    from overweight_clusters
    inner join cluster_buys as earlier
        on
            overweight_clusters.issuer_cik = earlier.issuer_cik
            and overweight_clusters.known_from > earlier.known_from
    group by overweight_clusters.cluster_key

),

rpt_high_conviction as (

    select
        overweight_clusters.cluster_key,
        overweight_clusters.known_from,
        overweight_clusters.known_to,
        overweight_clusters.sector,
        overweight_clusters.sector_tier,
        overweight_clusters.tier_quarter_end,
        overweight_clusters.sector_percentile,
        overweight_clusters.is_sector_fragile,
        overweight_clusters.issuer_cik,
        issuers.issuer_name,
        issuers.issuer_symbol,
        overweight_clusters.first_trade_date,
        overweight_clusters.last_trade_date,
        overweight_clusters.owner_count,
        overweight_clusters.owner_names,
        overweight_clusters.role_codes,
        overweight_clusters.has_ceo,
        overweight_clusters.has_cfo,
        overweight_clusters.executive_count,
        overweight_clusters.opportunistic_owner_count,
        overweight_clusters.routine_owner_count,
        cast(convictions.plan_line_count as bigint) as plan_line_count,
        overweight_clusters.share_count,
        overweight_clusters.value_usd,
        overweight_clusters.largest_owner_share,
        holdings.owner_count_with_holding,
        cast(holdings.new_holder_count as bigint) as new_holder_count,
        {{ quotient('holdings.share_count_of_known', 'holdings.share_count_owned_before') }} as share_of_holding,
        holdings.earlier_purchase_count,
        holdings.largest_size_deviation,
        coalesce(earlier_clusters.earlier_cluster_count, 0) as earlier_cluster_count,
        earlier_clusters.earlier_cluster_known_from,
        convictions.conviction_score,
        convictions.highest_conviction_score,
        overweight_clusters.accession_numbers,
        overweight_clusters.filing_urls,
        overweight_clusters.bought_on,
        overweight_clusters.return_3_months,
        overweight_clusters.excess_return_3_months,
        overweight_clusters.return_6_months,
        overweight_clusters.excess_return_6_months,
        overweight_clusters.return_12_months,
        overweight_clusters.excess_return_12_months
    from overweight_clusters
    inner join holdings
        on overweight_clusters.cluster_key = holdings.cluster_key
    inner join convictions
        on overweight_clusters.cluster_key = convictions.cluster_key
    left join issuers
        on overweight_clusters.issuer_cik = issuers.issuer_cik
    left join earlier_clusters
        on overweight_clusters.cluster_key = earlier_clusters.cluster_key

)

select * from rpt_high_conviction
