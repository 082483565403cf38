{{ config(materialized='incremental', incremental_strategy='replace_issuers', on_schema_change='fail') }}

with

transaction_lines as (

    select * from {{ ref('int_transaction_lines') }}
    {{ of_changed_issuers() }}

),

filings as (

    select * from {{ ref('int_filings') }}
    {{ of_changed_issuers() }}

),

filing_owners as (

    select * from {{ ref('int_filing_owners') }}
    {{ of_changed_issuers() }}

),

footnotes as (

    select * from {{ ref('stg_sec__footnotes') }}

),

footnotes_classified as (

    select * from {{ ref('int_footnotes_classified') }}

),

-- Awards look alike by nature (ten directors get the same grant on the same day), so only open-market lines are
-- compared, and few of them need a second look: another insider traded as many shares of the issuer on that day.
shared_lots as (

    select
        issuer_cik,
        transaction_date,
        transaction_code,
        share_count
    from transaction_lines
    where
        direction is not null
        and share_count > 0
    group by issuer_cik, transaction_date, transaction_code, share_count
    having min(insider_key) <> max(insider_key)

),

-- A filing's second line with the same content is compared with the other filing's second.
open_market_lines as (

    select
        transaction_lines.transaction_line_key,
        transaction_lines.accession_number,
        transaction_lines.insider_key,
        transaction_lines.issuer_cik,
        transaction_lines.transaction_date,
        transaction_lines.transaction_code,
        coalesce(transaction_lines.acquired_disposed_code, '') as acquired_disposed_code,
        transaction_lines.share_count,
        coalesce(transaction_lines.price_usd, -1) as price_usd,
        lower(coalesce(transaction_lines.security_title, '')) as security_title,
        transaction_lines.direction,
        transaction_lines.filed_date,
        transaction_lines.withdrawn_known_from,
        transaction_lines.share_count_owned_after,
        coalesce(transaction_lines.direct_indirect_code, '') as direct_indirect_code,
        lower(coalesce(transaction_lines.ownership_nature, '')) as ownership_nature,
        transaction_lines.trade_footnote_ids,
        transaction_lines.holding_footnote_ids,
        row_number() over (
            partition by
                transaction_lines.accession_number,
                transaction_lines.transaction_date,
                transaction_lines.transaction_code,
                transaction_lines.acquired_disposed_code,
                transaction_lines.share_count,
                transaction_lines.price_usd,
                lower(transaction_lines.security_title)
            order by transaction_lines.line_number
        ) as occurrence
    from transaction_lines
    inner join shared_lots
        on
            transaction_lines.issuer_cik = shared_lots.issuer_cik
            and transaction_lines.transaction_date = shared_lots.transaction_date
            and transaction_lines.transaction_code = shared_lots.transaction_code
            and transaction_lines.share_count = shared_lots.share_count
    where
        transaction_lines.direction is not null
        and transaction_lines.share_count > 0

),

look_alike_groups as (

    select
        issuer_cik,
        transaction_date,
        transaction_code,
        acquired_disposed_code,
        share_count,
        price_usd,
        security_title,
        occurrence
    from open_market_lines
    group by
        issuer_cik,
        transaction_date,
        transaction_code,
        acquired_disposed_code,
        share_count,
        price_usd,
        security_title,
        occurrence
    having min(insider_key) <> max(insider_key)

),

-- The first to report stands for the trade, so that a later joint report never changes what was known. Among reports
-- of one day it is the one of an officer or director, for the role decides the insider group.
look_alikes as (

    select
        open_market_lines.*,
        row_number() over (
            partition by
                open_market_lines.issuer_cik,
                open_market_lines.transaction_date,
                open_market_lines.transaction_code,
                open_market_lines.acquired_disposed_code,
                open_market_lines.share_count,
                open_market_lines.price_usd,
                open_market_lines.security_title,
                open_market_lines.occurrence
            order by
                open_market_lines.filed_date,
                case when filings.is_officer or filings.is_director then 0 else 1 end,
                filings.role_code,
                open_market_lines.accession_number
        ) as report_order
    from open_market_lines
    inner join look_alike_groups
        on
            open_market_lines.issuer_cik = look_alike_groups.issuer_cik
            and open_market_lines.transaction_date = look_alike_groups.transaction_date
            and open_market_lines.transaction_code = look_alike_groups.transaction_code
            and open_market_lines.acquired_disposed_code = look_alike_groups.acquired_disposed_code
            and open_market_lines.share_count = look_alike_groups.share_count
            and open_market_lines.price_usd = look_alike_groups.price_usd
            and open_market_lines.security_title = look_alike_groups.security_title
            and open_market_lines.occurrence = look_alike_groups.occurrence
    inner join filings
        on open_market_lines.accession_number = filings.accession_number

),

