-- Schemas carry their plain names (staging, intermediate, marts, seeds), never prefixed by the profile's.
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- if node.resource_type == 'operation' -%}
        {#- The call at the end of a run; it makes no relation. -#}
        {{ return(target.schema) }}
    {%- elif custom_schema_name is none -%}
        {{ exceptions.raise_compiler_error(
            "No schema for " ~ node.name ~ ": put it in models/staging, models/intermediate, models/marts or seeds."
        ) }}
    {%- endif -%}
    {{ custom_schema_name | trim }}
{%- endmacro %}
