-- noqa: disable=LT02
{% set longest_window = sector_parameter('window_days') | max %}
{% set amounts = ['insider_key', 'issuer_cik', 'transaction_date', 'direction', 'share_count', 'value_usd'] %}
with

frozen_tiers as (

    select * from {{ ref('stg_sec__frozen_tiers') }}

),

frozen_lines as (

    select * from {{ ref('stg_sec__frozen_lines') }}

),

signal_lines as (

    select * from {{ ref('int_signal_lines') }}

),

transactions_flagged as (

    select * from {{ ref('int_transactions_flagged') }}

),

frozen_quarters as (

    select distinct quarter_end
    from frozen_tiers

),

counted_then as (

    select *
    from frozen_lines
    where
        is_counted
        and transaction_date > {{ add_days('quarter_end', -longest_window) }}
        and transaction_date <= quarter_end

),

-- The signal lines of the same window as they stand today, whenever they became known: a line counts as of the quarter
-- end, in hindsight, or both. A line may have counted in more than one stretch of time.
lines_now as (

    select
        frozen_quarters.quarter_end,
        signal_lines.transaction_line_key,
        signal_lines.insider_key,
        signal_lines.issuer_cik,
        signal_lines.sector,
        signal_lines.transaction_date,
        signal_lines.direction,
        signal_lines.share_count,
        signal_lines.value_usd,
        signal_lines.is_officer_or_director,
        signal_lines.is_executive,
        signal_lines.is_opportunistic,
        max(
            case
                when
                    signal_lines.known_from <= frozen_quarters.quarter_end
                    and (signal_lines.known_to is null or signal_lines.known_to > frozen_quarters.quarter_end)
                    then 1
                else 0
            end
        ) = 1 as is_as_of,
        max(case when signal_lines.known_to is null then 1 else 0 end) = 1 as is_in_hindsight
    from signal_lines
    inner join frozen_quarters
        on
            signal_lines.transaction_date > {{ add_days('frozen_quarters.quarter_end', -longest_window) }}
            and signal_lines.transaction_date <= frozen_quarters.quarter_end
    group by
        frozen_quarters.quarter_end,
        signal_lines.transaction_line_key,
        signal_lines.insider_key,
        signal_lines.issuer_cik,
        signal_lines.sector,
        signal_lines.transaction_date,
        signal_lines.direction,
        signal_lines.share_count,
        signal_lines.value_usd,
        signal_lines.is_officer_or_director,
        signal_lines.is_executive,
        signal_lines.is_opportunistic

),

counting_now as (

    select *
    from lines_now
    where is_as_of or is_in_hindsight

),

-- One row for each window and insider group a line belongs to.
memberships_then as (
    {% for pair in window_group_pairs() %}
    select
        quarter_end,
        sector,
        {{ pair.window_days }} as window_days,
        '{{ pair.insider_group }}' as insider_group,
        transaction_line_key,
        {{ amounts | join(', ') }}
    from counted_then
    where
        {{ pair.condition }}
        and transaction_date > {{ add_days('quarter_end', -pair.window_days) }}
    {{ "union all" if not loop.last }}
    {% endfor %}
),

memberships_now as (
    {% for pair in window_group_pairs() %}
    select
        quarter_end,
        sector,
        {{ pair.window_days }} as window_days,
        '{{ pair.insider_group }}' as insider_group,
        transaction_line_key,
        {{ amounts | join(', ') }},
        is_as_of,
        is_in_hindsight
    from counting_now
    where
        {{ pair.condition }}
        and transaction_date > {{ add_days('quarter_end', -pair.window_days) }}
    {{ "union all" if not loop.last }}
    {% endfor %}
),

compared as (

    select
        coalesce(memberships_then.quarter_end, memberships_now.quarter_end) as quarter_end,
        coalesce(memberships_then.sector, memberships_now.sector) as sector,
        coalesce(memberships_then.window_days, memberships_now.window_days) as window_days,
        coalesce(memberships_then.insider_group, memberships_now.insider_group) as insider_group,
        coalesce(memberships_then.transaction_line_key, memberships_now.transaction_line_key) as transaction_line_key,
        memberships_then.transaction_line_key is not null as is_frozen,
        coalesce(memberships_now.is_as_of, false) as is_as_of,
        coalesce(memberships_now.is_in_hindsight, false) as is_in_hindsight,
        {%- for amount in amounts %}
        memberships_now.{{ amount }},
        {%- endfor %}
        {%- for amount in amounts %}
        {{ is_same('memberships_then.' ~ amount, 'memberships_now.' ~ amount) }}
        {{ "and" if not loop.last else "as is_same" }}
        {%- endfor %}
    from memberships_then
    full outer join memberships_now
        on memberships_then.quarter_end = memberships_now.quarter_end
            and memberships_then.sector = memberships_now.sector
            and memberships_then.window_days = memberships_now.window_days
            and memberships_then.insider_group = memberships_now.insider_group
            and memberships_then.transaction_line_key = memberships_now.transaction_line_key

),

-- A line that was known by the quarter end and counts only in hindsight stands again for a report that was withdrawn.
-- A line the publication did not have at all came to us later, although it was filed in time; one that it had and
-- judged otherwise was judged by other code, seeds or corrections.
int_frozen_lines_compared as (

    select
        compared.quarter_end,
        compared.sector,
        compared.window_days,
        compared.insider_group,
        compared.transaction_line_key,
        compared.is_frozen,
        compared.is_as_of,
        compared.is_in_hindsight,
        {%- for amount in amounts %}
        compared.{{ amount }},
        {%- endfor %}
        case
            when compared.is_frozen and compared.is_as_of and compared.is_same then 'same'
            when compared.is_frozen and not compared.is_as_of and coalesce(flagged.is_withdrawn, false) then 'withdrawn'
            when compared.is_frozen then 'recomputed'
            when compared.is_as_of and frozen_lines.transaction_line_key is null then 'found_later'
            when compared.is_as_of then 'recomputed'
            else 'none'
        end as change_code,
        case
            when compared.is_as_of and compared.is_in_hindsight then 'same'
            when compared.is_in_hindsight and flagged.filed_date <= compared.quarter_end then 'withdrawn'
            when compared.is_in_hindsight and flagged.is_amendment then 'amended'
            when compared.is_in_hindsight then 'late_filing'
            when compared.is_as_of and coalesce(flagged.is_withdrawn, false) then 'withdrawn'
            when compared.is_as_of then 'amended'
            else 'none'
        end as hindsight_code
    from compared
    left join frozen_lines
        on compared.quarter_end = frozen_lines.quarter_end
            and compared.transaction_line_key = frozen_lines.transaction_line_key
    left join transactions_flagged as flagged
        on compared.transaction_line_key = flagged.transaction_line_key

)

select * from int_frozen_lines_compared