pairs as (

    select
        earlier.transaction_line_key as earlier_line_key,
        earlier.accession_number as earlier_accession_number,
        earlier.report_order as earlier_report_order,
        earlier.insider_key as earlier_insider_key,
        -- A report that had left the index before the later one came was no longer known.
        case when earlier.withdrawn_known_from > later.filed_date then earlier.withdrawn_known_from end
            as duplicate_until,
        later.transaction_line_key as later_line_key,
        later.accession_number as later_accession_number,
        later.insider_key as later_insider_key,
        later.filed_date as later_filed_date,
        -- Two people who each own nothing else also own "the same" after buying the same lot, or after selling out;
        -- what both hold indirectly is more likely held by one and the same.
        coalesce(
            earlier.share_count_owned_after = later.share_count_owned_after
            and (
                earlier.share_count_owned_after > 0
                or (earlier.direct_indirect_code = 'I' and later.direct_indirect_code = 'I')
            )
            and not (later.direction = 'buy' and later.share_count_owned_after = later.share_count),
            false
        ) as has_same_holding,
        coalesce(earlier.share_count_owned_after <> later.share_count_owned_after, false) as has_other_holding
    from look_alikes as earlier
    inner join look_alikes as later
        on
            earlier.issuer_cik = later.issuer_cik
            and earlier.transaction_date = later.transaction_date
            and earlier.transaction_code = later.transaction_code
            and earlier.acquired_disposed_code = later.acquired_disposed_code
            and earlier.share_count = later.share_count
            and earlier.price_usd = later.price_usd
            and earlier.security_title = later.security_title
            and earlier.occurrence = later.occurrence
    where
        earlier.report_order < later.report_order
        and earlier.insider_key <> later.insider_key
        and (earlier.withdrawn_known_from is null or earlier.withdrawn_known_from > later.filed_date)

),

-- What two people hold may agree after one lot by chance, when twin plans sell lot for lot and each has his own: then
-- it differs after the others. Reports of the same shares agree throughout.
pairs_weighed as (

    select
        *,
        has_same_holding
        and sum(case when has_same_holding then 1 else 0 end) over (
            partition by earlier_accession_number, later_accession_number
        ) > sum(case when has_other_holding then 1 else 0 end) over (
            partition by earlier_accession_number, later_accession_number
        ) as is_same_holding
    from pairs

),

-- More than ten owners need a second form, which repeats some of them.
pairs_with_shared_owner as (

    select distinct
        pairs.earlier_line_key,
        pairs.later_line_key
    from pairs
    inner join filing_owners as earlier_owners
        on pairs.earlier_accession_number = earlier_owners.accession_number
    inner join filing_owners as later_owners
        on
            pairs.later_accession_number = later_owners.accession_number
            and earlier_owners.owner_cik = later_owners.owner_cik

),

