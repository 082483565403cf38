{#
    Number of the stretch of so many days a date lies in. A window of that length reaches into its own stretch and
    the one before, so that a search in windows can be joined on equal numbers; cost then grows with the rows, not with
    their square.
#}
{% macro day_bucket(date, days) -%}
    cast(floor({{ days_between("date '1970-01-01'", date) }} / {{ days }}.0) as integer)
{%- endmacro %}

{# The day that stands for "never" where days are compared. #}
{% macro end_of_time() -%}
    date '9999-12-31'
{%- endmacro %}
