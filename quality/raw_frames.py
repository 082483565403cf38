"""Reads the small data frames the raw gates look at, through the caller's open connection.

Only the partition being loaded is read, so a frame never grows with the history. Nothing is written.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from quality.raw_suite import CIK_PATTERN
from warehouse.quarters import Quarter
from warehouse.raw_schema import FORM345_TABLES, RawTable

if TYPE_CHECKING:
    from datetime import date

    import duckdb
    import pandas as pd

# Filed after 17:30 New York on the last business day of a quarter: in the next quarter's set, over a long weekend.
EDGE_DAYS = 5

# Key columns beside the accession number. Signatures have none in form345: rows are numbered.
ROW_KEYS = {
    "reportingowner": "rptownercik",
    "nonderiv_trans": "nonderiv_trans_sk",
    "nonderiv_holding": "nonderiv_holding_sk",
    "deriv_trans": "deriv_trans_sk",
    "deriv_holding": "deriv_holding_sk",
    "footnotes": "footnote_id",
    "owner_signature": None,
}


def day_frames(connection: duckdb.DuckDBPyConnection, day: date) -> dict[str, pd.DataFrame]:
    """The frames of one filing day on the daily road, by name; ``volume`` is read by ``quality.volume``.

    Args:
        connection: Open connection, inside the transaction that loaded the day.
        day: The filing day.
    """
    partition = {"partition": day.isoformat()}
    queries = {
        "index_file": _INDEX_FILE,
        "listed_filings": _LISTED_FILINGS,
        "submissions": _SUBMISSIONS,
        "owners": "select accession_number, rptownercik from raw.reportingowner where " + _OF_DAY,
        "rows": _rows_query(),
        "transactions": _transactions_query(),
        "footnote_references": _footnote_references_query(),
    }
    return {name: connection.execute(query, partition).df() for name, query in queries.items()}


def quarter_frames(connection: duckdb.DuckDBPyConnection, quarter: str) -> dict[str, pd.DataFrame]:
    """The frames of one quarterly set, aggregated in SQL: tens to hundreds of rows whatever the quarter's size.

    Args:
        connection: Open connection, inside the transaction that loaded the quarter.
        quarter: For example ``2024q3``.
    """
    found = Quarter.named(quarter)
    if found is None:
        raise ValueError(f"{quarter!r} is not a quarter: write it as 2024q3")
    bounds = {"first_day": found.first_day - timedelta(days=EDGE_DAYS), "last_day": found.last_day}
    partition = {"partition": quarter}
    return {
        "quarter_tables": connection.execute(_quarter_tables_query(), partition).df(),
        "quarter_submissions": connection.execute(_QUARTER_SUBMISSIONS, partition | bounds).df(),
        "quarter_transactions": connection.execute(_quarter_transactions_query(), partition).df(),
    }


def issuer_frames(connection: duckdb.DuckDBPyConnection) -> dict[str, pd.DataFrame]:
    """The frames of the issuer records, some thousand rows of a few short columns, and of what they list, by form.

    Args:
        connection: Open connection, inside the transaction that loaded the records.
    """
    return {
        "issuer_records": connection.execute(_ISSUER_RECORDS).df(),
        "issuer_filings": connection.execute(_ISSUER_FILINGS).df(),
    }


_OF_DAY = "_road = 'daily' and _partition = $partition"

_LATEST_INDEX = """
latest as (
    select max(_index_version) as version
    from raw.filing_index_files
    where _partition = $partition
),
lines as (
    select
        filing_index._index_version,
        coalesce(
            nullif(regexp_extract(filing_index.file_name, '([^/]+)\\.txt$', 1), ''), filing_index.file_name
        ) as accession_number,
        filing_index.form_type,
        try_strptime(replace(filing_index.date_filed, '-', ''), '%Y%m%d')::date as listed_date
    from raw.filing_index
    where filing_index._partition = $partition
)
"""

_INDEX_FILE = f"""
with {_LATEST_INDEX}
select
    files._partition as partition,
    files._index_version as index_version,
    files.status,
    coalesce(files.ownership_line_count, 0) as ownership_line_count,
    coalesce(files.unreadable_line_count, 0) as unreadable_line_count,
    (select count(*) from lines where lines._index_version = files._index_version) as loaded_line_count,
    case when files.status = 'published' then coalesce(files.ownership_line_count, 0) end as published_line_count,
    case
        when files.status = 'holiday' then nullif(
            (select count(*) from raw.submission where {_OF_DAY})
            + (select count(*) from raw.quarantine where {_OF_DAY}),
            0
        )
    end as rows_on_a_holiday
