-- Text as filed to typed values. Both roads' spellings are read; what cannot be read becomes null and is counted
-- by count_failed_casts.

{% macro clean_text(column) -%}
    nullif(trim({{ column }}), '')
{%- endmacro %}


-- The SEC writes a field that holds double quotes the way CSV does: wrapped in double quotes, with the inner ones
-- doubled. Other makers of the same sets leave quotes as they are, balanced or not. So only what can be nothing else
-- is unwrapped: quotes at both ends, and between them quotes in pairs only, at least one pair. Raw keeps the field
-- as it is. Submissions (daily road) are no CSV and are left alone.
{% macro clean_prose(column) -%}
    {{ return(adapter.dispatch('clean_prose')(column)) }}
{%- endmacro %}

{% macro default__clean_prose(column) -%}
    {{ not_written_for('clean_prose') }}
{%- endmacro %}

{% macro duckdb__clean_prose(column) -%}
    case
        when
            starts_with(trim({{ column }}), '"')
            and _road = 'quarterly'
            and regexp_full_match(trim({{ column }}), '"([^"]|"")*""([^"]|"")*"', 's')
            then nullif(trim(replace(substr(trim({{ column }}), 2, length(trim({{ column }})) - 2), '""', '"')), '')
        else {{ clean_text(column) }}
    end
{%- endmacro %}


-- Null differs from every value and from nothing else.
{% macro is_different(left, right) -%}
    coalesce({{ left }} <> {{ right }}, ({{ left }} is null) <> ({{ right }} is null))
{%- endmacro %}


-- CIKs are compared as ten digits; indexes and some filers leave the leading zeros out.
{% macro clean_cik(column) -%}
    lpad({{ clean_text(column) }}, 10, '0')
{%- endmacro %}


-- YYYY-MM-DD with or without a time zone behind it (XML), DD-MON-YYYY (quarterly sets).
{% macro parse_date(column) -%}
    {{ return(adapter.dispatch('parse_date')(column)) }}
{%- endmacro %}

{% macro default__parse_date(column) -%}
    {{ not_written_for('parse_date') }}
{%- endmacro %}

{% macro duckdb__parse_date(column) -%}
    case
        when substr(trim({{ column }}), 5, 1) = '-' then try_cast(substr(trim({{ column }}), 1, 10) as date)
        else cast(try_strptime(trim({{ column }}), '%d-%b-%Y') as date)
    end
{%- endmacro %}


-- YYYYMMDD of the daily indexes; the full index writes dashes.
{% macro parse_compact_date(column) -%}
    {{ return(adapter.dispatch('parse_compact_date')(column)) }}
{%- endmacro %}

{% macro default__parse_compact_date(column) -%}
    {{ not_written_for('parse_compact_date') }}
{%- endmacro %}

{% macro duckdb__parse_compact_date(column) -%}
    cast(try_strptime(replace(trim({{ column }}), '-', ''), '%Y%m%d') as date)
{%- endmacro %}


-- YYYYMMDDHHMMSS of the SGML header: New York time, always.
{% macro parse_header_timestamp(column) -%}
    {{ return(adapter.dispatch('parse_header_timestamp')(column)) }}
{%- endmacro %}

{% macro default__parse_header_timestamp(column) -%}
    {{ not_written_for('parse_header_timestamp') }}
{%- endmacro %}

{% macro duckdb__parse_header_timestamp(column) -%}
    try_strptime(trim({{ column }}), '%Y%m%d%H%M%S')
{%- endmacro %}


-- Exact decimals, so that sums do not depend on the order of the rows. 18 digits stay one machine word.
{% macro parse_number(column, scale) -%}
    try_cast(replace(trim({{ column }}), ',', '') as decimal(18, {{ scale }}))
{%- endmacro %}


-- Floating point, for what a source computed in floating point itself (adjusted closes).
{% macro parse_double(column) -%}
    try_cast(nullif(trim({{ column }}), '') as double)
{%- endmacro %}


-- 0, 1, true, false in any case; blank is null: not stated.
{% macro parse_flag(column) -%}
    case
        when lower(trim({{ column }})) in ('1', 'true', 'y', 'yes') then true
        when lower(trim({{ column }})) in ('0', 'false', 'n', 'no') then false
    end
{%- endmacro %}


-- How many of the given source columns hold text that its cast could not read.
-- casts: {source column: cast expression}
{% macro count_failed_casts(casts) -%}
    {%- for column, cast_expression in casts.items() %}
    case when {{ clean_text(column) }} is not null and ({{ cast_expression }}) is null then 1 else 0 end
    {%- if not loop.last %} +{% endif %}
    {%- endfor %}
{%- endmacro %}
