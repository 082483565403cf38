"""One full submission as EDGAR serves it: SGML header, ownership XML, now and then a power of attorney.

Rows come in the form of the quarterly data sets, so both roads say the same by construction.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from datetime import datetime

Row = Mapping[str, str]
_MONTHS = {
    name: f"{place:02d}"
    for place, name in enumerate(
        ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"), start=1
    )
}


@dataclass(frozen=True)
class Company:
    """What a header says about an issuer.

    Attributes:
        name: Conformed name.
        cik: Ten digits.
        sic: Four digits, empty for none.
        sic_title: The SEC's title of the code.
        street: First address line.
        city: City.
        state: Two letters.
        zip_code: Postal code.
        former: Former names with the day of the change (YYYYMMDD).
    """

    name: str
    cik: str
    sic: str
    sic_title: str
    street: str = "100 Main Street"
    city: str = "DENVER"
    state: str = "CO"
    zip_code: str = "80202"
    former: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class FilingRows:
    """The rows of one filing, by table, in document order, plus what only the submission knows.

    Attributes:
        submission: Its SUBMISSION row.
        tables: Rows of the other seven tables.
        accepted: New York time.
        company: The issuer as the header describes it.
        exhibit: Whether a power of attorney is attached.
    """

    submission: Row
    tables: Mapping[str, Sequence[Row]]
    accepted: datetime
    company: Company
    exhibit: bool = False
    forms: Mapping[str, str] = field(default_factory=dict)

    @property
    def accession(self) -> str:
        """Accession number with dashes."""
        return self.submission["ACCESSION_NUMBER"]

    @property
    def form_type(self) -> str:
        """Like ``4/A``."""
        return self.submission["DOCUMENT_TYPE"]

    @property
    def filed(self) -> str:
        """Filing date, YYYYMMDD."""
        return iso_date(self.submission["FILING_DATE"]).replace("-", "")

    def rows(self, table: str) -> Sequence[Row]:
        """Rows of one table, possibly none."""
        return self.tables.get(table, ())


def iso_date(text: str) -> str:
    """``31-JUL-2024`` as ``2024-07-31``; empty stays empty."""
    return f"{text[7:]}-{_MONTHS[text[3:6]]}-{text[:2]}" if text else ""


def plain_number(text: str, style: int, *, is_price: bool = False) -> str:
    """A data set number as one of the ways filers write it; the value never changes.

    Args:
        text: Like ``250000.0``.
        style: 0 shortest, 1 prices with two decimals at least, 2 everything with four decimals.
        is_price: Whether it is an amount of money.
    """
    if not text:
        return ""
    whole, _, part = text.partition(".")
    part = part.rstrip("0")
    if style == 2:
        part = part.ljust(4, "0")
    elif style == 1 and is_price:
        part = part.ljust(2, "0")
    return f"{whole}.{part}" if part else whole


def ownership_xml(filing: FilingRows) -> str:
    """The ownership document. Its writer's habits (booleans, decimals) follow from the accession number."""
    return _XmlWriter(filing).document()


def submission_bytes(filing: FilingRows, xml: bytes | None = None) -> bytes:
    """The whole submission.

    Args:
        filing: The rows.
        xml: Bytes to put in the place of the ownership document (for mangled ones); ``None`` writes it from the rows.
    """
    body = ownership_xml(filing).encode() if xml is None else xml
    count = 2 if filing.exhibit else 1
    head = _header(filing, count)
    documents = document_bytes(filing.form_type, 1, "ownership.xml", b"<XML>\n" + body + b"\n</XML>")
    if filing.exhibit:
        documents += document_bytes("EX-24", 2, "poa.htm", _power_of_attorney(filing), "POWER OF ATTORNEY")
    return head.encode() + documents + b"</SEC-DOCUMENT>\n"


def submission_without_xml(filing: FilingRows) -> bytes:
    """A submission whose only document is a web page: nothing a form parser could read."""
    page = b"<html><body><p>Simulated paper form, scanned.</p></body></html>"
    return _header(filing, 1).encode() + document_bytes(filing.form_type, 1, "form4.htm", page) + b"</SEC-DOCUMENT>\n"