line_texts as (

    select
        look_alikes.transaction_line_key,
        look_alikes.accession_number,
        lower(footnotes.footnote_text) as line_text,
        coalesce(footnotes_classified.mentions_shared_ownership, false) as is_about_ownership
    from look_alikes
    inner join filings
        on look_alikes.accession_number = filings.accession_number
    inner join footnotes
        on
            filings.accession_number = footnotes.accession_number
            and filings.road = footnotes._road
            and filings._partition = footnotes._partition
    left join footnotes_classified
        on
            footnotes.accession_number = footnotes_classified.accession_number
            and footnotes.footnote_id = footnotes_classified.footnote_id
    where
        {{ footnote_is_listed('footnotes.footnote_id', 'look_alikes.trade_footnote_ids') }}
        or {{ footnote_is_listed('footnotes.footnote_id', 'look_alikes.holding_footnote_ids') }}
    union all
    select
        transaction_line_key,
        accession_number,
        ownership_nature as line_text,
        false as is_about_ownership
    from look_alikes
    where ownership_nature <> ''

),

-- The same sentence about who owns the shares stands in both reports. A shared sentence about an offering or a price
-- range proves nothing.
pairs_with_shared_text as (

    select distinct
        pairs.earlier_line_key,
        pairs.later_line_key
    from pairs
    inner join line_texts as earlier_texts
        on pairs.earlier_line_key = earlier_texts.transaction_line_key
    inner join line_texts as later_texts
        on
            pairs.later_line_key = later_texts.transaction_line_key
            and earlier_texts.line_text = later_texts.line_text
    where earlier_texts.is_about_ownership and later_texts.is_about_ownership

),

pair_directions as (

    select
        earlier_line_key,
        later_line_key,
        earlier_line_key as naming_line_key,
        later_accession_number as named_accession_number
    from pairs
    union all
    select
        earlier_line_key,
        later_line_key,
        later_line_key as naming_line_key,
        earlier_accession_number as named_accession_number
    from pairs

),

-- Grouped by what is unique anyway: engines take words out of every name there is before they look whose are asked for.
named_owners as (

    select
        accession_number,
        owner_cik,
        max(owner_name) as owner_name
    from filing_owners
    where filing_owners.accession_number in (select pair_directions.named_accession_number from pair_directions)
    group by accession_number, owner_cik

),

-- EDGAR writes people as "Surname First": the first two words of the name, in whatever order the text has them.
owner_words as (

    select
        accession_number,
        split_part({{ text_replace_all('lower(owner_name)', '[.,]', '') }}, ' ', 1) as first_word,
        split_part({{ text_replace_all('lower(owner_name)', '[.,]', '') }}, ' ', 2) as second_word
    from named_owners

),

-- One report says that the shares are held by or through an owner of the other.
pairs_through_each_other as (

    select distinct
        pair_directions.earlier_line_key,
        pair_directions.later_line_key
    from pair_directions
    inner join line_texts
        on pair_directions.naming_line_key = line_texts.transaction_line_key
    inner join owner_words
        on pair_directions.named_accession_number = owner_words.accession_number
    where
        length(owner_words.first_word) >= 3
        and owner_words.second_word <> ''
        and contains(line_texts.line_text, owner_words.first_word)
        and contains(line_texts.line_text, owner_words.second_word)

),

-- Equal lots, however many, are no sign: two founders may sell by twin plans through one broker, lot for lot.
signed_pairs as (

    select
        pairs_weighed.earlier_line_key,
        pairs_weighed.earlier_accession_number,
        pairs_weighed.earlier_report_order,
        pairs_weighed.earlier_insider_key,
        pairs_weighed.duplicate_until,
        pairs_weighed.later_line_key,
        pairs_weighed.later_insider_key,
        pairs_weighed.later_filed_date,
        case
            when pairs_with_shared_owner.later_line_key is not null then 'shared_owner'
            when pairs_with_shared_text.later_line_key is not null then 'shared_text'
            when pairs_through_each_other.later_line_key is not null then 'held_through_other'
            when pairs_weighed.is_same_holding then 'same_holding'
        end as joint_sign
    from pairs_weighed
    left join pairs_with_shared_owner
        on
            pairs_weighed.earlier_line_key = pairs_with_shared_owner.earlier_line_key
            and pairs_weighed.later_line_key = pairs_with_shared_owner.later_line_key
    left join pairs_with_shared_text
        on
            pairs_weighed.earlier_line_key = pairs_with_shared_text.earlier_line_key
            and pairs_weighed.later_line_key = pairs_with_shared_text.later_line_key
    left join pairs_through_each_other
        on
            pairs_weighed.earlier_line_key = pairs_through_each_other.earlier_line_key
            and pairs_weighed.later_line_key = pairs_through_each_other.later_line_key

),

