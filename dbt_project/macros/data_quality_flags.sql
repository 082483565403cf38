{#
    The flags of rpt_data_quality, in the order of the report: name, the condition that touches a line of
    int_transactions_flagged and, where a filing has the flag whether or not it has lines, the condition on int_filings.
    A new flag is one entry here. The price reasons are one flag each; assert_price_reasons_are_reported fails when a
    reason has none.
#}
{% macro data_quality_flags() %}
    {%- set flags = [
        ("several_owners", "owner_count > 1", "owner_count > 1"),
        ("amendment", "is_amendment", "is_amendment"),
        ("superseded", "is_superseded", none),
        ("superseded_weak_match", "is_superseded and supersession_confidence = 'weak'", none),
        ("withdrawn", "is_withdrawn", "is_withdrawn"),
        ("joint_duplicate", "not is_canonical", none),
        ("possible_joint_report", "is_possible_joint_report", none),
        ("rule_10b5_1_yes", "rule_10b5_1_status = 'yes'", none),
        ("rule_10b5_1_unknown", "rule_10b5_1_status = 'unknown'", none),
        ("late", "is_late", none),
        ("date_suspect", "date_status = 'suspect'", none),
        ("date_unknown", "date_status = 'unknown'", none),
        ("price_suspect", "price_status = 'suspect'", none),
        ("price_unknown", "price_status = 'unknown'", none),
    ] -%}
    {%- for reason in price_reasons() -%}
        {%- do flags.append(("price_reason_" ~ reason, "price_reason_code = '" ~ reason ~ "'", none)) -%}
    {%- endfor -%}
    {%- do flags.extend([
        ("derivative", "table_code = 'D'", none),
        ("not_open_market", "table_code = 'N' and direction is null", none),
        ("plan_purchase", "is_plan_purchase", none),
        ("dividend_reinvestment", "is_dividend_reinvestment", none),
        ("private_placement", "is_private_placement", none),
        ("exercise_linked", "is_exercise_linked", none),
        ("routine_insider", "insider_class = 'routine'", none),
        ("sic_latest_known", "sic_source = 'latest_known'", "sic_source = 'latest_known'"),
        ("sic_none", "sic_source = 'none'", "sic_source = 'none'"),
        ("sector_unmapped", "sector = 'Unmapped'", "sector = 'Unmapped'"),
        ("cast_failure", "cast_failure_count > 0", "cast_failure_count > 0"),
    ]) -%}
    {{ return(flags) }}
{% endmacro %}


{# Each flag's name to its bit, as SQL. #}
{% macro data_quality_bits(flags) %}
    {%- set bits = {} -%}
    {%- for name, line_condition, filing_condition in flags -%}
        {%- do bits.update({name: "cast(" ~ 2 ** loop.index0 ~ " as bigint)"}) -%}
    {%- endfor -%}
    {{ return(bits) }}
{% endmacro %}


{# Every price_reason_code there is. #}
{% macro price_reasons() %}
    {{ return([
        "price_missing",
        "price_only_in_footnote",
        "price_zero",
        "share_count_missing",
        "negative_amount",
        "total_in_price",
        "shares_in_price",
        "foreign_currency",
        "decimal_point_moved",
        "price_above_any_share",
        "far_above_issuer_prices",
        "far_below_issuer_prices",
        "exercise_price_typed",
        "price_outside_own_range",
        "depositary_unit_mismatch",
        "value_beyond_belief"
    ]) }}
{% endmacro %}
