-- Text functions whose names or options differ between warehouses.

-- Whether the text matches the regular expression anywhere, in any case. Null text does not match.
{% macro text_matches(text, pattern) -%}
    {{ return(adapter.dispatch('text_matches')(text, pattern)) }}
{%- endmacro %}

{% macro default__text_matches(text, pattern) -%}
    {{ not_written_for('text_matches') }}
{%- endmacro %}

{% macro duckdb__text_matches(text, pattern) -%}
    coalesce(regexp_matches(lower({{ text }}), '{{ pattern }}'), false)
{%- endmacro %}


-- Every match of the pattern replaced.
{% macro text_replace_all(text, pattern, replacement) -%}
    {{ return(adapter.dispatch('text_replace_all')(text, pattern, replacement)) }}
{%- endmacro %}

{% macro default__text_replace_all(text, pattern, replacement) -%}
    {{ not_written_for('text_replace_all') }}
{%- endmacro %}

{% macro duckdb__text_replace_all(text, pattern, replacement) -%}
    regexp_replace({{ text }}, '{{ pattern }}', '{{ replacement }}', 'g')
{%- endmacro %}


-- The first group of the pattern in the lower-cased text, '' without a match.
{% macro text_extract(text, pattern) -%}
    {{ return(adapter.dispatch('text_extract')(text, pattern)) }}
{%- endmacro %}

{% macro default__text_extract(text, pattern) -%}
    {{ not_written_for('text_extract') }}
{%- endmacro %}

{% macro duckdb__text_extract(text, pattern) -%}
    regexp_extract(lower({{ text }}), '{{ pattern }}', 1)
{%- endmacro %}


-- Values of a group joined into one text, in a stated order.
{% macro join_text(value, separator, order_by) -%}
    {{ return(adapter.dispatch('join_text')(value, separator, order_by)) }}
{%- endmacro %}

{% macro default__join_text(value, separator, order_by) -%}
    {{ not_written_for('join_text') }}
{%- endmacro %}

{% macro duckdb__join_text(value, separator, order_by) -%}
    string_agg({{ value }}, '{{ separator }}' order by {{ order_by }})
{%- endmacro %}


-- Whether the footnote id stands in a list like 'F1, F12' (F1 does not match F12).
{% macro footnote_is_listed(footnote_id, footnote_ids) -%}
    concat(',', replace({{ footnote_ids }}, ' ', ''), ',') like concat('%,', {{ footnote_id }}, ',%')
{%- endmacro %}


-- One row per part of a separated text, beside the other columns of the select.
{% macro split_to_rows(text, separator) -%}
    {{ return(adapter.dispatch('split_to_rows')(text, separator)) }}
{%- endmacro %}

{% macro default__split_to_rows(text, separator) -%}
    explode(split({{ text }}, '{{ separator }}'))
{%- endmacro %}

{% macro duckdb__split_to_rows(text, separator) -%}
    unnest(string_split({{ text }}, '{{ separator }}'))
{%- endmacro %}


-- Initials written with points put together: "c.e.o." becomes "ceo". Expects lower-cased text.
{% macro join_initials(text) -%}
    {{ return(adapter.dispatch('join_initials')(text)) }}
{%- endmacro %}

{% macro default__join_initials(text) -%}
    {{ not_written_for('join_initials') }}
{%- endmacro %}

{% macro duckdb__join_initials(text) -%}
    regexp_replace({{ text }}, '\b([a-z])\.', '\1', 'g')
{%- endmacro %}


-- Page of a filing at the SEC, where every document of it is listed.
{% macro filing_page(issuer_cik, accession_number) -%}
    concat(
        'https://www.sec.gov/Archives/edgar/data/',
        ltrim({{ issuer_cik }}, '0'),
        '/',
        replace({{ accession_number }}, '-', ''),
        '/',
        {{ accession_number }},
        '-index.htm'
    )
{%- endmacro %}
