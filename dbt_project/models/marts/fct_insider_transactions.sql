-- A view: its rows are stored once, in int_transactions_flagged, and a second time where they are read, in the
-- published file. Twelve million wide rows written a third time cost a fifth of the whole build.
{{ config(materialized='view') }}

with

transactions_flagged as (

    select * from {{ ref('int_transactions_flagged') }}

),

insider_transactions as (

    select
        transaction_line_key,
        accession_number,
        table_code,
        line_number,
        road,
        form_type,
        is_amendment,
        issuer_cik,
        issuer_name,
        issuer_symbol,
        owner_ciks,
        owner_names,
        owner_count,
        is_director,
        is_officer,
        is_ten_percent_owner,
        is_other_owner,
        officer_title,
        role_code,
        filed_date,
        filing_delay_business_days,
        is_late,
        accepted_at,
        transaction_date,
        unreadable_date_text,
        known_from,
        known_to,
        restored_from,
        restored_to,
        security_title,
        security_class,
        transaction_code,
        transaction_class,
        is_equity_swap,
        acquired_disposed_code,
        share_count,
        price_usd,
        value_usd,
        share_count_owned_after,
        share_count_owned_before,
        change_in_holding_share,
        holding_reason_code,
        direct_indirect_code,
        ownership_nature,
        sic_code,
        sic_source,
        sector,
        direction,
        is_superseded,
        superseded_by_accession_number,
        supersession_confidence,
        supersession_match,
        is_withdrawn,
        withdrawn_known_from,
        is_canonical,
        coalesce(duplicate_of_accession_number, accession_number) as canonical_accession_number,
        joint_group_key,
        joint_sign,
        is_possible_joint_report,
        date_status,
        date_reason_code,
        price_status,
        price_reason_code,
        is_weighted_average_price,
        price_range_low_usd,
        price_range_high_usd,
        is_price_outside_own_range,
        is_corrected,
        transaction_date_corrected,
        share_count_corrected,
        price_usd_corrected,
        value_usd_corrected,
        correction_source,
        correction_reason,
        case
            when unusable_reason is not null then 'X'
            when doubtful_reason is not null then 'C'
            when limiting_reason is not null then 'B'
            else 'A'
        end as cleanse_grade,
        coalesce(unusable_reason, doubtful_reason, limiting_reason) as cleanse_reason,
        rule_10b5_1_status,
        rule_10b5_1_source,
        is_plan_purchase,
        is_dividend_reinvestment,
        is_private_placement,
        is_exercise_linked,
        insider_class,
        exclusion_reason is null as is_signal_trade,
        exclusion_reason,
        exclusion_reason is null and (price_status = 'valid' or value_usd_corrected is not null) as is_usd_usable,
        is_signal_while_known,
        is_officer_or_director,
        is_executive,
        is_opportunistic,
        {{ filing_page('issuer_cik', 'accession_number') }} as filing_url
    from transactions_flagged

)

select * from insider_transactions
