"""What must hold for a partition of raw before it is committed: a filing day, a quarterly set, the issuer records.

Severities follow one rule. What EDGAR or our own code guarantees is an ``error`` at the first row. What a filer can
mistype is a ``warning`` row by row, and an ``error`` only above a share no filer can cause: one odd filing must not
hold up six hundred good ones.
"""

from __future__ import annotations

from quality.expectations import between, empty, in_set, matches, not_null, unique
from quality.suite import Expect, FrameSuite, GateSuite, rarely

FORM_TYPES = ("3", "3/A", "4", "4/A", "5", "5/A")

# Transaction codes of Forms 3, 4 and 5, General Instruction 8.
TRANSACTION_CODES = tuple("PSVADFIMCEHOXGLWZJKU")

ACCESSION_PATTERN = r"^\d{10}-\d{2}-\d{6}$"
CIK_PATTERN = r"^\d{1,10}$"

# Of the filings listed, at most this share may be quarantined or not found, and always up to this many.
LOST_FILINGS_SHARE = 0.05
LOST_FILINGS = 3
# The same for values a filer typed.
TYPED_VALUES_SHARE = 0.02
TYPED_VALUES = 3


def _compound_key(name: str, columns: list[str], reason: str) -> Expect:
    return Expect(name, "ExpectCompoundColumnsToBeUnique", {"column_list": columns}, "error", reason)


def _typed(name: str, column: str, what: str) -> tuple[Expect, Expect]:
    return rarely(
        empty(name, column, f"{what}; staging makes it NULL and counts it.", is_warning=True),
        rows=TYPED_VALUES,
        share=TYPED_VALUES_SHARE,
        reason="EDGAR checks these fields against the form's XML schema, so unreadable values are single slips; "
        "above 2% (and 3 rows) it is our parser that reads the wrong element.",
    )


_INDEX_FILE = FrameSuite(
    "index_file",
    "latest version of the day's index",
    ("partition", "index_version"),
    (
        Expect(
            "index_outcome_known",
            "ExpectTableRowCountToBeBetween",
            {"min_value": 1, "max_value": 1},
            "error",
            "A day has an index or is known to be a holiday; a day with neither was never fetched.",
        ),
        in_set(
            "index_status_in_domain",
            "status",
            ["published", "holiday"],
            "The two things EDGAR's listing can say of a day that is over.",
        ),
        Expect(
            "index_lines_all_loaded",
            "ExpectColumnPairValuesToBeEqual",
            {"column_A": "loaded_line_count", "column_B": "ownership_line_count"},
            "error",
            "Completeness is judged against these lines, so a line lost here would hide a lost filing.",
        ),
        between(
            "index_lines_all_readable",
            "unreadable_line_count",
            0,
            0,
            "A line we cannot read may name a filing; the lines are kept in raw.filing_index_files.",
            is_warning=True,
        ),
        between(
            "index_lists_ownership_forms",
            "published_line_count",
            1,
            None,
            "Every business day since 2003 has ownership filings; none at all points to a truncated index.",
            is_warning=True,
        ),
        empty(
            "holiday_has_no_rows",
            "rows_on_a_holiday",
            "EDGAR takes no filings on a federal holiday; rows there belong to another day.",
        ),
    ),
)

_LISTED_FILINGS = FrameSuite(
    "listed_filings",
    "accession number in the latest version of the day's index",
    ("accession_number", "form_type"),
    (
        matches(
            "index_accessions_well_formed",
            "accession_number",
            ACCESSION_PATTERN,
            "The accession number is the filing's only identity: the file name also holds a filer's CIK.",
        ),
        in_set(
            "index_form_types_in_domain",
            "form_type",
            FORM_TYPES,
            "Exact match: a prefix match on 4 also catches 424B2, 485BPOS and 497.",
        ),
        in_set(
            "filings_accounted_for",
            "fate",
            ["loaded", "quarantined", "not_found"],
            "Nothing may be silently missing: a listed filing has rows, or a reason why it has none, and never both.",
        ),
        *rarely(
            empty(
                "filings_loaded",
                "lost_as",
                "A quarantined or vanished filing is missing from every number until someone looks at it.",
                is_warning=True,
            ),
            rows=LOST_FILINGS,
            share=LOST_FILINGS_SHARE,
            reason="Mangled or withdrawn filings are a few in a thousand; more than 5% (and 3 filings) lost means that "
            "EDGAR changed its format or that we were served something else.",
        ),
        between(
            "index_dates_are_the_day",
            "days_before_partition",
            0,
            0,
            "A day's index may list filings with older dates (corrected after acceptance); they keep their own date.",
            is_warning=True,
        ),
        between(
            "index_dates_not_later",
            "days_before_partition",
            0,
            None,
            "A filing date after the index's own day would leak the future into as-of numbers.",
        ),
    ),
)

