-- A model that was renamed or removed leaves its table behind: disk nobody reads, and in the marts a table that would be
-- published with yesterday's rows for ever. After a run in which everything succeeded, relations in the project's own
-- schemas that no enabled model or seed makes are dropped and named in the log. These schemas belong to dbt; tables of
-- your own go into a schema of their own.
{% macro drop_unknown_relations(results) %}
    {%- if execute and flags.WHICH in ('build', 'run') and not has_failures(results) -%}
        {%- set known = {} -%}
        {%- for node in graph.nodes.values() if node.resource_type in ('model', 'seed', 'snapshot') -%}
            {%- do known.setdefault(node.schema, []).append(node.alias | lower) -%}
        {%- endfor -%}
        {%- for schema in known | sort -%}
            {%- for relation in relations_of_schema(schema) if relation.identifier | lower not in known[schema] -%}
                {%- do adapter.drop_relation(relation) -%}
                {%- do log('Dropped ' ~ relation.render() ~ ': no model or seed makes it any more.', info=true) -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- do keep_what_was_dropped() -%}
    {%- endif -%}
{% endmacro %}

{% macro has_failures(results) %}
    {%- set failures = [] -%}
    {%- for result in results if result.status | string in ('error', 'fail', 'runtime error', 'partial success', 'skipped') -%}
        {%- do failures.append(result) -%}
    {%- endfor -%}
    {{- return(failures | length > 0) -}}
{% endmacro %}

{% macro relations_of_schema(schema) %}
    {{- return(adapter.dispatch('relations_of_schema')(schema)) -}}
{% endmacro %}

{% macro duckdb__relations_of_schema(schema) %}
    {%- set relations = [] -%}
    {%- for row in list_relations_without_caching(api.Relation.create(database=target.database, schema=schema)) -%}
        {%- do relations.append(
            api.Relation.create(database=target.database, schema=schema, identifier=row['name'], type=row['type'])
        ) -%}
    {%- endfor -%}
    {{- return(relations) -}}
{% endmacro %}

-- dbt rolls back what a macro does after the last model, where the database has transactions for dropping at all.
{% macro keep_what_was_dropped() %}
    {{- return(adapter.dispatch('keep_what_was_dropped')()) -}}
{% endmacro %}

{% macro default__keep_what_was_dropped() %}{% endmacro %}

{% macro duckdb__keep_what_was_dropped() %}
    {%- do run_query('commit; begin') -%}
{% endmacro %}
