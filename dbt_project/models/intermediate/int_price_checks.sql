{{ config(materialized='incremental', incremental_strategy='replace_issuers', on_schema_change='fail') }}

with

transaction_lines as (

    select * from {{ ref('int_transaction_lines') }}
    {{ of_changed_issuers() }}

),

line_notes as (

    select * from {{ ref('int_line_notes') }}

),

line_price_notes as (

    select * from {{ ref('int_line_price_notes') }}

),

-- Codes whose price is the market's: sales, purchases and shares withheld for tax at the day's price. Classes of one
-- issuer trade at different prices (Berkshire A and B by 1,500 to 1; preferred, notes and depositary shares apart).
priced_lines as (

    select
        transaction_line_key,
        accession_number,
        issuer_cik,
        direction,
        share_count,
        price_usd,
        cast(price_usd as double) / nullif(cast(share_count as double), 0) as price_by_share_count,
        value_usd,
        price_footnote_ids,
        security_class,
        filed_date,
        case
            when date_status = 'valid'
                then least(filed_date, {{ add_days('transaction_date', var('price_reference_days')) }})
            else filed_date
        end as check_date,
        concat(
            issuer_cik,
            '|',
            case when security_class = 'unknown' then 'common' else security_class end,
            '|',
            {{ text_extract('security_title', "(?:class|series) ([a-z])\\b") }}
        ) as price_group
    from transaction_lines
    where
        table_code = 'N'
        and transaction_code in ('P', 'S', 'F')

),

-- Few shares are as dear as this, so that few lines are compared, and a total below it does little harm.
dear_groups as (

    select distinct price_group
    from priced_lines
    where price_usd >= {{ var('price_total_usd') }} and share_count >= 5

),

-- Where every filing of an issuer has the total in its price field, each confirms the other. What gives them away is
-- that the price grows with the number of shares: no share costs ten times as much because ten times as many are sold,
-- and a split moves the two against each other. The same number of shares at the same price says it once.
amounts_by_day as (

    select distinct
        priced_lines.price_group,
        priced_lines.filed_date,
        -- Whatever lies within the days compared stands in the same stretch of as many days, or in the one before.
        cast(
            floor(
                {{ days_between("date '1970-01-01'", 'priced_lines.filed_date') }} / {{ var('price_reference_days') }}.0
            ) as integer
        ) as stretch_number,
        priced_lines.share_count,
        priced_lines.price_usd,
        priced_lines.price_by_share_count
    from priced_lines
    inner join dear_groups
        on priced_lines.price_group = dear_groups.price_group
    where priced_lines.price_usd > 0 and priced_lines.share_count > 0

),

dear_amounts as (

    select *
    from amounts_by_day
    where price_usd >= {{ var('price_total_usd') }} and share_count >= 5

),

-- Equal stretches make the comparison a join by key: an issuer's history is not compared with all of itself.
amounts_in_reach as (

    select
        price_group,
        filed_date,
        stretch_number,
        share_count,
        price_usd,
        price_by_share_count
    from amounts_by_day
    union all
    select
        price_group,
        filed_date,
        stretch_number + 1 as stretch_number,
        share_count,
        price_usd,
        price_by_share_count
    from amounts_by_day

),

dear_amounts_compared as (

    select
        dear_amounts.price_group,
        dear_amounts.filed_date,
        dear_amounts.share_count,
        dear_amounts.price_usd,
        amounts_in_reach.share_count as other_share_count,
        amounts_in_reach.price_usd as other_price_usd,
        max(
            greatest(
                cast(dear_amounts.price_usd as double) / cast(amounts_in_reach.price_usd as double),
                cast(amounts_in_reach.price_usd as double) / cast(dear_amounts.price_usd as double)
            )
        ) as prices_apart_ratio,
        max(
            greatest(
                dear_amounts.price_by_share_count / amounts_in_reach.price_by_share_count,
                amounts_in_reach.price_by_share_count / dear_amounts.price_by_share_count
            )
        ) as quotients_apart_ratio
    from dear_amounts
    inner join amounts_in_reach
        on
            dear_amounts.price_group = amounts_in_reach.price_group
            and dear_amounts.stretch_number = amounts_in_reach.stretch_number
            and dear_amounts.filed_date >= amounts_in_reach.filed_date
            and dear_amounts.filed_date <= {{ add_days('amounts_in_reach.filed_date', var('price_reference_days')) }}
    group by
        dear_amounts.price_group,
        dear_amounts.filed_date,
        dear_amounts.share_count,
        dear_amounts.price_usd,
        amounts_in_reach.share_count,
        amounts_in_reach.price_usd

),