-- An amendment takes the place of its original: where the partner's report is itself the duplicate of an earlier line
-- of the same reporter, still standing, the new line is no duplicate of it. Otherwise nothing would be left of
-- a trade whose first report is restated after the second came.
takes_original_place as (

    select distinct
        signed_pairs.earlier_line_key,
        signed_pairs.later_line_key
    from signed_pairs
    inner join signed_pairs as before_partner
        on
            signed_pairs.earlier_line_key = before_partner.later_line_key
            and signed_pairs.later_insider_key = before_partner.earlier_insider_key
    where
        signed_pairs.joint_sign is not null
        and before_partner.joint_sign is not null
        and (
            before_partner.duplicate_until is null
            or before_partner.duplicate_until > signed_pairs.later_filed_date
        )

),

duplicate_pairs as (

    select
        signed_pairs.*,
        row_number() over (
            partition by signed_pairs.later_line_key
            order by
                case when signed_pairs.duplicate_until is null then 0 else 1 end,
                signed_pairs.earlier_report_order
        ) as preference
    from signed_pairs
    left join takes_original_place
        on
            signed_pairs.earlier_line_key = takes_original_place.earlier_line_key
            and signed_pairs.later_line_key = takes_original_place.later_line_key
    where
        signed_pairs.joint_sign is not null
        and takes_original_place.later_line_key is null

),

first_partner as (

    select *
    from duplicate_pairs
    where preference = 1 and duplicate_until is null

),

-- What was a duplicate of a report that was withdrawn stands for the trade from then on.
withdrawn_partners as (

    select
        later_line_key,
        max(duplicate_until) as canonical_from
    from duplicate_pairs
    group by later_line_key
    having count(*) = count(duplicate_until)

),

-- The line whose place an amendment takes, to keep the group together.
original_places as (

    select
        later_line_key,
        min(earlier_line_key) as partner_line_key
    from takes_original_place
    group by later_line_key

),

-- A partner may itself be a joint report of a third; two steps reach the first of any chain seen in practice.
with_partners as (

    select
        look_alikes.transaction_line_key,
        look_alikes.accession_number,
        look_alikes.issuer_cik,
        first_partner.later_line_key is null as is_canonical,
        coalesce(
            partners_partner.earlier_line_key, first_partner.earlier_line_key, places_partner.earlier_line_key
        ) as first_line_key,
        coalesce(partners_partner.earlier_accession_number, first_partner.earlier_accession_number)
            as first_accession_number,
        coalesce(first_partner.joint_sign, places_partner.joint_sign) as joint_sign,
        withdrawn_partners.canonical_from
    from look_alikes
    left join first_partner
        on look_alikes.transaction_line_key = first_partner.later_line_key
    left join first_partner as partners_partner
        on first_partner.earlier_line_key = partners_partner.later_line_key
    left join withdrawn_partners
        on look_alikes.transaction_line_key = withdrawn_partners.later_line_key
    left join original_places
        on look_alikes.transaction_line_key = original_places.later_line_key
    left join first_partner as places_partner
        on original_places.partner_line_key = places_partner.later_line_key

),

groups as (

    select
        first_line_key,
        min(joint_sign) as joint_sign
    from with_partners
    where first_line_key is not null
    group by first_line_key

),

joint_reports as (

    select
        with_partners.transaction_line_key,
        with_partners.issuer_cik,
        with_partners.is_canonical,
        case
            when with_partners.is_canonical then with_partners.accession_number
            else with_partners.first_accession_number
        end as canonical_accession_number,
        coalesce(with_partners.first_line_key, groups.first_line_key) as joint_group_key,
        coalesce(with_partners.joint_sign, groups.joint_sign, 'none') as joint_sign,
        with_partners.canonical_from
    from with_partners
    left join groups
        on with_partners.transaction_line_key = groups.first_line_key

)

select * from joint_reports