from raw.filing_index_files as files
-- A holiday has no index and so no version of one.
inner join latest on files._index_version is not distinct from latest.version
where files._partition = $partition
"""

_LISTED_FILINGS = f"""
with {_LATEST_INDEX},
listed as (
    select
        lines.accession_number,
        min(lines.form_type) as form_type,
        max(lines.listed_date) as listed_date
    from lines
    inner join latest on lines._index_version = latest.version
    group by lines.accession_number
),
outcomes as (
    select accession_number, arg_max(outcome, fetched_at) as outcome
    from raw.fetch_outcomes
    where _partition = $partition and kind = 'filing'
    group by accession_number
),
found as (
    select
        listed.accession_number,
        listed.form_type,
        date_diff('day', listed.listed_date, cast($partition as date)) as days_before_partition,
        exists (
            select 1 from raw.submission as submission
            where {_OF_DAY} and submission.accession_number = listed.accession_number
        ) as is_loaded,
        exists (
            select 1 from raw.quarantine as quarantine
            where {_OF_DAY} and quarantine.accession_number = listed.accession_number
        ) as is_quarantined,
        coalesce(outcomes.outcome = 'not_found', false) as is_not_found
    from listed
    left join outcomes on listed.accession_number = outcomes.accession_number
)
select
    accession_number,
    form_type,
    case
        when is_loaded and is_quarantined then 'loaded and quarantined'
        when is_loaded then 'loaded'
        when is_quarantined then 'quarantined'
        when is_not_found then 'not_found'
        else 'missing'
    end as fate,
    case
        when not is_loaded and is_quarantined then 'quarantined'
        when not is_loaded and is_not_found then 'not_found'
    end as lost_as,
    days_before_partition
from found
order by accession_number
"""

_SUBMISSIONS = f"""
with {_LATEST_INDEX},
listed as (
    -- A filing that a later version no longer lists was withdrawn; its rows stay, so every version counts.
    select accession_number, strftime(arg_max(listed_date, _index_version), '%Y-%m-%d') as listed_date
    from lines
    group by accession_number
),
owners as (
    select accession_number, count(*) as owner_count
    from raw.reportingowner
    where {_OF_DAY}
    group by accession_number
)
select
    submission.accession_number,
    case when listed.accession_number is null then submission.accession_number end as unlisted_accession_number,
    submission.document_type,
    submission.header_form_type,
    submission.filing_date,
    case
        when try_strptime(submission.filing_date, '%Y-%m-%d') is null then submission.filing_date
    end as unreadable_filing_date,
    listed.listed_date,
    submission.issuercik,
    case
        when try_strptime(submission.acceptance_datetime, '%Y%m%d%H%M%S') is null
            or length(submission.acceptance_datetime) <> 14 then submission.acceptance_datetime
    end as unreadable_acceptance_datetime,
    case
        when try_cast(left(submission.period_of_report, 10) as date) is null
            then nullif(trim(submission.period_of_report), '')
    end as unreadable_period_of_report,
    coalesce(owners.owner_count, 0) as owner_count
from raw.submission as submission
left join listed on submission.accession_number = listed.accession_number
left join owners on submission.accession_number = owners.accession_number
where {_OF_DAY}
order by submission.accession_number
"""


def _row_key(table: RawTable) -> str:
    column = ROW_KEYS[table.name]
    return column or "cast(row_number() over (partition by accession_number) as varchar)"


def _child_tables() -> list[RawTable]:
    return [table for table in FORM345_TABLES if table.name != "submission"]


def _rows_query() -> str:
    rows = " union all ".join(
        f"select '{table.name}' as table_name, accession_number, {_row_key(table)} as row_key "
        f"from raw.{table.name} where {_OF_DAY}"
        for table in _child_tables()
    )
    return f"""
    with child_rows as ({rows})
    select
        child_rows.table_name,
        child_rows.accession_number,
        child_rows.row_key,
        case
            when submission.accession_number is null then coalesce(child_rows.accession_number, '(none)')
        end as orphan_accession_number
    from child_rows
    left join (select distinct accession_number from raw.submission where {_OF_DAY}) as submission
        on child_rows.accession_number = submission.accession_number
    order by all
    """


def _filled(column: str) -> str:
    """The value as text, blank as NULL: the XML may hold an empty element."""
    return f"nullif(trim({column}), '')"


def _unreadable(column: str, type_name: str) -> str:
    # XML schema dates may carry a time zone (2024-01-05-05:00): the first ten characters are the date.
    filled = _filled(column)
    value = f"left({filled}, 10)" if type_name == "date" else filled
    return f"case when try_cast({value} as {type_name}) is null then {filled} end as unreadable_{column}"


def _transactions_query() -> str:
    return " union all ".join(
        f"select '{name}' as table_name, accession_number, {name}_sk as row_key, "
        f"{_filled('trans_code')} as trans_code, {_filled('trans_acquired_disp_cd')} as trans_acquired_disp_cd, "
        f"{_unreadable('trans_date', 'date')}, {_unreadable('trans_shares', 'double')}, "
        f"{_unreadable('trans_pricepershare', 'double')} from raw.{name} where {_OF_DAY}"
        for name in ("nonderiv_trans", "deriv_trans")
    )


def _footnote_references_query() -> str:
    def references(table: RawTable) -> str:
        columns = ", ".join(column for column in table.source_columns if column.endswith("_fn"))
        return (
            f"select distinct '{table.name}' as table_name, accession_number, "
            f"unnest(string_split_regex(concat_ws(',', {columns}), '[,;\\s]+')) as footnote_id "
            f"from raw.{table.name} where {_OF_DAY}"
        )

    tables = [table for table in _child_tables() if any(name.endswith("_fn") for name in table.source_columns)]
    return f"""
    with referenced as ({" union all ".join(references(table) for table in tables)})
    select
        referenced.table_name,
        referenced.accession_number,
        referenced.footnote_id,
        case when footnotes.footnote_id is null then referenced.footnote_id end as unknown_footnote_id
    from referenced
    left join (select distinct accession_number, footnote_id from raw.footnotes where {_OF_DAY}) as footnotes
        on referenced.accession_number = footnotes.accession_number
        and referenced.footnote_id = footnotes.footnote_id
    where referenced.footnote_id <> ''
    order by all
    """


_ISSUER_RECORDS = r"""
select
    cik,
    fetched_at,
    unreadable_reason,
    case when trim(sic) <> '' and not regexp_full_match(trim(sic), '\d{4}') then sic end as unreadable_sic
