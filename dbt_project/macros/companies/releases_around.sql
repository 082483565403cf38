{#
    The last release up to each day and the first one after it, in one pass over days and releases in one order; cost
    grows with their number, not with their product.

    Args:
        days: name of a CTE with issuer_cik and looked_up_on, each pair once.
        releases: name of a CTE with the columns of int_earnings_releases.

    Returns a select: issuer_cik, looked_up_on, last_released_on, last_release_kind, following_released_on. Issuers
    without a release are left out.
#}
{% macro releases_around(days, releases) %}
    select
        in_order.issuer_cik,
        in_order.looked_up_on,
        in_order.last_released_on,
        {{ releases }}.release_kind as last_release_kind,
        case
            when in_order.last_released_on is null then first_releases.first_released_on
            else {{ releases }}.next_released_on
        end as following_released_on
    from (
        select
            issuer_cik,
            looked_up_on,
            is_looked_up,
            max(released_on) over (
                partition by issuer_cik
                order by looked_up_on, is_looked_up
                rows between unbounded preceding and current row
            ) as last_released_on
        from (
            select
                issuer_cik,
                looked_up_on,
                cast(null as date) as released_on,
                1 as is_looked_up
            from {{ days }}
            union all
            select
                issuer_cik,
                released_on as looked_up_on,
                released_on,
                0 as is_looked_up
            from {{ releases }}
        ) as merged_days
    ) as in_order
    inner join (
        select
            issuer_cik,
            min(released_on) as first_released_on
        from {{ releases }}
        group by issuer_cik
    ) as first_releases
        on in_order.issuer_cik = first_releases.issuer_cik
    left join {{ releases }}
        on
            in_order.issuer_cik = {{ releases }}.issuer_cik
            and in_order.last_released_on = {{ releases }}.released_on
    where in_order.is_looked_up = 1
{% endmacro %}
