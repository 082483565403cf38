-- A build that costs what changed: which rows a model computes anew, and how they take the place of the old ones.
-- Three units: the filing (what one submission says), the issuer (what its filings say of each other) and the day (what
-- all of them add up to). Every table is whole after every build. Background:
-- docs/decisions/0006-builds-that-cost-what-changed.md.


-- What has changed, as a relation the model then depends on. Unit tests compute a model from all the rows they give, so
-- they need not name it among their inputs.
{% macro changed(model_name) -%}
    {%- if model.resource_type != 'unit_test' -%}
    {{ return(ref(model_name)) }}
    {%- endif -%}
{%- endmacro %}


-- Filter behind an import: rows of changed filings. Where the rows have a partition, as staging has, the partitions are
-- written out, because a literal reaches the scan of the raw table, where a join would come after every cast and window.
{% macro of_changed_filings(has_partition=true) -%}
    {%- set changed_filings = changed('int_changed_filings') -%}
    {%- if changed_filings and is_incremental() %}
    where
        accession_number in (select accession_number from {{ changed_filings }})
        {%- if has_partition %}
        {%- set partitions = run_query(
            "select distinct winning_partition from " ~ changed_filings ~ " where winning_partition is not null"
        ).columns[0].values() %}
        and _partition in ({% for partition in partitions %}'{{ partition }}', {% endfor %}'')
        {%- endif %}
    {%- endif -%}
{%- endmacro %}


-- Filter behind an import: rows of changed issuers.
{% macro of_changed_issuers() -%}
    {%- set changed_issuers = changed('int_changed_issuers') -%}
    {%- if changed_issuers and is_incremental() -%}
    where issuer_cik in (select issuer_cik from {{ changed_issuers }})
    {%- endif -%}
{%- endmacro %}


-- The same for rows of quarter ends: all issuers where the calendar of quarter ends reaches further than the rows do,
-- because a quarter has ended or older filings have come. Within their reach every quarter end was computed before.
{% macro of_changed_issuers_or_quarters(quarter_ends) -%}
    {%- set changed_issuers = changed('int_changed_issuers') -%}
    {%- if changed_issuers and is_incremental() -%}
    where
        issuer_cik in (select issuer_cik from {{ changed_issuers }})
        or exists (
            select 1 from {{ quarter_ends }}
            where
                quarter_end > (select coalesce(max(quarter_end), date '1900-01-01') from {{ this }})
                or quarter_end < (select min(quarter_end) from {{ this }})
        )
    {%- endif -%}
{%- endmacro %}


-- Hook behind them: a quarter end that is none of the calendar's any more takes its rows with it.
{% macro drop_gone_quarters(dates) -%}
    {%- if is_incremental() -%}
    delete from {{ this }}
    where quarter_end not in (select as_of_date from {{ dates }} where is_quarter_end)
    {%- endif -%}
{%- endmacro %}