-- One other whose price is so far off that one of the two must be wrong, or three that are less far off; and two thirds
-- of all that is known must agree, since among many lots of a share that moves some grow with its price.
totals_by_share_count as (

    select
        price_group,
        filed_date,
        share_count,
        price_usd
    from dear_amounts_compared
    group by price_group, filed_date, share_count, price_usd
    having
        3 * count(*) filter (where quotients_apart_ratio <= {{ var('total_quotient_ratio') }}) >= 2 * count(*)
        and (
            count(*) filter (
                where
                quotients_apart_ratio <= {{ var('total_quotient_ratio') }}
                and prices_apart_ratio >= {{ var('total_prices_far_apart_ratio') }}
                and other_price_usd >= {{ var('price_total_usd') }}
                and other_share_count >= 5
            ) >= 1
            or count(*) filter (
                where
                quotients_apart_ratio <= {{ var('total_quotient_ratio') }}
                and prices_apart_ratio >= {{ var('total_prices_apart_ratio') }}
                and other_price_usd >= 100
                and other_share_count >= 5
            ) >= 3
        )

),

-- What an option of the same filing cost to exercise: beside the shares acquired, or in the table of derivatives.
exercise_prices as (

    select
        accession_number,
        price_usd
    from transaction_lines
    where
        transaction_code in ('M', 'X', 'O', 'C')
        and table_code = 'N'
        and price_usd > 0
    union
    select
        accession_number,
        exercise_price_usd as price_usd
    from transaction_lines
    where
        transaction_code in ('M', 'X', 'O', 'C')
        and table_code = 'D'
        and exercise_price_usd > 0

),

-- One price per filing, so that thirty lots of one seller do not outvote everyone else. A report that comes later
-- than the window says nothing about the price of its filing day.
filing_prices as (

    select
        price_group,
        accession_number,
        min(check_date) as check_date,
        min(filed_date) as filed_date,
        count(price_usd) filter (where price_usd > 0) as priced_line_count,
        median(price_usd) filter (where price_usd > 0) as own_price_usd,
        case
            when min(check_date) = min(filed_date) then median(price_usd) filter (where price_usd > 0)
        end as point_price_usd
    from priced_lines
    group by price_group, accession_number

),

-- Only prices filed up to the end of this filing's day are compared, so that no later filing changes a verdict.
with_window as (

    select
        price_group,
        accession_number,
        priced_line_count,
        own_price_usd,
        point_price_usd,
        check_date,
        {{ rolling_median('point_price_usd', 'price_group', 'check_date', var('price_reference_days')) }}
            as window_price_usd,
        {{ rolling_count('point_price_usd', 'price_group', 'check_date', var('price_reference_days')) }}
        - case when point_price_usd is null then 0 else 1 end as other_filing_count,
        -- The class's last five filings before this one, however old: splits do not explain a price of 10,000 dollars.
        -- In the order of filing, so that a report of an old trade that comes later moves nothing.
        median(point_price_usd) over (
            partition by price_group
            order by filed_date, accession_number
            rows between 5 preceding and 1 preceding
        ) as earlier_price_usd
    from filing_prices

),

-- With one other filing the median lies halfway, which gives the other's price back. Alone, a filing with three or
-- more lots is compared with itself.
reference_prices as (

    select
        price_group,
        accession_number,
        check_date,
        other_filing_count,
        case
            when other_filing_count >= 2 then window_price_usd
            when other_filing_count = 1 and point_price_usd is not null then 2 * window_price_usd - point_price_usd
            when other_filing_count = 1 then window_price_usd
            when priced_line_count >= 3 then own_price_usd
        end as window_reference_price_usd,
        earlier_price_usd
    from with_window

),

compared as (

    select
        priced_lines.*,
        reference_prices.other_filing_count,
        case
            when priced_lines.price_usd < {{ var('price_high_usd') }}
                then reference_prices.window_reference_price_usd
            else coalesce(reference_prices.window_reference_price_usd, reference_prices.earlier_price_usd)
        end as reference_price_usd,
        reference_prices.window_reference_price_usd is null as is_earlier_reference,
        totals_by_share_count.price_group is not null as is_total_by_share_count,
        exercise_prices.accession_number is not null
        and priced_lines.direction = 'sell' as is_at_exercise_price,
        coalesce(line_notes.says_depositary_shares, false) or priced_lines.security_class = 'depositary_share'
            as is_about_depositary_shares,
        line_price_notes.depositary_ratio,
        line_price_notes.price_range_low_usd,
        line_price_notes.price_range_high_usd,
        coalesce(line_price_notes.is_weighted_average_price, false) as is_weighted_average_price,
        coalesce(line_price_notes.is_foreign_currency_price, false) as is_foreign_currency_price
    from priced_lines
    inner join reference_prices
        on
            priced_lines.accession_number = reference_prices.accession_number
            and priced_lines.price_group = reference_prices.price_group
    left join totals_by_share_count
        on
            priced_lines.price_group = totals_by_share_count.price_group
            and priced_lines.filed_date = totals_by_share_count.filed_date
            and priced_lines.share_count = totals_by_share_count.share_count
            and priced_lines.price_usd = totals_by_share_count.price_usd
    left join exercise_prices
        on
            priced_lines.accession_number = exercise_prices.accession_number
            and priced_lines.price_usd = exercise_prices.price_usd
    left join line_notes
        on priced_lines.transaction_line_key = line_notes.transaction_line_key
    left join line_price_notes
        on priced_lines.transaction_line_key = line_price_notes.transaction_line_key
    where priced_lines.direction is not null

),

