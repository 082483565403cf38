-- What filers write about prices in footnotes, read as numbers. The patterns are regular expressions without look-around,
-- so that every engine's library reads them alike.

-- The text with every amount of another currency than the US dollar marked by ¤ and every US dollar amount by $:
-- 'C$5.50', '€5.50', 'CAD 5.50' and '5.50 Canadian dollars' become '¤5.50', 'US$5.50' becomes '$5.50'.
{% macro mark_money(text) -%}
    {%- set codes = "cad|cdn|eur|gbp|sek|nok|dkk|chf|nis|ils|rmb|cny|jpy|hkd|aud|nzd|krw|brl|zar|inr|mxn|sgd|twd" -%}
    {%- set with_us = text_replace_all(
        text, "\\bu\\.?s\\.?d?\\.? ?\\$ ?|\\busd ?\\$? ?", "$"
    ) -%}
    {%- set with_signs = text_replace_all(
        with_us, "\\b(?:c|cdn|cad|ca|can|a|au|aud|nz|nzd|hk|hkd|s|sgd|nt|mx|r) ?\\$ ?|[€£¥₪] ?", "¤"
    ) -%}
    {%- set with_codes = text_replace_all(with_signs, "\\b(?:" ~ codes ~ ")[.]? ?([0-9])", "¤\\1") -%}
    {{ text_replace_all(
        with_codes,
        "\\$?([0-9][0-9,]*\\.?[0-9]*) ?\\(?(?:in )?(?:" ~ codes ~ "|" ~ foreign_currency_words() ~ ")\\b",
        "¤\\1"
    ) }}
{%- endmacro %}


-- Names of currencies as filers write them.
{% macro foreign_currency_words() -%}
canadian (?:dollars?|currency)|australian dollars?|hong kong dollars?|new zealand dollars?|singapore dollars?|euros?|pounds? sterling|british pounds?|gb pounds?|pounds|pence|(?:new )?(?:israeli )?shekels?|swiss francs?|(?:swedish|norwegian|danish) (?:kronor|kronas?|kroner|krone)|japanese yen|yen|renminbi|mexican pesos?|south african rand|brazilian reais
{%- endmacro %}


-- The amounts of the ranges a note gives ('ranging from $17.02 to $17.98', 'between $5.10 and 5.20', 'low of $3.10 ...
-- high of $3.25', 'at $17.02-$17.98') as a list, for lowest_of and highest_of; empty without a range. A number counts as money when the first
-- has its sign, or when both have decimals: years, percentages and numbers of shares do not.
{% macro price_range_amounts(text, sign="$") -%}
    {{ return(adapter.dispatch('price_range_amounts')(text, sign)) }}
{%- endmacro %}

{% macro default__price_range_amounts(text, sign="$") -%}
    {{ not_written_for('price_range_amounts') }}
{%- endmacro %}

{% macro duckdb__price_range_amounts(text, sign="$") -%}
    list_transform(
        list_concat(
            {%- for pattern in price_range_patterns(sign) %}
            regexp_extract_all({{ text }}, '{{ pattern }}', 1),
            regexp_extract_all({{ text }}, '{{ pattern }}', 2)
            {%- if not loop.last %},{% endif %}
            {%- endfor %}
        ),
        lambda amount: try_cast(replace(amount, ',', '') as decimal(18, 6))
    )
{%- endmacro %}


{% macro lowest_of(amounts) -%}
    {{ return(adapter.dispatch('lowest_of')(amounts)) }}
{%- endmacro %}

{% macro default__lowest_of(amounts) -%}
    array_min({{ amounts }})
{%- endmacro %}

{% macro duckdb__lowest_of(amounts) -%}
    list_min({{ amounts }})
{%- endmacro %}


{% macro highest_of(amounts) -%}
    {{ return(adapter.dispatch('highest_of')(amounts)) }}
{%- endmacro %}

{% macro default__highest_of(amounts) -%}
    array_max({{ amounts }})
{%- endmacro %}

{% macro duckdb__highest_of(amounts) -%}
    list_max({{ amounts }})
{%- endmacro %}

{% macro price_range_patterns(sign) -%}
    {%- set number = "[0-9][0-9,]*(?:\\.[0-9]+)?|\\.[0-9]+" -%}
    {%- set decimals = "[0-9][0-9,]*\\.[0-9]+|\\.[0-9]+" -%}
    {%- set opening = "(?:\\brang(?:e|es|ed|ing)\\b|\\bbetween\\b|\\bfrom\\b|\\blow(?:est)?\\b)[^0-9$¤;%]{0,60}?" -%}
    {%- set joining = "[^0-9$¤;%]{0,60}?(?:\\bto\\b|\\band\\b|\\bthrough\\b|\\bthru\\b|-|–|—|\\bhigh\\b)[^0-9$¤;%]{0,40}?" -%}
    {%- if sign == "$" -%}
        {{ return([
            opening ~ "\\$ ?(" ~ number ~ ")" ~ joining ~ "\\$? ?(" ~ number ~ ")",
            opening ~ "(" ~ decimals ~ ")" ~ joining ~ "\\$? ?(" ~ decimals ~ ")",
            "\\$ ?(" ~ number ~ ")(?: per share)? ?(?:to|through|thru|-|–|—) ?\\$ ?(" ~ number ~ ")"
        ]) }}
    {%- else -%}
        {{ return([
            opening ~ "¤ ?(" ~ number ~ ")" ~ joining ~ "[¤$]? ?(" ~ number ~ ")",
            opening ~ "\\$? ?(" ~ number ~ ")" ~ joining ~ "¤ ?(" ~ number ~ ")"
        ]) }}
    {%- endif -%}
{%- endmacro %}


-- Whether one of the amounts marked by ¤ in the text is the given number, to the third part of a thousandth.
{% macro is_marked_amount(text, amount) -%}
    {{ return(adapter.dispatch('is_marked_amount')(text, amount)) }}
{%- endmacro %}

{% macro default__is_marked_amount(text, amount) -%}
    {{ not_written_for('is_marked_amount') }}
{%- endmacro %}

{% macro duckdb__is_marked_amount(text, amount) -%}
    coalesce(
        list_bool_or(
            list_transform(
                regexp_extract_all({{ text }}, '¤ ?([0-9][0-9,]*(?:\.[0-9]+)?)', 1),
                lambda marked: abs(try_cast(replace(marked, ',', '') as double) - cast({{ amount }} as double))
                <= 0.0003 * abs(cast({{ amount }} as double))
            )
        ),
        false
    )
{%- endmacro %}
