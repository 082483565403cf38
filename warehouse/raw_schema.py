"""The raw tables: names and columns, in one place.

The first eight have the tables and columns of the SEC's quarterly "Insider Transactions Data Sets" (form345), all
values as text exactly as the source wrote them, plus what only a submission's SGML header or XML knows, plus
provenance. Both roads (``daily``: parsed submissions, ``quarterly``: the SEC's own flattening) fill the same tables.

A leading ``_`` marks provenance.
"""

from __future__ import annotations

from dataclasses import dataclass

SCHEMA = "raw"
# The first two bring filings; the third brings what the SEC's own list says of the issuers named in them; the fourth
# the prices of the sector ETFs; the last brings back the tiers as they were published, which no filing can tell.
ROADS = ("daily", "quarterly", "issuers", "prices", "frozen")

# The issuers road is one partition: records are kept version by version, never replaced.
ISSUERS_PARTITION = "issuers"
# So is the prices road: a dividend or split changes a fund's whole adjusted history.
PRICES_PARTITION = "prices"


@dataclass(frozen=True)
class RawTable:
    """One raw table.

    Attributes:
        name: Table name in schema ``raw`` (lower case).
        source_columns: Columns as the SEC names them (lower case), all VARCHAR.
        header_columns: Columns only the submission itself knows, all VARCHAR; NULL on the quarterly road.
    """

    name: str
    source_columns: tuple[str, ...]
    header_columns: tuple[str, ...] = ()

    @property
    def member(self) -> str:
        """Name of the table's member in a quarterly zip."""
        return f"{self.name.upper()}.tsv"

    @property
    def value_columns(self) -> tuple[str, ...]:
        """Source and header columns, in table order."""
        return self.source_columns + self.header_columns


def _noted(*columns: str) -> tuple[str, ...]:
    """Each column followed by its footnote column, as form345 orders them."""
    return tuple(name for column in columns for name in (column, f"{column}_fn"))


_OWNERSHIP = _noted(
    "shrs_ownd_folwng_trans", "valu_ownd_folwng_trans", "direct_indirect_ownership", "nature_of_ownership"
)
_UNDERLYING = _noted("undlyng_sec_title", "undlyng_sec_shares", "undlyng_sec_value")

FORM345_TABLES: tuple[RawTable, ...] = (
    RawTable(
        "submission",
        (
            "accession_number",
            "filing_date",
            "period_of_report",
            "date_of_orig_sub",
            "no_securities_owned",
            "not_subject_sec16",
            "form3_holdings_reported",
            "form4_trans_reported",
            "document_type",
            "issuercik",
            "issuername",
            "issuertradingsymbol",
            "remarks",
            "aff10b5one",
        ),
        (
            "acceptance_datetime",  # <ACCEPTANCE-DATETIME>, YYYYMMDDHHMMSS, New York
            "assigned_sic",  # four digits the SEC had assigned to the issuer on that day
            "header_form_type",  # CONFORMED SUBMISSION TYPE
            "header_issuer_name",  # COMPANY CONFORMED NAME of the issuer
            "schema_version",
            "recovery",  # what was mended, losslessly, before the XML could be read; NULL for most
        ),
    ),
    RawTable(
        "reportingowner",
        (
            "accession_number",
            "rptownercik",
            "rptownername",
            "rptowner_relationship",  # Director,Officer,TenPercentOwner,Other
            "rptowner_title",
            "rptowner_txt",
            "rptowner_street1",
            "rptowner_street2",
            "rptowner_city",
            "rptowner_state",
            "rptowner_zipcode",
            "rptowner_state_desc",
            "file_number",
        ),
    ),
    RawTable(
        "nonderiv_trans",
        (
            "accession_number",
            "nonderiv_trans_sk",
            *_noted("security_title", "trans_date", "deemed_execution_date"),
            "trans_form_type",
            "trans_code",
            "equity_swap_involved",
            "equity_swap_trans_cd_fn",
            *_noted("trans_timeliness", "trans_shares", "trans_pricepershare", "trans_acquired_disp_cd"),
            *_OWNERSHIP,
        ),
    ),
    RawTable(
        "nonderiv_holding",
        (
            "accession_number",
            "nonderiv_holding_sk",
            *_noted("security_title", "trans_form_type"),
            *_OWNERSHIP,
        ),
    ),
    RawTable(
        "deriv_trans",
        (
            "accession_number",
            "deriv_trans_sk",
            *_noted("security_title", "conv_exercise_price", "trans_date", "deemed_execution_date"),
            "trans_form_type",
            "trans_code",
            "equity_swap_involved",
            "equity_swap_trans_cd_fn",
            *_noted(
                "trans_timeliness",
                "trans_shares",
                "trans_total_value",
                "trans_pricepershare",
                "trans_acquired_disp_cd",
                "excercise_date",  # the SEC's own spelling
                "expiration_date",
            ),
            *_UNDERLYING,
            *_OWNERSHIP,
        ),
    ),
    RawTable(
        "deriv_holding",
        (
            "accession_number",
            "deriv_holding_sk",
            *_noted("security_title", "conv_exercise_price", "trans_form_type", "exercise_date", "expiration_date"),
            *_UNDERLYING,
            *_OWNERSHIP,
        ),
    ),
    RawTable(
        "footnotes",
        ("accession_number", "footnote_id", "footnote_txt"),
        ("elements",),  # where the note hangs: comma-separated element paths with 1-based row numbers
    ),
    RawTable("owner_signature", ("accession_number", "ownersignaturename", "ownersignaturedate")),
)

