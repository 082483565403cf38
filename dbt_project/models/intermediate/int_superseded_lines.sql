with

amendment_roots as (

    select * from {{ ref('int_amendment_roots') }}

),

transaction_lines as (

    select * from {{ ref('int_transaction_lines') }}

),

footnotes_classified as (

    select * from {{ ref('int_footnotes_classified') }}

),

filings as (

    select * from {{ ref('int_filings') }}

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
        transaction_lines.transaction_date,
        coalesce(transaction_lines.transaction_code, '') as transaction_code,
        transaction_lines.share_count,
        transaction_lines.price_usd,
        transaction_lines.filed_date,
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

-- Within one trade day of one chain a later line restates an earlier one when
--   the amendment repeats at least as many lines of that code as were reported (whatever it corrects in them), or
--   the lines agree in quantity or price, or the code's quantities add up to the same, or
--   the quantity agrees and the code was what needed correcting.
-- An amendment that says it adds what was omitted restates only lines it repeats to the share.
restatements as (

    select
        earlier.transaction_line_key,
        later.accession_number as superseding_accession_number,
        later.filed_date as superseding_filed_date,
        case
            when later.has_same_owners and later.has_original_date then 'high'
            when later.has_same_owners then 'medium'
            else 'low'
        end as confidence
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
        and case
            when amendments_of_omissions.accession_number is not null
                then earlier.transaction_code = later.transaction_code and earlier.share_count = later.share_count
            when earlier.transaction_code = later.transaction_code
                then
                    later.code_line_count >= earlier.code_line_count
                    or earlier.share_count = later.share_count
                    or earlier.price_usd = later.price_usd
                    or earlier.code_share_count = later.code_share_count
            else earlier.share_count = later.share_count and later.day_line_count >= earlier.day_line_count
        end

),

-- A corrected trade date leaves no common day. The original is then known by its typed date, or by a date that cannot
-- be, and by lines that agree in code and quantity.
amendment_lines as (

    select transaction_lines.*
    from transaction_lines
    left join amendment_roots
        on
            transaction_lines.accession_number = amendment_roots.amendment_accession_number
            and transaction_lines.table_code = amendment_roots.table_code
            and transaction_lines.transaction_date = amendment_roots.transaction_date
    where
        transaction_lines.is_amendment
        and not transaction_lines.is_withdrawn
        and amendment_roots.amendment_accession_number is null

),

date_corrections as (

    select
        earlier.transaction_line_key,
        later.accession_number as superseding_accession_number,
        later.filed_date as superseding_filed_date,
        case
            when later.original_submission_date = earlier.filed_date then 'medium'
            else 'low'
        end as confidence
    from amendment_lines as later
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
        and (later.original_submission_date = earlier.filed_date or earlier.date_status <> 'valid')
        and coalesce(later.price_usd, earlier.price_usd, 0) = coalesce(earlier.price_usd, later.price_usd, 0)

),

all_restatements as (

    select * from restatements
    union all
    select * from date_corrections

),

-- A line is known until the first amendment that restates it; what restates that amendment is the next link.
first_restatement as (

    select
        *,
        row_number() over (
            partition by transaction_line_key
            order by superseding_filed_date, superseding_accession_number
        ) as position_in_chain
    from all_restatements

),

superseded_lines as (

    select
        first_restatement.transaction_line_key,
        first_restatement.superseding_accession_number as superseded_by_accession_number,
        filings.filed_date as known_to,
        first_restatement.confidence as supersession_confidence
    from first_restatement
    inner join filings
        on first_restatement.superseding_accession_number = filings.accession_number
    where first_restatement.position_in_chain = 1

)

select * from superseded_lines
