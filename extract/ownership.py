"""Turn one submission's bytes into rows of the eight raw tables, or say why it cannot be read.

Pure and passthrough: values are the filer's text, trimmed; nothing is typed, renamed, filtered or looked up. Every
owner, row and footnote of the ownership XML (schemas X0101 and later) becomes a row; what has no column is counted.
Source: EDGAR Ownership XML Technical Specification; flattened as in the SEC's Insider Transactions Data Sets (form345).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lxml import etree

from extract.submission import MAX_SUBMISSION_BYTES, split_submission
from extract.xml_repair import Refused, read_xml
from warehouse.errors import SourceDataError
from warehouse.raw_schema import FORM345, FORM345_TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from extract.submission import Submission

# Raise it whenever the same bytes would give other rows: the archived bytes are then parsed again.
PARSER_VERSION = "1"

# Why a filing has no rows. A person decides what to do with it: docs/runbooks/quarantined_filing.md.
REASONS: dict[str, str] = {
    "not_a_submission": "The bytes are no EDGAR submission: no header with an accession number was found.",
    "accession_mismatch": "The submission's own accession number is not the one the index announced.",
    "no_ownership_document": "The submission holds no ownership XML; before mid-2003 forms were filed as plain text.",
    "several_ownership_documents": "The submission holds different ownership documents; which one counts is unknown.",
    "issuer_missing": "The ownership XML names no issuer CIK, and nothing else may stand in for it.",
    "too_large": "The submission or its XML is larger than any ownership form can be.",
    "xml_hostile": "The XML declares a document type or entities, which no ownership form does.",
    "encoding_unknown": "The XML declares a character encoding EDGAR does not use.",
    "xml_not_recoverable": "The XML is not well-formed and cannot be mended without losing something.",
    "parser_error": "Our parser failed on these bytes; this is a fault of ours.",
}

# Where header and document disagree, and references to footnotes that do not exist.
NOTICES: dict[str, str] = {
    "filed_date_differs": "The header's filing date is not the index's; the index's is used.",
    "form_type_differs": "The header's form type is not the XML's; both are kept.",
    "issuer_differs": "The header's issuer is not the XML's; the XML's is used and no SIC is taken from the header.",
    "owner_missing": "The XML names no reporting owner.",
    "footnote_missing": "A field refers to a footnote that is not there; the reference is kept.",
}

_FORM_TYPES = frozenset({"3", "3/A", "4", "4/A", "5", "5/A"})
_ROOT = "ownershipDocument"
_TRUE = ("1", "true")
_MAX_NOTICES = 100

Row = list[str | None]
# Tag -> column (by name, then by position), or the shape of a container.
_Shape = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ParsedFiling:
    """One filing as rows.

    Attributes:
        accession_number: The filing.
        rows: Raw table name to its rows, values in the order of that table's ``value_columns``.
        notices: What has no column or contradicts the header, with how often: a key of `NOTICES`, or
            ``unread <where>`` for text that reached no row.
    """

    accession_number: str
    rows: Mapping[str, list[Row]]
    notices: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class QuarantinedFiling:
    """One filing that cannot be read into rows; its bytes stay in the landing zone.

    Attributes:
        accession_number: The filing, as the index announced it.
        reason_code: A key of `REASONS`.
        reason: The reason's sentence and what was found.
        byte_count: Size of the submission.
        sha256: Hash of the submission.
    """

    accession_number: str
    reason_code: str
    reason: str
    byte_count: int
    sha256: str


def quarantine(content: bytes, *, accession_number: str, reason_code: str, detail: str = "") -> QuarantinedFiling:
    """Describe a filing that cannot be read; ``detail`` (what was found) follows the reason's sentence."""
    # Control characters of a hostile file have no place in a report.
    shown = "".join(character if character.isprintable() else " " for character in detail[:500])
    return QuarantinedFiling(
        accession_number=accession_number,
        reason_code=reason_code,
        reason=f"{REASONS[reason_code]} Found: {shown}." if shown else REASONS[reason_code],
        byte_count=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )


