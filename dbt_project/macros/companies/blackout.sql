{# Whether a day lies where companies usually keep insiders from trading: from some weeks before results to the day after;
   null where neither the last results nor the next ones are known. #}
{% macro is_in_blackout(days_since_release, days_to_release) -%}
    case
        when {{ days_since_release }} <= {{ company_parameter('blackout_days_after_release') }} then true
        when {{ days_to_release }} is null then null
        else {{ days_to_release }} <= {{ company_parameter('blackout_days_before_release') }}
    end
{%- endmacro %}