_SUBMISSIONS = FrameSuite(
    "submissions",
    "row of raw.submission of the day",
    ("accession_number",),
    (
        unique("submissions_unique", "accession_number", "One submission is one filing; twice would count it twice."),
        matches(
            "submission_accessions_well_formed",
            "accession_number",
            ACCESSION_PATTERN,
            "Every child row hangs on it.",
        ),
        empty(
            "submissions_listed",
            "unlisted_accession_number",
            "A filing that no version of this day's index lists was loaded into the wrong day.",
        ),
        not_null("document_type_filled", "document_type", "Amendments are told from originals by it."),
        in_set(
            "document_type_in_domain",
            "document_type",
            FORM_TYPES,
            "Only forms 3, 4, 5 and their amendments are ownership forms.",
        ),
        Expect(
            "document_type_as_in_header",
            "ExpectColumnPairValuesToBeEqual",
            {
                "column_A": "document_type",
                "column_B": "header_form_type",
                "ignore_row_if": "either_value_is_missing",
            },
            "warning",
            "The filer types one and EDGAR assigns the other; where they differ an amendment may be taken for an "
            "original.",
        ),
        not_null("filing_date_filled", "filing_date", "Knowledge time (known_from) is the filing date."),
        empty("filing_date_readable", "unreadable_filing_date", "Knowledge time (known_from) is the filing date."),
        Expect(
            "filing_date_as_listed",
            "ExpectColumnPairValuesToBeEqual",
            {"column_A": "filing_date", "column_B": "listed_date", "ignore_row_if": "either_value_is_missing"},
            "error",
            "Known_from must be the day the index says the market learned of it, or past numbers would change.",
        ),
        not_null("issuer_cik_filled", "issuercik", "The issuer is issuerCik, never the path's CIK or the ticker."),
        matches(
            "issuer_cik_numeric",
            "issuercik",
            CIK_PATTERN,
            "A CIK is a number of at most ten digits; anything else joins to no company.",
        ),
        empty(
            "acceptance_time_readable",
            "unreadable_acceptance_datetime",
            "EDGAR writes YYYYMMDDHHMMSS (New York) in every header that has it; the field may be absent.",
        ),
        *_typed("period_readable", "unreadable_period_of_report", "The period of report is no date"),
        between(
            "owners_present",
            "owner_count",
            1,
            None,
            "The form's schema requires a reporting owner; a filing without one was not read to the end.",
        ),
    ),
)

_OWNERS = FrameSuite(
    "owners",
    "row of raw.reportingowner of the day",
    ("accession_number", "rptownercik"),
    (
        not_null("owner_cik_filled", "rptownercik", "Distinct insiders are counted by it."),
        matches(
            "owner_cik_numeric",
            "rptownercik",
            CIK_PATTERN,
            "A CIK is a number of at most ten digits.",
        ),
    ),
)

_ROWS = FrameSuite(
    "rows",
    "row of the seven tables below raw.submission",
    ("table_name", "accession_number", "row_key"),
    (
        not_null("row_keys_filled", "row_key", "Accession, table and row number are the key of a line."),
        _compound_key(
            "row_keys_unique",
            ["table_name", "accession_number", "row_key"],
            "A narrower key drops price tranches; a repeated one counts a trade twice. Signatures have no key of "
            "their own and are numbered.",
        ),
        empty("rows_have_a_submission", "orphan_accession_number", "A row without its filing has no date and issuer."),
    ),
)

