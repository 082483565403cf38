-- noqa: disable=LT02
{{ config(materialized='incremental', incremental_strategy='replace_and_list_issuers', on_schema_change='fail') }}
{#- Expressions that several columns share and no reader asks for: a column of its own would be written for every line
there ever was. -#}
{#- What was held before follows from what was held afterwards, row by row: direct and indirect holdings are told apart
by the form. Fractions below one share are rounding. -#}
{%- set moved_share_count = "coalesce(share_count_corrected, share_count)" %}
{%- set holding_sign -%}
case coalesce(acquired_disposed_code, case direction when 'buy' then 'A' when 'sell' then 'D' end)
    when 'A' then 1
    when 'D' then -1
end
{%- endset %}
{%- set held_before = "(share_count_owned_after - " ~ holding_sign ~ " * " ~ moved_share_count ~ ")" %}
{#- The reasons a line is no signal trade, in the order in which the ledger takes them off. What would stop it were it
not superseded or withdrawn is kept apart: until its amendment came or it left the index, such a line was the best
knowledge there was. -#}
{%- set reason_before_superseded -%}
case
    when table_code = 'D' then 'derivative'
    when direction is null then 'not_open_market'
end
{%- endset %}
{%- set reason_after_superseded -%}
case
    when not is_canonical then 'joint_duplicate'
    when date_status <> 'valid' and transaction_date_corrected is null then 'date_not_valid'
    when is_plan_purchase then 'plan_purchase'
    when is_private_placement then 'private_placement'
    when is_exercise_linked then 'exercise_linked'
end
{%- endset %}

with

insider_classes as (

    select * from {{ ref('int_insider_classes') }}

),

-- What a new filing says of an insider's habits can bear on his trades in other issuers.
{{ issuers_to_replace('insider_classes') }}

transaction_lines as (

    select * from {{ ref('int_transaction_lines') }}
    {{ of_issuers_to_replace() }}

),

filings as (

    select * from {{ ref('int_filings') }}
    {{ of_issuers_to_replace() }}

),

line_notes as (

    select * from {{ ref('int_line_notes') }}

),

superseded_lines as (

    select * from {{ ref('int_superseded_lines') }}

),

joint_reports as (

    select * from {{ ref('int_joint_reports') }}

),

price_checks as (

    select * from {{ ref('int_price_checks') }}

),

exercise_sales as (

    select * from {{ ref('int_exercise_sales') }}

),

line_corrections as (

    select * from {{ ref('int_line_corrections') }}

),

business_days as (

    select * from {{ ref('int_business_days') }}

),

assembled as (

    select
        transaction_lines.transaction_line_key,
        transaction_lines.accession_number,
        transaction_lines.table_code,
        transaction_lines.line_number,
        filings.road,
        filings.form_type,
        filings.is_amendment,
        filings.issuer_cik,
        filings.issuer_name,
        filings.issuer_symbol,
        filings.owner_ciks,
        filings.owner_names,
        filings.owner_count,
        filings.is_director,
        filings.is_officer,
        filings.is_ten_percent_owner,
        filings.is_other_owner,
        filings.officer_title,
        filings.role_code,
        filings.filed_date,
        filings.accepted_at,
        transaction_lines.transaction_date,
        transaction_lines.unreadable_date_text,
        filings.filed_date as known_from,
        case
            -- From the beginning another owner's report stood for the trade; that one was withdrawn.
            when joint_reports.canonical_from > filings.filed_date then filings.filed_date
            else least(superseded_lines.known_to, filings.withdrawn_known_from)
        end as known_to,
        case
            when joint_reports.canonical_from > filings.filed_date then joint_reports.canonical_from
            else superseded_lines.restored_from
        end as restored_from,
        case
            when joint_reports.canonical_from > filings.filed_date
                then least(superseded_lines.known_to, filings.withdrawn_known_from)
            else least(superseded_lines.restored_to, filings.withdrawn_known_from)
        end as restored_to,
        transaction_lines.security_title,
        transaction_lines.security_class,
        transaction_lines.transaction_code,
        transaction_lines.transaction_class,
        transaction_lines.is_equity_swap,
        transaction_lines.acquired_disposed_code,
        transaction_lines.share_count,
        transaction_lines.price_usd,
        transaction_lines.value_usd,
        transaction_lines.share_count_owned_after,
        transaction_lines.direct_indirect_code,
        transaction_lines.ownership_nature,
        filings.sic_code,
        filings.sic_source,
        filings.sector,
        transaction_lines.direction,
        coalesce(superseded_lines.is_superseded, false) as is_superseded,
        superseded_lines.superseded_by_accession_number,
        superseded_lines.supersession_confidence,
        superseded_lines.supersession_match,
        filings.is_withdrawn,
        filings.withdrawn_known_from,
        coalesce(joint_reports.is_canonical, true) as is_canonical,
        case when not joint_reports.is_canonical then joint_reports.canonical_accession_number end
            as duplicate_of_accession_number,
        joint_reports.joint_group_key,
        joint_reports.joint_sign,
        coalesce(joint_reports.joint_sign = 'none', false) as is_possible_joint_report,
        transaction_lines.date_status,
        transaction_lines.date_reason_code,
        -- Prices of lines that are not open-market trades are set by plans and terms, not by a market; nothing is
        -- compared.
        case
            when price_checks.transaction_line_key is not null then price_checks.price_status
            when transaction_lines.price_usd is null then 'unknown'
            when transaction_lines.price_usd < 0 then 'suspect'
            else 'valid'
        end as price_status,
        case
            when price_checks.transaction_line_key is not null then price_checks.price_reason_code
            when transaction_lines.price_usd is null and transaction_lines.price_footnote_ids is not null
                then 'price_only_in_footnote'
            when transaction_lines.price_usd is null then 'price_missing'
            when transaction_lines.price_usd < 0 then 'negative_amount'
        end as price_reason_code,
        coalesce(price_checks.is_weighted_average_price, false) as is_weighted_average_price,
        price_checks.price_range_low_usd,
        price_checks.price_range_high_usd,
        coalesce(price_checks.is_price_outside_own_range, false) as is_price_outside_own_range,
        -- The box exists since April 2023 and speaks for the whole form; a note that names the plan is believed
        -- whatever the box says, since plans from before 27 February 2023 need no tick.
        case
            when
                filings.is_rule_10b5_1_box_checked
                and filings.filed_date >= date '{{ var("rule_10b5_1_box_from") }}'
                then 'yes'
            when coalesce(line_notes.says_10b5_1_plan, false) and not line_notes.denies_10b5_1_plan then 'yes'
            when coalesce(line_notes.denies_10b5_1_plan, false) then 'no'
            when
                not filings.is_rule_10b5_1_box_checked
                and filings.filed_date >= date '{{ var("rule_10b5_1_box_from") }}'
                then 'no'
            else 'unknown'
        end as rule_10b5_1_status,
        case
            when
                filings.is_rule_10b5_1_box_checked
                and filings.filed_date >= date '{{ var("rule_10b5_1_box_from") }}'
                then 'box'
            when coalesce(line_notes.says_10b5_1_plan, false) or coalesce(line_notes.denies_10b5_1_plan, false)
                then 'footnote'
            when filings.filed_date < date '{{ var("rule_10b5_1_box_from") }}' then 'before_box'
            when filings.is_rule_10b5_1_box_checked is not null then 'box'
            else 'box_missing'
        end as rule_10b5_1_source,
        case
            when transaction_lines.direction = 'buy'
                then
                    coalesce(line_notes.says_plan_purchase, false)
                    or {{ text_matches(
                        'filings.owner_names',
                        "\\besop\\b|\\besot\\b|employees? (stock|share)|stock ownership (plan|trust)|savings plan|401\\(?k\\)?|profit sharing|employee benefit (plan|trust)"
                    ) }}
                    or {{ text_matches(
                        'transaction_lines.ownership_nature',
                        "\\besop\\b|\\bespp\\b|stock ownership plan|stock purchase plan|401\\(?k\\)?|savings plan|dividend reinvest"
                    ) }}
            else false
        end as is_plan_purchase,
        coalesce(line_notes.says_dividend_reinvestment, false) as is_dividend_reinvestment,
        case
            when transaction_lines.direction = 'buy'
                then
                    coalesce(line_notes.says_private_placement, false)
                    or coalesce(line_notes.says_offering_allotment, false)
            else false
        end as is_private_placement,
        case
            when transaction_lines.direction = 'sell'
                then
                    exercise_sales.transaction_line_key is not null
                    or coalesce(line_notes.says_exercise_sale, false)
            else false
        end as is_exercise_linked,
        case
            when
                transaction_lines.date_status = 'valid'
                or line_corrections.transaction_date_corrected is not null
                then coalesce(insider_classes.insider_class, 'unclassified')
            else 'unclassified'
        end as insider_class,
        filings.is_officer or filings.is_director as is_officer_or_director,
        filings.is_executive,
        -- A trade cannot be reported before it was made, nor counted from a date that cannot be.
        case
            when
                (transaction_lines.date_status = 'valid' or line_corrections.transaction_date_corrected is not null)
                and coalesce(line_corrections.transaction_date_corrected, transaction_lines.transaction_date)
                <= filings.filed_date
                then days_filed.business_day_number - days_traded.business_day_number
        end as filing_delay_business_days,
        transaction_lines.cast_failure_count,
        line_corrections.transaction_line_key is not null as is_corrected,
        line_corrections.transaction_date_corrected,
        line_corrections.share_count_corrected,
        line_corrections.price_usd_corrected,
        line_corrections.value_usd_corrected,
        line_corrections.correction_source,
        line_corrections.correction_reason
    from transaction_lines
    inner join filings
        on transaction_lines.accession_number = filings.accession_number
    left join line_notes
        on transaction_lines.transaction_line_key = line_notes.transaction_line_key
    left join superseded_lines
        on transaction_lines.transaction_line_key = superseded_lines.transaction_line_key
    left join joint_reports
        on transaction_lines.transaction_line_key = joint_reports.transaction_line_key
    left join price_checks
        on transaction_lines.transaction_line_key = price_checks.transaction_line_key
    left join exercise_sales
        on transaction_lines.transaction_line_key = exercise_sales.transaction_line_key
    left join line_corrections
        on transaction_lines.transaction_line_key = line_corrections.transaction_line_key
    left join insider_classes
        on
            transaction_lines.insider_key = insider_classes.insider_key
            and extract(
                year from coalesce(line_corrections.transaction_date_corrected, transaction_lines.transaction_date)
            ) = insider_classes.class_year
    left join business_days as days_traded
        on
            coalesce(line_corrections.transaction_date_corrected, transaction_lines.transaction_date)
            = days_traded.calendar_date
    left join business_days as days_filed
        on filings.filed_date = days_filed.calendar_date

),

with_holdings as (

    select
        *,
        case
            when {{ held_before }} > -1
                then try_cast(greatest({{ held_before }}, 0) as decimal(18, 4))
        end as share_count_owned_before,
        case
            when {{ held_before }} > 0
                then
                    round(
                        {{ holding_sign }} * cast({{ moved_share_count }} as double)
                        / cast({{ held_before }} as double),
                        6
                    )
        end as change_in_holding_share,
        case
            when share_count_owned_after is null then 'owned_after_missing'
            when {{ moved_share_count }} is null then 'share_count_missing'
            when {{ holding_sign }} is null then 'direction_missing'
            when {{ held_before }} <= -1 then 'impossible_negative'
            when {{ held_before }} <= 0 then 'new_position'
        end as holding_reason_code
    from assembled

),

transactions_flagged as (

    select
        *,
        coalesce(
            {{ reason_before_superseded }},
            case when is_superseded then 'superseded' end,
            case when is_withdrawn then 'withdrawn' end,
            {{ reason_after_superseded }}
        ) as exclusion_reason,
        {{ reason_before_superseded }} is null
        and {{ reason_after_superseded }} is null as is_signal_while_known,
        -- Form 4 is due two business days after the trade (Exchange Act, section 16(a)(2)(C)). An amendment repeats
        -- what was reported in time or not, Form 5 is annual, gifts belonged on Form 5 until 27 February 2023.
        case
            when
                form_type = '4'
                and not coalesce(
                    transaction_code = 'G' and transaction_date < date '{{ var("gifts_on_form_4_from") }}', false
                )
                then filing_delay_business_days > {{ var('filing_due_business_days') }}
        end as is_late,
        -- Officers and directors, outside 10b5-1 plans, not routine traders.
        is_officer_or_director and rule_10b5_1_status <> 'yes' and insider_class <> 'routine' as is_opportunistic,
        -- What limits the line, worst first: what stands elsewhere or cannot be (X), what was put right or is not
        -- believed (C), what is missing or rounded off (B). Whether it is the kind of trade that counts is another
        -- question: exclusion_reason.
        case
            when is_superseded then 'superseded'
            when is_withdrawn then 'withdrawn'
            when not is_canonical then 'joint_duplicate'
            when date_status <> 'valid' and transaction_date_corrected is null then date_reason_code
        end as unusable_reason,
        case
            when is_corrected then 'corrected'
            when price_status = 'suspect' then price_reason_code
        end as doubtful_reason,
        case
            when share_count is null then 'share_count_missing'
            when direction is not null and price_status = 'unknown' then price_reason_code
            when is_price_outside_own_range then 'price_outside_own_range'
            when is_weighted_average_price then 'weighted_average_price'
            when is_equity_swap then 'equity_swap'
            when cast_failure_count > 0 then 'unreadable_value'
            when transaction_class = 'unknown' then 'transaction_code_unknown'
            when holding_reason_code = 'impossible_negative' then 'holding_impossible'
        end as limiting_reason
    from with_holdings

)

select * from transactions_flagged
