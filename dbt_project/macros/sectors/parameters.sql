{#
    The constants of ratios and tiers, each with its default. Set a var of the same name in dbt_project.yml
    (or with --vars) to change one; a name that is not listed here stops the compilation.

    Windows and headline: which rolling windows are built and which row of the tiers is the headline.
    Tiers: percentile against the 60 month-ends before the quarter end, at least 36 of them with a value.
    Multipliers: low, middle and high of the ranges that turn a tier into a weight.
#}
{% macro sector_parameter(name) %}
    {%- set defaults = {
        "window_days": [30, 90],
        "headline_window_days": 90,
        "headline_insider_group": "officers_directors",
        "headline_measure": "npr_usd",
        "issuer_day_cap_share": 0.10,
        "tier_history_month_count": 60,
        "tier_minimum_month_count": 36,
        "tier_overweight_percentile": 0.75,
        "tier_underweight_percentile": 0.25,
        "overweight_multiplier_low": 1.5,
        "overweight_multiplier_mid": 1.75,
        "overweight_multiplier_high": 2.0,
        "underweight_multiplier_low": 0.5,
        "underweight_multiplier_mid": 0.625,
        "underweight_multiplier_high": 0.75,
        "fragile_issuer_count": 5,
    } -%}
    {%- if name not in defaults -%}
        {{ exceptions.raise_compiler_error("sector_parameter: no parameter is called '" ~ name ~ "'") }}
    {%- endif -%}
    {{- return(var(name, defaults[name])) -}}
{% endmacro %}

{# One row per rolling window, as a subquery body. #}
{% macro window_rows() %}
    {%- for days in sector_parameter("window_days") %}
        select {{ days }} as window_days
        {%- if not loop.last %} union all {% endif %}
    {%- endfor %}
{% endmacro %}

{# The measures a tier is built on, in the order they are shown. #}
{% macro tier_measures() %}
    {{- return(["npr_count", "npr_share_count", "npr_usd", "npr_usd_capped", "breadth"]) -}}
{% endmacro %}

{# The measures with a band at every month-end: those the pages draw, and the one portfolios are held by. #}
{% macro band_measures() %}
    {{- return(["npr_count", "npr_usd", sector_parameter("headline_measure")] | unique | list) -}}
{% endmacro %}

{# Whether a column names one of them. #}
{% macro has_bands(measure) -%}
    {{ measure }} in ('{{ band_measures() | join("', '") }}')
{%- endmacro %}

{# The insider groups of seeds/sectors/insider_groups.csv, each with the signal lines that belong to it. #}
{% macro insider_group_conditions() %}
    {{- return({
        "all": "true",
        "officers_directors": "is_officer_or_director",
        "executives": "is_executive",
        "opportunistic": "is_officer_or_director and is_opportunistic",
    }) -}}
{% endmacro %}

{# Every pair of window and insider group, with a name for its columns and the condition of the group. #}
{% macro window_group_pairs() %}
    {%- set pairs = [] -%}
    {%- for days in sector_parameter("window_days") -%}
        {%- for insider_group, condition in insider_group_conditions().items() -%}
            {%- do pairs.append({
                "window_days": days,
                "insider_group": insider_group,
                "condition": condition,
                "name": insider_group ~ "_" ~ days,
            }) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(pairs) -}}
{% endmacro %}

{# The day a signal line leaves the window: the trade is too old, or an amendment superseded the line. #}
{% macro leaves_on(window_days) -%}
    least(
        {{ add_days('transaction_date', window_days) }},
        coalesce(superseded_on, {{ add_days('transaction_date', window_days) }})
    )
{%- endmacro %}


{#
    One row per row of a relation and measure, the measure's value under one name: all measures of the tiers unless some
    are named.
#}
{% macro by_measure(relation, columns, value_name, where='true', measures=none) -%}
    {% for measure in measures or tier_measures() -%}
    select
        {% for column in columns -%}
        {{ column }},
        {% endfor -%}
        '{{ measure }}' as measure,
        {{ measure }} as {{ value_name }}
    from {{ relation }}
    where {{ where }}
    {{ "union all" if not loop.last }}
    {% endfor %}
{%- endmacro %}
