-- Dates and ordered windows whose spelling differs between warehouses.

-- Whole days from the first date to the second.
{% macro days_between(first_date, second_date) -%}
    {{ return(adapter.dispatch('days_between')(first_date, second_date)) }}
{%- endmacro %}

{% macro default__days_between(first_date, second_date) -%}
    datediff({{ second_date }}, {{ first_date }})
{%- endmacro %}

{% macro duckdb__days_between(first_date, second_date) -%}
    ({{ second_date }} - {{ first_date }})
{%- endmacro %}


{% macro add_days(date, days) -%}
    {{ return(adapter.dispatch('add_days')(date, days)) }}
{%- endmacro %}

{% macro default__add_days(date, days) -%}
    date_add({{ date }}, {{ days }})
{%- endmacro %}

{% macro duckdb__add_days(date, days) -%}
    ({{ date }} + cast({{ days }} as integer))
{%- endmacro %}


-- A table expression with one row per day, column calendar_date, both ends included; the bounds are scalar
-- subqueries or literals.
{% macro day_series(first_date, last_date) -%}
    {{ return(adapter.dispatch('day_series')(first_date, last_date)) }}
{%- endmacro %}

{% macro default__day_series(first_date, last_date) -%}
    {{ not_written_for('day_series') }}
{%- endmacro %}

{% macro duckdb__day_series(first_date, last_date) -%}
    select cast(day_value as date) as calendar_date
    from generate_series({{ first_date }}, {{ last_date }}, interval 1 day) as days (day_value)
{%- endmacro %}


-- Median of the group's values in the days up to and including each row's own.
{% macro rolling_median(value, partition_by, order_by_date, days) -%}
    {{ return(adapter.dispatch('rolling_median')(value, partition_by, order_by_date, days)) }}
{%- endmacro %}

{% macro default__rolling_median(value, partition_by, order_by_date, days) -%}
    {{ not_written_for('rolling_median') }}
{%- endmacro %}

{% macro duckdb__rolling_median(value, partition_by, order_by_date, days) -%}
    median({{ value }}) over (
        partition by {{ partition_by }}
        order by {{ order_by_date }}
        range between interval {{ days }} days preceding and current row
    )
{%- endmacro %}


-- Number of non-null values in the days up to and including each row's own.
{% macro rolling_count(value, partition_by, order_by_date, days) -%}
    {{ return(adapter.dispatch('rolling_count')(value, partition_by, order_by_date, days)) }}
{%- endmacro %}

{% macro default__rolling_count(value, partition_by, order_by_date, days) -%}
    {{ not_written_for('rolling_count') }}
{%- endmacro %}

{% macro duckdb__rolling_count(value, partition_by, order_by_date, days) -%}
    count({{ value }}) over (
        partition by {{ partition_by }}
        order by {{ order_by_date }}
        range between interval {{ days }} days preceding and current row
    )
{%- endmacro %}


-- Quarters counted from the year 0, so that the next quarter is one more.
{% macro quarter_ordinal(date) -%}
    cast(extract(year from {{ date }}) * 4 + extract(quarter from {{ date }}) - 1 as integer)
{%- endmacro %}


-- Months counted from the year 0, so that "three months later" is a difference of numbers.
{% macro month_ordinal(date) -%}
    cast(extract(year from {{ date }}) * 12 + extract(month from {{ date }}) - 1 as integer)
{%- endmacro %}
