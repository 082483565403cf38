{{ config(materialized='incremental', incremental_strategy='replace_issuers', on_schema_change='fail') }}
{%- set year_days = company_parameter('results_year_days') %}
{%- set slack = company_parameter('results_slack_days') %}
{%- set season = company_parameter('results_season_days') %}
{%- set valid_days = company_parameter('results_valid_days') %}
with

signal_lines as (

    select * from {{ ref('int_signal_lines_detailed') }}
    {{ of_changed_issuers() }}

),

earnings_releases as (

    select * from {{ ref('int_earnings_releases') }}
    {{ of_changed_issuers() }}

),

trade_days as (

    select distinct
        issuer_cik,
        transaction_date as looked_up_on
    from signal_lines

),

-- A release of the day of the trade itself is a past one: most come before the market opens or after it has closed, and
-- which of the two cannot be told from every listing.
on_trade_days as (
    {{ releases_around('trade_days', 'earnings_releases') }}
),

-- The next release is expected 52 weeks after the one that followed a year ago. It may be late by two weeks, and it
-- cannot come within weeks of the last one, which has told the results of that season.
days_a_year_ago as (

    select
        issuer_cik,
        looked_up_on as transaction_date,
        {{ add_days(
            "greatest(" ~ add_days('looked_up_on', -slack) ~ ", coalesce("
            ~ add_days('last_released_on', season) ~ ", " ~ add_days('looked_up_on', -slack) ~ "))",
            -year_days - 1
        ) }} as looked_up_on
    from on_trade_days

),

distinct_days_a_year_ago as (

    select distinct
        issuer_cik,
        looked_up_on
    from days_a_year_ago

),

a_year_ago as (
    {{ releases_around('distinct_days_a_year_ago', 'earnings_releases') }}
),

-- Whatever lies further off than two seasons says that the listing has a gap, and nothing else.
trade_days_timed as (

    select
        on_trade_days.issuer_cik,
        on_trade_days.looked_up_on as transaction_date,
        case
            when
                {{ days_between('on_trade_days.last_released_on', 'on_trade_days.looked_up_on') }} <= {{ valid_days }}
                then on_trade_days.last_released_on
        end as last_released_on,
        case
            when
                {{ days_between('on_trade_days.last_released_on', 'on_trade_days.looked_up_on') }} <= {{ valid_days }}
                then on_trade_days.last_release_kind
        end as last_release_kind,
        case
            when
                a_year_ago.following_released_on <= on_trade_days.looked_up_on
                and {{ days_between('on_trade_days.looked_up_on', 'a_year_ago.following_released_on') }}
                <= {{ valid_days - year_days }}
                then {{ add_days('a_year_ago.following_released_on', year_days) }}
        end as expected_release_on,
        case
            when
                {{ days_between('on_trade_days.looked_up_on', 'on_trade_days.following_released_on') }}
                <= {{ valid_days }}
                then on_trade_days.following_released_on
        end as next_released_on_hindsight
    from on_trade_days
    inner join days_a_year_ago
        on
            on_trade_days.issuer_cik = days_a_year_ago.issuer_cik
            and on_trade_days.looked_up_on = days_a_year_ago.transaction_date
    inner join a_year_ago
        on
            days_a_year_ago.issuer_cik = a_year_ago.issuer_cik
            and days_a_year_ago.looked_up_on = a_year_ago.looked_up_on

)

select * from trade_days_timed
