{#
    The constants of the company models, each with its default. Set a var of the same name in dbt_project.yml (or with
    --vars) to change one; a name that is not listed here stops the compilation.

    Clusters: how many owners, within how many days, with how much each.
    Issuer ratios: the window of a quarter end, and what makes a run and a reversal of it.
    Screens: from which run and ratio on an issuer is listed.
    Timing: how results filings become releases, and when insiders are usually kept from trading.
    Conviction: from how much on a component is full, and how much history it needs.
#}
{% macro company_parameter(name) %}
    {%- set defaults = {
        "cluster_owner_count": 3,
        "cluster_window_days": 30,
        "cluster_minimum_usd": 10000,
        "issuer_window_days": 90,
        "run_pause_quarter_count": 4,
        "reversal_quarter_count": 6,
        "reversal_minimum_quarter_count": 2,
        "screen_minimum_run": 3,
        "screen_minimum_sell_buy_ratio": 3,
        "screen_minimum_insider_count": 2,
        "screen_minimum_price_change": 0.05,
        "results_season_days": 45,
        "results_repeat_days": 14,
        "results_year_days": 364,
        "results_slack_days": 14,
        "results_valid_days": 200,
        "blackout_days_before_release": 30,
        "blackout_days_after_release": 1,
        "conviction_full_share_of_holding": 0.5,
        "conviction_minimum_trade_count": 5,
        "conviction_pattern_days": 540,
    } -%}
    {%- if name not in defaults -%}
        {{ exceptions.raise_compiler_error("company_parameter: no parameter is called '" ~ name ~ "'") }}
    {%- endif -%}
    {{- return(var(name, defaults[name])) -}}
{% endmacro %}
