-- noqa: disable=LT02
with

forward_returns as (

    select * from {{ ref('fct_sector_forward_returns') }}

),

as_of_dates as (

    select * from {{ ref('int_as_of_dates') }}

),

sectors as (

    select * from {{ ref('dim_sectors') }}

),

-- Without a return there is nothing to hold a score against.
trade_conviction as (

    select
        *,
        known_to as superseded_on
    from {{ ref('fct_trade_conviction') }}
    where exists (select 1 from forward_returns)

),

-- A line counts at the month-ends from the day the market learned of it to the day it leaves the window: from that of
-- the month it enters in to the one before the month it leaves in.
lines as (

    select
        sector,
        issuer_cik,
        lead_owner_cik,
        direction,
        transaction_date,
        case when is_officer_or_director then 1 else 0 end as is_officer_or_director,
        conviction_score,
        {{ month_ordinal('greatest(known_from, transaction_date)') }} as first_month_number,
        {{ month_ordinal(leaves_on(evidence_parameter('evidence_conviction_window_days'))) }} - 1 as last_month_number
    from trade_conviction
    where conviction_score is not null

),

-- The lines of one owner, issuer, day and direction are one trade. Nearly always they count at the same month-ends.
trades as (

    select
        sector,
        issuer_cik,
        lead_owner_cik,
        direction,
        transaction_date,
        max(is_officer_or_director) as is_officer_or_director,
        max(conviction_score) as conviction_score,
        min(first_month_number) as first_month_number,
        max(last_month_number) as last_month_number,
        min(first_month_number) = max(first_month_number)
        and min(last_month_number) = max(last_month_number) as is_known_at_once
    from lines
    where last_month_number >= first_month_number
    group by sector, issuer_cik, lead_owner_cik, direction, transaction_date

),

-- A window of 90 days holds at most four month-ends, counted from the month the trade became known.
month_steps as (
    {% for step in range(evidence_parameter('evidence_conviction_window_days') // 28 + 1) %}
    select {{ step }} as month_step
    {{ "union all" if not loop.last }}
    {% endfor %}
),

-- Trades that became known in pieces, or lost one, count at each month-end once, as what was known of them then.
pieces_counted as (

    select
        lines.first_month_number + month_steps.month_step as month_number,
        lines.sector,
        lines.direction,
        max(lines.is_officer_or_director) as is_officer_or_director,
        max(lines.conviction_score) as conviction_score
    from lines
    inner join trades
        on lines.sector = trades.sector
            and lines.issuer_cik = trades.issuer_cik
            and lines.lead_owner_cik = trades.lead_owner_cik
            and lines.direction = trades.direction
            and lines.transaction_date = trades.transaction_date
    cross join month_steps
    where
        not trades.is_known_at_once
        and lines.first_month_number + month_steps.month_step <= lines.last_month_number
    group by
        lines.first_month_number + month_steps.month_step,
        lines.sector,
        lines.issuer_cik,
        lines.lead_owner_cik,
        lines.direction,
        lines.transaction_date

),

-- All others are summed before they are spread over their month-ends.
trades_summed as (

    select
        first_month_number,
        last_month_number,
        sector,
        direction,
        is_officer_or_director,
        sum(cast(conviction_score as decimal(18, 9))) as score
    from trades
    where is_known_at_once
    group by first_month_number, last_month_number, sector, direction, is_officer_or_director

),

scores as (

    select
        trades_summed.first_month_number + month_steps.month_step as month_number,
        trades_summed.sector,
        trades_summed.direction,
        trades_summed.is_officer_or_director,
        trades_summed.score
    from trades_summed
    cross join month_steps
    where trades_summed.first_month_number + month_steps.month_step <= trades_summed.last_month_number
    union all
    select
        month_number,
        sector,
        direction,
        is_officer_or_director,
        cast(conviction_score as decimal(18, 9)) as score
    from pieces_counted

),

sums as (

    select
        month_number,
        sector,
        {%- for insider_group in ['all', 'officers_directors'] %}
        {%- set condition = 'is_officer_or_director = 1' if insider_group == 'officers_directors' else 'true' %}
        {%- for direction in ['buy', 'sell'] %}
        sum(
            case
                when direction = '{{ direction }}' and {{ condition }} then score
                else 0
            end
        ) as {{ direction }}_score_{{ insider_group }}
        {{- "," if not loop.last }}
        {%- endfor %}
        {{- "," if not loop.last }}
        {%- endfor %}
    from scores
    group by month_number, sector

),

measured_months as (
    {% for insider_group in ['all', 'officers_directors'] %}
    select
        as_of_dates.as_of_date,
        as_of_dates.is_quarter_end,
        sums.month_number,
        sums.sector,
        '{{ insider_group }}' as insider_group,
        {{ net_purchase_ratio('sums.buy_score_' ~ insider_group, 'sums.sell_score_' ~ insider_group) }}
            as measured_value
    from sums
    inner join as_of_dates
        on sums.month_number = {{ month_ordinal('as_of_dates.as_of_date') }}
            and as_of_dates.is_month_end
    inner join sectors
        on sums.sector = sectors.sector
            and sectors.is_investable
    {{ "union all" if not loop.last }}
    {% endfor %}
),

-- The same comparison as the tiers': the 60 month-ends before the quarter's end.
histories as (

    select
        quarters.as_of_date as quarter_end,
        quarters.sector,
        quarters.insider_group,
        quarters.measured_value,
        count(*) as history_months,
        sum(case when past.measured_value < quarters.measured_value then 1 else 0 end) as below_count,
        sum(case when past.measured_value = quarters.measured_value then 1 else 0 end) as equal_count
    from measured_months as quarters
    inner join measured_months as past
        on quarters.sector = past.sector
            and quarters.insider_group = past.insider_group
            and {{ is_in_history('past.month_number', 'quarters.month_number') }}
    where
        quarters.is_quarter_end
        and quarters.measured_value is not null
        and past.measured_value is not null
    group by quarters.as_of_date, quarters.sector, quarters.insider_group, quarters.measured_value

),

ranked_quarters as (

    select
        quarter_end,
        sector,
        insider_group,
        measured_value,
        history_months,
        {{ mid_rank_percentile('below_count', 'equal_count', 'history_months') }} as percentile
    from histories

)

select
    quarter_end,
    sector,
    {{ evidence_parameter('evidence_conviction_window_days') }} as window_days,
    insider_group,
    'npr_conviction' as measure,
    measured_value as value,  -- noqa: RF04
    percentile,
    cast(history_months as integer) as history_months,
    {{ tier_of('percentile', 'history_months') }} as tier
from ranked_quarters
