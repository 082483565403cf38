with

tiers as (

    select * from {{ ref('fct_sector_tiers_quarterly') }}
    where is_headline

),

cluster_buys as (

    select * from {{ ref('fct_cluster_buys') }}

),

high_conviction as (

    select * from {{ ref('rpt_high_conviction') }}

),

issuers as (

    select * from {{ ref('dim_issuers') }}

)

-- Clusters that became known in the quarter and still stood at its end.
select
    tiers.quarter_end,
    cluster_buys.sector,
    tiers.tier,
    cluster_buys.cluster_key,
    cluster_buys.issuer_cik,
    issuers.issuer_name,
    issuers.issuer_symbol,
    cluster_buys.first_trade_date,
    cluster_buys.last_trade_date,
    cluster_buys.known_from,
    cluster_buys.owner_count,
    cluster_buys.owner_names,
    cluster_buys.role_codes,
    cluster_buys.has_ceo,
    cluster_buys.has_cfo,
    cluster_buys.executive_count,
    cluster_buys.opportunistic_owner_count,
    cluster_buys.share_count,
    cluster_buys.value_usd,
    cluster_buys.largest_owner_share,
    high_conviction.cluster_key is not null as is_high_conviction,
    high_conviction.share_of_holding,
    high_conviction.conviction_score,
    cluster_buys.accession_numbers,
    cluster_buys.filing_urls
from tiers
inner join cluster_buys
    on tiers.sector = cluster_buys.sector
        and tiers.quarter_end >= cluster_buys.known_from
        and cluster_buys.known_from >= cast({{ dbt.date_trunc('quarter', 'tiers.quarter_end') }} as date)
left join high_conviction
    on cluster_buys.cluster_key = high_conviction.cluster_key
left join issuers
    on cluster_buys.issuer_cik = issuers.issuer_cik
where cluster_buys.known_to is null or cluster_buys.known_to > tiers.quarter_end
