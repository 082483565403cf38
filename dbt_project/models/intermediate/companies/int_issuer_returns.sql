-- noqa: disable=LT02
{%- set horizons = {3: 91, 6: 182, 12: 365} %}
with

clusters_opened as (

    select * from {{ ref('int_clusters_opened') }}

),

issuer_prices as (

    select * from {{ ref('issuer_prices') }}
    where adj_close > 0

),

etf_returns as (

    select * from {{ ref('int_etf_returns_daily') }}

),

sectors as (

    select * from {{ ref('dim_sectors') }}

),

market_prices as (

    select
        etf_returns.price_date,
        etf_returns.adjusted_close_usd
    from etf_returns
    inner join sectors
        on etf_returns.etf_symbol = sectors.etf_symbol
    where sectors.sector = 'All'

),

-- Who read the filing on the evening of the day could buy at the next close.
bought as (

    select
        clusters_opened.cluster_key,
        clusters_opened.issuer_cik,
        min(issuer_prices.price_date) as bought_on,
        min_by(issuer_prices.adj_close, issuer_prices.price_date) as bought_at
    from clusters_opened
    inner join issuer_prices
        on
            clusters_opened.issuer_cik = issuer_prices.issuer_cik
            and clusters_opened.known_from < issuer_prices.price_date
    where issuer_prices.price_date <= {{ add_days('clusters_opened.known_from', 7) }}
    group by clusters_opened.cluster_key, clusters_opened.issuer_cik

),

-- The first close on or after the end of the horizon; a gap of more than a week is none.
sold as (
    {% for months, days in horizons.items() %}
    select
        bought.cluster_key,
        {{ months }} as horizon_months,
        min(issuer_prices.price_date) as sold_on,
        min_by(issuer_prices.adj_close, issuer_prices.price_date) as sold_at
    from bought
    inner join issuer_prices
        on bought.issuer_cik = issuer_prices.issuer_cik
    where
        issuer_prices.price_date >= {{ add_days('bought.bought_on', days) }}
        and issuer_prices.price_date <= {{ add_days('bought.bought_on', days + 7) }}
    group by bought.cluster_key
    {{ "union all" if not loop.last }}
    {% endfor %}
),

-- The market over the same days, where both of its closes are known.
returns as (

    select
        bought.cluster_key,
        sold.horizon_months,
        {{ quotient('sold.sold_at', 'bought.bought_at') }} - 1 as issuer_return,
        {{ quotient('market_then.adjusted_close_usd', 'market_before.adjusted_close_usd') }} - 1 as market_return
    from bought
    inner join sold
        on bought.cluster_key = sold.cluster_key
    left join market_prices as market_before
        on bought.bought_on = market_before.price_date
    left join market_prices as market_then
        on sold.sold_on = market_then.price_date

),

issuer_returns as (

    select
        bought.cluster_key,
        bought.bought_on
        {%- for months in horizons %},
        max(case when returns.horizon_months = {{ months }} then returns.issuer_return end)
            as return_{{ months }}_months,
        max(case when returns.horizon_months = {{ months }} then returns.issuer_return - returns.market_return end)
            as excess_return_{{ months }}_months
        {%- endfor %}
    from bought
    left join returns
        on bought.cluster_key = returns.cluster_key
    group by bought.cluster_key, bought.bought_on

)

select * from issuer_returns