FORM345 = {table.name: table for table in FORM345_TABLES}

# The SEC spells a few columns differently from table to table, and its own metadata file from the tables; a set that
# takes the other spelling is read all the same.
COLUMN_ALIASES: dict[str, dict[str, str]] = {
    "nonderiv_trans": {"equity_swap_involved_fn": "equity_swap_trans_cd_fn"},
    "deriv_trans": {
        "equity_swap_involved_fn": "equity_swap_trans_cd_fn",
        "exercise_date": "excercise_date",
        "exercise_date_fn": "excercise_date_fn",
    },
    "deriv_holding": {"excercise_date": "exercise_date", "excercise_date_fn": "exercise_date_fn"},
}

# Source columns a quarterly set may lack: the 10b5-1 box is on the forms since April 2023 only, and the SUBMISSION
# table of sets made before then has 13 columns.
OPTIONAL_SOURCE_COLUMNS: dict[str, frozenset[str]] = {"submission": frozenset({"aff10b5one"})}

# Provenance columns that follow the value columns of each of the eight tables.
PROVENANCE: tuple[tuple[str, str], ...] = (
    ("_road", "VARCHAR"),  # daily | quarterly
    ("_partition", "VARCHAR"),  # filing day YYYY-MM-DD | quarter 2024q3
    ("_loaded_at", "TIMESTAMP"),  # UTC
    ("_parser_version", "VARCHAR"),
)