from raw.issuer_records
order by cik, fetched_at
"""

# One row per form, so that the frame stays small however long the lists are.
_ISSUER_FILINGS = r"""
select
    coalesce(form_type, 'unreadable listing') as form_type,
    count(*) as row_count,
    count(*) filter (unreadable_reason is not null) as unreadable_listing_count,
    count(*) filter (
        unreadable_reason is null
        and (
            not coalesce(regexp_full_match(trim(accession_number), '\d{10}-\d{2}-\d{6}'), false)
            or try_cast(filing_date as date) is null
        )
    ) as unreadable_filing_count
from raw.issuer_filings
group by all
order by all
"""

_OF_QUARTER = "_road = 'quarterly' and _partition = $partition"


def _quarter_tables_query() -> str:
    def counts(table: RawTable) -> str:
        is_required = table.name in {"submission", "reportingowner", "nonderiv_trans"}
        key = ROW_KEYS.get(table.name)
        columns = ", ".join(["accession_number", *([key] if key else [])])
        repeated = (
            f"(select any_value(concat_ws(' ', {columns})) from raw.{table.name} where {_OF_QUARTER} "
            f"group by {columns} having count(*) > 1 order by 1 limit 1)"
        )
        orphan = (
            f"(select min(accession_number) from raw.{table.name} where {_OF_QUARTER} and accession_number not in "
            f"(select accession_number from raw.submission where {_OF_QUARTER} and accession_number is not null))"
        )
        return (
            f"select '{table.name}' as table_name, count(*) as row_count, "
            f"case when {str(is_required).lower()} and count(*) = 0 then '{table.name}' end as empty_required_table, "
            f"{'null::varchar' if table.name in _WITHOUT_SEC_KEY else repeated} as repeated_key, "
            f"{repeated if table.name == 'reportingowner' else 'null::varchar'} as repeated_owner, "
            f"{orphan} as orphan_accession_number from raw.{table.name} where {_OF_QUARTER}"
        )

    return " union all ".join(counts(table) for table in FORM345_TABLES)


_WITHOUT_SEC_KEY = ("reportingowner", "owner_signature")

_QUARTER_SUBMISSIONS = f"""
with owners as (
    select distinct accession_number from raw.reportingowner where {_OF_QUARTER}
),
submissions as (
    select
        submission.accession_number,
        submission.document_type,
        submission.filing_date,
        try_strptime(submission.filing_date, '%d-%b-%Y')::date as filed_on,
        coalesce(regexp_full_match(submission.issuercik, '{CIK_PATTERN.strip("^$")}'), false) as is_cik_numeric,
        owners.accession_number is not null as has_owner
    from raw.submission as submission
    left join owners on submission.accession_number = owners.accession_number
    where {_OF_QUARTER}
)
select
    document_type,
    filing_date,
    count(*) as row_count,
    min(accession_number) as first_accession_number,
    case when filed_on is null then coalesce(filing_date, '(none)') end as unreadable_filing_date,
    greatest(
        0, date_diff('day', filed_on, $first_day::date), date_diff('day', $last_day::date, filed_on)
    ) as days_outside_quarter,
    min(accession_number) filter (where not is_cik_numeric) as bad_issuer_cik_accession_number,
    min(accession_number) filter (where not has_owner) as ownerless_accession_number
from submissions
group by document_type, filing_date, filed_on
order by all
"""


def _quarter_transactions_query() -> str:
    return (
        " union all ".join(
            f"select '{name}' as table_name, trans_code, trans_acquired_disp_cd, count(*) as row_count, "
            f"min(accession_number) as first_accession_number from raw.{name} where {_OF_QUARTER} "
            "group by trans_code, trans_acquired_disp_cd"
            for name in ("nonderiv_trans", "deriv_trans")
        )
        + " order by all"
    )
