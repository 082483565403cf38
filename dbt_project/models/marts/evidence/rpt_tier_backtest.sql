with

months as (

    select * from {{ ref('rpt_tier_backtest_monthly') }}

),

-- A month belongs to the side of the split on which it ends.
months_by_period as (

    select
        *,
        'all' as period
    from months
    union all
    select
        *,
        {{ evidence_period('month_date') }} as period
    from months

),

months_compared as (

    select
        months_by_period.*,
        case
            when months_by_period.portfolio not in ('equal_weight', 'market')
                then months_by_period.monthly_return - equal_weight.monthly_return
        end as return_over_equal_weight,
        case
            when months_by_period.portfolio <> 'market'
                then months_by_period.monthly_return - market.monthly_return
        end as return_over_market,
        -- The level a period starts from is the one before its first return.
        max(
            greatest(
                months_by_period.growth_of_one,
                months_by_period.growth_of_one / (1 + coalesce(months_by_period.monthly_return, 0))
            )
        ) over (
            partition by months_by_period.portfolio, months_by_period.rebalancing, months_by_period.period
            order by months_by_period.month_date
            rows between unbounded preceding and current row
        ) as highest_growth
    from months_by_period
    left join months as equal_weight
        on months_by_period.month_date = equal_weight.month_date
            and months_by_period.rebalancing = equal_weight.rebalancing
            and equal_weight.portfolio = 'equal_weight'
    left join months as market
        on months_by_period.month_date = market.month_date
            and market.portfolio = 'market'

),

summed as (

    select
        portfolio,
        rebalancing,
        period,
        min(month_date) as first_date,
        max(month_date) as last_date,
        count(monthly_return) as month_count,
        count(case when is_rebalanced then 1 end) as rebalancing_count,
        sum(ln(1 + monthly_return)) as log_growth,
        sum(ln(1 + monthly_return_before_cost)) as log_growth_before_cost,
        stddev_samp(monthly_return) as deviation,
        round(min(growth_of_one / highest_growth) - 1, 12) as max_drawdown,
        sum(turnover) as turnover,
        avg(return_over_equal_weight) as mean_over_equal_weight,
        stddev_samp(return_over_equal_weight) as deviation_over_equal_weight,
        avg(return_over_market) as mean_over_market,
        stddev_samp(return_over_market) as deviation_over_market,
        min(fund_count) as fund_count_min,
        max(fund_count) as fund_count_max,
        sum(carried_close_count) as carried_close_count
    from months_compared
    group by portfolio, rebalancing, period

),

per_year as (

    select
        *,
        round(exp(log_growth * 12 / month_count) - 1, 12) as return_pa,
        round(exp(log_growth_before_cost * 12 / month_count) - 1, 12) as return_pa_before_cost
    from summed
    where month_count > 0

)

select
    per_year.portfolio,
    per_year.rebalancing,
    per_year.period,
    per_year.portfolio = 'tier'
    and per_year.rebalancing = 'quarterly'
    and per_year.period = 'all' as is_headline,
    date '{{ evidence_parameter('evidence_split_date') }}' as split_date,
    per_year.first_date,
    per_year.last_date,
    cast(per_year.month_count as integer) as month_count,
    cast(per_year.rebalancing_count as integer) as rebalancing_count,
    per_year.return_pa,
    per_year.return_pa_before_cost,
    per_year.deviation * sqrt(12) as volatility_pa,
    per_year.max_drawdown,
    per_year.turnover * 12 / per_year.month_count as turnover_pa,
    per_year.return_pa_before_cost - per_year.return_pa as cost_pa,
    cast({{ evidence_parameter('evidence_trading_cost_bps') }} as double) as cost_bps,
    case
        when per_year.portfolio not in ('equal_weight', 'market') then per_year.return_pa - equal_weight.return_pa
    end as excess_over_equal_weight_pa,
    per_year.mean_over_equal_weight
    / nullif(per_year.deviation_over_equal_weight / sqrt(per_year.month_count), 0) as excess_over_equal_weight_t,
    per_year.deviation_over_equal_weight * sqrt(12) as tracking_error_equal_weight,
    case when per_year.portfolio <> 'market' then per_year.return_pa - market.return_pa end as excess_over_market_pa,
    per_year.mean_over_market
    / nullif(per_year.deviation_over_market / sqrt(per_year.month_count), 0) as excess_over_market_t,
    per_year.deviation_over_market * sqrt(12) as tracking_error_market,
    per_year.fund_count_min,
    per_year.fund_count_max,
    cast(per_year.carried_close_count as integer) as carried_close_count
from per_year
left join per_year as equal_weight
    on per_year.rebalancing = equal_weight.rebalancing
        and per_year.period = equal_weight.period
        and equal_weight.portfolio = 'equal_weight'
left join per_year as market
    on per_year.period = market.period
        and market.portfolio = 'market'
