{{ config(materialized='incremental', incremental_strategy='replace_issuers', on_schema_change='fail') }}

with

signal_lines as (

    select * from {{ ref('int_signal_lines_detailed') }}
    {{ of_changed_issuers() }}

),

-- What is owned afterwards is told account by account. Lots of one account either each tell the holding after them or
-- all the last one: the largest (of a purchase) or smallest (of a sale) is the one after all of them either way.
accounts as (

    select
        issuer_cik,
        lead_owner_cik,
        transaction_date,
        direction,
        enters_on,
        sum(share_count) as share_count,
        case
            when count(share_count_owned_after) = 0 or count(share_count) < count(*) then null
            when direction = 'buy' then max(share_count_owned_after) - sum(share_count)
            else min(share_count_owned_after) + sum(share_count)
        end as share_count_owned_before,
        sum(cast(value_usd as decimal(38, 4))) as value_usd,
        count(*) as line_count,
        -- A trade is gone when the last of its lines is.
        max(coalesce(known_to, {{ end_of_time() }})) as leaves_on
    from signal_lines
    group by
        issuer_cik, lead_owner_cik, transaction_date, direction, enters_on, holding_key

),

trades as (

    select
        issuer_cik,
        lead_owner_cik,
        transaction_date,
        direction,
        enters_on,
        max(leaves_on) as leaves_on,
        cast(sum(line_count) as bigint) as line_count,
        sum(share_count) as share_count,
        sum(value_usd) as value_usd,
        -- Unknown in one account is unknown in all; less than nothing is a typing error.
        case
            when count(share_count_owned_before) = count(*) and min(share_count_owned_before) >= 0
                then sum(share_count_owned_before)
        end as share_count_owned_before
    from accounts
    group by
        issuer_cik, lead_owner_cik, transaction_date, direction, enters_on

),

-- How large the issuer's other trades of that direction were, in logarithms, because sizes differ by factors.
-- Decimals, so that sums do not depend on the order of the rows.
log_changes as (

    select
        issuer_cik,
        direction,
        enters_on as changed_on,
        1 as trade_change,
        cast(ln(cast(value_usd as double)) as decimal(18, 9)) as log_change,
        cast(ln(cast(value_usd as double)) * ln(cast(value_usd as double)) as decimal(18, 9)) as square_change
    from trades
    where value_usd > 0
    union all
    select
        issuer_cik,
        direction,
        leaves_on as changed_on,
        -1 as trade_change,
        -cast(ln(cast(value_usd as double)) as decimal(18, 9)) as log_change,
        -cast(ln(cast(value_usd as double)) * ln(cast(value_usd as double)) as decimal(18, 9)) as square_change
    from trades
    where value_usd > 0 and leaves_on < {{ end_of_time() }}

),

daily_logs as (

    select
        issuer_cik,
        direction,
        changed_on,
        sum(trade_change) as trade_change,
        sum(log_change) as log_change,
        sum(square_change) as square_change,
        sum(case when trade_change < 0 then trade_change else 0 end) as trades_left,
        sum(case when trade_change < 0 then log_change else 0 end) as logs_left,
        sum(case when trade_change < 0 then square_change else 0 end) as squares_left
    from log_changes
    group by issuer_cik, direction, changed_on

),

-- What was known before the day and still stands at its end, so that a trade is compared neither with itself nor with
-- what it restates.
histories as (

    select
        issuer_cik,
        direction,
        changed_on,
        coalesce(sum(trade_change) over days_before, 0) + trades_left as earlier_trade_count,
        cast(coalesce(sum(log_change) over days_before, 0) + logs_left as double) as log_sum,
        cast(coalesce(sum(square_change) over days_before, 0) + squares_left as double) as square_sum
    from daily_logs
    window days_before as (
        partition by issuer_cik, direction
        order by changed_on
        rows between unbounded preceding and 1 preceding
    )

),

deviations as (

    select
        issuer_cik,
        direction,
        changed_on,
        earlier_trade_count,
        log_sum / nullif(earlier_trade_count, 0) as log_average,
        sqrt(
            greatest(
                (square_sum - log_sum * log_sum / nullif(earlier_trade_count, 0))
                / nullif(earlier_trade_count - 1, 0),
                0
            )
        ) as log_deviation
    from histories

),

-- The insider's own newest purchase and sale of the issuer, of those known before that stand to this day.
insider_days as (

    select
        issuer_cik,
        lead_owner_cik,
        enters_on,
        max(case when direction = 'buy' and leaves_on = {{ end_of_time() }} then transaction_date end) as bought_on,
        max(case when direction = 'sell' and leaves_on = {{ end_of_time() }} then transaction_date end) as sold_on
    from trades
    group by issuer_cik, lead_owner_cik, enters_on

),

insider_pasts as (

    select
        issuer_cik,
        lead_owner_cik,
        enters_on,
        max(bought_on) over days_before as last_bought_on,
        max(sold_on) over days_before as last_sold_on
    from insider_days
    window days_before as (
        partition by issuer_cik, lead_owner_cik
        order by enters_on
        rows between unbounded preceding and 1 preceding
    )

),

