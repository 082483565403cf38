{#
  A mart's usage warnings (`config: meta: usage_warnings`) are written once and travel with its description: into the
  comment of the table, and with it into the published file and its manifest.
#}
{% macro duckdb__persist_docs(relation, model, for_relation, for_columns) %}
  {% set described = dict(model, description=description_with_warnings(model)) %}
  {% do default__persist_docs(relation, described, for_relation, for_columns) %}
{% endmacro %}

{% macro description_with_warnings(model) %}
  {% set warnings = model.config.get('meta', {}).get('usage_warnings', []) %}
  {% set paragraphs = [model.description | trim] %}
  {% if warnings %}
    {% do paragraphs.append('Usage warnings:\n- ' ~ warnings | join('\n- ')) %}
  {% endif %}
  {% do return(paragraphs | join('\n\n')) %}
{% endmacro %}
