{#
    Changes in the number of distinct keys (insiders, trades) that are active, for every sector and the whole market,
    window and insider group.

    A key has many overlapping spans [enters_on, leaves_on) and is counted once while any of them covers the day.
    Overlapping and touching spans are one island; an island adds one on its first day and takes one away on the day
    it is left. In the order of enters_on a span that begins after everything before it has left ends one island and
    begins the next; the last island is left on the latest leaves_on of all.

    The windows and groups are columns of one pass, because they share the order of the spans: one sort of the lines
    instead of one sort per window and group.

    Args:
        lines: name of a CTE with the columns of int_signal_lines_grouped.
        key_columns: columns that, with the direction, identify one key.

    Returns a select: event_date, sector, window_days, insider_group, direction, active_change.
#}
{% macro distinct_events(lines, key_columns) %}
    {%- set keys = key_columns | join(", ") -%}
    {%- set pairs = window_group_pairs() -%}
    with

    -- When the line leaves, for the windows and groups in which it is ever active.
    spans as (

        select
            sector,
            direction,
            {{ keys }},
            enters_on
            {%- for pair in pairs %},
            case
                when {{ pair.condition }} and enters_on < {{ leaves_on(pair.window_days) }}
                    then {{ leaves_on(pair.window_days) }}
            end as {{ pair.name }}_leaves_on
            {%- endfor %}
        from {{ lines }}

    ),

    {%- for scope in ["sector", "'All'"] %}
    {%- set scope_name = "sector" if loop.first else "market" %}
    {%- set partition = "sector, " if loop.first else "" %}

    {{ scope_name }}_spans as (

        select
            sector,
            direction,
            enters_on
            {%- for pair in pairs %},
            {{ pair.name }}_leaves_on,
            max({{ pair.name }}_leaves_on) over key_spans as {{ pair.name }}_left_before
            {%- endfor %}
        from spans
        window key_spans as (
            partition by {{ partition }}direction, {{ keys }}
            order by enters_on
            rows between unbounded preceding and 1 preceding
        )

    ),

    {{ scope_name }}_starts as (

        select
            {{ scope }} as sector,
            direction,
            enters_on
            {%- for pair in pairs %},
            sum(
                case
                    when
                        {{ pair.name }}_leaves_on is not null
                        and ({{ pair.name }}_left_before is null or enters_on > {{ pair.name }}_left_before)
                        then 1
                    else 0
                end
            ) as {{ pair.name }}_started
            {%- endfor %}
        from {{ scope_name }}_spans
        group by {{ partition }}direction, enters_on

    ),

    {{ scope_name }}_last_spans as (

        select
            {{ partition }}direction
            {%- for pair in pairs %},
            max({{ pair.name }}_leaves_on) as {{ pair.name }}_leaves_on
            {%- endfor %}
        from spans
        group by {{ partition }}direction, {{ keys }}

    ),
    {%- endfor %}

    changes as (

        {%- for scope in ["sector", "'All'"] %}
        {%- set scope_name = "sector" if loop.first else "market" %}
        {%- set last_scope = loop.last %}
        {%- for pair in pairs %}

        select
            enters_on as event_date,
            sector,
            {{ pair.window_days }} as window_days,
            '{{ pair.insider_group }}' as insider_group,
            direction,
            {{ pair.name }}_started as active_change
        from {{ scope_name }}_starts
        where {{ pair.name }}_started > 0

        union all

        select
            {{ pair.name }}_left_before as event_date,
            {{ scope }} as sector,
            {{ pair.window_days }} as window_days,
            '{{ pair.insider_group }}' as insider_group,
            direction,
            -1 as active_change
        from {{ scope_name }}_spans
        where
            {{ pair.name }}_leaves_on is not null
            and enters_on > {{ pair.name }}_left_before

        union all

        select
            {{ pair.name }}_leaves_on as event_date,
            {{ scope }} as sector,
            {{ pair.window_days }} as window_days,
            '{{ pair.insider_group }}' as insider_group,
            direction,
            -1 as active_change
        from {{ scope_name }}_last_spans
        where {{ pair.name }}_leaves_on is not null
        {{- "" if loop.last and last_scope else "

        union all" }}
        {%- endfor %}
        {%- endfor %}

    )

    select
        event_date,
        sector,
        window_days,
        insider_group,
        direction,
        cast(sum(active_change) as bigint) as active_change
    from changes
    group by
        event_date, sector, window_days, insider_group, direction
{% endmacro %}
