{%- set book = "portfolio, rebalancing" %}
with

sectors as (

    select * from {{ ref('dim_sectors') }}

),

etf_months as (

    select * from {{ ref('int_etf_months') }}

),

weights as (

    select * from {{ ref('int_backtest_weights') }}

),

bounds as (

    select
        min(month_number) as first_month_number,
        max(month_number) + 1 as last_month_number
    from weights

),

-- The first close of each month of each fund from the first purchase on. A close the source lost leaves the fund at its
-- last known price until the next one.
closes_with_gaps as (

    select
        sectors.sector,
        etf_months.month_number,
        etf_months.first_price_date,
        etf_months.first_adjusted_close_usd,
        count(etf_months.first_adjusted_close_usd) over (
            partition by sectors.sector
            order by etf_months.month_number
            rows between unbounded preceding and current row
        ) as known_close_count
    from etf_months
    inner join sectors
        on etf_months.etf_symbol = sectors.etf_symbol
    cross join bounds
    where
        etf_months.month_number >= bounds.first_month_number
        and etf_months.month_number <= bounds.last_month_number
        and coalesce(etf_months.first_missing_reason, '') <> 'not_over_yet'

),

closes as (

    select
        sector,
        month_number,
        first_price_date,
        first_adjusted_close_usd is null as is_carried,
        max(first_adjusted_close_usd) over (partition by sector, known_close_count) as adjusted_close_usd
    from closes_with_gaps

),

months as (

    select
        month_number,
        -- Should the source have lost the first week of every fund, the month's first day stands for it.
        coalesce(
            min(first_price_date), {{ add_days(month_end_of('(month_number - 1)'), 1) }}
        ) as month_date
    from closes
    group by month_number

),

last_closes as (

    select max(month_number) as last_month_number
    from months

),

-- From one rebalancing to the next what was bought is held.
rebalancing_months as (

    select distinct
        portfolio,
        rebalancing,
        month_number
    from weights

),

holdings as (

    select
        rebalancing_months.portfolio,
        rebalancing_months.rebalancing,
        rebalancing_months.month_number as from_month_number,
        coalesce(
            lead(rebalancing_months.month_number) over (
                partition by rebalancing_months.portfolio, rebalancing_months.rebalancing
                order by rebalancing_months.month_number
            ),
            last_closes.last_month_number
        ) as to_month_number
    from rebalancing_months
    cross join last_closes
    where last_closes.last_month_number > rebalancing_months.month_number

),

held_funds as (

    select
        holdings.portfolio,
        holdings.rebalancing,
        holdings.from_month_number,
        holdings.to_month_number,
        closes.month_number,
        weights.sector,
        closes.is_carried,
        -- Decimals are the same sum in any order, and a build of the same data the same table.
        cast(
            weights.target_weight * closes.adjusted_close_usd / bought_closes.adjusted_close_usd as decimal(38, 18)
        ) as worth
    from holdings
    inner join weights
        on holdings.portfolio = weights.portfolio
            and holdings.rebalancing = weights.rebalancing
            and holdings.from_month_number = weights.month_number
    inner join closes as bought_closes
        on weights.sector = bought_closes.sector
            and weights.month_number = bought_closes.month_number
    inner join closes
        on weights.sector = closes.sector
            and holdings.from_month_number < closes.month_number
            and holdings.to_month_number >= closes.month_number

),

-- Growth since the rebalancing, for each month up to the next one.
grown as (

    select
        portfolio,
        rebalancing,
        from_month_number,
        to_month_number,
        month_number,
        cast(sum(worth) as double) as growth,
        count(*) as fund_count,
        sum(case when is_carried then 1 else 0 end) as carried_close_count
    from held_funds
    group by {{ book }}, from_month_number, to_month_number, month_number

),

-- What has to be traded: the new weights less what the old ones have become.
weight_changes as (

    select
        weights.portfolio,
        weights.rebalancing,
        weights.month_number,
        weights.sector,
        weights.target_weight as weight_change
    from weights
    union all
    select
        held_funds.portfolio,
        held_funds.rebalancing,
        held_funds.month_number,
        held_funds.sector,
        -1 * cast(held_funds.worth as double) / grown.growth as weight_change
    from held_funds
    inner join grown
        on held_funds.portfolio = grown.portfolio
            and held_funds.rebalancing = grown.rebalancing
            and held_funds.from_month_number = grown.from_month_number
            and held_funds.month_number = grown.month_number
    where held_funds.month_number = held_funds.to_month_number

),