def document_bytes(kind: str, place: int, name: str, text: bytes, description: str = "") -> bytes:
    """One ``<DOCUMENT>`` of a submission."""
    described = f"<DESCRIPTION>{description}\n" if description else ""
    head = f"<DOCUMENT>\n<TYPE>{kind}\n<SEQUENCE>{place}\n<FILENAME>{name}\n{described}<TEXT>\n".encode()
    return head + text + b"\n</TEXT>\n</DOCUMENT>\n"


def _header(filing: FilingRows, document_count: int) -> str:
    filed, accession, form = filing.filed, filing.accession, filing.form_type
    period = iso_date(filing.submission["PERIOD_OF_REPORT"]).replace("-", "")
    lines = [
        f"<SEC-DOCUMENT>{accession}.txt : {filed}",
        f"<SEC-HEADER>{accession}.hdr.sgml : {filed}",
        f"<ACCEPTANCE-DATETIME>{filing.accepted:%Y%m%d%H%M%S}",
        f"ACCESSION NUMBER:\t\t{accession}",
        f"CONFORMED SUBMISSION TYPE:\t{form}",
        f"PUBLIC DOCUMENT COUNT:\t\t{document_count}",
        f"CONFORMED PERIOD OF REPORT:\t{period}",
        f"FILED AS OF DATE:\t\t{filed}",
        f"DATE AS OF CHANGE:\t\t{filed}",
        "",
    ]
    has_organization_line = filed >= "20240101"
    film = int(hashlib.sha256(accession.encode()).hexdigest()[:8], 16) % 1_000_000
    for place, owner in enumerate(filing.rows("REPORTINGOWNER")):
        lines += ["REPORTING-OWNER:\t", "", "\tOWNER DATA:\t"]
        lines += [
            f"\t\tCOMPANY CONFORMED NAME:\t\t\t{owner['RPTOWNERNAME']}",
            f"\t\tCENTRAL INDEX KEY:\t\t\t{owner['RPTOWNERCIK']}",
        ]
        if has_organization_line:
            lines.append("\t\tORGANIZATION NAME:           \t")
        lines += ["", "\tFILING VALUES:", f"\t\tFORM TYPE:\t\t{form}", "\t\tSEC ACT:\t\t1934 Act"]
        lines += [
            f"\t\tSEC FILE NUMBER:\t{owner['FILE_NUMBER']}",
            f"\t\tFILM NUMBER:\t\t{filed[2:4]}{film + place:06d}",
        ]
        lines += ["", "\tMAIL ADDRESS:\t", f"\t\tSTREET 1:\t\t{owner['RPTOWNER_STREET1']}"]
        if owner["RPTOWNER_STREET2"]:
            lines.append(f"\t\tSTREET 2:\t\t{owner['RPTOWNER_STREET2'].upper()}")
        lines += [
            f"\t\tCITY:\t\t\t{owner['RPTOWNER_CITY']}",
            f"\t\tSTATE:\t\t\t{owner['RPTOWNER_STATE']}",
            f"\t\tZIP:\t\t\t{owner['RPTOWNER_ZIPCODE']}",
            "",
        ]
    company = filing.company
    lines += ["ISSUER:\t\t", "", "\tCOMPANY DATA:\t"]
    lines += [
        f"\t\tCOMPANY CONFORMED NAME:\t\t\t{company.name}",
        f"\t\tCENTRAL INDEX KEY:\t\t\t{company.cik}",
    ]
    if company.sic:
        lines.append(f"\t\tSTANDARD INDUSTRIAL CLASSIFICATION:\t{company.sic_title} [{company.sic}]")
    if has_organization_line:
        lines.append("\t\tORGANIZATION NAME:           \t99 Simulated")
    lines += ["\t\tIRS NUMBER:\t\t\t\t000000000", "\t\tFISCAL YEAR END:\t\t\t1231", "", "\tBUSINESS ADDRESS:\t"]
    lines += [
        f"\t\tSTREET 1:\t\t{company.street.upper()}",
        f"\t\tCITY:\t\t\t{company.city}",
        f"\t\tSTATE:\t\t\t{company.state}",
        f"\t\tZIP:\t\t\t{company.zip_code}",
    ]
    for name, day in company.former:
        lines += ["", "\tFORMER COMPANY:\t", f"\t\tFORMER CONFORMED NAME:\t{name}", f"\t\tDATE OF NAME CHANGE:\t{day}"]
    return "\n".join(lines) + "\n</SEC-HEADER>\n"


