with

transaction_lines as (

    select * from {{ ref('int_transaction_lines') }}

),

line_notes as (

    select * from {{ ref('int_line_notes') }}

),

-- Codes whose price is the market's: sales, purchases and shares withheld for tax at the day's price. Classes of one
-- issuer trade at different prices (Berkshire A and B by 1,500 to 1; preferred, notes and depositary shares apart).
priced_lines as (

    select
        transaction_line_key,
        accession_number,
        direction,
        share_count,
        price_usd,
        value_usd,
        price_footnote_ids,
        lower(coalesce(security_title, '')) as title,
        filed_date,
        case
            when date_status = 'valid'
                then least(filed_date, {{ add_days('transaction_date', var('price_reference_days')) }})
            else filed_date
        end as check_date,
        concat(
            issuer_cik,
            '|',
            case
                when {{ text_matches('security_title', "american depositary|\\bads\\b|\\badr\\b") }} then 'depositary'
                when {{ text_matches('security_title', "preferred|preference") }} then 'preferred'
                when
                    {{ text_matches('security_title', "\\bnotes?\\b|\\bbonds?\\b|debenture|warrant|\\brights?\\b") }}
                    then 'other'
                else 'common'
            end,
            '|',
            {{ text_extract('security_title', "(?:class|series) ([a-z])\\b") }}
        ) as price_group
    from transaction_lines
    where
        table_code = 'N'
        and transaction_code in ('P', 'S', 'F')

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
        {{ rolling_median('point_price_usd', 'price_group', 'check_date', var('price_reference_days')) }}
            as window_price_usd,
        {{ rolling_count('point_price_usd', 'price_group', 'check_date', var('price_reference_days')) }}
        - case when point_price_usd is null then 0 else 1 end as other_filing_count
    from filing_prices

),

-- With one other filing the median lies halfway, which gives the other's price back. Alone, a filing with three or
-- more lots is compared with itself.
reference_prices as (

    select
        price_group,
        accession_number,
        other_filing_count,
        case
            when other_filing_count >= 2 then window_price_usd
            when other_filing_count = 1 and point_price_usd is not null then 2 * window_price_usd - point_price_usd
            when other_filing_count = 1 then window_price_usd
            when priced_line_count >= 3 then own_price_usd
        end as reference_price_usd
    from with_window

),

compared as (

    select
        priced_lines.*,
        reference_prices.reference_price_usd,
        reference_prices.other_filing_count,
        cast(priced_lines.price_usd as double) / nullif(cast(reference_prices.reference_price_usd as double), 0)
            as price_ratio,
        coalesce(line_notes.says_depositary_shares, false)
        or {{ text_matches('priced_lines.title', "american depositary|\\bads\\b|\\badr\\b") }}
            as is_about_depositary_shares
    from priced_lines
    inner join reference_prices
        on
            priced_lines.accession_number = reference_prices.accession_number
            and priced_lines.price_group = reference_prices.price_group
    left join line_notes
        on priced_lines.transaction_line_key = line_notes.transaction_line_key
    where priced_lines.direction is not null

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
            -- The total of the trade typed as the price of one share.
            when
                price_ratio >= {{ var('price_far_above_ratio') }}
                and share_count > 1
                and price_ratio / cast(share_count as double) between 0.5 and 2
                then 'total_in_price'
            when
                price_usd = share_count
                and price_usd >= 100
                and (price_ratio is null or price_ratio >= 5 or price_ratio <= 0.2)
                then 'shares_in_price'
            when price_usd > {{ var('price_limit_usd') }} then 'price_above_any_share'
            when price_ratio >= {{ var('price_far_above_ratio') }} then 'far_above_issuer_prices'
            when other_filing_count >= 2 and price_ratio * {{ var('price_far_below_ratio') }} <= 1
                then 'far_below_issuer_prices'
            when is_about_depositary_shares and value_usd > {{ var('ads_value_limit_usd') }}
                then 'depositary_unit_mismatch'
            when
                coalesce(value_usd, {{ var('value_limit_usd') }} + 1) > {{ var('value_limit_usd') }}
                and (price_ratio is null or price_ratio not between 0.5 and 2)
                then 'value_beyond_belief'
        end as price_reason_code
    from compared

),

price_checks as (

    select
        transaction_line_key,
        case
            when price_reason_code is null then 'valid'
            when price_reason_code in ('price_only_in_footnote', 'price_missing', 'share_count_missing', 'price_zero')
                then 'unknown'
            else 'suspect'
        end as price_status,
        price_reason_code,
        reference_price_usd,
        other_filing_count
    from reasons

)

select * from price_checks
