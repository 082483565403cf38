{{ config(materialized='incremental', incremental_strategy='replace_issuers', on_schema_change='fail') }}

with

amendment_roots as (

    select * from {{ ref('int_amendment_roots') }}
    {{ of_changed_issuers() }}

),

transaction_lines as (

    select * from {{ ref('int_transaction_lines') }}
    {{ of_changed_issuers() }}

),

footnotes_classified as (

    select * from {{ ref('int_footnotes_classified') }}

),

-- A chain is an original and every amendment of it, per table and trade day.
chain_members as (

    select
        root_accession_number,
        table_code,
        transaction_date,
        amendment_accession_number as member_accession_number,
        has_same_owners,
        has_original_date
    from amendment_roots
    union all
    select distinct
        root_accession_number,
        table_code,
        transaction_date,
        root_accession_number as member_accession_number,
        true as has_same_owners,
        true as has_original_date
    from amendment_roots

),

chain_lines as (

    select
        chain_members.root_accession_number,
        chain_members.has_same_owners,
        chain_members.has_original_date,
        transaction_lines.transaction_line_key,
        transaction_lines.accession_number,
        transaction_lines.table_code,
        transaction_lines.line_number,
        transaction_lines.transaction_date,
        coalesce(transaction_lines.transaction_code, '') as transaction_code,
        transaction_lines.share_count,
        transaction_lines.price_usd,
        transaction_lines.share_count_owned_after,
        transaction_lines.share_count_owned_after
        - case when transaction_lines.acquired_disposed_code = 'D' then -1 else 1 end * transaction_lines.share_count
            as share_count_owned_before,
        coalesce(transaction_lines.direct_indirect_code, '') as direct_indirect_code,
        transaction_lines.filed_date,
        transaction_lines.original_submission_date,
        transaction_lines.withdrawn_known_from,
        transaction_lines.is_amendment,
        count(*) over (
            partition by
                chain_members.root_accession_number,
                chain_members.member_accession_number,
                chain_members.table_code,
                chain_members.transaction_date
        ) as day_line_count,
        count(*) over (
            partition by
                chain_members.root_accession_number,
                chain_members.member_accession_number,
                chain_members.table_code,
                chain_members.transaction_date,
                transaction_lines.transaction_code
        ) as code_line_count,
        sum(transaction_lines.share_count) over (
            partition by
                chain_members.root_accession_number,
                chain_members.member_accession_number,
                chain_members.table_code,
                chain_members.transaction_date,
                transaction_lines.transaction_code
        ) as code_share_count
    from chain_members
    inner join transaction_lines
        on
            chain_members.member_accession_number = transaction_lines.accession_number
            and chain_members.table_code = transaction_lines.table_code
            and chain_members.transaction_date = transaction_lines.transaction_date

),

amendments_of_omissions as (

    select distinct accession_number
    from footnotes_classified
    where mentions_omission

),

-- Every line of an earlier filing of the chain beside every line of the amendment, with what the two share.
compared_lines as (

    select
        earlier.transaction_line_key,
        earlier.line_number,
        earlier.table_code,
        earlier.transaction_date,
        earlier.accession_number as earlier_accession_number,
        earlier.transaction_code as earlier_code,
        later.transaction_line_key as later_line_key,
        later.accession_number as superseding_accession_number,
        later.transaction_code as later_code,
        later.filed_date as superseding_filed_date,
        later.withdrawn_known_from as superseding_withdrawn_known_from,
        later.line_number as later_line_number,
        later.has_same_owners,
        later.has_original_date
        or coalesce(later.original_submission_date = earlier.filed_date, false) as has_original_date,
        earlier.transaction_code = later.transaction_code as has_same_code,
        coalesce(earlier.share_count = later.share_count, false) as has_same_shares,
        coalesce(earlier.price_usd = later.price_usd, false) as has_same_price,
        earlier.direct_indirect_code = later.direct_indirect_code as has_same_directness,
        coalesce(earlier.code_share_count = later.code_share_count, false) as has_same_total,
        coalesce(
            earlier.share_count_owned_after = later.share_count_owned_after
            or earlier.share_count_owned_before = later.share_count_owned_before,
            true
        ) as has_same_holding,
        -- The later line begins where the earlier one ends, or the other way round: the next lot of a day.
        coalesce(
            earlier.share_count_owned_after = later.share_count_owned_before
            or earlier.share_count_owned_before = later.share_count_owned_after,
            false
        ) as is_next_lot,
        later.code_line_count >= earlier.code_line_count as has_code_repeated,
        later.day_line_count >= earlier.day_line_count as has_day_repeated,
        amendments_of_omissions.accession_number is not null as is_said_to_add
    from chain_lines as earlier
    inner join chain_lines as later
        on
            earlier.root_accession_number = later.root_accession_number
            and earlier.table_code = later.table_code
            and earlier.transaction_date = later.transaction_date
    left join amendments_of_omissions
        on later.accession_number = amendments_of_omissions.accession_number
    where
        later.is_amendment
        and earlier.accession_number <> later.accession_number
        and (
            earlier.filed_date < later.filed_date
            or (
                earlier.filed_date = later.filed_date
                and (not earlier.is_amendment or earlier.accession_number < later.accession_number)
            )
        )

),

