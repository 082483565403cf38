{%- set flags = data_quality_flags() -%}
{%- set bits = data_quality_bits(flags) -%}
with

transactions_flagged as (

    select * from {{ ref('int_transactions_flagged') }}

),

filings as (

    select * from {{ ref('int_filings') }}

),

quarantined_filings as (

    select * from {{ ref('stg_sec__quarantined_filings') }}

),

-- One bit per flag, so that a line's and a filing's flags are one number and each table is read once.
line_masks as (

    select
        accession_number,
        road,
        cast(date_trunc('month', filed_date) as date) as filed_month,
        -- Dollars are those of purchases and sales; grants and derivatives have no market price.
        case when direction is not null and price_status = 'valid' then value_usd end as usd,
        case when direction is not null then value_usd end as usd_as_filed,
        0
        {%- for name, line_condition, filing_condition in flags %}
        + case when {{ line_condition }} then {{ bits[name] }} else 0 end
        {%- endfor %} as flag_mask
    from transactions_flagged

),

filing_masks as (

    select
        accession_number,
        road,
        cast(date_trunc('month', filed_date) as date) as filed_month,
        0
        {%- for name, line_condition, filing_condition in flags if filing_condition is not none %}
        + case when {{ filing_condition }} then {{ bits[name] }} else 0 end
        {%- endfor %} as flag_mask
    from filings
    union all
    select
        accession_number,
        road,
        filed_month,
        flag_mask
    from line_masks

),

filings_once as (

    select
        accession_number,
        road,
        filed_month,
        bit_or(flag_mask) as flag_mask
    from filing_masks
    group by
        accession_number,
        road,
        filed_month

),

-- A month has few different masks: what is asked of each flag is asked of these, not of every line.
lines_by_mask as (

    select
        filed_month,
        road,
        flag_mask,
        count(*) as line_count,
        sum(usd) as usd,
        sum(usd_as_filed) as usd_as_filed
    from line_masks
    group by filed_month, road, flag_mask

),

filings_by_mask as (

    select
        filed_month,
        road,
        flag_mask,
        count(*) as filing_count
    from filings_once
    group by filed_month, road, flag_mask

),

line_totals as (

    select
        filed_month,
        road,
        {%- for name, line_condition, filing_condition in flags %}
        sum(line_count) filter (where (flag_mask & {{ bits[name] }}) <> 0) as {{ name }}_line_count,
        sum(usd) filter (where (flag_mask & {{ bits[name] }}) <> 0) as {{ name }}_usd,
        sum(usd_as_filed) filter (where (flag_mask & {{ bits[name] }}) <> 0) as {{ name }}_usd_as_filed,
        {%- endfor %}
        sum(line_count) as total_line_count,
        coalesce(sum(usd), 0) as total_usd
    from lines_by_mask
    group by filed_month, road

),

filing_totals as (

    select
        filed_month,
        road,
        {%- for name, line_condition, filing_condition in flags %}
        sum(filing_count) filter (where (flag_mask & {{ bits[name] }}) <> 0) as {{ name }}_filing_count,
        {%- endfor %}
        sum(filing_count) as total_filing_count
    from filings_by_mask
    group by filed_month, road

),

-- A filing that could not be read has neither lines nor a filing date: its month is that of the index that listed it.
quarantined as (

    select
        cast(date_trunc('month', cast(_partition as date)) as date) as filed_month,
        'daily' as road,
        count(distinct accession_number) as quarantined_filing_count
    from quarantined_filings
    where _road = 'daily'
    group by cast(date_trunc('month', cast(_partition as date)) as date)

),

months as (

    select
        filed_month,
        road
    from filing_totals
    union distinct
    select
        filed_month,
        road
    from quarantined

),

counted as (

    {%- for name, line_condition, filing_condition in flags %}
    select
        months.filed_month,
        months.road,
        '{{ name }}' as flag,
        line_totals.{{ name }}_line_count as line_count,
        line_totals.{{ name }}_usd as usd,
        line_totals.{{ name }}_usd_as_filed as usd_as_filed,
        filing_totals.{{ name }}_filing_count as filing_count
    from months
    left join line_totals
        on months.filed_month = line_totals.filed_month and months.road = line_totals.road
    left join filing_totals
        on months.filed_month = filing_totals.filed_month and months.road = filing_totals.road
    union all
    {%- endfor %}
    select
        months.filed_month,
        months.road,
        'quarantined' as flag,
        0 as line_count,
        0 as usd,
        0 as usd_as_filed,
        quarantined.quarantined_filing_count as filing_count
    from months
    left join quarantined
        on months.filed_month = quarantined.filed_month and months.road = quarantined.road

),

data_quality as (

    select
        counted.filed_month,
        counted.road,
        counted.flag,
        cast(coalesce(counted.line_count, 0) as bigint) as line_count,
        cast(coalesce(line_totals.total_line_count, 0) as bigint) as total_line_count,
        coalesce(counted.line_count, 0) / nullif(cast(line_totals.total_line_count as double), 0) as line_share,
        cast(coalesce(counted.usd, 0) as decimal(38, 2)) as usd,
        cast(coalesce(line_totals.total_usd, 0) as decimal(38, 2)) as total_usd,
        case
            when line_totals.total_usd > 0
                then cast(coalesce(counted.usd, 0) as double) / cast(line_totals.total_usd as double)
        end as usd_share,
        cast(coalesce(counted.usd_as_filed, 0) as decimal(38, 2)) as usd_as_filed,
        cast(coalesce(counted.filing_count, 0) as bigint) as filing_count,
        cast(
            coalesce(filing_totals.total_filing_count, 0) + coalesce(quarantined.quarantined_filing_count, 0) as bigint
        ) as total_filing_count,
        coalesce(counted.filing_count, 0)
        / nullif(
            cast(
                coalesce(filing_totals.total_filing_count, 0) + coalesce(quarantined.quarantined_filing_count, 0)
                as double
            ),
            0
        ) as filing_share
    from counted
    left join line_totals
        on counted.filed_month = line_totals.filed_month and counted.road = line_totals.road
    left join filing_totals
        on counted.filed_month = filing_totals.filed_month and counted.road = filing_totals.road
    left join quarantined
        on counted.filed_month = quarantined.filed_month and counted.road = quarantined.road

)

select * from data_quality