-- Strategy replace_filings: the rows of every changed filing give way to those just computed, to none where the
-- filing is gone. (dbt's own delete+insert would keep the rows of a key that has no new ones.)
{% macro get_incremental_replace_filings_sql(arg_dict) -%}
    {{ return(adapter.dispatch('replace_rows')(arg_dict, 'accession_number', ref('int_changed_filings'))) }}
{%- endmacro %}


-- Strategy replace_issuers: the same by issuer; also for issuers the model computes beyond the list.
{% macro get_incremental_replace_issuers_sql(arg_dict) -%}
    {{ return(adapter.dispatch('replace_rows')(arg_dict, 'issuer_cik', ref('int_changed_issuers'))) }}
{%- endmacro %}


-- Strategy replace_and_list_issuers, for int_transactions_flagged: the issuers it found to be out of date join the list,
-- so that whatever is made of their lines follows. Nothing else may work from the list meanwhile: every other model by
-- issuer comes before or after it.
{% macro get_incremental_replace_and_list_issuers_sql(arg_dict) -%}
    {%- set changed_issuers = ref('int_changed_issuers') -%}
    {%- set listing -%}
    insert into {{ changed_issuers }} (issuer_cik)
    select distinct issuer_cik from {{ arg_dict['temp_relation'] }}
    where issuer_cik is not null and issuer_cik not in (select issuer_cik from {{ changed_issuers }})
    {%- endset -%}
    {{ return(get_incremental_replace_issuers_sql(arg_dict) ~ ";\n" ~ listing) }}
{%- endmacro %}


-- Strategy replace_lines, for int_signal_lines_grouped: the same by issuer; and the first day on which the sectors add
-- up to something else than before goes into int_changed_days. A sum of any day follows from the lines that entered and
-- left up to it: where those are the same as before, the day is. Enterings and leavings are compared, not rows: an
-- amendment that came long after a line had left every window changes its row and no day.
{% macro get_incremental_replace_lines_sql(arg_dict) -%}
    {%- set changed_issuers = ref('int_changed_issuers') -%}
    {%- set attributes -%}
    sector, issuer_cik, insider_key, direction, is_officer_or_director, is_executive, is_opportunistic, transaction_date
    {%- endset -%}
    {%- set noting -%}
    insert into {{ ref('int_changed_days') }} (first_changed_day, noted_at)
    with
    lines_of_both as (
        select 1 as side, {{ attributes }}, enters_on, superseded_on, line_count, share_count, value_usd
        from {{ arg_dict['temp_relation'] }}
        union all
        select -1 as side, {{ attributes }}, enters_on, superseded_on, line_count, share_count, value_usd
        from {{ arg_dict['target_relation'] }}
        where issuer_cik in (select issuer_cik from {{ changed_issuers }})
    ),
    events as (
        {%- for days in sector_parameter('window_days') %}
        {%- for event_date in ['enters_on', leaves_on(days)] %}
        select
            {{ event_date }} as event_date, '{{ loop.index }} of {{ days }}' as event_kind,
            {{ attributes }}, side, line_count, share_count, value_usd
        from lines_of_both
        where enters_on < {{ leaves_on(days) }}
        {{ "union all" if not loop.last }}
        {%- endfor %}
        {{ "union all" if not loop.last }}
        {%- endfor %}
    ),
    differences as (
        select event_date
        from events
        group by event_date, event_kind, {{ attributes }}
        having sum(side * line_count) <> 0 or sum(side * share_count) <> 0 or sum(side * value_usd) <> 0
    )
    select min(event_date), timestamp '{{ run_started_at.strftime("%Y-%m-%d %H:%M:%S.%f") }}'
    from differences
    having min(event_date) is not null
    {%- endset -%}
    {%- set replacing = adapter.dispatch('replace_rows')(arg_dict, 'issuer_cik', changed_issuers) -%}
    {{ return(noting ~ ";\n" ~ replacing) }}
{%- endmacro %}


-- Hook before int_changed_days: what a complete build has seen to.
{% macro strike_off_changed_days(builds) -%}
    {%- if is_incremental() -%}
    delete from {{ this }}
    where noted_at < (select max(finished_at) from {{ builds }})
    {%- endif -%}
{%- endmacro %}


-- Begins a model of days: how its table is kept, and from which day on it is computed.
{% macro kept_by_days(day_column, calendar=none, is_dense=false) -%}
    {%- set calendar_text = "'" ~ calendar ~ "'" if calendar else "none" -%}
    {%- set arguments = "'" ~ day_column ~ "', " ~ calendar_text ~ ", " ~ (is_dense | lower) -%}
    {%- do config(
        materialized='incremental',
        incremental_strategy='append',
        on_schema_change='fail',
        pre_hook="{{ forget_days(" ~ arguments ~ ") }}"
    ) -%}
    {{ return(first_day_to_compute(day_column, calendar, is_dense)) }}
{%- endmacro %}


-- The first day a model of days computes anew, as a literal; nothing when it computes all of them. That is the first
-- changed day, or earlier: the day after its last, or the day after the last of its calendar (the name of a model). A
-- model that has a row for every day of the calendar (is_dense) begins anew where the calendar begins on another day
-- than it does.
{% macro first_day_to_compute(day_column, calendar=none, is_dense=false) -%}
    {%- set changed_days = changed('int_changed_days') -%}
    {%- set calendar_days = changed(calendar) if calendar else none -%}
    {%- if changed_days and execute and is_incremental() -%}
    {%- set query -%}
    select
        least(
            coalesce((select min(first_changed_day) from {{ changed_days }}), date '9999-12-31')
            {%- if calendar_days %},
            coalesce((select {{ add_days('max(' ~ day_column ~ ')', 1) }} from {{ this }}), date '1900-01-01'),
            coalesce((select {{ add_days('max(as_of_date)', 1) }} from {{ calendar_days }}), date '1900-01-01')
            {%- endif %}
            {%- if is_dense %},
            case
                when (select min({{ day_column }}) from {{ this }}) = (select min(as_of_date) from {{ calendar_days }})
                    then date '9999-12-31'
                else date '1900-01-01'
            end
            {%- endif %}
        )
    {%- endset -%}
    {{ return("date '" ~ (run_query(query).columns[0].values()[0] | string)[:10] ~ "'") }}
    {%- endif -%}
    {{ return(none) }}
{%- endmacro %}


-- Hook before such a model: the days it computes anew lose their rows.
{% macro forget_days(day_column, calendar=none, is_dense=false) -%}
    {%- set first_day = first_day_to_compute(day_column, calendar, is_dense) -%}
    {%- if first_day -%}
    delete from {{ this }} where {{ day_column }} >= {{ first_day }}
    {%- endif -%}
{%- endmacro %}


-- Filter behind an import: rows of those days.
{% macro of_days_from(first_day, day_column) -%}
    {%- if first_day %}
    where {{ day_column }} >= {{ first_day }}
    {%- endif -%}
{%- endmacro %}


-- Filter behind an import: signal lines that enter, leave or are in a window on any of those days.
{% macro of_lines_from(first_day) -%}
    {{ of_days_from(first_day, leaves_on(sector_parameter('window_days') | max)) }}
{%- endmacro %}


{% macro default__replace_rows(arg_dict, key, changed) -%}
    {{ not_written_for('replace_rows') }}
{%- endmacro %}

{% macro duckdb__replace_rows(arg_dict, key, changed) -%}
    {%- set columns = arg_dict['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    delete from {{ arg_dict['target_relation'] }}
    where
        {{ key }} in (
            select {{ key }} from {{ changed }}
            union
            select {{ key }} from {{ arg_dict['temp_relation'] }}
        );
    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    select {{ columns }} from {{ arg_dict['temp_relation'] }}
{%- endmacro %}


-- For int_transactions_flagged: CTE issuers_to_replace, the changed issuers and those of lines that carry another
-- class of their insider than it has now. Classes are of the insider, over all his issuers; a day loaded late, or
-- loaded anew, can change one that lines in other issuers carry.
{% macro issuers_to_replace(insider_classes) -%}
    {%- set changed_issuers = changed('int_changed_issuers') -%}
    {%- if changed_issuers and is_incremental() -%}
    issuers_to_replace as (

        select issuer_cik from {{ changed_issuers }}
        union
        select flagged_before.issuer_cik
        from {{ this }} as flagged_before
        left join {{ insider_classes }}
            on
                flagged_before.owner_ciks = {{ insider_classes }}.insider_key
                and extract(
                    year from coalesce(flagged_before.transaction_date_corrected, flagged_before.transaction_date)
                ) = {{ insider_classes }}.class_year
        where
            (flagged_before.date_status = 'valid' or flagged_before.transaction_date_corrected is not null)
            and flagged_before.insider_class <> coalesce({{ insider_classes }}.insider_class, 'unclassified')

    ),
    {%- endif -%}
{%- endmacro %}


{% macro of_issuers_to_replace() -%}
    {%- if changed('int_changed_issuers') and is_incremental() -%}
    where issuer_cik in (select issuer_cik from issuers_to_replace)
    {%- endif -%}
{%- endmacro %}