def parse_filing(content: bytes, *, accession_number: str, filed_date: date) -> ParsedFiling | QuarantinedFiling:
    """Read a full submission text file into rows.

    Args:
        content: The submission, as served.
        accession_number: The accession number the index announced.
        filed_date: The filing date the index announced: when the market could know.

    Returns:
        The rows, or the reason why there are none. Never raises on account of the bytes.
    """
    result = _read_submission(content, accession_number, filed_date)
    if isinstance(result, Refused):
        return quarantine(
            content, accession_number=accession_number, reason_code=result.reason_code, detail=result.detail
        )
    return result


def _read_submission(content: bytes, accession_number: str, filed_date: date) -> ParsedFiling | Refused:
    try:
        submission = split_submission(content)
    except SourceDataError as error:
        return Refused("too_large" if len(content) > MAX_SUBMISSION_BYTES else "not_a_submission", str(error))
    if submission.accession_number != accession_number:
        return Refused("accession_mismatch", f"{submission.accession_number!r} instead of {accession_number!r}")
    documents = _ownership_xml(submission)
    if not documents:
        types = ", ".join(document.type for document in submission.documents[:20])
        return Refused("no_ownership_document", f"form {submission.form_type} with documents [{types}]")
    if len(documents) > 1 and len(set(documents)) > 1:
        return Refused("several_ownership_documents", f"{len(set(documents))} different ones")
    read = _read_document(documents[0], accession_number)
    if isinstance(read, Refused):
        return read
    reader, recovery = read
    if len(documents) > 1:
        recovery = f"{recovery},duplicate_document" if recovery else "duplicate_document"
    reader.add_header(submission, filed_date, recovery)
    return reader.finish()


def _ownership_xml(submission: Submission) -> list[bytes]:
    """The ownership documents: every XML of a form's own document, and any other that says it is one."""
    found: list[bytes] = []
    for document in submission.documents:
        xml = document.xml
        if xml is None:
            if b"<ownershipDocument" in document.body:
                found.append(document.body.strip())
        elif document.type in _FORM_TYPES or b"ownershipDocument" in xml:
            found.append(xml)
    return found


def _read_document(xml: bytes, accession_number: str) -> tuple[_Reader, str | None] | Refused:
    """Read ownership XML: in one pass where it holds only what we know, else again, element by element."""
    result = read_xml(xml)
    if isinstance(result, Refused):
        return result
    recovery = result.recovery
    root = _without_namespaces(result.root)
    if root.tag != _ROOT:
        return Refused("no_ownership_document", f"XML whose root is {root.tag[:40]!r}")
    reader = _Reader(accession_number)
    if not reader.read(root):
        # White space between mark-up inside a text counts, so it is kept this time; one tree at a time is enough.
        del root, result
        again = read_xml(xml, keep_blanks=True)
        if isinstance(again, Refused):
            return again
        reader = _Reader(accession_number, is_strict=True)
        reader.read(_without_namespaces(again.root))
    issuer_cik = reader.submission[_ISSUER_CIK] or ""
    if not (issuer_cik.isascii() and issuer_cik.isdigit() and len(issuer_cik) <= 10):
        return Refused("issuer_missing", f"issuerCik {issuer_cik[:40]!r}")
    return reader, recovery


def _without_namespaces(root: etree._Element) -> etree._Element:
    if root.tag != _ROOT:
        for element in root.iter():
            element.tag = element.tag.rpartition("}")[2]
    return root


@dataclass(frozen=True, slots=True)
class _Table:
    """How the elements of one raw table's rows map to its columns."""

    name: str
    columns: tuple[str, ...]
    shape: _Shape
    # By column: the column of the footnotes on that column's element.
    note_columns: tuple[int | None, ...]
    # Every tag of the shape -> its column, its footnotes' column (-1 for none), and whether it may hold text itself.
    places: Mapping[str, tuple[int, int, bool]]


