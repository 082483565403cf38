{{ config(
    materialized='incremental',
    incremental_strategy='replace_issuers',
    on_schema_change='fail',
    post_hook="{{ drop_gone_quarters(ref('int_as_of_dates')) }}"
) }}
{%- set reversal_quarters = company_parameter('reversal_quarter_count') %}
with

issuer_totals as (

    select * from {{ ref('int_issuer_totals_at_quarter_ends') }}
    {{ of_changed_issuers_or_quarters(ref('int_issuer_totals_at_quarter_ends')) }}

),

-- More dollars bought than sold is a sell/buy ratio below one, also where nothing was sold. Nothing but the side is
-- carried through the windows.
sides as (

    select
        issuer_cik,
        insider_group,
        {{ quarter_ordinal('quarter_end') }} as quarter_number,
        quarter_end,
        case
            when buy_usd > sell_usd then 'buying'
            when sell_usd > buy_usd then 'selling'
            else 'even'
        end as net_side
    from issuer_totals

),

-- Beside each quarter the one before it, and what the issuer's insiders did in the quarters of a reversal's past.
sides_in_order as (

    select
        *,
        row_number() over issuer_quarters as place,
        lag(net_side) over issuer_quarters as side_before,
        lag(quarter_number) over issuer_quarters as quarter_before,
        sum(case when net_side = 'buying' then 1 else 0 end) over quarters_back as buying_quarter_count,
        sum(case when net_side = 'selling' then 1 else 0 end) over quarters_back as selling_quarter_count
    from sides
    window
        issuer_quarters as (
            partition by issuer_cik, insider_group
            order by quarter_number
        ),
        quarters_back as (
            partition by issuer_cik, insider_group
            order by quarter_number
            range between {{ reversal_quarters }} preceding and 1 preceding
        )

),

-- A quarter in which nobody of the group traded neither counts nor ends a run; too many of them do.
run_starts as (

    select
        *,
        case
            when
                net_side = side_before
                and quarter_number - quarter_before <= {{ company_parameter('run_pause_quarter_count') }} + 1
                then null
            else place
        end as start_place
    from sides_in_order

),

with_runs as (

    select
        issuer_cik,
        insider_group,
        quarter_end,
        net_side,
        buying_quarter_count,
        selling_quarter_count,
        place + 1 - max(start_place) over (
            partition by issuer_cik, insider_group
            order by quarter_number
            rows between unbounded preceding and current row
        ) as run_length
    from run_starts

),

fct_issuer_ratios_quarterly as (

    select
        issuer_totals.quarter_end,
        issuer_totals.issuer_cik,
        issuer_totals.insider_group,
        {{ company_parameter('issuer_window_days') }} as window_days,
        issuer_totals.sector,
        cast(issuer_totals.buy_count as bigint) as buy_count,
        cast(issuer_totals.sell_count as bigint) as sell_count,
        cast(issuer_totals.buy_share_count as decimal(38, 4)) as buy_share_count,
        cast(issuer_totals.sell_share_count as decimal(38, 4)) as sell_share_count,
        cast(issuer_totals.buy_usd as decimal(38, 4)) as buy_usd,
        cast(issuer_totals.sell_usd as decimal(38, 4)) as sell_usd,
        cast(issuer_totals.buy_insider_count as bigint) as buy_insider_count,
        cast(issuer_totals.sell_insider_count as bigint) as sell_insider_count,
        {{ quotient('issuer_totals.buy_count', 'issuer_totals.sell_count') }} as buy_sell_ratio_count,
        {{ quotient('issuer_totals.sell_count', 'issuer_totals.buy_count') }} as sell_buy_ratio_count,
        {{ quotient('issuer_totals.buy_share_count', 'issuer_totals.sell_share_count') }}
            as buy_sell_ratio_share_count,
        {{ quotient('issuer_totals.sell_share_count', 'issuer_totals.buy_share_count') }}
            as sell_buy_ratio_share_count,
        {{ quotient('issuer_totals.buy_usd', 'issuer_totals.sell_usd') }} as buy_sell_ratio_usd,
        {{ quotient('issuer_totals.sell_usd', 'issuer_totals.buy_usd') }} as sell_buy_ratio_usd,
        {{ net_purchase_ratio('issuer_totals.buy_count', 'issuer_totals.sell_count') }} as npr_count,
        {{ net_purchase_ratio('issuer_totals.buy_share_count', 'issuer_totals.sell_share_count') }} as npr_share_count,
        {{ net_purchase_ratio('issuer_totals.buy_usd', 'issuer_totals.sell_usd') }} as npr_usd,
        with_runs.net_side,
        cast(case when with_runs.net_side = 'buying' then with_runs.run_length else 0 end as integer)
            as sell_buy_below_one_quarters,
        cast(case when with_runs.net_side = 'selling' then with_runs.run_length else 0 end as integer)
            as buy_sell_below_one_quarters,
        with_runs.net_side = 'buying'
        and with_runs.run_length = 1
        and coalesce(
            with_runs.buying_quarter_count = 0
            and with_runs.selling_quarter_count >= {{ company_parameter('reversal_minimum_quarter_count') }},
            false
        ) as is_reversal_to_buying,
        with_runs.net_side = 'selling'
        and with_runs.run_length = 1
        and coalesce(
            with_runs.selling_quarter_count = 0
            and with_runs.buying_quarter_count >= {{ company_parameter('reversal_minimum_quarter_count') }},
            false
        ) as is_reversal_to_selling
    from issuer_totals
    inner join with_runs
        on
            issuer_totals.issuer_cik = with_runs.issuer_cik
            and issuer_totals.insider_group = with_runs.insider_group
            and issuer_totals.quarter_end = with_runs.quarter_end

)

select * from fct_issuer_ratios_quarterly
