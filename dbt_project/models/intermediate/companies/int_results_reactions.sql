{{ config(
    materialized='incremental',
    incremental_strategy='replace_issuers',
    on_schema_change='fail',
    post_hook="{{ drop_gone_quarters(ref('int_as_of_dates')) }}"
) }}
{#- From thirty days before a release to a quarter end at most a quarter after it. #}
{%- set reach_days = 30 + 92 %}
with

issuer_ratios as (

    select * from {{ ref('fct_issuer_ratios_quarterly') }}
    {{ of_changed_issuers_or_quarters(ref('fct_issuer_ratios_quarterly')) }}

),

earnings_releases as (

    select * from {{ ref('int_earnings_releases') }}

),

signal_lines as (

    select * from {{ ref('int_signal_lines_detailed') }}

),

issuer_prices as (

    select * from {{ ref('issuer_prices') }}

),

selling_quarters as (

    select distinct
        quarter_end,
        issuer_cik
    from issuer_ratios
    where net_side = 'selling'

),

-- The last results known on the quarter end.
releases as (

    select
        selling_quarters.quarter_end,
        selling_quarters.issuer_cik,
        max(earnings_releases.released_on) as released_on
    from selling_quarters
    inner join earnings_releases
        on
            selling_quarters.issuer_cik = earnings_releases.issuer_cik
            and selling_quarters.quarter_end >= earnings_releases.released_on
            and earnings_releases.released_on > {{ add_days('selling_quarters.quarter_end', -92) }}
    group by selling_quarters.quarter_end, selling_quarters.issuer_cik

),

release_buckets as (

    select
        *,
        {{ day_bucket('quarter_end', reach_days) }} as bucket
    from releases
    union all
    select
        *,
        {{ day_bucket('quarter_end', reach_days) }} - 1 as bucket
    from releases

),

line_buckets as (

    select
        *,
        {{ day_bucket('transaction_date', reach_days) }} as bucket
    from signal_lines
    where price_usd > 0

),

-- Prices insiders reported of one security, before and after the release, known on the quarter end.
reported_prices as (

    select
        release_buckets.quarter_end,
        release_buckets.issuer_cik,
        split_part(lower(line_buckets.holding_key), '|', 1) as security_title,
        avg(
            case when line_buckets.transaction_date < release_buckets.released_on then line_buckets.price_usd end
        ) as price_before,
        avg(
            case when line_buckets.transaction_date > release_buckets.released_on then line_buckets.price_usd end
        ) as price_after,
        count(*) as line_count
    from release_buckets
    inner join line_buckets
        on
            release_buckets.issuer_cik = line_buckets.issuer_cik
            and release_buckets.bucket = line_buckets.bucket
    where
        line_buckets.transaction_date <= release_buckets.quarter_end
        and line_buckets.transaction_date >= {{ add_days('release_buckets.released_on', -30) }}
        and line_buckets.enters_on <= release_buckets.quarter_end
        and (line_buckets.known_to is null or line_buckets.known_to > release_buckets.quarter_end)
    group by
        release_buckets.quarter_end,
        release_buckets.issuer_cik,
        split_part(lower(line_buckets.holding_key), '|', 1)

),

reported_changes as (

    select
        quarter_end,
        issuer_cik,
        max_by(
            {{ quotient('price_after', 'price_before') }} - 1,
            concat(lpad(cast(line_count as varchar), 10, '0'), security_title)
        ) as reported_price_change
    from reported_prices
    where price_before is not null and price_after is not null
    group by quarter_end, issuer_cik

),

-- The user's prices: the last close before the release against the first one after it.
user_changes as (

    select
        releases.quarter_end,
        releases.issuer_cik,
        {{ quotient(
            'min_by(case when issuer_prices.price_date > releases.released_on then issuer_prices.adj_close end, '
            ~ 'case when issuer_prices.price_date > releases.released_on then issuer_prices.price_date end)',
            'max_by(case when issuer_prices.price_date < releases.released_on then issuer_prices.adj_close end, '
            ~ 'case when issuer_prices.price_date < releases.released_on then issuer_prices.price_date end)'
        ) }} - 1 as user_price_change
    from releases
    inner join issuer_prices
        on
            releases.issuer_cik = issuer_prices.issuer_cik
            and issuer_prices.price_date >= {{ add_days('releases.released_on', -7) }}
            and issuer_prices.price_date <= {{ add_days('releases.released_on', 7) }}
            and releases.quarter_end >= issuer_prices.price_date
    group by releases.quarter_end, releases.issuer_cik

),

results_reactions as (

    select
        releases.quarter_end,
        releases.issuer_cik,
        releases.released_on,
        reported_changes.reported_price_change,
        user_changes.user_price_change,
        coalesce(user_changes.user_price_change, reported_changes.reported_price_change) as price_change,
        case
            when user_changes.user_price_change is not null then 'user_prices'
            when reported_changes.reported_price_change is not null then 'reported_prices'
            else 'none'
        end as price_change_source
    from releases
    left join reported_changes
        on
            releases.quarter_end = reported_changes.quarter_end
            and releases.issuer_cik = reported_changes.issuer_cik
    left join user_changes
        on
            releases.quarter_end = user_changes.quarter_end
            and releases.issuer_cik = user_changes.issuer_cik

)

select * from results_reactions
