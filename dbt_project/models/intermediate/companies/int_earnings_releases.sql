with

issuer_filings as (

    select * from {{ ref('stg_sec__issuer_filings') }}

),

-- An 8-K tells results only with item 2.02; the reports tell them always.
results_days as (

    select
        cik as issuer_cik,
        filed_date,
        bool_or(is_earnings_release) as has_earnings_release
    from issuer_filings
    where
        is_readable
        and filed_date is not null
        and (form_type <> '8-K' or is_earnings_release)
    group by cik, filed_date

),

with_days_before as (

    select
        *,
        lag(filed_date) over issuer_days as filed_before,
        max(case when has_earnings_release then filed_date end) over (
            partition by issuer_cik
            order by filed_date
            rows between unbounded preceding and 1 preceding
        ) as released_before
    from results_days
    window issuer_days as (partition by issuer_cik order by filed_date)

),

-- A report repeats what an 8-K of the weeks before has told; an 8-K some days after another completes it. Only earlier
-- filings are looked at, so that a later one never moves a release.
releases as (

    select
        issuer_cik,
        filed_date as released_on,
        has_earnings_release
    from with_days_before
    where
        (
            has_earnings_release
            and (
                released_before is null
                or {{ days_between('released_before', 'filed_date') }} > {{ company_parameter('results_repeat_days') }}
            )
        )
        or (
            not has_earnings_release
            and (
                released_before is null
                or {{ days_between('released_before', 'filed_date') }} > {{ company_parameter('results_season_days') }}
            )
            and (
                filed_before is null
                or {{ days_between('filed_before', 'filed_date') }} > {{ company_parameter('results_repeat_days') }}
            )
        )

),

earnings_releases as (

    select
        issuer_cik,
        released_on,
        case when has_earnings_release then 'earnings_release' else 'report' end as release_kind,
        lead(released_on) over (partition by issuer_cik order by released_on) as next_released_on
    from releases

)

select * from earnings_releases