def _table(name: str, shape: _Shape, extra_columns: tuple[str, ...] = ()) -> _Table:
    """Turn column names into positions; elements whose column a table lacks are left out, and counted if they occur.

    Args:
        name: Raw table.
        shape: Tag to column name, or to the shape of a container; ``footnoteId`` in a container: its own footnotes.
        extra_columns: Places after the last column, for values that are folded into one later.
    """
    columns = FORM345[name].value_columns + extra_columns
    positions = {column: position for position, column in enumerate(columns)}

    def resolve(part: _Shape) -> _Shape:
        resolved = {tag: resolve(to) if isinstance(to, dict) else positions.get(to) for tag, to in part.items()}
        return {tag: to for tag, to in resolved.items() if to is not None and to != {}}

    note_columns = tuple(
        position if column.endswith("_fn") else positions.get(f"{column}_fn") for column, position in positions.items()
    )

    def places(part: _Shape, container_notes: int) -> Iterator[tuple[str, tuple[int, int, bool]]]:
        for tag, to in part.items():
            if isinstance(to, dict):
                own = to.get("footnoteId", -1)
                yield tag, (-1, own, False)
                yield from places(to, own)
            elif tag != "footnoteId":
                noted = note_columns[to]
                # Fields with footnotes hold a <value>; those without, their text.
                yield tag, (to, container_notes, True) if noted is None else (to, noted, False)

    resolved = resolve(shape)
    return _Table(name, columns, resolved, note_columns, dict(places(resolved, -1)))


_SUBMISSION = _table(
    "submission",
    {
        "schemaVersion": "schema_version",
        "documentType": "document_type",
        "periodOfReport": "period_of_report",
        "dateOfOriginalSubmission": "date_of_orig_sub",
        "noSecuritiesOwned": "no_securities_owned",
        "notSubjectToSection16": "not_subject_sec16",
        "form3HoldingsReported": "form3_holdings_reported",
        "form4TransactionsReported": "form4_trans_reported",
        "aff10b5One": "aff10b5one",
        "remarks": "remarks",
        "issuer": {
            "issuerCik": "issuercik",
            "issuerName": "issuername",
            "issuerTradingSymbol": "issuertradingsymbol",
        },
    },
)
# The SEC's words, in the SEC's order.
_RELATIONSHIPS = {
    "isDirector": "Director",
    "isOfficer": "Officer",
    "isTenPercentOwner": "TenPercentOwner",
    "isOther": "Other",
}
_OWNER = _table(
    "reportingowner",
    {
        "reportingOwnerId": {"rptOwnerCik": "rptownercik", "rptOwnerName": "rptownername"},
        "reportingOwnerAddress": {
            "rptOwnerStreet1": "rptowner_street1",
            "rptOwnerStreet2": "rptowner_street2",
            "rptOwnerCity": "rptowner_city",
            "rptOwnerState": "rptowner_state",
            "rptOwnerZipCode": "rptowner_zipcode",
            "rptOwnerStateDescription": "rptowner_state_desc",
        },
        "reportingOwnerRelationship": {
            "officerTitle": "rptowner_title",
            "otherText": "rptowner_txt",
            **{tag: tag for tag in _RELATIONSHIPS},
        },
    },
    extra_columns=tuple(_RELATIONSHIPS),
)
_SIGNATURE = _table("owner_signature", {"signatureName": "ownersignaturename", "signatureDate": "ownersignaturedate"})


