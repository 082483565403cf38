{# Quotient of two exact totals as a double; null, never infinity, when the denominator is zero. #}
{% macro quotient(numerator, denominator) %}
    cast({{ numerator }} as double) / nullif(cast({{ denominator }} as double), 0)
{% endmacro %}

{# Net purchase ratio (Lakonishok and Lee 2001), in [-1, 1]; null only when there was nothing on either side. #}
{% macro net_purchase_ratio(buys, sells) %}
    cast({{ buys }} - {{ sells }} as double) / nullif(cast({{ buys }} + {{ sells }} as double), 0)
{% endmacro %}

{# Whether a month-end is one of those that a tier of another month-end is decided by: never that one itself. #}
{% macro is_in_history(past_month_number, month_number) -%}
    {{ past_month_number }} >= {{ month_number }} - {{ sector_parameter("tier_history_month_count") }}
            and {{ month_number }} > {{ past_month_number }}
{%- endmacro %}

{# Mid-rank percentile from three counts: values below, values equal, values compared; null without a history. #}
{% macro mid_rank_percentile(below, equal, compared) %}
    cast(2 * {{ below }} + {{ equal }} as double) / nullif(cast(2 * {{ compared }} as double), 0)
{% endmacro %}

{# Tier of a percentile: DOMAIN definition with inclusive bounds; a history that is too short, or a quarter
   without a value, has no tier. #}
{% macro tier_of(percentile, history_months) %}
    case
        when {{ percentile }} is null or {{ history_months }} < {{ sector_parameter("tier_minimum_month_count") }}
            then 'Insufficient history'
        when {{ percentile }} >= {{ sector_parameter("tier_overweight_percentile") }} then 'Overweight'
        when {{ percentile }} <= {{ sector_parameter("tier_underweight_percentile") }} then 'Underweight'
        else 'Neutral'
    end
{% endmacro %}

{# Weight multiplier of a tier at one end of its range: bound is low, mid or high. #}
{% macro weight_multiplier(tier, bound) %}
    case {{ tier }}
        when 'Overweight' then cast({{ sector_parameter("overweight_multiplier_" ~ bound) }} as decimal(9, 4))
        when 'Underweight' then cast({{ sector_parameter("underweight_multiplier_" ~ bound) }} as decimal(9, 4))
        else cast(1 as decimal(9, 4))
    end
{% endmacro %}
