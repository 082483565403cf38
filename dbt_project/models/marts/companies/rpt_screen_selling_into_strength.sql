{{ config(
    materialized='incremental',
    incremental_strategy='replace_issuers',
    on_schema_change='fail',
    post_hook="{{ drop_gone_quarters(ref('int_as_of_dates')) }}"
) }}

with

issuer_ratios as (

    select * from {{ ref('fct_issuer_ratios_quarterly') }}
    {{ of_changed_issuers_or_quarters(ref('fct_issuer_ratios_quarterly')) }}

),

results_reactions as (

    select * from {{ ref('int_results_reactions') }}

),

issuers as (

    select * from {{ ref('dim_issuers') }}

),

-- Where nothing was bought there is no ratio, and selling could not be heavier.
heavy_sellers as (

    select *
    from issuer_ratios
    where
        net_side = 'selling'
        and sell_insider_count >= {{ company_parameter('screen_minimum_insider_count') }}
        and (
            sell_buy_ratio_usd is null
            or sell_buy_ratio_usd >= {{ company_parameter('screen_minimum_sell_buy_ratio') }}
        )

),

rpt_screen_selling_into_strength as (

    select
        heavy_sellers.quarter_end,
        heavy_sellers.issuer_cik,
        heavy_sellers.insider_group,
        issuers.issuer_name,
        issuers.issuer_symbol,
        heavy_sellers.sector,
        results_reactions.released_on,
        results_reactions.price_change,
        coalesce(results_reactions.price_change_source, 'none') as price_change_source,
        results_reactions.price_change >= {{ company_parameter('screen_minimum_price_change') }}
            as is_after_strong_results,
        heavy_sellers.sell_buy_ratio_count,
        heavy_sellers.sell_buy_ratio_usd,
        heavy_sellers.npr_usd,
        heavy_sellers.sell_count,
        heavy_sellers.sell_usd,
        heavy_sellers.buy_usd,
        heavy_sellers.sell_insider_count,
        heavy_sellers.buy_sell_below_one_quarters
    from heavy_sellers
    inner join issuers
        on heavy_sellers.issuer_cik = issuers.issuer_cik
    left join results_reactions
        on
            heavy_sellers.quarter_end = results_reactions.quarter_end
            and heavy_sellers.issuer_cik = results_reactions.issuer_cik

)

select * from rpt_screen_selling_into_strength