def _position_table(name: str) -> _Table:
    """One of the four tables of transactions and holdings; they share their elements."""
    columns = FORM345[name].value_columns
    return _table(
        name,
        {
            "securityTitle": "security_title",
            "conversionOrExercisePrice": "conv_exercise_price",
            "transactionDate": "trans_date",
            "deemedExecutionDate": "deemed_execution_date",
            "transactionTimeliness": "trans_timeliness",
            "exerciseDate": "excercise_date" if "excercise_date" in columns else "exercise_date",
            "expirationDate": "expiration_date",
            "transactionCoding": {
                "transactionFormType": "trans_form_type",
                "transactionCode": "trans_code",
                "equitySwapInvolved": "equity_swap_involved",
                # The SEC keeps the footnotes of a whole coding in one column, in holdings in the form type's.
                "footnoteId": (
                    "equity_swap_trans_cd_fn" if "equity_swap_trans_cd_fn" in columns else "trans_form_type_fn"
                ),
            },
            "transactionAmounts": {
                "transactionShares": "trans_shares",
                "transactionTotalValue": "trans_total_value",
                "transactionPricePerShare": "trans_pricepershare",
                "transactionAcquiredDisposedCode": "trans_acquired_disp_cd",
            },
            "underlyingSecurity": {
                "underlyingSecurityTitle": "undlyng_sec_title",
                "underlyingSecurityShares": "undlyng_sec_shares",
                "underlyingSecurityValue": "undlyng_sec_value",
            },
            "postTransactionAmounts": {
                "sharesOwnedFollowingTransaction": "shrs_ownd_folwng_trans",
                "valueOwnedFollowingTransaction": "valu_ownd_folwng_trans",
            },
            "ownershipNature": {
                "directOrIndirectOwnership": "direct_indirect_ownership",
                "natureOfOwnership": "nature_of_ownership",
            },
        },
    )


_POSITIONS: dict[str, dict[str, _Table]] = {
    "nonDerivativeTable": {
        "nonDerivativeTransaction": _position_table("nonderiv_trans"),
        "nonDerivativeHolding": _position_table("nonderiv_holding"),
    },
    "derivativeTable": {
        "derivativeTransaction": _position_table("deriv_trans"),
        "derivativeHolding": _position_table("deriv_holding"),
    },
}
_OWNER_WIDTH = len(FORM345["reportingowner"].value_columns)
_FILING_DATE, _ISSUER_CIK, _DOCUMENT_TYPE, _ACCEPTANCE, _SIC, _HEADER_TYPE, _HEADER_NAME, _RECOVERY = map(
    _SUBMISSION.columns.index,
    (
        "filing_date",
        "issuercik",
        "document_type",
        "acceptance_datetime",
        "assigned_sic",
        "header_form_type",
        "header_issuer_name",
        "recovery",
    ),
)
_OWNER_CIK, _FILE_NUMBER, _RELATIONSHIP = map(
    _OWNER.columns.index, ("rptownercik", "file_number", "rptowner_relationship")
)
_WORDS = tuple(_RELATIONSHIPS.values())


