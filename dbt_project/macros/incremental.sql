-- A build that costs what changed: which rows a model computes anew, and how they take the place of the old ones.
-- Two units: the filing (what one submission says) and the issuer (what its filings say of each other). Every table
-- is whole after every build. Background: docs/decisions/0006-builds-that-cost-what-changed.md.


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


-- Strategy replace_issuers: the same by issuer; also for an issuer the model itself found to be out of date.
-- What it found joins the list, so that whatever is made of the model follows it. (Nothing else may work from the list
-- meanwhile: only int_transactions_flagged finds any, and every other model by issuer comes before or after it.)
{% macro get_incremental_replace_issuers_sql(arg_dict) -%}
    {%- set changed_issuers = ref('int_changed_issuers') -%}
    {%- set replacing = adapter.dispatch('replace_rows')(arg_dict, 'issuer_cik', changed_issuers) -%}
    {%- set listing -%}
    insert into {{ changed_issuers }} (issuer_cik)
    select distinct issuer_cik from {{ arg_dict['temp_relation'] }}
    where issuer_cik is not null and issuer_cik not in (select issuer_cik from {{ changed_issuers }})
    {%- endset -%}
    {{ return(replacing ~ ";\n" ~ listing) }}
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
