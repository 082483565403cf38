{#
    The constants of the evidence, each with its default. Set a var of the same name in dbt_project.yml (or with --vars)
    to change one; a name that is not listed here stops the compilation. They were fixed before any result was seen, and
    changing one after looking at results turns a test into a search.

    Headline: the horizon of the row that is quoted. Lakonishok and Lee (2001), where the ratio and its five years of
    history come from, look at the next twelve months.
    Split: quarters up to this date are "before", later ones "after". Insider trading as a signal was in every hand when
    Cohen, Malloy and Pomorski appeared (Journal of Finance, June 2012), and published signals fade (McLean and Pontiff 2016).
    Least quarters: below it no standard error is shown, nor with fewer horizons side by side than the least windows: with
    them the intervals of pure noise leave out 0 in less than 7 of a hundred cases (all sectors) and 9 (one sector), with
    fewer more often. Least sectors: below it no rank correlation.
    Control: the share of the sectors that counts as last year's worst, and as its best.
    Costs: basis points per dollar bought or sold; a cautious figure for the spread of liquid sector funds.
#}
{% macro evidence_parameter(name) %}
    {%- set defaults = {
        "evidence_headline_horizon_months": 12,
        "evidence_split_date": "2012-06-30",
        "evidence_minimum_quarter_count": 12,
        "evidence_minimum_window_count": 5,
        "evidence_minimum_window_count_of_a_sector": 12,
        "evidence_minimum_sector_count": 3,
        "evidence_control_share": 0.25,
        "evidence_trading_cost_bps": 5,
        "evidence_conviction_window_days": 90,
    } -%}
    {%- if name not in defaults -%}
        {{ exceptions.raise_compiler_error("evidence_parameter: no parameter is called '" ~ name ~ "'") }}
    {%- endif -%}
    {{- return(var(name, defaults[name])) -}}
{% endmacro %}

{# Which side of the split a date lies on. #}
{% macro evidence_period(date) -%}
    case when {{ date }} <= date '{{ evidence_parameter("evidence_split_date") }}' then 'before' else 'after' end
{%- endmacro %}

{# Whether a row is of the tiers that are quoted: window, group and measure of the headline. #}
{% macro is_headline_tier() -%}
    window_days = {{ sector_parameter('headline_window_days') }}
        and insider_group = '{{ sector_parameter('headline_insider_group') }}'
        and measure = '{{ sector_parameter('headline_measure') }}'
{%- endmacro %}

{# How many sectors are the worst (or best) of so many; a half is rounded up. #}
{% macro control_sector_count(sector_count) -%}
    greatest(1, floor({{ sector_count }} * {{ evidence_parameter('evidence_control_share') }} + 0.5))
{%- endmacro %}

{#
    Mean rank of a value among the rows of a window (equal values share the mean of their ranks), as Spearman asks for.
    Ranks are whole or half numbers, so that sums of their products are exact in any order.
#}
{% macro mean_rank(column, partition_by) -%}
    rank() over (partition by {{ partition_by }} order by {{ column }})
        + (count(*) over (partition by {{ partition_by }}, {{ column }}) - 1) / 2.0
{%- endmacro %}

{# Correlation of two columns of ranks over a group; null with too few rows or where all of one side are equal. #}
{% macro rank_correlation(left, right) -%}
    case
        when count({{ left }}) >= {{ evidence_parameter('evidence_minimum_sector_count') }}
            then
                (count({{ left }}) * sum({{ left }} * {{ right }}) - sum({{ left }}) * sum({{ right }}))
                / nullif(
                    sqrt(
                        (count({{ left }}) * sum({{ left }} * {{ left }}) - sum({{ left }}) * sum({{ left }}))
                        * (count({{ left }}) * sum({{ right }} * {{ right }}) - sum({{ right }}) * sum({{ right }}))
                    ),
                    0
                )
    end
{%- endmacro %}

{# Mean of a return over the rows of a condition; summed as decimals, so that it does not depend on their order. #}
{% macro mean_return_where(column, condition) -%}
    cast(sum(case when {{ condition }} then cast({{ column }} as decimal(38, 15)) end) as double)
        / nullif(count(case when {{ condition }} then {{ column }} end), 0)
{%- endmacro %}

{# What an interval says in a word; without one there were too few quarters. #}
{% macro verdict(statistic) -%}
    case
        when {{ statistic }}_low is null then 'too_few_quarters'
        when {{ statistic }}_low > 0 then 'in_favour'
        when {{ statistic }}_high < 0 then 'against'
        else 'not_told_from_chance'
    end
{%- endmacro %}

{# Fewest quarters with which an estimate is given an interval. #}
{% macro minimum_quarter_count(scope, horizon_months) -%}
    greatest(
        {{ evidence_parameter('evidence_minimum_quarter_count') }},
        cast(
            {{ horizon_months }} / 3 * case
                when {{ scope }} = 'pooled' then {{ evidence_parameter('evidence_minimum_window_count') }}
                else {{ evidence_parameter('evidence_minimum_window_count_of_a_sector') }}
            end as integer
        )
    )
{%- endmacro %}