net_changes as (

    select
        portfolio,
        rebalancing,
        month_number,
        sector,
        sum(weight_change) as weight_change
    from weight_changes
    group by {{ book }}, month_number, sector

),

-- The first purchase is everybody's and costs nothing here.
traded as (

    select
        holdings.portfolio,
        holdings.rebalancing,
        holdings.from_month_number,
        case
            when holdings.from_month_number > bounds.first_month_number
                then cast(sum(cast(abs(net_changes.weight_change) as decimal(38, 18))) as double)
            else 0
        end as traded_share
    from holdings
    inner join net_changes
        on holdings.portfolio = net_changes.portfolio
            and holdings.rebalancing = net_changes.rebalancing
            and holdings.from_month_number = net_changes.month_number
    cross join bounds
    group by holdings.portfolio, holdings.rebalancing, holdings.from_month_number, bounds.first_month_number

),

-- Growth up to the start of each holding is the product of those before it; products are sums of logarithms.
chained as (

    select
        traded.portfolio,
        traded.rebalancing,
        traded.from_month_number,
        traded.traded_share,
        coalesce(
            sum(ln(grown.growth)) over (
                partition by traded.portfolio, traded.rebalancing
                order by traded.from_month_number
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as log_growth_before,
        sum(ln(1 - traded.traded_share * {{ evidence_parameter('evidence_trading_cost_bps') }} / 10000.0)) over (
            partition by traded.portfolio, traded.rebalancing
            order by traded.from_month_number
            rows between unbounded preceding and current row
        ) as log_cost
    from traded
    left join grown
        on traded.portfolio = grown.portfolio
            and traded.rebalancing = grown.rebalancing
            and traded.from_month_number = grown.from_month_number
            and grown.month_number = grown.to_month_number

),

growth_of_one as (

    select
        grown.portfolio,
        grown.rebalancing,
        grown.month_number,
        exp(chained.log_growth_before) * grown.growth as growth_before_cost,
        exp(chained.log_growth_before + chained.log_cost) * grown.growth as growth_after_cost,
        grown.fund_count,
        grown.carried_close_count
    from grown
    inner join chained
        on grown.portfolio = chained.portfolio
            and grown.rebalancing = chained.rebalancing
            and grown.from_month_number = chained.from_month_number
    union all
    select
        holdings.portfolio,
        holdings.rebalancing,
        holdings.from_month_number as month_number,
        1 as growth_before_cost,
        1 as growth_after_cost,
        count(*) as fund_count,
        0 as carried_close_count
    from holdings
    inner join bounds
        on holdings.from_month_number = bounds.first_month_number
    inner join weights
        on holdings.portfolio = weights.portfolio
            and holdings.rebalancing = weights.rebalancing
            and holdings.from_month_number = weights.month_number
    group by holdings.portfolio, holdings.rebalancing, holdings.from_month_number

)

-- Rounded, because logarithms leave noise in the last digits.
select
    months.month_date,
    growth_of_one.portfolio,
    growth_of_one.rebalancing,
    round(growth_of_one.growth_after_cost, 12) as growth_of_one,
    round(growth_of_one.growth_before_cost, 12) as growth_of_one_before_cost,
    round(
        growth_of_one.growth_after_cost / lag(growth_of_one.growth_after_cost) over (
            partition by growth_of_one.portfolio, growth_of_one.rebalancing
            order by growth_of_one.month_number
        ) - 1,
        12
    ) as monthly_return,
    round(
        growth_of_one.growth_before_cost / lag(growth_of_one.growth_before_cost) over (
            partition by growth_of_one.portfolio, growth_of_one.rebalancing
            order by growth_of_one.month_number
        ) - 1,
        12
    ) as monthly_return_before_cost,
    cast(growth_of_one.fund_count as integer) as fund_count,
    cast(growth_of_one.carried_close_count as integer) as carried_close_count,
    coalesce(traded.from_month_number > bounds.first_month_number, false) as is_rebalanced,
    round(coalesce(traded.traded_share, 0) / 2, 12) as turnover
from growth_of_one
cross join bounds
inner join months
    on growth_of_one.month_number = months.month_number
left join traded
    on growth_of_one.portfolio = traded.portfolio
        and growth_of_one.rebalancing = traded.rebalancing
        and growth_of_one.month_number = traded.from_month_number
