-- noqa: disable=LT02
{%- set horizons = {3: 91, 6: 182, 12: 365} %}
with

cluster_buys as (

    select * from {{ ref('fct_cluster_buys') }}

),

issuer_prices as (

    select * from {{ ref('issuer_prices') }}

),

-- Who read the filing on the evening of the day could buy at the next close.
bought as (

    select
        cluster_buys.cluster_key,
        cluster_buys.issuer_cik,
        cluster_buys.known_from,
        min(issuer_prices.price_date) as bought_on,
        min_by(issuer_prices.adj_close, issuer_prices.price_date) as bought_at
    from cluster_buys
    inner join issuer_prices
        on cluster_buys.issuer_cik = issuer_prices.issuer_cik
    where
        issuer_prices.price_date > cluster_buys.known_from
        and issuer_prices.price_date <= {{ add_days('cluster_buys.known_from', 7) }}
        and issuer_prices.adj_close > 0
    group by cluster_buys.cluster_key, cluster_buys.issuer_cik, cluster_buys.known_from

),

-- The first close on or after the end of the horizon; a gap of more than a week is none.
sold as (
    {% for months, days in horizons.items() %}
    select
        bought.cluster_key,
        {{ months }} as horizon_months,
        min_by(issuer_prices.adj_close, issuer_prices.price_date) as sold_at
    from bought
    inner join issuer_prices
        on bought.issuer_cik = issuer_prices.issuer_cik
    where
        issuer_prices.price_date >= {{ add_days('bought.bought_on', days) }}
        and issuer_prices.price_date <= {{ add_days('bought.bought_on', days + 7) }}
        and issuer_prices.adj_close > 0
    group by bought.cluster_key
    {{ "union all" if not loop.last }}
    {% endfor %}
),

issuer_returns as (

    select
        bought.cluster_key,
        bought.bought_on
        {%- for months in horizons %},
        max(
            case
                when sold.horizon_months = {{ months }}
                    then {{ quotient('sold.sold_at', 'bought.bought_at') }} - 1
            end
        ) as return_{{ months }}_months
        {%- endfor %}
    from bought
    left join sold
        on bought.cluster_key = sold.cluster_key
    group by bought.cluster_key, bought.bought_on

)

select * from issuer_returns
