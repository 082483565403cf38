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

    select * from {{ ref('fct_trade_conviction') }}
    where exists (select 1 from forward_returns)

),

-- The lines of one owner, issuer, day and direction that come and go together are one trade, known from the day the
-- market learned of it.
trades as (

    select
        sector,
        issuer_cik,
        lead_owner_cik,
        direction,
        transaction_date,
        greatest(known_from, transaction_date) as enters_on,
        known_to as superseded_on,
        max(case when is_officer_or_director then 1 else 0 end) as is_officer_or_director,
        max(conviction_score) as conviction_score
    from trade_conviction
    where
        conviction_score is not null
        and (known_to is null or known_to > greatest(known_from, transaction_date))
    group by
        sector,
        issuer_cik,
        lead_owner_cik,
        direction,
        transaction_date,
        greatest(known_from, transaction_date),
        known_to

),

-- A window of 90 days holds at most four month-ends, counted from the month the trade became known.
month_steps as (
    {% for step in range(evidence_parameter('evidence_conviction_window_days') // 28 + 1) %}
    select {{ step }} as month_step
    {{ "union all" if not loop.last }}
    {% endfor %}
),

trades_in_windows as (

    select
        trades.*,
        {{ month_end_of('(' ~ month_ordinal('trades.enters_on') ~ ' + month_steps.month_step)') }} as as_of_date
    from trades
    cross join month_steps

),

-- A trade that became known in pieces is one trade all the same.
trades_counted as (

    select
        as_of_date,
        sector,
        direction,
        max(is_officer_or_director) as is_officer_or_director,
        max(conviction_score) as conviction_score
    from trades_in_windows
    where
        as_of_date >= enters_on
        and as_of_date < {{ leaves_on(evidence_parameter('evidence_conviction_window_days')) }}
    group by as_of_date, sector, issuer_cik, lead_owner_cik, direction, transaction_date

),

sums as (

    select
        as_of_date,
        sector,
        {%- for insider_group in ['all', 'officers_directors'] %}
        {%- set condition = 'is_officer_or_director = 1' if insider_group == 'officers_directors' else 'true' %}
        {%- for direction in ['buy', 'sell'] %}
        sum(
            case
                when direction = '{{ direction }}' and {{ condition }} then cast(conviction_score as decimal(18, 9))
                else 0
            end
        ) as {{ direction }}_score_{{ insider_group }}
        {{- "," if not loop.last }}
        {%- endfor %}
        {{- "," if not loop.last }}
        {%- endfor %}
    from trades_counted
    group by as_of_date, sector

),

measured_months as (
    {% for insider_group in ['all', 'officers_directors'] %}
    select
        sums.as_of_date,
        as_of_dates.is_quarter_end,
        {{ month_ordinal('sums.as_of_date') }} as month_number,
        sums.sector,
        '{{ insider_group }}' as insider_group,
        {{ net_purchase_ratio('sums.buy_score_' ~ insider_group, 'sums.sell_score_' ~ insider_group) }}
            as measured_value
    from sums
    inner join as_of_dates
        on sums.as_of_date = as_of_dates.as_of_date
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
            and past.month_number >= quarters.month_number - {{ sector_parameter('tier_history_month_count') }}
            and quarters.month_number > past.month_number
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
