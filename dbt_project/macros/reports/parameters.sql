{#
    The constants of the tier report, each with its default. Set a var of the same name in dbt_project.yml (or with --vars) to
    change one; a name that is not listed here stops the compilation.

    Support: how many of the five measures must give a tier that is called firm.
    Drivers: how many issuers of a sector are named.
#}
{% macro report_parameter(name) %}
    {%- set defaults = {
        "firm_measure_count": 4,
        "tier_driver_count": 5,
    } -%}
    {%- if name not in defaults -%}
        {{ exceptions.raise_compiler_error("report_parameter: no parameter is called '" ~ name ~ "'") }}
    {%- endif -%}
    {{- return(var(name, defaults[name])) -}}
{% endmacro %}