with_plain_ratio as (

    select
        *,
        cast(price_usd as double) / nullif(cast(reference_price_usd as double), 0) as price_ratio
    from compared

),

with_ratio as (

    select
        *,
        -- Within seven percent of 10, 100, 1,000 ...
        coalesce(abs(log10(greatest(price_ratio, 1)) - round(log10(greatest(price_ratio, 1)))) <= 0.03, false)
            as is_power_of_ten
    from with_plain_ratio

),

-- What no split explains. Below a dollar a stock is often lifted by a reverse split (1 for 20 to 1 for 100), so a price
-- in the ordinary range is not judged there; from ten dollars up it never is, and far less is far. Old prices of the
-- class only rule out what is a hundred times off.
with_distance as (

    select
        *,
        coalesce(
            case
                when is_earlier_reference then price_ratio >= {{ var('price_far_from_earlier_ratio') }}
                when reference_price_usd < 1 and price_usd < 50
                    then price_ratio >= {{ var('price_far_from_earlier_ratio') }}
                when reference_price_usd >= 10 and other_filing_count >= 4
                    then price_ratio >= {{ var('price_far_above_dear_ratio') }}
                else price_ratio >= {{ var('price_far_above_ratio') }}
            end,
            false
        ) as is_far_above,
        coalesce(
            other_filing_count >= 2
            and (
                price_ratio * {{ var('price_far_below_ratio') }} <= 1
                or (
                    price_usd < 5
                    and reference_price_usd >= 5
                    and price_ratio * {{ var('price_far_above_ratio') }} <= 1
                )
            ),
            false
        ) as is_far_below,
        -- The total of the trade typed as the price of one share; the closer it is, the fewer shares prove it.
        coalesce(
            share_count >= 5
            and price_ratio >= {{ var('price_far_above_dear_ratio') }}
            and (
                (other_filing_count >= 2 and price_ratio / cast(share_count as double) between 0.9 and 1.1)
                or (
                    not is_earlier_reference
                    and price_ratio >= {{ var('price_far_above_ratio') }}
                    and price_ratio / cast(share_count as double) between 0.5 and 2
                    and not is_power_of_ten
                )
            ),
            false
        ) as is_like_total,
        -- The number of shares typed as the price.
        coalesce(
            price_usd = share_count
            and (
                (price_usd >= 100 and (price_ratio >= 5 or price_ratio <= 0.2))
                or (price_usd >= 1000 and price_ratio is null)
            ),
            false
        ) as is_like_share_count
    from with_ratio

),

-- Far from the median, but two filings of earlier days have the price too: two classes under one title (Berkshire A
-- and B), the market after a split, or neighbours that are wrong themselves. One is not enough: a filer repeats his
-- mistake. Few lines are far, so the comparison filing by filing is small.
far_lines as (

    select
        transaction_line_key,
        accession_number,
        price_group,
        check_date,
        price_usd
    from with_distance
    where is_far_above or is_far_below or is_like_total or is_like_share_count

),

confirmed_lines as (

    select far_lines.transaction_line_key
    from far_lines
    inner join filing_prices
        on
            far_lines.price_group = filing_prices.price_group
            and far_lines.accession_number <> filing_prices.accession_number
            and far_lines.check_date > filing_prices.check_date
            and far_lines.check_date
            <= {{ add_days('filing_prices.check_date', var('price_confirming_days')) }}
            and far_lines.price_usd <= filing_prices.point_price_usd * {{ var('price_confirming_ratio') }}
            and far_lines.price_usd >= filing_prices.point_price_usd / {{ var('price_confirming_ratio') }}
    group by far_lines.transaction_line_key
    having count(distinct filing_prices.accession_number) >= 2

),

