-- At the end of a run: which rules of a failed test every_row are broken, and by how many rows.
{% macro tell_broken_rules(results) %}
    {%- if execute -%}
        {%- for result in results if is_broken_every_row(result) -%}
            {%- for row in run_query(result.node.compiled_code).rows -%}
                {%- do log(
                    result.node.name ~ ': ' ~ row['rule_name'] ~ ' is broken by ' ~ row['row_count'] ~ ' rows', info=true
                ) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}

{% macro is_broken_every_row(result) %}
    {{- return(
        result.status | string in ('fail', 'warn')
        and result.node.resource_type == 'test'
        and result.node.test_metadata
        and result.node.test_metadata.name == 'every_row'
    ) -}}
{% endmacro %}