_TRANSACTIONS = FrameSuite(
    "transactions",
    "row of raw.nonderiv_trans and raw.deriv_trans of the day",
    ("table_name", "accession_number", "row_key"),
    (
        in_set(
            "transaction_codes_in_domain",
            "trans_code",
            TRANSACTION_CODES,
            "EDGAR refuses other codes (Forms 3-5, General Instruction 8); an unknown one would be unclassified "
            "silently.",
        ),
        *rarely(
            not_null(
                "transaction_codes_filled",
                "trans_code",
                "Filings without transactionCoding exist; the line is kept and counts as no trade.",
                is_warning=True,
            ),
            rows=TYPED_VALUES,
            share=0.1,
            reason="More than 10% (and 3 rows) without a code means the element is read from the wrong place.",
        ),
        in_set(
            "acquired_disposed_in_domain",
            "trans_acquired_disp_cd",
            ["A", "D"],
            "The form knows acquired (A) and disposed (D).",
        ),
        *rarely(
            not_null(
                "acquired_disposed_filled",
                "trans_acquired_disp_cd",
                "Left out by a few filers; the line keeps its code, which decides buy or sell.",
                is_warning=True,
            ),
            rows=TYPED_VALUES,
            share=0.1,
            reason="More than 10% (and 3 rows) without A or D means the element is read from the wrong place.",
        ),
        *_typed("transaction_date_readable", "unreadable_trans_date", "The transaction date is no date"),
        *_typed("share_count_readable", "unreadable_trans_shares", "The share count is no number"),
        *_typed("price_readable", "unreadable_trans_pricepershare", "The price is no number"),
    ),
)

_FOOTNOTE_REFERENCES = FrameSuite(
    "footnote_references",
    "footnote a row of the day refers to",
    ("table_name", "accession_number", "footnote_id"),
    rarely(
        empty(
            "footnotes_known",
            "unknown_footnote_id",
            "Plans, gifts and price ranges are told from footnote text; a reference without text hides them.",
            is_warning=True,
        ),
        rows=TYPED_VALUES,
        share=TYPED_VALUES_SHARE,
        reason="The form's schema ties each reference to a footnote; above 2% (and 3) we lose footnotes.",
    ),
)

_VOLUME = FrameSuite(
    "volume",
    "filing day, compared with the same weekday in the same season",
    ("partition", "filing_count", "median_count", "comparable_days"),
    (
        between(
            "volume_usual",
            "robust_deviations",
            -4,
            4,
            "Ownership filings follow the calendar (two business days after a trade, award months, blackouts), so a "
            "day is compared with its weekday in the neighbouring months: four robust standard deviations (1.4826 "
            "MAD, at least 15% of the median) leaves half-days and award peaks inside.",
            is_warning=True,
        ),
        between(
            "volume_plausible",
            "ratio_to_median",
            0.2,
            5,
            "The busiest day of 2026 Q2 had 2.7 times the mean; half-days have about half. Below a fifth the index "
            "is cut off, above five times it is not this day's.",
        ),
    ),
)

FILING_DAY = GateSuite(
    "filing_day",
    "One filing day in raw, before it is committed.",
    (
        _INDEX_FILE,
        _LISTED_FILINGS,
        _SUBMISSIONS,
        _OWNERS,
        _ROWS,
        _TRANSACTIONS,
        _FOOTNOTE_REFERENCES,
        _VOLUME,
    ),
)

_QUARTER_TABLES = FrameSuite(
    "quarter_tables",
    "raw table of the quarterly set",
    ("table_name", "row_count"),
    (
        empty(
            "quarter_tables_have_rows",
            "empty_required_table",
            "SUBMISSION, REPORTINGOWNER and NONDERIV_TRANS have rows in every quarter since 2006.",
        ),
        empty(
            "quarter_keys_unique",
            "repeated_key",
            "The SEC's documentation names these columns as the table's key; a repeated one counts a trade twice.",
        ),
        empty(
            "quarter_owners_unique",
            "repeated_owner",
            "The set follows the filing, and a filer may name an owner twice; the bridge keeps one.",
            is_warning=True,
        ),
        empty(
            "quarter_rows_have_a_submission",
            "orphan_accession_number",
            "The set is joined on ACCESSION_NUMBER; a row without its filing has no date and issuer.",
        ),
    ),
)

