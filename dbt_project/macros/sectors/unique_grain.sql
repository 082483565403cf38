{# Fails with the keys that occur more than once. Null is a value of a key like any other. #}
{% test unique_grain(model, columns) %}
    select
        {{ columns | join(", ") }},
        count(*) as row_count
    from {{ model }}
    group by {{ columns | join(", ") }}
    having count(*) > 1
{% endtest %}