# Tables about how the data got here. Types are real types: we wrote these values, the source did not.
LEDGER_TABLES: dict[str, tuple[tuple[str, str], ...]] = {
    # One row per ownership-form line of a daily index, every version of that index kept.
    "filing_index": (
        ("cik", "VARCHAR"),
        ("company_name", "VARCHAR"),
        ("form_type", "VARCHAR"),
        ("date_filed", "VARCHAR"),
        ("file_name", "VARCHAR"),
        ("line_number", "INTEGER"),  # 1-based line in the file
        ("_index_version", "INTEGER"),  # 1 is the first version seen of that day's index
        ("_partition", "VARCHAR"),
        ("_loaded_at", "TIMESTAMP"),
    ),
    # One row per version of a daily index file, and one for a day known to have none.
    "filing_index_files": (
        ("status", "VARCHAR"),  # published | holiday
        ("_index_version", "INTEGER"),
        ("url", "VARCHAR"),
        ("fetched_at", "TIMESTAMP"),
        ("sha256", "VARCHAR"),
        ("byte_count", "BIGINT"),
        ("line_count", "INTEGER"),  # filing lines of every form type
        ("ownership_line_count", "INTEGER"),  # lines of forms 3, 3/A, 4, 4/A, 5, 5/A
        ("unreadable_line_count", "INTEGER"),
        ("unreadable_lines", "VARCHAR"),  # the lines themselves, newline-separated
        ("_partition", "VARCHAR"),
        ("_loaded_at", "TIMESTAMP"),
    ),
    # One row per fetch, whatever became of it.
    "fetch_outcomes": (
        ("kind", "VARCHAR"),  # index | listing | filing | quarterly | page | issuer | price
        ("accession_number", "VARCHAR"),
        ("url", "VARCHAR"),
        ("outcome", "VARCHAR"),  # fetched | unchanged | holiday | not_published | not_found | throttled | failed
        ("http_status", "INTEGER"),
        ("byte_count", "BIGINT"),
        ("sha256", "VARCHAR"),
        ("attempts", "INTEGER"),
        ("elapsed_ms", "INTEGER"),
        ("error", "VARCHAR"),
        ("is_simulated", "BOOLEAN"),  # the server said that it is a simulator
        ("fetched_at", "TIMESTAMP"),
        ("_partition", "VARCHAR"),
        ("_loaded_at", "TIMESTAMP"),
    ),
    # One row per filing whose bytes we hold but cannot read into rows.
    "quarantine": (
        ("accession_number", "VARCHAR"),
        ("reason_code", "VARCHAR"),
        ("reason", "VARCHAR"),
        ("byte_count", "BIGINT"),
        ("sha256", "VARCHAR"),
        ("_road", "VARCHAR"),
        ("_partition", "VARCHAR"),
        ("_loaded_at", "TIMESTAMP"),
        ("_parser_version", "VARCHAR"),
    ),
    # One row per landed version of a submissions JSON; a version that cannot be read has a reason and no values.
    # Values are the JSON's own, lists as JSON text. A record makes nobody an issuer: people have records too.
    "issuer_records": (
        ("cik", "VARCHAR"),  # ten digits, as asked for
        ("name", "VARCHAR"),
        ("entity_type", "VARCHAR"),
        ("sic", "VARCHAR"),
        ("sic_description", "VARCHAR"),
        ("tickers", "VARCHAR"),
        ("exchanges", "VARCHAR"),
        ("former_names", "VARCHAR"),
        ("category", "VARCHAR"),
        ("state_of_incorporation", "VARCHAR"),
        ("unreadable_reason", "VARCHAR"),
        ("fetched_at", "TIMESTAMP"),  # UTC: when we learned it
        ("sha256", "VARCHAR"),
        ("is_simulated", "BOOLEAN"),
        ("_partition", "VARCHAR"),
        ("_loaded_at", "TIMESTAMP"),
    ),
    # One row per filing of a form that tells results (8-K, 10-Q, 10-K, ...) a submissions JSON lists, and thing said of
    # it, whatever number of versions say so; a listing that cannot be read has a reason and no filing.
    "issuer_filings": (
        ("cik", "VARCHAR"),  # ten digits, as asked for
        ("accession_number", "VARCHAR"),
        ("form_type", "VARCHAR"),
        ("filing_date", "VARCHAR"),
        ("report_date", "VARCHAR"),
        ("acceptance_datetime", "VARCHAR"),  # UTC in some records, New York time with a Z on it in others
        ("items", "VARCHAR"),  # comma-separated; 2.02 is an earnings release
        ("unreadable_reason", "VARCHAR"),
        ("fetched_at", "TIMESTAMP"),  # UTC: of the first version that said so
        ("sha256", "VARCHAR"),  # of that version
        ("is_simulated", "BOOLEAN"),
        ("_partition", "VARCHAR"),
        ("_loaded_at", "TIMESTAMP"),
    ),
    # One row per fund and day of the series that is in force, values as the source wrote them.
    "etf_prices": (
        ("ticker", "VARCHAR"),
        ("price_date", "VARCHAR"),  # YYYY-MM-DD
        ("close", "VARCHAR"),  # not adjusted for dividends; as traded where the source says when splits happened
        ("adj_close", "VARCHAR"),  # adjusted for dividends and splits, as of the newest answer
        ("dividend", "VARCHAR"),  # cash per share on the ex-date; NULL where the source does not say
        ("split_factor", "VARCHAR"),  # new shares per old one from this day on; NULL where the source does not say
        ("volume", "VARCHAR"),
        ("source", "VARCHAR"),  # tiingo | stooq | files
        ("fetched_at", "TIMESTAMP"),  # UTC
        ("sha256", "VARCHAR"),  # of the answer the row stands in
        ("is_simulated", "BOOLEAN"),
        ("_partition", "VARCHAR"),
        ("_loaded_at", "TIMESTAMP"),
    ),
    # One row per landed answer of a source of prices, whether its days are in force or not.
    "etf_price_answers": (
        ("ticker", "VARCHAR"),
        ("source", "VARCHAR"),
        ("is_whole", "BOOLEAN"),  # the whole history, not the newest days only
        ("is_joined", "BOOLEAN"),  # false: it disagreed with what was landed, so the whole history was fetched
        ("is_in_force", "BOOLEAN"),  # its days are in etf_prices
        ("reason", "VARCHAR"),  # first | tail | asked for | another file | what disagreed
        ("row_count", "BIGINT"),
        ("asked_from", "VARCHAR"),
        ("asked_to", "VARCHAR"),
        ("fetched_at", "TIMESTAMP"),  # UTC
        ("sha256", "VARCHAR"),
        ("is_simulated", "BOOLEAN"),
        ("_partition", "VARCHAR"),
        ("_loaded_at", "TIMESTAMP"),
    ),
    # Tiers as they were published: one row per row of fct_sector_tiers_quarterly of a frozen quarter, never changed.
    "frozen_tiers": (
        ("quarter_end", "DATE"),
        ("sector", "VARCHAR"),
        ("window_days", "INTEGER"),
        ("insider_group", "VARCHAR"),
        ("measure", "VARCHAR"),
        ("is_headline", "BOOLEAN"),
        ("value", "DOUBLE"),
        ("five_year_average", "DOUBLE"),
        ("percentile", "DOUBLE"),
        ("history_months", "INTEGER"),
        ("tier", "VARCHAR"),
        ("suggested_weight", "DOUBLE"),
        ("knowledge_date", "DATE"),  # last filing day the publication knew
        ("frozen_at", "TIMESTAMP"),  # UTC
        ("published_at", "TIMESTAMP"),  # UTC
        ("generation", "VARCHAR"),  # of the publication, as in its manifest
        ("code_version", "VARCHAR"),
        ("content_hash", "VARCHAR"),  # of all marts of the publication
        ("_road", "VARCHAR"),
        ("_partition", "VARCHAR"),
        ("_loaded_at", "TIMESTAMP"),
        ("_parser_version", "VARCHAR"),
    ),
    # The purchases and sales a frozen quarter could have been made of, as the publication had them.
    "frozen_lines": (
        ("quarter_end", "DATE"),
        ("transaction_line_key", "VARCHAR"),
        ("insider_key", "VARCHAR"),
        ("issuer_cik", "VARCHAR"),
        ("sector", "VARCHAR"),
        ("transaction_date", "DATE"),
        ("direction", "VARCHAR"),
        ("share_count", "DECIMAL(18,4)"),
        ("value_usd", "DECIMAL(18,2)"),  # null where the price was not valid
        ("is_counted", "BOOLEAN"),  # in the published ratios of the quarter end, by date, window and group permitting
        ("is_officer_or_director", "BOOLEAN"),
        ("is_executive", "BOOLEAN"),
        ("is_opportunistic", "BOOLEAN"),
        ("_road", "VARCHAR"),
        ("_partition", "VARCHAR"),
        ("_loaded_at", "TIMESTAMP"),
        ("_parser_version", "VARCHAR"),
    ),
    # One row per table of a loaded partition: what it was made from and what came of it.
    "loads": (
        ("_road", "VARCHAR"),
        ("_partition", "VARCHAR"),
        ("source_sha256", "VARCHAR"),
        ("table_name", "VARCHAR"),
        ("row_count", "BIGINT"),
        ("is_simulated", "BOOLEAN"),
        ("_parser_version", "VARCHAR"),
        ("_loaded_at", "TIMESTAMP"),
    ),
    # What loads have touched since the last complete build of the models: filings that were in a replaced partition or
    # are there now (with their issuer), filings an index names (without), issuers whose records changed (alone).
    "changes": (
        ("accession_number", "VARCHAR"),
        ("issuercik", "VARCHAR"),
        ("is_taken", "BOOLEAN"),  # by the build under way; the row goes when that is complete
        ("_loaded_at", "TIMESTAMP"),
    ),
    # One row per build of the models that was started.
    "builds": (
        ("started_at", "TIMESTAMP"),  # UTC
        ("finished_at", "TIMESTAMP"),  # UTC; NULL where it failed or was killed
        ("project_sha256", "VARCHAR"),
        ("is_full", "BOOLEAN"),
        ("full_reason", "VARCHAR"),
        ("changed_filing_count", "BIGINT"),
        ("changed_issuer_count", "BIGINT"),
        ("_loaded_at", "TIMESTAMP"),
    ),
    # One row per expectation of a quality gate, every run kept.
    "gate_results": (
        ("gate", "VARCHAR"),  # filing_day | quarter | issuers | prices | marts
        ("partition", "VARCHAR"),  # what it looked at: filing day, quarter, or as-of date of the marts
        ("checked_at", "TIMESTAMP"),  # UTC
        ("passed", "BOOLEAN"),
        ("severity", "VARCHAR"),  # error | warning | info
        ("expectation", "VARCHAR"),
        ("failing_count", "BIGINT"),
        ("sample", "VARCHAR"),  # JSON: up to ten failing rows
        ("_partition", "VARCHAR"),
        ("_loaded_at", "TIMESTAMP"),
    ),
}

