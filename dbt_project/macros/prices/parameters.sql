{#
    The constants of prices and returns, each with its default. Set a var of the same name in dbt_project.yml (or with
    --vars) to change one; a name that is not listed here stops the compilation.

    Horizons in months. A return may begin or end at a later close (or look back from an earlier one) when the source
    lost a day, by at most so many calendar days. An adjustment smaller than the tolerance is rounding; one that takes
    more than the dividend share off the close before is a split: no sector fund has paid a tenth of its price at once.
    A user's score of a sector confirms a tier until it is so many days old: a quarter and a week.
#}
{% macro price_parameter(name) %}
    {%- set defaults = {
        "horizon_months": [3, 6, 9, 12],
        "anchor_tolerance_days": 7,
        "adjustment_tolerance": 0.00005,
        "largest_dividend_share": 0.10,
        "unusual_move": 0.25,
        "confirmation_valid_days": 99,
    } -%}
    {%- if name not in defaults -%}
        {{ exceptions.raise_compiler_error("price_parameter: no parameter is called '" ~ name ~ "'") }}
    {%- endif -%}
    {{- return(var(name, defaults[name])) -}}
{% endmacro %}
