with

clusters_opened as (

    select * from {{ ref('int_clusters_opened') }}

),

clusters_grown as (

    select * from {{ ref('int_clusters_grown') }}

),

cluster_lines as (

    select * from {{ ref('int_cluster_lines') }}

),

signal_lines as (

    select * from {{ ref('int_signal_lines_detailed') }}

),

issuer_returns as (

    select * from {{ ref('int_issuer_returns') }}

),

role_codes as (

    select * from {{ ref('role_codes') }}

),

filings as (

    select * from {{ ref('int_filings') }}

),

member_lines as (

    select
        cluster_lines.cluster_key,
        signal_lines.*,
        filings.owner_names,
        {{ filing_page('signal_lines.issuer_cik', 'signal_lines.accession_number') }} as filing_url,
        role_codes.role_rank
    from cluster_lines
    inner join signal_lines
        on
            cluster_lines.transaction_line_key = signal_lines.transaction_line_key
            and cluster_lines.enters_on = signal_lines.enters_on
    inner join filings
        on signal_lines.accession_number = filings.accession_number
    inner join role_codes
        on signal_lines.role_code = role_codes.role_code

),

-- An owner has the highest role of any of the purchases.
owners as (

    select
        cluster_key,
        lead_owner_cik,
        min(role_rank) as role_rank,
        min_by(role_code, role_rank) as role_code,
        min_by(owner_names, concat(cast(enters_on as varchar), accession_number)) as owner_names,
        bool_or(is_officer_or_director) as is_officer_or_director,
        bool_or(is_executive) as is_executive,
        bool_or(is_opportunistic) as is_opportunistic,
        bool_or(insider_class = 'routine') as is_routine,
        sum(cast(value_usd as decimal(38, 4))) as value_usd
    from member_lines
    group by cluster_key, lead_owner_cik

),

owner_totals as (

    select
        cluster_key,
        count(*) as owner_count,
        sum(case when is_officer_or_director then 1 else 0 end) as officer_director_count,
        sum(case when is_executive then 1 else 0 end) as executive_count,
        sum(case when is_opportunistic then 1 else 0 end) as opportunistic_owner_count,
        sum(case when is_routine then 1 else 0 end) as routine_owner_count,
        bool_or(role_code = 'ceo') as has_ceo,
        bool_or(role_code = 'cfo') as has_cfo,
        max(value_usd) as largest_owner_usd,
        {{ join_text('lead_owner_cik', ',', 'role_rank, lead_owner_cik') }} as owner_ciks,
        {{ join_text('owner_names', '; ', 'role_rank, lead_owner_cik') }} as owner_names,
        {{ join_text('role_code', ',', 'role_rank, lead_owner_cik') }} as role_codes
    from owners
    group by cluster_key

),

line_totals as (

    select
        cluster_key,
        -- The sector as the filing that completed the cluster had it.
        max_by(sector, concat(cast(enters_on as varchar), transaction_line_key)) as sector,
        count(*) as line_count,
        count(distinct concat(lead_owner_cik, cast(transaction_date as varchar))) as purchase_count,
        sum(share_count) as share_count,
        sum(cast(value_usd as decimal(38, 4))) as value_usd
    from member_lines
    group by cluster_key

),

cluster_filings as (

    select
        cluster_key,
        {{ join_text('accession_number', ',', 'accession_number') }} as accession_numbers,
        {{ join_text('filing_url', ' ', 'accession_number') }} as filing_urls
    from (
        select distinct
            cluster_key,
            accession_number,
            filing_url
        from member_lines
    ) as filings_once
    group by cluster_key

),

fct_cluster_buys as (

    select
        clusters_opened.cluster_key,
        clusters_opened.issuer_cik,
        line_totals.sector,
        clusters_opened.first_trade_date,
        clusters_opened.last_trade_date,
        clusters_opened.known_from,
        clusters_opened.known_to,
        owner_totals.owner_count,
        owner_totals.owner_ciks,
        owner_totals.owner_names,
        owner_totals.role_codes,
        owner_totals.has_ceo,
        owner_totals.has_cfo,
        cast(owner_totals.officer_director_count as bigint) as officer_director_count,
        cast(owner_totals.executive_count as bigint) as executive_count,
        cast(owner_totals.opportunistic_owner_count as bigint) as opportunistic_owner_count,
        cast(owner_totals.routine_owner_count as bigint) as routine_owner_count,
        line_totals.purchase_count,
        line_totals.line_count,
        cast(line_totals.share_count as decimal(38, 4)) as share_count,
        cast(line_totals.value_usd as decimal(38, 4)) as value_usd,
        {{ quotient('owner_totals.largest_owner_usd', 'line_totals.value_usd') }} as largest_owner_share,
        cluster_filings.accession_numbers,
        cluster_filings.filing_urls,
        clusters_grown.latest_first_trade_date,
        clusters_grown.latest_last_trade_date,
        coalesce(clusters_grown.latest_owner_count, 0) as latest_owner_count,
        cast(coalesce(clusters_grown.latest_value_usd, 0) as decimal(38, 4)) as latest_value_usd,
        issuer_returns.bought_on,
        issuer_returns.return_3_months,
        issuer_returns.excess_return_3_months,
        issuer_returns.return_6_months,
        issuer_returns.excess_return_6_months,
        issuer_returns.return_12_months,
        issuer_returns.excess_return_12_months
    from clusters_opened
    inner join owner_totals
        on clusters_opened.cluster_key = owner_totals.cluster_key
    inner join line_totals
        on clusters_opened.cluster_key = line_totals.cluster_key
    inner join cluster_filings
        on clusters_opened.cluster_key = cluster_filings.cluster_key
    left join clusters_grown
        on clusters_opened.cluster_key = clusters_grown.cluster_key
    left join issuer_returns
        on clusters_opened.cluster_key = issuer_returns.cluster_key

)

select * from fct_cluster_buys