with_evidence as (

    select
        with_distance.transaction_line_key,
        with_distance.issuer_cik,
        with_distance.price_usd,
        with_distance.share_count,
        with_distance.value_usd,
        with_distance.price_footnote_ids,
        with_distance.security_class,
        with_distance.reference_price_usd,
        with_distance.other_filing_count,
        with_distance.price_ratio,
        with_distance.is_total_by_share_count,
        -- The market stands far above what the exercise cost, or nobody would have exercised; the equal number proves
        -- the slip, so that other filings with the same slip do not acquit it.
        coalesce(
            with_distance.is_at_exercise_price
            and with_distance.other_filing_count >= 2
            and with_distance.price_ratio * {{ var('exercise_price_below_ratio') }} <= 1,
            false
        ) as is_exercise_price,
        with_distance.is_about_depositary_shares,
        with_distance.depositary_ratio,
        with_distance.price_range_low_usd,
        with_distance.price_range_high_usd,
        with_distance.is_weighted_average_price,
        with_distance.is_foreign_currency_price,
        with_distance.is_far_above and confirmed_lines.transaction_line_key is null as is_far_above,
        with_distance.is_far_below and confirmed_lines.transaction_line_key is null as is_far_below,
        with_distance.is_like_total and confirmed_lines.transaction_line_key is null as is_like_total,
        with_distance.is_like_share_count and confirmed_lines.transaction_line_key is null as is_like_share_count
    from with_distance
    left join confirmed_lines
        on with_distance.transaction_line_key = confirmed_lines.transaction_line_key

),

reasons as (

    select
        *,
        case
            when price_usd is null and price_footnote_ids is not null then 'price_only_in_footnote'
            when price_usd is null then 'price_missing'
            when share_count is null then 'share_count_missing'
            when price_usd = 0 then 'price_zero'
            when price_usd < 0 or share_count < 0 then 'negative_amount'
            when is_like_total then 'total_in_price'
            when is_like_share_count then 'shares_in_price'
            when is_total_by_share_count then 'total_in_price'
            when is_exercise_price then 'exercise_price_typed'
            when is_foreign_currency_price then 'foreign_currency'
            -- The decimal point lost or moved: 1,031.414 filed as 1031414.
            when
                is_far_above
                and price_ratio >= 75
                and abs(log10(greatest(price_ratio, 1)) - round(log10(greatest(price_ratio, 1)))) <= 0.1
                then 'decimal_point_moved'
            when price_usd > {{ var('price_limit_usd') }} then 'price_above_any_share'
            -- Counted in ordinary shares at the price of a depositary share that stands for many of them.
            when
                depositary_ratio > 1
                and security_class <> 'depositary_share'
                and price_usd * depositary_ratio > {{ var('depositary_price_limit_usd') }}
                then 'depositary_unit_mismatch'
            when
                depositary_ratio >= {{ var('depositary_ratio_told_apart') }}
                and (
                    price_ratio / depositary_ratio between 0.7 and 1.4
                    or price_ratio * depositary_ratio between 0.7 and 1.4
                )
                then 'depositary_unit_mismatch'
            when is_far_above then 'far_above_issuer_prices'
            when is_far_below then 'far_below_issuer_prices'
            when
                price_usd > price_range_high_usd * {{ var('price_range_far_ratio') }}
                or price_usd * {{ var('price_range_far_ratio') }} < price_range_low_usd
                then 'price_outside_own_range'
            when is_about_depositary_shares and value_usd > {{ var('ads_value_limit_usd') }}
                then 'depositary_unit_mismatch'
            when
                (
                    coalesce(value_usd, {{ var('value_limit_usd') }} + 1) > {{ var('value_limit_usd') }}
                    or (
                        price_usd >= {{ var('price_high_usd') }}
                        and value_usd > {{ var('value_limit_high_price_usd') }}
                    )
                )
                and (price_ratio is null or price_ratio not between 0.5 and 2)
                then 'value_beyond_belief'
        end as price_reason_code
    from with_evidence

),

price_checks as (

    select
        transaction_line_key,
        issuer_cik,
        case
            when price_reason_code is null then 'valid'
            when price_reason_code in ('price_only_in_footnote', 'price_missing', 'share_count_missing', 'price_zero')
                then 'unknown'
            else 'suspect'
        end as price_status,
        price_reason_code,
        reference_price_usd,
        other_filing_count,
        is_weighted_average_price,
        price_range_low_usd,
        price_range_high_usd,
        -- To the cent and a thousandth, for averages and ranges are rounded.
        coalesce(
            price_usd > price_range_high_usd + greatest(0.01, price_range_high_usd * 0.001)
            or price_usd < price_range_low_usd - greatest(0.01, price_range_low_usd * 0.001),
            false
        ) as is_price_outside_own_range
    from reasons

)

select * from price_checks
