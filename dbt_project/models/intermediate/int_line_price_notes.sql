{{ config(materialized='incremental', incremental_strategy='replace_filings', on_schema_change='fail') }}

with

transaction_lines as (

    select * from {{ ref('int_transaction_lines') }}
    {{ of_changed_filings(has_partition=false) }}

),

filings as (

    select * from {{ ref('int_filings') }}
    {{ of_changed_filings() }}

),

footnotes as (

    select * from {{ ref('stg_sec__footnotes') }}
    {{ of_changed_filings() }}

),

open_market_lines as (

    select
        transaction_line_key,
        accession_number,
        price_usd,
        replace(price_footnote_ids, ' ', '') as price_footnote_ids,
        replace(trade_footnote_ids, ' ', '') as trade_footnote_ids
    from transaction_lines
    where
        direction is not null
        and trade_footnote_ids <> ''

),

line_footnote_ids as (

    select distinct
        transaction_line_key,
        accession_number,
        price_usd,
        price_footnote_ids,
        {{ split_to_rows('trade_footnote_ids', ',') }} as footnote_id
    from open_market_lines

),

wanted_footnotes as (

    select distinct
        accession_number,
        footnote_id
    from line_footnote_ids

),

footnote_texts as (

    select
        wanted_footnotes.accession_number,
        wanted_footnotes.footnote_id,
        lower(footnotes.footnote_text) as note_text
    from wanted_footnotes
    inner join filings
        on wanted_footnotes.accession_number = filings.accession_number
    inner join footnotes
        on
            wanted_footnotes.accession_number = footnotes.accession_number
            and wanted_footnotes.footnote_id = footnotes.footnote_id
            and filings.road = footnotes._road
            and filings._partition = footnotes._partition

),

-- Filers write the same sentence many times; it is read once. The plain-text tests only save time, too: patterns are
-- read for the few notes that can match.
texts as (

    select distinct note_text
    from footnote_texts
    where
        contains(note_text, 'rang')
        or contains(note_text, 'average')
        or contains(note_text, 'between')
        or contains(note_text, 'price')
        or contains(note_text, 'currency')
        or contains(note_text, 'dollar')
        or contains(note_text, '$')
        or contains(note_text, 'represent')

),

price_texts as (

    select
        note_text,
        {{ text_matches(
            'note_text',
            "canad|euro|[€£¥₪]|[a-z]\\$|shekel|krona|krone|kronor|franc|renminbi|pence|pounds|australian d|peso|currency|\\b(cad|cdn|gbp|eur|sek|nok|dkk|chf|nis|ils|rmb|cny|jpy|hkd|aud|nzd|inr|yen|rand)\\b"
        ) }} as hints_at_foreign_currency
    from texts

),

marked as (

    select
        note_text,
        hints_at_foreign_currency,
        case
            when hints_at_foreign_currency then {{ mark_money('note_text') }}
            else note_text
        end as money_text
    from price_texts

),

with_ranges as (

    select
        *,
        -- A range has a word that opens it, or two amounts with their signs.
        case
            when
                contains(money_text, 'rang')
                or contains(money_text, 'between')
                or contains(money_text, 'from')
                or contains(money_text, 'low')
                or money_text like '%$%$%'
                then {{ price_range_amounts('money_text') }}
        end as range_amounts,
        case when hints_at_foreign_currency then {{ price_range_amounts('money_text', '¤') }} end
            as foreign_range_amounts
    from marked

),

