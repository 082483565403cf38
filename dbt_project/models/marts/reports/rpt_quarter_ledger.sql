-- noqa: disable=LT02
{% set counts = [
    'index_line_count', 'lost_repeated_index_line_count', 'accession_count', 'withdrawn_accession_count',
    'lost_not_fetched_count', 'lost_not_found_count', 'lost_quarantined_count', 'lost_listed_on_other_day_count',
    'parsed_accession_count', 'daily_filing_count', 'quarterly_filing_count', 'filing_count', 'transaction_line_count',
    'lost_derivative_count', 'lost_not_open_market_count', 'open_market_line_count', 'lost_superseded_count',
    'lost_withdrawn_count', 'lost_joint_duplicate_count', 'lost_date_not_valid_count', 'lost_plan_purchase_count',
    'lost_private_placement_count', 'lost_exercise_linked_count', 'signal_line_count',
    'lost_not_officer_or_director_count', 'lost_price_not_valid_count', 'lost_unmapped_sector_count',
    'headline_line_count', 'cast_failure_count',
] %}
with

dates as (

    select * from {{ ref('dim_dates') }}

),

ledger as (

    select * from {{ ref('fct_filing_day_ledger') }}

),

-- The day after a quarter's last one begins the next quarter: known quarters are those whose end the calendar has.
quarter_ends as (

    select
        date_day as quarter_end,
        cast({{ dbt.date_trunc('quarter', 'date_day') }} as date) as first_day
    from dates
    where is_quarter_end

),

days as (

    select
        cast({{ dbt.date_trunc('quarter', 'dates.date_day') }} as date) as first_day,
        dates.is_filing_day,
        ledger.*
    from dates
    left join ledger
        on dates.date_day = ledger.filing_day

),

quarter_days as (

    select
        first_day,
        sum(case when is_filing_day then 1 else 0 end) as filing_day_count,
        sum(case when is_filing_day and filing_day is null then 1 else 0 end) as missing_filing_day_count,
        {%- for name in counts %}
        sum({{ name }}) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from days
    group by first_day

),

-- How long the quarter has been over for the data: late filings and corrected indexes of its last days are in.
days_after as (

    select
        quarter_ends.quarter_end,
        sum(case when dates.is_filing_day then 1 else 0 end) as later_filing_day_count
    from quarter_ends
    inner join dates
        on quarter_ends.quarter_end < dates.date_day
    group by quarter_ends.quarter_end

)

select
    quarter_ends.quarter_end,
    cast(quarter_days.filing_day_count as bigint) as filing_day_count,
    cast(quarter_days.missing_filing_day_count as bigint) as missing_filing_day_count,
    cast(coalesce(days_after.later_filing_day_count, 0) as bigint) as later_filing_day_count,
    {%- for name in counts %}
    cast(quarter_days.{{ name }} as bigint) as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
from quarter_ends
inner join quarter_days
    on quarter_ends.first_day = quarter_days.first_day
left join days_after
    on quarter_ends.quarter_end = days_after.quarter_end