with_pasts as (

    select
        trades.*,
        case when trades.direction = 'buy' then insider_pasts.last_bought_on else insider_pasts.last_sold_on end
            as last_same_on,
        case when trades.direction = 'buy' then insider_pasts.last_sold_on else insider_pasts.last_bought_on end
            as last_opposite_on
    from trades
    inner join insider_pasts
        on
            trades.issuer_cik = insider_pasts.issuer_cik
            and trades.lead_owner_cik = insider_pasts.lead_owner_cik
            and trades.enters_on = insider_pasts.enters_on

),

-- The newest one tells nothing of those before the trade where it is itself no earlier, as with trades that were filed
-- late or twice; and trades that were superseded since stood until then. Both are few.
looked_through as (

    select
        with_pasts.issuer_cik,
        with_pasts.lead_owner_cik,
        with_pasts.transaction_date,
        with_pasts.direction,
        with_pasts.enters_on,
        trades.direction as direction_before
    from with_pasts
    inner join trades
        on
            with_pasts.issuer_cik = trades.issuer_cik
            and with_pasts.lead_owner_cik = trades.lead_owner_cik
            and with_pasts.transaction_date > trades.transaction_date
            and with_pasts.enters_on > trades.enters_on
    where
        (
            with_pasts.last_same_on >= with_pasts.transaction_date
            or with_pasts.last_opposite_on >= with_pasts.transaction_date
        )
        and trades.leaves_on = {{ end_of_time() }}
        and trades.transaction_date
        > {{ add_days('with_pasts.transaction_date', -company_parameter('conviction_pattern_days')) }}
    union all
    select
        trades.issuer_cik,
        trades.lead_owner_cik,
        trades.transaction_date,
        trades.direction,
        trades.enters_on,
        superseded_trades.direction as direction_before
    from trades
    inner join trades as superseded_trades
        on
            trades.issuer_cik = superseded_trades.issuer_cik
            and trades.lead_owner_cik = superseded_trades.lead_owner_cik
            and trades.transaction_date > superseded_trades.transaction_date
            and trades.enters_on > superseded_trades.enters_on
            and trades.enters_on < superseded_trades.leaves_on
    where
        superseded_trades.leaves_on < {{ end_of_time() }}
        and superseded_trades.transaction_date
        > {{ add_days('trades.transaction_date', -company_parameter('conviction_pattern_days')) }}

),

found_apart as (

    select
        issuer_cik,
        lead_owner_cik,
        transaction_date,
        direction,
        enters_on,
        bool_or(direction_before = direction) as has_same,
        bool_or(direction_before <> direction) as has_opposite
    from looked_through
    group by issuer_cik, lead_owner_cik, transaction_date, direction, enters_on

),

compared_trades as (

    select
        with_pasts.*,
        coalesce(found_apart.has_same, false)
        or coalesce(
            with_pasts.last_same_on < with_pasts.transaction_date
            and with_pasts.last_same_on
            > {{ add_days('with_pasts.transaction_date', -company_parameter('conviction_pattern_days')) }},
            false
        ) as has_same,
        coalesce(found_apart.has_opposite, false)
        or coalesce(
            with_pasts.last_opposite_on < with_pasts.transaction_date
            and with_pasts.last_opposite_on
            > {{ add_days('with_pasts.transaction_date', -company_parameter('conviction_pattern_days')) }},
            false
        ) as has_opposite,
        case when with_pasts.value_usd > 0 then coalesce(deviations.earlier_trade_count, 0) else 0 end
            as earlier_trade_count,
        case
            when
                with_pasts.value_usd > 0
                and deviations.earlier_trade_count >= {{ company_parameter('conviction_minimum_trade_count') }}
                -- Alike to a tenth of a percent are alike.
                and deviations.log_deviation > 0.001
                then (ln(cast(with_pasts.value_usd as double)) - deviations.log_average) / deviations.log_deviation
        end as size_deviation
    from with_pasts
    left join deviations
        on
            with_pasts.issuer_cik = deviations.issuer_cik
            and with_pasts.direction = deviations.direction
            and with_pasts.enters_on = deviations.changed_on
    left join found_apart
        on
            with_pasts.issuer_cik = found_apart.issuer_cik
            and with_pasts.lead_owner_cik = found_apart.lead_owner_cik
            and with_pasts.transaction_date = found_apart.transaction_date
            and with_pasts.direction = found_apart.direction
            and with_pasts.enters_on = found_apart.enters_on

),

trades_measured as (

    select
        issuer_cik,
        lead_owner_cik,
        transaction_date,
        direction,
        enters_on,
        line_count,
        share_count,
        cast(value_usd as decimal(38, 4)) as value_usd,
        share_count_owned_before,
        {{ quotient('share_count', 'share_count_owned_before') }} as share_of_holding,
        cast(earlier_trade_count as bigint) as earlier_trade_count,
        size_deviation,
        -- Nothing known of an insider in the months before is not the same as a change of mind.
        case
            when has_same and has_opposite then 'mixed'
            when has_same then 'repeat'
            when has_opposite then 'reversal'
            else 'first'
        end as pattern_code
    from compared_trades

)

select * from trades_measured
