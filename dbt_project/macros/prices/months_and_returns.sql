{# Last day of a month given by its ordinal. #}
{% macro month_end_of(month_number) -%}
    {{ return(adapter.dispatch('month_end_of')(month_number)) }}
{%- endmacro %}

{% macro default__month_end_of(month_number) -%}
    last_day(make_date(
        cast(floor({{ month_number }} / 12) as integer), cast(mod({{ month_number }}, 12) as integer) + 1, 1
    ))
{%- endmacro %}

{# Return from one adjusted close to another; null where either is missing. #}
{% macro return_between(first_close, last_close) -%}
    {{ last_close }} / nullif({{ first_close }}, 0) - 1
{%- endmacro %}
