with

issuer_ratios as (

    select * from {{ ref('fct_issuer_ratios_quarterly') }}

),

issuers as (

    select * from {{ ref('dim_issuers') }}

),

tiers as (

    select * from {{ ref('fct_sector_tiers_quarterly') }}

),

rpt_screen_low_sell_buy as (

    select
        issuer_ratios.quarter_end,
        issuer_ratios.issuer_cik,
        issuer_ratios.insider_group,
        issuers.issuer_name,
        issuers.issuer_symbol,
        issuer_ratios.sector,
        tiers.tier as sector_tier,
        issuer_ratios.sell_buy_below_one_quarters,
        issuer_ratios.sell_buy_ratio_count,
        issuer_ratios.sell_buy_ratio_share_count,
        issuer_ratios.sell_buy_ratio_usd,
        issuer_ratios.npr_usd,
        issuer_ratios.buy_count,
        issuer_ratios.buy_usd,
        issuer_ratios.sell_usd,
        issuer_ratios.buy_insider_count
    from issuer_ratios
    inner join issuers
        on issuer_ratios.issuer_cik = issuers.issuer_cik
    left join tiers
        on
            issuer_ratios.quarter_end = tiers.quarter_end
            and issuer_ratios.sector = tiers.sector
            and tiers.is_headline
    where issuer_ratios.sell_buy_below_one_quarters >= {{ company_parameter('screen_minimum_run') }}

)

select * from rpt_screen_low_sell_buy
