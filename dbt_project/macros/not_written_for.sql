-- The answer of a dispatched macro on a warehouse nobody has written it for.
{% macro not_written_for(macro_name) -%}
    {{ exceptions.raise_compiler_error(
        macro_name ~ " has no version for " ~ target.type ~ ": add " ~ target.type ~ "__" ~ macro_name ~ "."
    ) }}
{%- endmacro %}