def _power_of_attorney(filing: FilingRows) -> bytes:
    owner = escape(filing.rows("REPORTINGOWNER")[0]["RPTOWNERNAME"])
    return (
        f"<HTML><BODY><P>POWER OF ATTORNEY (simulated)</P><P>{owner} lets the corporate secretary sign Forms 3, 4 "
        f"and 5 about {escape(filing.company.name)}.</P></BODY></HTML>"
    ).encode()


class _XmlWriter:
    def __init__(self, filing: FilingRows) -> None:
        self._filing = filing
        seed = hashlib.sha256(filing.accession.encode()).digest()
        self._style = seed[0] % 3
        self._is_wordy = any(row["EQUITY_SWAP_INVOLVED"] in {"true", "false"} for row in self._traded()) or (
            not self._traded() and seed[1] % 2 == 1
        )
        self._blank = "\n" if seed[2] % 2 else ""

    def _traded(self) -> list[Row]:
        return [*self._filing.rows("NONDERIV_TRANS"), *self._filing.rows("DERIV_TRANS")]

    def document(self) -> str:
        row = self._filing.submission
        filed = self._filing.filed
        schema = "X0306" if filed < "20230401" else "X0508" if filed < "20250901" else "X0609"
        parts = [
            '<?xml version="1.0"?>',
            "<ownershipDocument>",
            f"    <schemaVersion>{schema}</schemaVersion>",
            f"    <documentType>{row['DOCUMENT_TYPE']}</documentType>",
            f"    <periodOfReport>{iso_date(row['PERIOD_OF_REPORT'])}</periodOfReport>",
        ]
        if row["DATE_OF_ORIG_SUB"]:
            original = iso_date(row["DATE_OF_ORIG_SUB"])
            parts.append(f"    <dateOfOriginalSubmission>{original}</dateOfOriginalSubmission>")
        for column, element in (
            ("NO_SECURITIES_OWNED", "noSecuritiesOwned"),
            ("NOT_SUBJECT_SEC16", "notSubjectToSection16"),
            ("FORM3_HOLDINGS_REPORTED", "form3HoldingsReported"),
            ("FORM4_TRANS_REPORTED", "form4TransactionsReported"),
        ):
            if row[column]:
                parts.append(f"    <{element}>{row[column]}</{element}>")
        parts.append(
            "    <issuer>\n"
            f"        <issuerCik>{row['ISSUERCIK']}</issuerCik>\n"
            f"        <issuerName>{escape(row['ISSUERNAME'])}</issuerName>\n"
            f"        <issuerTradingSymbol>{escape(row['ISSUERTRADINGSYMBOL'])}</issuerTradingSymbol>\n"
            "    </issuer>"
        )
        parts += [self._owner(owner) for owner in self._filing.rows("REPORTINGOWNER")]
        if row["AFF10B5ONE"]:
            parts.append(f"    <aff10b5One>{row['AFF10B5ONE']}</aff10b5One>")
        parts += self._table("nonDerivative", "NONDERIV")
        parts += self._table("derivative", "DERIV")
        notes = self._filing.rows("FOOTNOTES")
        if notes:
            inner = "\n".join(
                f'        <footnote id="{note["FOOTNOTE_ID"]}">{escape(note["FOOTNOTE_TXT"])}</footnote>'
                for note in notes
            )
            parts.append(f"    <footnotes>\n{inner}\n    </footnotes>")
        if row["REMARKS"]:
            parts.append(f"    <remarks>{escape(row['REMARKS'])}</remarks>")
        for signature in self._filing.rows("OWNER_SIGNATURE"):
            parts.append(
                "    <ownerSignature>\n"
                f"        <signatureName>{escape(signature['OWNERSIGNATURENAME'])}</signatureName>\n"
                f"        <signatureDate>{iso_date(signature['OWNERSIGNATUREDATE'])}</signatureDate>\n"
                "    </ownerSignature>"
            )
        parts.append("</ownershipDocument>")
        return ("\n" + self._blank).join(parts)

    def _flag(self, value: bool) -> str:
        if self._is_wordy:
            return "true" if value else "false"
        return "1" if value else "0"

    def _owner(self, owner: Row) -> str:
        roles = set(owner["RPTOWNER_RELATIONSHIP"].split(","))
        inner = [
            "    <reportingOwner>",
            "        <reportingOwnerId>",
            f"            <rptOwnerCik>{owner['RPTOWNERCIK']}</rptOwnerCik>",
            f"            <rptOwnerName>{escape(owner['RPTOWNERNAME'])}</rptOwnerName>",
            "        </reportingOwnerId>",
            "        <reportingOwnerAddress>",
        ]
        for column, element in (
            ("RPTOWNER_STREET1", "rptOwnerStreet1"),
            ("RPTOWNER_STREET2", "rptOwnerStreet2"),
            ("RPTOWNER_CITY", "rptOwnerCity"),
            ("RPTOWNER_STATE", "rptOwnerState"),
            ("RPTOWNER_ZIPCODE", "rptOwnerZipCode"),
            ("RPTOWNER_STATE_DESC", "rptOwnerStateDescription"),
        ):
            inner.append(f"            <{element}>{escape(owner[column])}</{element}>")
        inner += ["        </reportingOwnerAddress>", "        <reportingOwnerRelationship>"]
        for role in ("Director", "Officer", "TenPercentOwner", "Other"):
            if role in roles or self._style != 0:  # some writers leave untrue flags out
                inner.append(f"            <is{role}>{self._flag(role in roles)}</is{role}>")
        if owner["RPTOWNER_TITLE"]:
            inner.append(f"            <officerTitle>{escape(owner['RPTOWNER_TITLE'])}</officerTitle>")
        if owner["RPTOWNER_TXT"]:
            inner.append(f"            <otherText>{escape(owner['RPTOWNER_TXT'])}</otherText>")
        inner += ["        </reportingOwnerRelationship>", "    </reportingOwner>"]
        return "\n".join(inner)

    def _table(self, element: str, prefix: str) -> list[str]:
        traded, held = self._filing.rows(f"{prefix}_TRANS"), self._filing.rows(f"{prefix}_HOLDING")
        if not traded and not held:
            return [] if self._style == 0 else [f"    <{element}Table></{element}Table>"]
        rows = [self._transaction(f"{element}Transaction", row) for row in traded]
        rows += [self._holding(f"{element}Holding", row) for row in held]
        return ["\n".join([f"    <{element}Table>", *rows, f"    </{element}Table>"])]

    def _value(self, row: Row, column: str, element: str, *, required: bool = False) -> str:
        """A ``<value>`` element with its notes; nothing when it has neither."""
        text, notes = row.get(column, ""), row.get(f"{column}_FN", "")
        if not text and not notes and not required:
            return ""
        if column.endswith("_DATE"):
            text = iso_date(text)
        elif column in _NUMBERS:
            text = plain_number(text, self._style, is_price="PRICE" in column or "VALUE" in column)
        inner = f"<value>{escape(text)}</value>" if text else ""
        return f"<{element}>{inner}{_note_ids(notes)}</{element}>"

    def _transaction(self, element: str, row: Row) -> str:
        coding = (
            f"<transactionCoding><transactionFormType>{row['TRANS_FORM_TYPE']}</transactionFormType>"
            f"<transactionCode>{row['TRANS_CODE']}</transactionCode>"
            f"<equitySwapInvolved>{row['EQUITY_SWAP_INVOLVED']}</equitySwapInvolved>"
            f"{_note_ids(row['EQUITY_SWAP_TRANS_CD_FN'])}</transactionCoding>"
        )
        amounts = "".join(
            (
                self._value(row, "TRANS_SHARES", "transactionShares"),
                self._value(row, "TRANS_TOTAL_VALUE", "transactionTotalValue"),
                self._value(row, "TRANS_PRICEPERSHARE", "transactionPricePerShare", required=True),
                self._value(row, "TRANS_ACQUIRED_DISP_CD", "transactionAcquiredDisposedCode", required=True),
            )
        )
        parts = [
            self._value(row, "SECURITY_TITLE", "securityTitle", required=True),
            self._value(row, "CONV_EXERCISE_PRICE", "conversionOrExercisePrice"),
            self._value(row, "TRANS_DATE", "transactionDate", required=True),
            self._value(row, "DEEMED_EXECUTION_DATE", "deemedExecutionDate"),
            coding,
            self._value(row, "TRANS_TIMELINESS", "transactionTimeliness"),
            f"<transactionAmounts>{amounts}</transactionAmounts>",
            self._value(row, "EXCERCISE_DATE", "exerciseDate"),
            self._value(row, "EXPIRATION_DATE", "expirationDate"),
            *self._tail(row),
        ]
        return _block(element, parts)

    def _holding(self, element: str, row: Row) -> str:
        coding = ""
        if row["TRANS_FORM_TYPE"]:
            form = f"<transactionFormType>{row['TRANS_FORM_TYPE']}</transactionFormType>"
            coding = f"<transactionCoding>{form}{_note_ids(row['TRANS_FORM_TYPE_FN'])}</transactionCoding>"
        parts = [
            self._value(row, "SECURITY_TITLE", "securityTitle", required=True),
            self._value(row, "CONV_EXERCISE_PRICE", "conversionOrExercisePrice"),
            coding,
            self._value(row, "EXERCISE_DATE", "exerciseDate"),
            self._value(row, "EXPIRATION_DATE", "expirationDate"),
            *self._tail(row),
        ]
        return _block(element, parts)

    def _tail(self, row: Row) -> list[str]:
        underlying = "".join(
            (
                self._value(row, "UNDLYNG_SEC_TITLE", "underlyingSecurityTitle"),
                self._value(row, "UNDLYNG_SEC_SHARES", "underlyingSecurityShares"),
                self._value(row, "UNDLYNG_SEC_VALUE", "underlyingSecurityValue"),
            )
        )
        after = "".join(
            (
                self._value(row, "SHRS_OWND_FOLWNG_TRANS", "sharesOwnedFollowingTransaction"),
                self._value(row, "VALU_OWND_FOLWNG_TRANS", "valueOwnedFollowingTransaction"),
            )
        )
        nature = "".join(
            (
                self._value(row, "DIRECT_INDIRECT_OWNERSHIP", "directOrIndirectOwnership", required=True),
                self._value(row, "NATURE_OF_OWNERSHIP", "natureOfOwnership"),
            )
        )
        return [
            f"<underlyingSecurity>{underlying}</underlyingSecurity>" if underlying else "",
            f"<postTransactionAmounts>{after}</postTransactionAmounts>",
            f"<ownershipNature>{nature}</ownershipNature>",
        ]


_NUMBERS = frozenset(
    {
        "CONV_EXERCISE_PRICE",
        "TRANS_SHARES",
        "TRANS_TOTAL_VALUE",
        "TRANS_PRICEPERSHARE",
        "UNDLYNG_SEC_SHARES",
        "UNDLYNG_SEC_VALUE",
        "SHRS_OWND_FOLWNG_TRANS",
        "VALU_OWND_FOLWNG_TRANS",
    }
)


def _note_ids(notes: str) -> str:
    return "".join(f'<footnoteId id="{note}"/>' for note in notes.split(", ")) if notes else ""


def _block(element: str, parts: Sequence[str]) -> str:
    inner = "\n".join(f"            {part}" for part in parts if part)
    return f"        <{element}>\n{inner}\n        </{element}>"