-- An average over several trades; "the average of the closing prices of thirty days" sets what a grant is worth and
-- stands on no open-market line.
texts_read as (

    select
        note_text,
        money_text,
        {{ text_matches(
            'note_text',
            "weighted[- ]+average|average[- ]+weighted|average( of the)? (sales?|selling|purchase|execution|per share)? ?(price|cost)|price[^.;]{0,20} (is|represents|reflects) (an|the) average|multiple (trades|transactions|trading|executions)|(several|various|series of|number of|different|separate)( open[- ]market)? (trades|transactions|trading|purchases|sales)"
        ) }} as says_weighted_average,
        contains(note_text, 'average') as names_an_average,
        -- "Each ADS represents 5,000 ordinary shares", "each of which represents eight (8) Ordinary Shares".
        case
            when contains(note_text, 'depositary') or contains(note_text, 'ads') or contains(note_text, 'adr')
                then
                    try_cast(
                        replace(
                            {{ text_extract(
                                'note_text',
                                "represent(?:s|ing|ed)?(?: the right to receive| a beneficial interest in| an interest in)? (?:[a-z-]+ \\(?)?([0-9][0-9,]*)\\)? (?:[a-z.$0-9]+ ){0,3}(?:ordinary|common|class|shares)"
                            ) }},
                            ',',
                            ''
                        ) as bigint
                    )
        end as depositary_ratio,
        {{ lowest_of('range_amounts') }} as range_low,
        {{ highest_of('range_amounts') }} as range_high,
        {{ lowest_of('foreign_range_amounts') }} as foreign_range_low,
        {{ highest_of('foreign_range_amounts') }} as foreign_range_high,
        -- "Reported in Canadian dollars", unless the note goes on to say that it was converted.
        case
            when hints_at_foreign_currency
                then
                    {{ text_matches(
                        'note_text',
                        "(report|stat|show|express|present|quot|denominat|paid|pric|\\bare\\b|\\bis\\b|\\bwas\\b|\\bwere\\b|reflect|given)[^.;]{0,60}\\bin (the )?((" ~ foreign_currency_words() ~ "|local currency|foreign currency)\\b|(cad|cdn|eur|gbp|sek|nok|dkk|chf|nis|ils|rmb|cny|jpy|hkd|aud)\\b|cdn?\\$|c\\$)"
                    ) }}
                    and not {{ text_matches(
                        'note_text',
                        "convert|translat|equivalent|in u\\.?s\\.? ?(dollars?|\\$)|in usd|to u\\.?s\\.? ?(dollars?|\\$)|to usd"
                    ) }}
            else false
        end as says_foreign_currency
    from with_ranges

),

-- A range on the price is about the price. One that hangs on the number of shares or the title may be about vesting
-- hurdles and counts only where it speaks of an average.
line_footnotes as (

    select
        line_footnote_ids.transaction_line_key,
        line_footnote_ids.accession_number,
        line_footnote_ids.price_usd,
        texts_read.*,
        texts_read.names_an_average
        or coalesce(
            {{ footnote_is_listed('line_footnote_ids.footnote_id', 'line_footnote_ids.price_footnote_ids') }},
            false
        ) as is_about_price
    from line_footnote_ids
    inner join footnote_texts
        on
            line_footnote_ids.accession_number = footnote_texts.accession_number
            and line_footnote_ids.footnote_id = footnote_texts.footnote_id
    inner join texts_read
        on footnote_texts.note_text = texts_read.note_text

),

line_price_notes as (

    select
        transaction_line_key,
        accession_number,
        bool_or(is_about_price and (says_weighted_average or range_low is not null)) as is_weighted_average_price,
        min(case when is_about_price then range_low end) as price_range_low_usd,
        max(case when is_about_price then range_high end) as price_range_high_usd,
        -- The filed price is one of the amounts the note gives in another currency, or lies in their range.
        bool_or(
            is_about_price
            and (
                says_foreign_currency
                or coalesce(price_usd between foreign_range_low and foreign_range_high, false)
                or (contains(money_text, '¤') and {{ is_marked_amount('money_text', 'price_usd') }})
            )
        ) as is_foreign_currency_price,
        max(depositary_ratio) as depositary_ratio
    from line_footnotes
    group by transaction_line_key, accession_number

)

select * from line_price_notes
where
    is_weighted_average_price
    or is_foreign_currency_price
    or depositary_ratio is not null
