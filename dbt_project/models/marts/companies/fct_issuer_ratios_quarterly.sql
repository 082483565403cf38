{%- set reversal_quarters = company_parameter('reversal_quarter_count') %}
with

issuer_totals as (

    select * from {{ ref('int_issuer_totals_at_quarter_ends') }}

),

-- More dollars bought than sold is a sell/buy ratio below one, also where nothing was sold.
sided_quarters as (

    select
        *,
        {{ quarter_ordinal('quarter_end') }} as quarter_number,
        case
            when buy_usd > sell_usd then 'buying'
            when sell_usd > buy_usd then 'selling'
            else 'even'
        end as net_side
    from issuer_totals

),

-- A quarter in which nobody of the group traded neither counts nor ends a run; too many of them do.
run_starts as (

    select
        *,
        case
            when
                net_side = lag(net_side) over issuer_quarters
                and quarter_number - lag(quarter_number) over issuer_quarters
                <= {{ company_parameter('run_pause_quarter_count') }} + 1
                then 0
            else 1
        end as run_start
    from sided_quarters
    window issuer_quarters as (
        partition by issuer_cik, insider_group
        order by quarter_number
    )

),

numbered_runs as (

    select
        *,
        sum(run_start) over (
            partition by issuer_cik, insider_group
            order by quarter_number
            rows between unbounded preceding and current row
        ) as run_number
    from run_starts

),

with_runs as (

    select
        *,
        row_number() over (
            partition by issuer_cik, insider_group, run_number
            order by quarter_number
        ) as run_length
    from numbered_runs

),

quarters_back as (
    {% for back in range(1, reversal_quarters + 1) %}
    select {{ back }} as quarters_back
    {{ "union all" if not loop.last }}
    {% endfor %}
),

-- What an issuer's insiders had done in the quarters before one in which they took a side.
sides_before as (

    select
        with_runs.issuer_cik,
        with_runs.insider_group,
        with_runs.quarter_number,
        sum(case when past.net_side = 'buying' then 1 else 0 end) as buying_quarter_count,
        sum(case when past.net_side = 'selling' then 1 else 0 end) as selling_quarter_count
    from with_runs
    cross join quarters_back
    inner join sided_quarters as past
        on
            with_runs.issuer_cik = past.issuer_cik
            and with_runs.insider_group = past.insider_group
            and with_runs.quarter_number - quarters_back.quarters_back = past.quarter_number
    where with_runs.net_side <> 'even' and with_runs.run_length = 1
    group by
        with_runs.issuer_cik, with_runs.insider_group, with_runs.quarter_number

),

fct_issuer_ratios_quarterly as (

    select
        with_runs.quarter_end,
        with_runs.issuer_cik,
        with_runs.insider_group,
        {{ company_parameter('issuer_window_days') }} as window_days,
        with_runs.sector,
        cast(with_runs.buy_count as bigint) as buy_count,
        cast(with_runs.sell_count as bigint) as sell_count,
        cast(with_runs.buy_share_count as decimal(38, 4)) as buy_share_count,
        cast(with_runs.sell_share_count as decimal(38, 4)) as sell_share_count,
        cast(with_runs.buy_usd as decimal(38, 4)) as buy_usd,
        cast(with_runs.sell_usd as decimal(38, 4)) as sell_usd,
        cast(with_runs.buy_insider_count as bigint) as buy_insider_count,
        cast(with_runs.sell_insider_count as bigint) as sell_insider_count,
        {{ quotient('with_runs.buy_count', 'with_runs.sell_count') }} as buy_sell_ratio_count,
        {{ quotient('with_runs.sell_count', 'with_runs.buy_count') }} as sell_buy_ratio_count,
        {{ quotient('with_runs.buy_share_count', 'with_runs.sell_share_count') }} as buy_sell_ratio_share_count,
        {{ quotient('with_runs.sell_share_count', 'with_runs.buy_share_count') }} as sell_buy_ratio_share_count,
        {{ quotient('with_runs.buy_usd', 'with_runs.sell_usd') }} as buy_sell_ratio_usd,
        {{ quotient('with_runs.sell_usd', 'with_runs.buy_usd') }} as sell_buy_ratio_usd,
        {{ net_purchase_ratio('with_runs.buy_count', 'with_runs.sell_count') }} as npr_count,
        {{ net_purchase_ratio('with_runs.buy_share_count', 'with_runs.sell_share_count') }} as npr_share_count,
        {{ net_purchase_ratio('with_runs.buy_usd', 'with_runs.sell_usd') }} as npr_usd,
        with_runs.net_side,
        cast(case when with_runs.net_side = 'buying' then with_runs.run_length else 0 end as integer)
            as sell_buy_below_one_quarters,
        cast(case when with_runs.net_side = 'selling' then with_runs.run_length else 0 end as integer)
            as buy_sell_below_one_quarters,
        with_runs.net_side = 'buying'
        and coalesce(
            sides_before.buying_quarter_count = 0
            and sides_before.selling_quarter_count >= {{ company_parameter('reversal_minimum_quarter_count') }},
            false
        ) as is_reversal_to_buying,
        with_runs.net_side = 'selling'
        and coalesce(
            sides_before.selling_quarter_count = 0
            and sides_before.buying_quarter_count >= {{ company_parameter('reversal_minimum_quarter_count') }},
            false
        ) as is_reversal_to_selling
    from with_runs
    left join sides_before
        on
            with_runs.issuer_cik = sides_before.issuer_cik
            and with_runs.insider_group = sides_before.insider_group
            and with_runs.quarter_number = sides_before.quarter_number

)

select * from fct_issuer_ratios_quarterly