-- Forms 4 and 5 need not repeat lines that stay as they are (General Instruction 9), and a line that is added stands
-- alone too. So a code of a day counts as restated when at least one line of it has something in common with what was
-- reported: the shares, the holding before or after, or the price unless it is the next lot.
ranked_lines as (

    select
        *,
        max(
            case
                when
                    has_same_code
                    and (has_same_shares or has_same_holding or has_same_total or (has_same_price and not is_next_lot))
                    then 1
                else 0
            end
        ) over (
            partition by
                earlier_accession_number,
                superseding_accession_number,
                table_code,
                transaction_date,
                earlier_code,
                later_code
        ) = 1 as has_anything_in_common,
        row_number() over (
            partition by later_line_key, earlier_accession_number
            order by
                case when has_same_code then 0 else 1 end,
                case when has_same_shares then 0 else 1 end,
                case when has_same_price then 0 else 1 end,
                case when has_same_directness then 0 else 1 end,
                case when has_same_holding then 0 else 1 end,
                abs(line_number - later_line_number),
                line_number
        ) as preference
    from compared_lines

),

-- Within one trade day of one chain a later line restates an earlier one when
--   the amendment repeats at least as many lines of that code as were reported, or quantities that add up to the
--     same, and something of it agrees (whatever it corrects in the rest), or
--   it has fewer lines and this is the one it is most like, in shares or price, or
--   the quantity agrees and the code was what needed correcting.
-- An amendment that says it adds what was omitted restates only lines it repeats to the share.
restatements as (

    select
        transaction_line_key,
        superseding_accession_number,
        superseding_filed_date,
        superseding_withdrawn_known_from,
        has_same_owners,
        has_original_date,
        true as has_same_trade_date,
        has_same_code,
        has_same_shares or has_same_price as has_same_amount
    from ranked_lines
    where
        case
            when is_said_to_add then has_same_code and has_same_shares and preference = 1
            when has_same_code
                then
                    (has_code_repeated and has_anything_in_common)
                    or has_same_total
                    or (preference = 1 and (has_same_shares or (has_same_price and not is_next_lot)))
            else has_same_shares and has_day_repeated
        end

),

-- A corrected trade date leaves no common day. The original is then known by its typed date, by a date that cannot
-- be, or by the same holding afterwards, and by the line that agrees in code and quantity.
lines_without_root as (

    select transaction_lines.*
    from transaction_lines
    left join amendment_roots
        on
            transaction_lines.accession_number = amendment_roots.amendment_accession_number
            and transaction_lines.table_code = amendment_roots.table_code
            and transaction_lines.transaction_date = amendment_roots.transaction_date
    where
        transaction_lines.is_amendment
        and amendment_roots.amendment_accession_number is null

),

date_corrections_ranked as (

    select
        earlier.transaction_line_key,
        later.accession_number as superseding_accession_number,
        later.filed_date as superseding_filed_date,
        later.withdrawn_known_from as superseding_withdrawn_known_from,
        coalesce(later.original_submission_date = earlier.filed_date, false) as has_original_date,
        row_number() over (
            partition by later.transaction_line_key, earlier.accession_number
            order by
                case when earlier.date_status <> 'valid' then 0 else 1 end,
                case when later.share_count_owned_after = earlier.share_count_owned_after then 0 else 1 end,
                abs(later.line_number - earlier.line_number),
                earlier.line_number
        ) as preference
    from lines_without_root as later
    inner join transaction_lines as earlier
        on
            later.issuer_cik = earlier.issuer_cik
            and later.insider_key = earlier.insider_key
            and later.form_family = earlier.form_family
            and later.table_code = earlier.table_code
            and later.transaction_code = earlier.transaction_code
            and later.share_count = earlier.share_count
    where
        later.accession_number <> earlier.accession_number
        and not earlier.is_amendment
        and earlier.filed_date <= later.filed_date
        and (earlier.transaction_date is null or earlier.transaction_date <> later.transaction_date)
        and (
            later.original_submission_date = earlier.filed_date
            or earlier.date_status <> 'valid'
            or (
                later.share_count_owned_after = earlier.share_count_owned_after
                and later.price_usd = earlier.price_usd
            )
        )
        and coalesce(later.price_usd, earlier.price_usd, 0) = coalesce(earlier.price_usd, later.price_usd, 0)

),