# Filled in by the writer, never read from a file.
STAMPS = frozenset({"_road", "_partition", "_loaded_at", "_parser_version"})

# The tables one partition of a road is made of, and those it may have besides.
REQUIRED_TABLES: dict[str, tuple[str, ...]] = {
    "daily": (*FORM345, "quarantine", "filing_index", "filing_index_files", "fetch_outcomes"),
    "quarterly": tuple(FORM345),
    "issuers": ("issuer_records", "issuer_filings", "fetch_outcomes"),
    "prices": ("etf_prices", "etf_price_answers", "fetch_outcomes"),
    "frozen": ("frozen_tiers", "frozen_lines"),
}
OPTIONAL_TABLES: dict[str, tuple[str, ...]] = {
    "daily": (),
    "quarterly": ("fetch_outcomes",),
    "issuers": (),
    "prices": (),
    "frozen": (),
}


def table_columns(name: str) -> tuple[tuple[str, str], ...]:
    """Every column of a raw table with its DuckDB type, in table order."""
    if name in FORM345:
        return tuple((column, "VARCHAR") for column in FORM345[name].value_columns) + PROVENANCE
    return LEDGER_TABLES[name]


def file_columns(name: str) -> tuple[tuple[str, str], ...]:
    """The columns of a raw table that come from a file: all but the writer's stamps."""
    return tuple(column for column in table_columns(name) if column[0] not in STAMPS)


ALL_TABLES: tuple[str, ...] = (*FORM345, *LEDGER_TABLES)
