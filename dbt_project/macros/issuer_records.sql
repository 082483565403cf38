-- What submissions JSON needs: SIC codes and lists.

-- Four digits; anything else is no SIC.
{% macro parse_sic(column) -%}
    {{ return(adapter.dispatch('parse_sic')(column)) }}
{%- endmacro %}

{% macro default__parse_sic(column) -%}
    {{ not_written_for('parse_sic') }}
{%- endmacro %}

{% macro duckdb__parse_sic(column) -%}
    nullif(regexp_extract(trim({{ column }}), '^[0-9]{4}$'), '')
{%- endmacro %}


-- Texts at a path of a JSON text joined into one; null without any. Nulls among them are left out.
{% macro json_texts(column, path, separator) -%}
    {{ return(adapter.dispatch('json_texts')(column, path, separator)) }}
{%- endmacro %}

{% macro default__json_texts(column, path, separator) -%}
    {{ not_written_for('json_texts') }}
{%- endmacro %}

{% macro duckdb__json_texts(column, path, separator) -%}
    nullif(array_to_string(json_extract_string({{ column }}, '{{ path }}'), '{{ separator }}'), '')
{%- endmacro %}