all_restatements as (

    select * from restatements
    union all
    select
        transaction_line_key,
        superseding_accession_number,
        superseding_filed_date,
        superseding_withdrawn_known_from,
        true as has_same_owners,
        has_original_date,
        false as has_same_trade_date,
        true as has_same_code,
        true as has_same_amount
    from date_corrections_ranked
    where preference = 1

),

-- Several lines of one amendment may restate a line; what agrees for any of them agrees.
by_amendment as (

    select
        transaction_line_key,
        superseding_accession_number,
        superseding_filed_date,
        superseding_withdrawn_known_from,
        bool_or(has_same_owners) as has_same_owners,
        bool_or(has_original_date) as has_original_date,
        bool_or(has_same_trade_date) as has_same_trade_date,
        bool_or(has_same_code) as has_same_code,
        bool_or(has_same_amount) as has_same_amount
    from all_restatements
    group by
        transaction_line_key,
        superseding_accession_number,
        superseding_filed_date,
        superseding_withdrawn_known_from

),

-- A line is known until the first amendment that restates it; what restates that amendment is the next link. An
-- amendment that was withdrawn later had its day too, but the one that stands is named. Each hides the line from its
-- filing to its withdrawal; where all so far were withdrawn before the next came, the line is what one knows again.
in_order as (

    select
        *,
        row_number() over (
            partition by transaction_line_key
            order by
                case when superseding_withdrawn_known_from is null then 0 else 1 end,
                superseding_filed_date,
                superseding_accession_number
        ) as preference,
        max(coalesce(superseding_withdrawn_known_from, date '9999-12-31')) over (
            partition by transaction_line_key
            order by superseding_filed_date, superseding_accession_number
            rows between unbounded preceding and 1 preceding
        ) as hidden_until
    from by_amendment

),

hidden_spans as (

    select
        transaction_line_key,
        min(superseding_filed_date) as first_restated_date,
        max(coalesce(superseding_withdrawn_known_from, date '9999-12-31')) as hidden_to,
        min(case when superseding_filed_date > hidden_until then hidden_until end) as first_gap_from,
        min(case when superseding_filed_date > hidden_until then superseding_filed_date end) as first_gap_to
    from in_order
    group by transaction_line_key

),

with_match as (

    select
        in_order.transaction_line_key,
        in_order.superseding_accession_number,
        hidden_spans.first_restated_date,
        case
            when hidden_spans.first_gap_from is not null then hidden_spans.first_gap_from
            when hidden_spans.hidden_to < date '9999-12-31' then hidden_spans.hidden_to
        end as restored_from,
        hidden_spans.first_gap_to as restored_to,
        hidden_spans.hidden_to = date '9999-12-31' as is_superseded,
        concat_ws(
            '+',
            'issuer',
            case when in_order.has_same_owners then 'owners' end,
            case when in_order.has_original_date then 'original_date' end,
            case when in_order.has_same_trade_date then 'trade_date' end,
            case when in_order.has_same_code then 'code' end,
            case when in_order.has_same_amount then 'amount' end
        ) as supersession_match,
        1
        + case when in_order.has_same_owners then 1 else 0 end
        + case when in_order.has_original_date then 1 else 0 end
        + case when in_order.has_same_trade_date then 1 else 0 end
        + case when in_order.has_same_code then 1 else 0 end
        + case when in_order.has_same_amount then 1 else 0 end as supersession_match_count
    from in_order
    inner join hidden_spans
        on in_order.transaction_line_key = hidden_spans.transaction_line_key
    where in_order.preference = 1

),

superseded_lines as (

    select
        with_match.transaction_line_key,
        transaction_lines.issuer_cik,
        with_match.superseding_accession_number as superseded_by_accession_number,
        with_match.first_restated_date as known_to,
        with_match.restored_from,
        with_match.restored_to,
        with_match.is_superseded,
        case
            when with_match.supersession_match_count = 6 then 'exact'
            when with_match.supersession_match_count = 5 then 'probable'
            else 'weak'
        end as supersession_confidence,
        with_match.supersession_match
    from with_match
    inner join transaction_lines
        on with_match.transaction_line_key = transaction_lines.transaction_line_key

)

select * from superseded_lines
