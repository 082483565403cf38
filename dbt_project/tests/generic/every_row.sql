-- What every row of a model keeps, counted in one pass over it: columns that are filled, values a column may have (or
-- be null), and conditions by name (null is not true). One test per model and not one per rule, because each costs a
-- scan and dbt's own work. Returns a row per rule that is broken; tell_broken_rules names them in the output.
{% test every_row(model, filled=[], accepted={}, conditions={}) %}

{%- set rules = {} -%}
{%- for column in filled -%}
    {%- do rules.update({column ~ ' is filled': column ~ ' is not null'}) -%}
{%- endfor -%}
{%- for column, values in accepted.items() -%}
    {%- set texts = [] -%}
    {%- for value in values -%}
        {%- do texts.append("'" ~ value ~ "'") -%}
    {%- endfor -%}
    {%- do rules.update({
        column ~ ' is an accepted value': column ~ ' is null or ' ~ column ~ ' in (' ~ texts | join(', ') ~ ')'
    }) -%}
{%- endfor -%}
{%- do rules.update(conditions) -%}

with

counted as (

    select
        {%- for condition in rules.values() %}
        count(case when {{ condition }} then null else 1 end) as broken_{{ loop.index }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ model }}

),

by_rule as (

    select
        rules.rule_name,
        case rules.rule_number
            {%- for _ in rules %}
            when {{ loop.index }} then counted.broken_{{ loop.index }}
            {%- endfor %}
        end as row_count
    from counted
    cross join (
        values
        {%- for name in rules %}
        ({{ loop.index }}, '{{ name }}'){{ ',' if not loop.last }}
        {%- endfor %}
    ) as rules (rule_number, rule_name)

)

select * from by_rule
where row_count > 0

{% endtest %}