class _Reader:
    """Collects one ownership document's rows.

    Not strict, it stops at the first thing it does not expect; strict, it takes everything one element at a time and
    counts what has no column.
    """

    __slots__ = ("accession_number", "is_strict", "notices", "references", "rows", "submission", "texts")

    def __init__(self, accession_number: str, *, is_strict: bool = False) -> None:
        self.accession_number = accession_number
        self.is_strict = is_strict
        self.rows: dict[str, list[Row]] = {table.name: [] for table in FORM345_TABLES}
        self.submission = self._new_row(_SUBMISSION)
        # Footnote id -> the elements it hangs on, in document order.
        self.references: dict[str, list[str]] = {}
        self.notices: dict[str, int] = {}
        # Texts that reached a row or were counted: compared with all there is, so that none goes unnoticed.
        self.texts: list[str] = []

    def read(self, root: etree._Element) -> bool:
        """Read everything below the root; false when that stopped at something unexpected (never when strict)."""
        for element in root:
            tag = element.tag
            if tag in _SUBMISSION.shape:
                is_read = self._submission_part(element, _SUBMISSION.shape[tag])
            elif tag == "reportingOwner":
                is_read = self._owner(element)
            elif tag in _POSITIONS:
                is_read = self._positions(element, _POSITIONS[tag])
            elif tag == "footnotes":
                is_read = self._footnotes(element)
            elif tag == "ownerSignature":
                is_read = self._block(element, self._new_row(_SIGNATURE), _SIGNATURE)
            else:
                is_read = self._unread(element, tag)
            if not is_read:
                return False
        everything = _text_below(root)
        if len(everything) == sum(map(len, self.texts)):
            return True
        if self.is_strict and (lost := _visible_count(everything) - _visible_count("".join(self.texts))):
            self._count("unread characters between elements", lost)
        return self.is_strict

    def add_header(self, submission: Submission, filed_date: date, recovery: str | None) -> None:
        """Add what only the submission's header knows."""
        row = self.submission
        issuer = submission.filer_with(row[_ISSUER_CIK] or "", role="issuer")
        named = issuer or submission.issuer
        row[_FILING_DATE] = filed_date.isoformat()
        row[_ACCEPTANCE] = submission.acceptance_datetime or None
        # Another company's SIC would be worse than none.
        row[_SIC] = issuer.sic if issuer else None
        row[_HEADER_TYPE] = submission.form_type or None
        row[_HEADER_NAME] = (named.name or None) if named else None
        row[_RECOVERY] = recovery
        for owner in self.rows["reportingowner"]:
            filer = submission.filer_with(owner[_OWNER_CIK] or "", role="owner")
            owner[_FILE_NUMBER] = filer.file_number if filer else None
        if submission.filed_date and submission.filed_date != filed_date.isoformat().replace("-", ""):
            self._count("filed_date_differs")
        if submission.form_type and submission.form_type != row[_DOCUMENT_TYPE]:
            self._count("form_type_differs")
        if named and not issuer:
            self._count("issuer_differs")

    def finish(self) -> ParsedFiling:
        """Say where each footnote hangs, and hand over the rows."""
        if not self.rows["reportingowner"]:
            self._count("owner_missing")
        missing = set(self.references)
        for footnote in self.rows["footnotes"]:
            places = self.references.get(footnote[1] or "")
            if places is not None:
                footnote[3] = ",".join(places)
                missing.discard(footnote[1] or "")
        if missing:
            self._count("footnote_missing", len(missing))
        return ParsedFiling(self.accession_number, self.rows, self.notices)

    def _new_row(self, table: _Table) -> Row:
        row: Row = [None] * len(table.columns)
        row[0] = self.accession_number
        self.rows[table.name].append(row)
        return row

    def _submission_part(self, element: etree._Element, to: int | _Shape) -> bool:
        if isinstance(to, dict):
            return self._block(element, self.submission, _SUBMISSION, to)
        if len(element):
            return self._field(element, self.submission, to, _SUBMISSION)
        self._put(element, self.submission, to, element.text)
        return True

    def _positions(self, element: etree._Element, tables: Mapping[str, _Table]) -> bool:
        for position in element:
            table = tables.get(position.tag)
            if table is None:
                if not self._unread(position, f"{element.tag}/{position.tag}"):
                    return False
                continue
            row = self._new_row(table)
            row[1] = str(len(self.rows[table.name]))
            if not self._block(position, row, table):
                return False
        return True

    def _owner(self, element: etree._Element) -> bool:
        row = self._new_row(_OWNER)
        if not self._block(element, row, _OWNER):
            return False
        flags = zip(_WORDS, row[_OWNER_WIDTH:], strict=True)
        row[_RELATIONSHIP] = ",".join([word for word, flag in flags if flag and flag.lower() in _TRUE]) or None
        del row[_OWNER_WIDTH:]
        return True

    def _footnotes(self, element: etree._Element) -> bool:
        for footnote in element:
            if footnote.tag == "footnote":
                row: Row = [self.accession_number, footnote.get("id"), None, None]
                self.rows["footnotes"].append(row)
                if len(footnote) and not self.is_strict:
                    return False
                self._put(footnote, row, 2, _text_below(footnote) if len(footnote) else footnote.text)
            elif not self._unread(footnote, f"footnotes/{footnote.tag}"):
                return False
        return True

    def _block(self, element: etree._Element, row: Row, table: _Table, shape: _Shape | None = None) -> bool:
        """Read the fields of one row, or those of one part of its shape."""
        if self.is_strict:
            return self._fields(element, shape or table.shape, row, table)
        # One pass over all descendants: tags are unique within a row. Anything odd ends it; so does, at the end of the
        # document, a text that nobody took.
        places = table.places
        take = self.texts.append
        column = note = -1
        for part in element.iterdescendants():
            tag = part.tag
            if tag == "footnoteId":
                identifier = part.get("id")
                if note < 0 or not identifier:
                    return False
                self._note(identifier, row, note, table)
                continue
            if tag != "value":
                place = places.get(tag)
                if place is None:
                    return False
                column, note, has_text = place
                if not has_text:
                    continue
            if text := part.text:
                if column < 0 or row[column] is not None:
                    return False
                take(text)
                row[column] = text.strip() or None
        return True

    def _fields(self, element: etree._Element, shape: _Shape, row: Row, table: _Table) -> bool:
        for child in element:
            tag = child.tag
            to = shape.get(tag)
            is_read = True
            if to is None:
                is_read = self._unread(child, f"{table.name}/{element.tag}/{tag}")
            elif isinstance(to, dict):
                is_read = self._fields(child, to, row, table)
            elif tag == "footnoteId":
                self._reference(child, row, to, table)
            else:
                is_read = self._field(child, row, to, table)
            if not is_read:
                return False
        return True

    def _field(self, element: etree._Element, row: Row, column: int, table: _Table) -> bool:
        """Read one value with its footnotes: ``<x><value>v</value><footnoteId id="F1"/></x>``, or ``<x>v</x>``."""
        if len(element) and not self.is_strict:
            return False
        self._put(element, row, column, element.text)
        for part in element:
            if part.tag == "value":
                self._put(element, row, column, _text_below(part))
            elif part.tag == "footnoteId":
                self._reference(part, row, column, table)
            else:
                self._unread(part, f"{table.name}/{element.tag}/{part.tag}")
        return True

    def _put(self, element: etree._Element, row: Row, column: int, text: str | None) -> None:
        if text:
            self.texts.append(text)
            if text := text.strip():
                if row[column] is None:
                    row[column] = text
                else:
                    self._count(f"unread second {element.tag}")

    def _reference(self, element: etree._Element, row: Row, column: int, table: _Table) -> None:
        identifier = element.get("id")
        noted = table.note_columns[column]
        if not identifier:
            self._count("unread footnoteId without id")
        elif noted is None:
            self._hang(identifier, table, table.columns[column])
        else:
            self._note(identifier, row, noted, table)

    def _note(self, identifier: str, row: Row, column: int, table: _Table) -> None:
        before = row[column]
        if before is None:
            row[column] = identifier
        elif identifier not in before.split(", "):
            row[column] = f"{before}, {identifier}"
        self._hang(identifier, table, table.columns[column][:-3])

    def _hang(self, identifier: str, table: _Table, name: str) -> None:
        place = f"{table.name}[{len(self.rows[table.name])}].{name}"
        places = self.references.setdefault(identifier, [])
        if not places or places[-1] != place:
            places.append(place)

    def _unread(self, element: etree._Element, where: str) -> bool:
        """Count what has no column, and keep the footnotes that hang on it."""
        if not self.is_strict:
            return False
        for part in element.iter("footnoteId"):
            if identifier := part.get("id"):
                self.references.setdefault(identifier, []).append(where)
        text = _text_below(element)
        self.texts.append(text)
        if text.strip():
            self._count(f"unread {where}")
        return True

    def _count(self, notice: str, times: int = 1) -> None:
        # A hostile file may hold a million different tags.
        if len(self.notices) >= _MAX_NOTICES and notice not in self.notices:
            notice = "unread (further places)"
        self.notices[notice] = self.notices.get(notice, 0) + times


def _text_below(element: etree._Element) -> str:
    return str(etree.tostring(element, method="text", encoding="unicode", with_tail=False))


def _visible_count(text: str) -> int:
    return sum(map(len, text.split()))
