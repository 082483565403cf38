with

filing_owners as (

    select * from {{ ref('int_filing_owners') }}

),

-- Imported again for the few rows of the newest filings.
owners_of_filings as (

    select * from {{ ref('int_filing_owners') }}

),

owners_of_joint_filings as (

    select * from {{ ref('int_filing_owners') }}

),

signal_lines as (

    select * from {{ ref('int_signal_lines_detailed') }}
    where known_to is null

),

-- One pass over the filings: what an owner was at an issuer, and when.
positions as (

    select
        owner_cik,
        issuer_cik,
        role_code,
        role_rank,
        count(*) as filing_count,
        min(filed_date) as first_filed_date,
        max(filed_date) as last_filed_date
    from filing_owners
    group by owner_cik, issuer_cik, role_code, role_rank

),

histories as (

    select
        owner_cik,
        count(distinct issuer_cik) as issuer_count,
        cast(sum(filing_count) as bigint) as filing_count,
        min(first_filed_date) as first_filed_date,
        max(last_filed_date) as last_filed_date
    from positions
    group by owner_cik

),

newest_filings as (

    select
        owners_of_filings.owner_cik,
        owners_of_filings.owner_name,
        owners_of_filings.role_code,
        owners_of_filings.full_title,
        owners_of_filings.issuer_cik,
        row_number() over (
            partition by owners_of_filings.owner_cik
            order by owners_of_filings.accession_number desc
        ) as place
    from owners_of_filings
    inner join histories
        on
            owners_of_filings.owner_cik = histories.owner_cik
            and owners_of_filings.filed_date = histories.last_filed_date

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
        from positions
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
        insider_class
    from signal_lines
    where insider_key not like '%,%'
    union all
    select
        owners_of_joint_filings.owner_cik,
        signal_lines.issuer_cik,
        signal_lines.direction,
        signal_lines.transaction_date,
        signal_lines.value_usd,
        signal_lines.insider_class
    from signal_lines
    inner join owners_of_joint_filings
        on signal_lines.accession_number = owners_of_joint_filings.accession_number
    where signal_lines.insider_key like '%,%'

),

-- An insider has one class a year, alone; where he also reports jointly, the more cautious one of the day counts:
-- unclassified before routine before opportunistic, as the alphabet has it.
owner_trades as (

    select
        owner_cik,
        issuer_cik,
        direction,
        transaction_date,
        sum(cast(value_usd as decimal(38, 4))) as value_usd,
        max(insider_class) as insider_class
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
        max(transaction_date) as last_trade_date
    from owner_trades
    group by owner_cik

),

latest_classes as (

    select
        owner_trades.owner_cik,
        max(owner_trades.insider_class) as latest_insider_class
    from owner_trades
    inner join records
        on
            owner_trades.owner_cik = records.owner_cik
            and owner_trades.transaction_date = records.last_trade_date
    group by owner_trades.owner_cik

),

insiders as (

    select
        newest_filings.owner_cik,
        newest_filings.owner_name,
        newest_filings.role_code as latest_role_code,
        newest_filings.full_title as latest_officer_title,
        newest_filings.issuer_cik as latest_issuer_cik,
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
        latest_classes.latest_insider_class
    from newest_filings
    inner join histories
        on newest_filings.owner_cik = histories.owner_cik
    inner join owner_roles
        on newest_filings.owner_cik = owner_roles.owner_cik
    left join records
        on newest_filings.owner_cik = records.owner_cik
    left join latest_classes
        on newest_filings.owner_cik = latest_classes.owner_cik
    where newest_filings.place = 1

)

select * from insiders