_QUARTER_SUBMISSIONS = FrameSuite(
    "quarter_submissions",
    "form type and filing date of the quarterly set",
    ("document_type", "filing_date", "row_count", "first_accession_number"),
    (
        not_null("quarter_form_types_filled", "document_type", "Amendments are told from originals by it."),
        in_set(
            "quarter_form_types_in_domain",
            "document_type",
            FORM_TYPES,
            "The sets hold forms 3, 4, 5 and their amendments only.",
        ),
        empty("quarter_dates_readable", "unreadable_filing_date", "Knowledge time (known_from) is the filing date."),
        between(
            "quarter_dates_inside",
            "days_outside_quarter",
            0,
            0,
            "A set holds its quarter, and what was filed after 17:30 New York on the last business day of the quarter "
            "before (up to 5 calendar days, over a long weekend).",
            is_warning=True,
        ),
        between(
            "quarter_dates_near",
            "days_outside_quarter",
            None,
            7,
            "More than a week outside is another quarter's set under this quarter's name.",
        ),
        empty(
            "quarter_issuer_ciks_numeric",
            "bad_issuer_cik_accession_number",
            "A CIK is a number of at most ten digits; anything else joins to no company.",
        ),
        empty(
            "quarter_owners_present",
            "ownerless_accession_number",
            "The form's schema requires a reporting owner.",
        ),
    ),
)

_QUARTER_TRANSACTIONS = FrameSuite(
    "quarter_transactions",
    "table, transaction code and A/D code of the quarterly set",
    ("table_name", "trans_code", "trans_acquired_disp_cd", "row_count", "first_accession_number"),
    (
        in_set(
            "quarter_codes_in_domain",
            "trans_code",
            TRANSACTION_CODES,
            "EDGAR refuses other codes (Forms 3-5, General Instruction 8).",
        ),
        not_null(
            "quarter_codes_filled",
            "trans_code",
            "Early filings lack codes; such a line is kept and counts as no trade.",
            is_warning=True,
        ),
        in_set(
            "quarter_acquired_disposed_in_domain",
            "trans_acquired_disp_cd",
            ["A", "D"],
            "The form knows acquired (A) and disposed (D).",
        ),
        not_null(
            "quarter_acquired_disposed_filled",
            "trans_acquired_disp_cd",
            "Left out by some filers; the line keeps its code, which decides buy or sell.",
            is_warning=True,
        ),
    ),
)

QUARTER = GateSuite(
    "quarter",
    "One quarterly set in raw, before it is committed.",
    (_QUARTER_TABLES, _QUARTER_SUBMISSIONS, _QUARTER_TRANSACTIONS),
)

_ISSUER_RECORDS = FrameSuite(
    "issuer_records",
    "row of raw.issuer_records",
    ("cik", "fetched_at"),
    (
        matches(
            "issuer_record_ciks_numeric",
            "cik",
            r"^\d{10}$",
            "Records are joined to filings by the ten digits they were asked for.",
        ),
        _compound_key(
            "issuer_record_versions_unique",
            ["cik", "fetched_at"],
            "One answer is one version; twice would date what we learned twice.",
        ),
        *rarely(
            empty(
                "issuer_records_readable",
                "unreadable_reason",
                "A record we cannot read is kept with its reason and asked for again by the next run.",
                is_warning=True,
            ),
            rows=TYPED_VALUES,
            share=TYPED_VALUES_SHARE,
            reason="Above 2% (and 3 records) the SEC changed the format or something else was served.",
        ),
        empty(
            "issuer_record_sic_readable",
            "unreadable_sic",
            "A SIC has four digits; staging makes anything else NULL and counts it.",
            is_warning=True,
        ),
    ),
)

_ISSUER_FILINGS = FrameSuite(
    "issuer_filings",
    "form listed in raw.issuer_filings",
    ("form_type", "row_count"),
    (
        between(
            "issuer_listings_readable",
            "unreadable_listing_count",
            None,
            0,
            "A listing whose lists do not fit each other gives no dates of results; the record itself is still read.",
            is_warning=True,
        ),
        between(
            "issuer_filings_dated",
            "unreadable_filing_count",
            None,
            0,
            "A listed filing needs its accession number and filing date to say when results were known.",
            is_warning=True,
        ),
    ),
)

ISSUERS = GateSuite(
    "issuers", "All issuer records in raw, before they are committed.", (_ISSUER_RECORDS, _ISSUER_FILINGS)
)
