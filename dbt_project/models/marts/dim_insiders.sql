with

filing_owners as (

    select * from {{ ref('int_filing_owners') }}

),

signal_lines as (

    select * from {{ ref('int_signal_lines_detailed') }}

),

histories as (

    select
        owner_cik,
        count(distinct issuer_cik) as issuer_count,
        count(*) as filing_count,
        min(filed_date) as first_filed_date,
        max(filed_date) as last_filed_date,
        max_by(accession_number, concat(cast(filed_date as varchar), accession_number)) as newest_accession_number
    from filing_owners
    group by owner_cik

),

owner_roles as (

    select
        owner_cik,
        {{ join_text('role_code', ',', 'role_rank') }} as role_codes
    from (
        select distinct
            owner_cik,
            role_code,
            role_rank
        from filing_owners
    ) as roles_once
    group by owner_cik

),

-- Signal trades that stand today. A joint trade is in the record of each of its owners; most forms have one owner, and
-- only the others need their list.
owner_lines as (

    select
        insider_key as owner_cik,
        issuer_cik,
        direction,
        transaction_date,
        value_usd,
        insider_class,
        transaction_line_key
    from signal_lines
    where known_to is null and insider_key not like '%,%'
    union all
    select
        filing_owners.owner_cik,
        signal_lines.issuer_cik,
        signal_lines.direction,
        signal_lines.transaction_date,
        signal_lines.value_usd,
        signal_lines.insider_class,
        signal_lines.transaction_line_key
    from signal_lines
    inner join filing_owners
        on signal_lines.accession_number = filing_owners.accession_number
    where signal_lines.known_to is null and signal_lines.insider_key like '%,%'

),

owner_trades as (

    select
        owner_cik,
        issuer_cik,
        direction,
        transaction_date,
        sum(cast(value_usd as decimal(38, 4))) as value_usd,
        max_by(insider_class, transaction_line_key) as insider_class
    from owner_lines
    group by owner_cik, issuer_cik, direction, transaction_date

),

records as (

    select
        owner_cik,
        sum(case when direction = 'buy' then 1 else 0 end) as buy_count,
        sum(case when direction = 'sell' then 1 else 0 end) as sell_count,
        sum(case when direction = 'buy' then value_usd end) as buy_usd,
        sum(case when direction = 'sell' then value_usd end) as sell_usd,
        count(distinct issuer_cik) as traded_issuer_count,
        min(transaction_date) as first_trade_date,
        max(transaction_date) as last_trade_date,
        max_by(insider_class, concat(cast(transaction_date as varchar), issuer_cik, direction)) as latest_insider_class
    from owner_trades
    group by owner_cik

),

insiders as (

    select
        filing_owners.owner_cik,
        filing_owners.owner_name,
        filing_owners.role_code as latest_role_code,
        filing_owners.full_title as latest_officer_title,
        filing_owners.issuer_cik as latest_issuer_cik,
        histories.issuer_count,
        histories.first_filed_date,
        histories.last_filed_date,
        histories.filing_count,
        owner_roles.role_codes,
        cast(coalesce(records.buy_count, 0) as bigint) as buy_count,
        cast(coalesce(records.sell_count, 0) as bigint) as sell_count,
        cast(coalesce(records.buy_usd, 0) as decimal(38, 4)) as buy_usd,
        cast(coalesce(records.sell_usd, 0) as decimal(38, 4)) as sell_usd,
        coalesce(records.traded_issuer_count, 0) as traded_issuer_count,
        records.first_trade_date,
        records.last_trade_date,
        records.latest_insider_class
    from filing_owners
    inner join histories
        on
            filing_owners.owner_cik = histories.owner_cik
            and filing_owners.accession_number = histories.newest_accession_number
    inner join owner_roles
        on filing_owners.owner_cik = owner_roles.owner_cik
    left join records
        on filing_owners.owner_cik = records.owner_cik

)

select * from insiders
