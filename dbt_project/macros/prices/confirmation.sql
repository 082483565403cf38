{# Whether a number that is above 0 where it speaks for a sector agrees with the sector's tier. #}
{% macro confirmation_of(score) -%}
    case
        when tier not in ('Overweight', 'Underweight') then 'no opinion'
        when {{ score }} is null then 'unknown'
        when {{ score }} = 0 then 'neither'
        when (tier = 'Overweight') = ({{ score }} > 0) then 'confirms'
        else 'diverges'
    end
{%- endmacro %}
