-- Whether the value a correction says was filed is what the line has. Numbers are compared as numbers, dates as dates;
-- a date that cannot be read is compared by its text.
{% macro is_filed_value(corrections, lines) -%}
    case {{ corrections }}.field
        when 'transaction_date'
            then
                {{ corrections }}.filed_value = {{ lines }}.unreadable_date_text
                or {{ parse_date(corrections ~ '.filed_value') }} = {{ lines }}.transaction_date
        when 'share_count' then {{ parse_number(corrections ~ '.filed_value', 4) }} = {{ lines }}.share_count
        when 'price_usd' then {{ parse_number(corrections ~ '.filed_value', 6) }} = {{ lines }}.price_usd
        else false
    end
{%- endmacro %}
