-- noqa: disable=LT02
{{ config(materialized='incremental', incremental_strategy='replace_issuers', on_schema_change='fail') }}
{%- set components = ['role', 'holding', 'history', 'timing', 'cluster', 'opportunistic', 'pattern'] %}
with

signal_lines as (

    select * from {{ ref('int_signal_lines_detailed') }}
    {{ of_changed_issuers() }}

),

trades_measured as (

    select * from {{ ref('int_trades_measured') }}
    {{ of_changed_issuers() }}

),

purchases_in_clusters as (

    select * from {{ ref('int_purchases_in_clusters') }}
    {{ of_changed_issuers() }}

),

trade_days_timed as (

    select * from {{ ref('int_trade_days_timed') }}
    {{ of_changed_issuers() }}

),

conviction_scores as (

    select * from {{ ref('conviction_scores') }}

),

conviction_weights as (

    select * from {{ ref('conviction_weights') }}

),

weights as (

    select
        {%- for component in components %}
        max(case when component = '{{ component }}' then weight end) as {{ component }}_weight
        {{- "," if not loop.last }}
        {%- endfor %}
    from conviction_weights

),

coded_lines as (

    select
        signal_lines.transaction_line_key,
        signal_lines.accession_number,
        signal_lines.issuer_cik,
        signal_lines.lead_owner_cik,
        signal_lines.sector,
        signal_lines.direction,
        signal_lines.transaction_date,
        signal_lines.known_from,
        signal_lines.known_to,
        signal_lines.restored_from,
        signal_lines.restored_to,
        signal_lines.is_officer_or_director,
        trades_measured.value_usd as trade_value_usd,
        signal_lines.role_code,
        trades_measured.share_of_holding,
        trades_measured.share_count_owned_before = 0 as is_new_holding,
        trades_measured.earlier_trade_count,
        trades_measured.size_deviation,
        {{ is_in_blackout(
            days_between('trade_days_timed.last_released_on', 'signal_lines.transaction_date'),
            days_between('signal_lines.transaction_date', 'trade_days_timed.expected_release_on')
        ) }} as is_in_expected_blackout,
        -- Sales in concert have no definition here, so that of a sale nothing is known.
        case
            when signal_lines.direction = 'sell' then null
            when purchases_in_clusters.issuer_cik is not null then 'in_cluster'
            else 'alone'
        end as cluster_code,
        case when signal_lines.rule_10b5_1_status = 'yes' then 'plan' else signal_lines.insider_class end
            as opportunistic_code,
        trades_measured.pattern_code
    from signal_lines
    inner join trades_measured
        on
            signal_lines.issuer_cik = trades_measured.issuer_cik
            and signal_lines.lead_owner_cik = trades_measured.lead_owner_cik
            and signal_lines.transaction_date = trades_measured.transaction_date
            and signal_lines.direction = trades_measured.direction
            and signal_lines.enters_on = trades_measured.enters_on
    left join purchases_in_clusters
        on
            signal_lines.issuer_cik = purchases_in_clusters.issuer_cik
            and signal_lines.lead_owner_cik = purchases_in_clusters.lead_owner_cik
            and signal_lines.transaction_date = purchases_in_clusters.transaction_date
            and signal_lines.enters_on = purchases_in_clusters.enters_on
    left join trade_days_timed
        on
            signal_lines.issuer_cik = trade_days_timed.issuer_cik
            and signal_lines.transaction_date = trade_days_timed.transaction_date
    -- A trade keeps the score of the day it became known; that it counts again says nothing new of it.
    where not signal_lines.is_restored

),

timed_lines as (

    select
        *,
        case
            when is_in_expected_blackout then 'blackout'
            when not is_in_expected_blackout then 'open'
        end as timing_code
    from coded_lines

),

-- Each component is a number from 0 to 1, or null where nothing is known.
scored_lines as (

    select
        timed_lines.*,
        role_scores.score as role_score,
        -- A purchase that begins a holding is full, as is one that adds half to it, or a sale of half of it. The least
        -- of a number and null is the number, so what is not known has to be asked for.
        case
            when timed_lines.is_new_holding and timed_lines.direction = 'buy' then 1.0
            when timed_lines.share_of_holding is not null
                then
                    least(
                        1.0,
                        timed_lines.share_of_holding / {{ company_parameter('conviction_full_share_of_holding') }}
                    )
        end as holding_score,
        -- Two standard deviations above the issuer's usual trade are full, two below are nothing.
        case
            when timed_lines.size_deviation is not null
                then least(1.0, greatest(0.0, 0.5 + timed_lines.size_deviation / 4))
        end as history_score,
        timing_scores.score as timing_score,
        cluster_scores.score as cluster_score,
        opportunistic_scores.score as opportunistic_score,
        pattern_scores.score as pattern_score
    from timed_lines
    {%- for component in ['role', 'timing', 'cluster', 'opportunistic', 'pattern'] %}
    left join conviction_scores as {{ component }}_scores
        on
            timed_lines.{{ component }}_code = {{ component }}_scores.code
            and {{ component }}_scores.component = '{{ component }}'
    {%- endfor %}

),

-- What is not known carries no weight: the others share it. How much of the weight was known stands beside the score.
fct_trade_conviction as (

    select
        scored_lines.transaction_line_key,
        scored_lines.accession_number,
        scored_lines.issuer_cik,
        scored_lines.lead_owner_cik,
        scored_lines.sector,
        scored_lines.direction,
        scored_lines.transaction_date,
        scored_lines.known_from,
        scored_lines.known_to,
        scored_lines.restored_from,
        scored_lines.restored_to,
        scored_lines.is_officer_or_director,
        cast(scored_lines.trade_value_usd as decimal(38, 4)) as trade_value_usd,
        scored_lines.role_code,
        scored_lines.share_of_holding,
        scored_lines.earlier_trade_count,
        scored_lines.size_deviation,
        scored_lines.timing_code,
        scored_lines.cluster_code,
        scored_lines.opportunistic_code,
        scored_lines.pattern_code,
        {%- for component in components %}
        cast(scored_lines.{{ component }}_score as double) as {{ component }}_score,
        {%- endfor %}
        (
            {%- for component in components %}
            case when scored_lines.{{ component }}_score is null then 0 else weights.{{ component }}_weight end
            {{- " +" if not loop.last }}
            {%- endfor %}
        ) / (
            {%- for component in components %}
            weights.{{ component }}_weight{{ " +" if not loop.last }}
            {%- endfor %}
        ) as known_weight_share,
        100 * (
            {%- for component in components %}
            coalesce(scored_lines.{{ component }}_score * weights.{{ component }}_weight, 0)
            {{- " +" if not loop.last }}
            {%- endfor %}
        ) / nullif(
            {%- for component in components %}
            case when scored_lines.{{ component }}_score is null then 0 else weights.{{ component }}_weight end
            {{- " +" if not loop.last }}
            {%- endfor %},
            0
        ) as conviction_score
    from scored_lines
    cross join weights

)

select * from fct_trade_conviction
