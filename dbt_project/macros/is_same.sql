{# Whether two values are equal, or both null: `is not distinct from`, in words every engine and linter knows. #}
{% macro is_same(left, right) %}
    coalesce({{ left }} = {{ right }}, {{ left }} is null and {{ right }} is null)
{% endmacro %}
