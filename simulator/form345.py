"""The SEC's quarterly data sets: column order, text forms of dates and numbers, TSV bytes, zips."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from simulator.days import from_number, number

if TYPE_CHECKING:
    from collections.abc import Mapping

# Numbers are kept as whole ten-thousandths (ownership forms carry at most four decimals); ABSENT is "no value".
SCALE = 10_000
ABSENT = -1
AFF10B5ONE_SINCE = "2023q2"


def _noted(*columns: str) -> tuple[str, ...]:
    return tuple(name for column in columns for name in (column, f"{column}_FN"))


_HELD = _noted("SHRS_OWND_FOLWNG_TRANS", "VALU_OWND_FOLWNG_TRANS", "DIRECT_INDIRECT_OWNERSHIP", "NATURE_OF_OWNERSHIP")
_UNDERLYING = _noted("UNDLYNG_SEC_TITLE", "UNDLYNG_SEC_SHARES", "UNDLYNG_SEC_VALUE")

COLUMNS: dict[str, tuple[str, ...]] = {
    "SUBMISSION": (
        "ACCESSION_NUMBER",
        "FILING_DATE",
        "PERIOD_OF_REPORT",
        "DATE_OF_ORIG_SUB",
        "NO_SECURITIES_OWNED",
        "NOT_SUBJECT_SEC16",
        "FORM3_HOLDINGS_REPORTED",
        "FORM4_TRANS_REPORTED",
        "DOCUMENT_TYPE",
        "ISSUERCIK",
        "ISSUERNAME",
        "ISSUERTRADINGSYMBOL",
        "REMARKS",
        "AFF10B5ONE",
    ),
    "REPORTINGOWNER": (
        "ACCESSION_NUMBER",
        "RPTOWNERCIK",
        "RPTOWNERNAME",
        "RPTOWNER_RELATIONSHIP",
        "RPTOWNER_TITLE",
        "RPTOWNER_TXT",
        "RPTOWNER_STREET1",
        "RPTOWNER_STREET2",
        "RPTOWNER_CITY",
        "RPTOWNER_STATE",
        "RPTOWNER_ZIPCODE",
        "RPTOWNER_STATE_DESC",
        "FILE_NUMBER",
    ),
    "NONDERIV_TRANS": (
        "ACCESSION_NUMBER",
        "NONDERIV_TRANS_SK",
        *_noted("SECURITY_TITLE", "TRANS_DATE", "DEEMED_EXECUTION_DATE"),
        "TRANS_FORM_TYPE",
        "TRANS_CODE",
        "EQUITY_SWAP_INVOLVED",
        "EQUITY_SWAP_TRANS_CD_FN",
        *_noted("TRANS_TIMELINESS", "TRANS_SHARES", "TRANS_PRICEPERSHARE", "TRANS_ACQUIRED_DISP_CD"),
        *_HELD,
    ),
    "NONDERIV_HOLDING": (
        "ACCESSION_NUMBER",
        "NONDERIV_HOLDING_SK",
        *_noted("SECURITY_TITLE", "TRANS_FORM_TYPE"),
        *_HELD,
    ),
    "DERIV_TRANS": (
        "ACCESSION_NUMBER",
        "DERIV_TRANS_SK",
        *_noted("SECURITY_TITLE", "CONV_EXERCISE_PRICE", "TRANS_DATE", "DEEMED_EXECUTION_DATE"),
        "TRANS_FORM_TYPE",
        "TRANS_CODE",
        "EQUITY_SWAP_INVOLVED",
        "EQUITY_SWAP_TRANS_CD_FN",
        *_noted(
            "TRANS_TIMELINESS",
            "TRANS_SHARES",
            "TRANS_TOTAL_VALUE",
            "TRANS_PRICEPERSHARE",
            "TRANS_ACQUIRED_DISP_CD",
            "EXCERCISE_DATE",  # the SEC's own spelling, in this table only
            "EXPIRATION_DATE",
        ),
        *_UNDERLYING,
        *_HELD,
    ),
    "DERIV_HOLDING": (
        "ACCESSION_NUMBER",
        "DERIV_HOLDING_SK",
        *_noted("SECURITY_TITLE", "CONV_EXERCISE_PRICE", "TRANS_FORM_TYPE", "EXERCISE_DATE", "EXPIRATION_DATE"),
        *_UNDERLYING,
        *_HELD,
    ),
    "FOOTNOTES": ("ACCESSION_NUMBER", "FOOTNOTE_ID", "FOOTNOTE_TXT"),
    "OWNER_SIGNATURE": ("ACCESSION_NUMBER", "OWNERSIGNATURENAME", "OWNERSIGNATUREDATE"),
}

_FRACTIONS = pa.array([".0" if part == 0 else f".{part:04d}".rstrip("0") for part in range(SCALE)])
_FIRST_DAY = number(date(1930, 1, 1))
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def sec_date(day: date) -> str:
    """A date as the data sets write it: ``31-JUL-2024``."""
    return f"{day.day:02d}-{_MONTHS[day.month - 1]}-{day.year:04d}"


_DATES = pa.array([sec_date(from_number(value)) for value in range(_FIRST_DAY, number(date(2060, 1, 1)))])


def number_text(values: np.ndarray) -> pa.Array:
    """Whole ten-thousandths as the data sets write numbers (``250000.0``); ABSENT becomes empty."""
    absent = values < 0
    whole = pa.array(values // SCALE).cast(pa.string())
    text = pc.binary_join_element_wise(whole, _FRACTIONS.take(pa.array(values % SCALE)), "")
    return pc.if_else(pa.array(absent), "", text) if absent.any() else text


def date_text(values: np.ndarray) -> pa.Array:
    """Day numbers as ``DD-MON-YYYY``; ABSENT becomes empty."""
    absent = values == ABSENT
    text = _DATES.take(pa.array(np.where(absent, 0, values - _FIRST_DAY)))
    return pc.if_else(pa.array(absent), "", text) if absent.any() else text


def tsv_bytes(table: pa.Table, columns: tuple[str, ...]) -> bytes:
    """A table of texts as the bytes of a TSV member with header; no quoting, as the SEC writes it."""
    head = ("\t".join(columns) + "\n").encode()
    if not table.num_rows:
        return head
    ready = [table.column(name).combine_chunks().cast(pa.large_string()) for name in columns]
    ready[-1] = pc.binary_join_element_wise(
        ready[-1], pa.scalar("\n", pa.large_string()), pa.scalar("", pa.large_string())
    )
    lines = pc.binary_join_element_wise(*ready, pa.scalar("\t", pa.large_string()))
    lines = lines.combine_chunks() if isinstance(lines, pa.ChunkedArray) else lines
    offsets = np.frombuffer(lines.buffers()[1], dtype=np.int64)
    first, last = offsets[lines.offset], offsets[lines.offset + len(lines)]
    return head + memoryview(lines.buffers()[2])[first:last].tobytes()


def metadata(submission_columns: tuple[str, ...]) -> bytes:
    """The CSV-on-the-web description that lies in each zip."""
    tables = []
    for name in sorted(COLUMNS):
        columns = submission_columns if name == "SUBMISSION" else COLUMNS[name]
        described: list[dict[str, Any]] = [
            {
                "name": column,
                "titles": column.replace("_", " "),
                "datatype": {"base": "NUMBER" if column.endswith("_SK") else "string"},
            }
            for column in columns
        ]
        tables.append({"url": f"{name}.tsv", "tableSchema": {"columns": described}})
    content = {
        "@context": "http://www.w3.org/ns/csvw",
        "dialect": {"header": True, "headerRowCount": 1, "delimiter": "\t"},
        "tables": tables,
    }
    return json.dumps(content, indent="\t").encode()


def submission_columns(quarter: str) -> tuple[str, ...]:
    """Columns of SUBMISSION in that quarter's set: 13, and 14 from 2023q2 on."""
    columns = COLUMNS["SUBMISSION"]
    return columns if quarter >= AFF10B5ONE_SINCE else columns[:-1]


def zip_bytes(quarter: str, tables: Mapping[str, pa.Table], published: date, level: int) -> bytes:
    """One quarterly set.

    Args:
        quarter: Like ``2024q3``.
        tables: The eight tables, all text; rows are written last first, as the SEC's files run backwards.
        published: Date stamped on the members.
        level: Compression level, 1 to 9.
    """
    target = io.BytesIO()
    stamp = (published.year, published.month, published.day, 0, 0, 0)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        for name in sorted(COLUMNS):
            columns = submission_columns(quarter) if name == "SUBMISSION" else COLUMNS[name]
            table = tables[name]
            backwards = table.take(pa.array(np.arange(table.num_rows)[::-1]))
            archive.writestr(_member(f"{name}.tsv", stamp), tsv_bytes(backwards, columns), compresslevel=level)
        archive.writestr(_member("FORM_345_metadata.json", stamp), metadata(submission_columns(quarter)))
    return target.getvalue()


def _member(name: str, stamp: tuple[int, int, int, int, int, int]) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, stamp)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    return info
