"""Writes small submissions by hand: header, ownership XML, and ways to spoil them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from extract.ownership import ParsedFiling, QuarantinedFiling, parse_filing
from warehouse.raw_schema import FORM345

if TYPE_CHECKING:
    from collections.abc import Sequence

ACCESSION = "0001234567-24-000017"
FILED = date(2024, 5, 1)

ISSUER_HEADER = """\
ISSUER:\t\t

\tCOMPANY DATA:\t
\t\tCOMPANY CONFORMED NAME:\t\t\tACME: TOOLS & DIES Corp
\t\tCENTRAL INDEX KEY:\t\t\t0000842517
\t\tSTANDARD INDUSTRIAL CLASSIFICATION:\tSTATE COMMERCIAL BANKS [6022]
\t\tORGANIZATION NAME:           \t02 Finance
\t\tIRS NUMBER:\t\t\t\t382830092

\tFORMER COMPANY:\t
\t\tFORMER CONFORMED NAME:\tACME HARDWARE
\t\tDATE OF NAME CHANGE:\t20080602

\tFORMER COMPANY:\t
\t\tFORMER CONFORMED NAME:\tACME BANCORP INC /MI/
\t\tDATE OF NAME CHANGE:\t19920703
"""

OWNER_HEADER = """\
REPORTING-OWNER:\t

\tOWNER DATA:\t
\t\tCOMPANY CONFORMED NAME:\t\t\tHASTINGS REED
\t\tCENTRAL INDEX KEY:\t\t\t0001033331
\t\tSTANDARD INDUSTRIAL CLASSIFICATION:\tSERVICES-PREPACKAGED SOFTWARE [7372]
\t\tORGANIZATION NAME:           \t

\tFILING VALUES:
\t\tFORM TYPE:\t\t4
\t\tSEC FILE NUMBER:\t000-18415

\tMAIL ADDRESS:\t
\t\tSTREET 1:\t\t1 MAIN ST
\t\tCITY:\t\t\tMT. PLEASANT

\tFORMER NAME:\t
\t\tFORMER CONFORMED NAME:\tHASTINGS R
\t\tDATE OF NAME CHANGE:\t20010101
"""

ISSUER_XML = (
    "<issuer><issuerCik>0000842517</issuerCik><issuerName>Acme</issuerName>"
    "<issuerTradingSymbol>ACME</issuerTradingSymbol></issuer>"
)
OWNER_XML = """\
<reportingOwner>
  <reportingOwnerId><rptOwnerCik>0001033331</rptOwnerCik><rptOwnerName>Hastings Reed</rptOwnerName></reportingOwnerId>
  <reportingOwnerRelationship><isDirector>1</isDirector></reportingOwnerRelationship>
</reportingOwner>
"""
TRANSACTION = """\
<nonDerivativeTransaction>
  <securityTitle><value>Common Stock</value></securityTitle>
  <transactionDate><value>2024-04-29</value></transactionDate>
  <transactionCoding>
    <transactionFormType>4</transactionFormType><transactionCode>P</transactionCode>
    <equitySwapInvolved>0</equitySwapInvolved>
  </transactionCoding>
  <transactionAmounts>
    <transactionShares><value>275.634</value></transactionShares>
    <transactionPricePerShare><value>18.14</value><footnoteId id="F1"/></transactionPricePerShare>
    <transactionAcquiredDisposedCode><value>A</value></transactionAcquiredDisposedCode>
  </transactionAmounts>
  <postTransactionAmounts>
    <sharesOwnedFollowingTransaction><value>15711.8844</value></sharesOwnedFollowingTransaction>
  </postTransactionAmounts>
  <ownershipNature><directOrIndirectOwnership><value>D</value></directOrIndirectOwnership></ownershipNature>
</nonDerivativeTransaction>
"""
FOOTNOTES = '<footnotes><footnote id="F1">Weighted average.</footnote></footnotes>'


def ownership_xml(
    *,
    issuer: str = ISSUER_XML,
    owners: str = OWNER_XML,
    non_derivative: str = TRANSACTION,
    derivative: str = "",
    footnotes: str = FOOTNOTES,
    rest: str = "",
    declaration: str = '<?xml version="1.0"?>\n',
) -> str:
    return (
        f"{declaration}<ownershipDocument>\n<schemaVersion>X0508</schemaVersion>\n<documentType>4</documentType>\n"
        f"<periodOfReport>2024-04-29</periodOfReport>\n{issuer}\n{owners}\n"
        f"<nonDerivativeTable>{non_derivative}</nonDerivativeTable>\n<derivativeTable>{derivative}</derivativeTable>\n"
        f"{footnotes}\n{rest}\n</ownershipDocument>"
    )


def document(body: bytes, *, kind: str = "4", place: int = 1) -> bytes:
    return (
        f"<DOCUMENT>\n<TYPE>{kind}\n<SEQUENCE>{place}\n<FILENAME>doc{place}.xml\n<DESCRIPTION>FORM {kind}\n"
        "<TEXT>\n".encode()
        + body
        + b"\n</TEXT>\n</DOCUMENT>\n"
    )


def xml_document(xml: str | bytes, *, kind: str = "4", place: int = 1) -> bytes:
    return document(b"<XML>\n" + (xml.encode() if isinstance(xml, str) else xml) + b"\n</XML>", kind=kind, place=place)


def submission(
    *documents: bytes,
    accession: str = ACCESSION,
    form_type: str = "4",
    filers: str = OWNER_HEADER + "\n" + ISSUER_HEADER,
) -> bytes:
    header = (
        f"<SEC-DOCUMENT>{accession}.txt : 20240501\n<SEC-HEADER>{accession}.hdr.sgml : 20240501\n"
        f"<ACCEPTANCE-DATETIME>20240501181030\nACCESSION NUMBER:\t\t{accession}\n"
        f"CONFORMED SUBMISSION TYPE:\t{form_type}\nPUBLIC DOCUMENT COUNT:\t\t1\n"
        f"CONFORMED PERIOD OF REPORT:\t20240429\nFILED AS OF DATE:\t\t20240501\n\n{filers}</SEC-HEADER>\n"
    )
    return header.encode() + b"".join(documents) + b"</SEC-DOCUMENT>\n"


def filing(xml: str | bytes) -> bytes:
    """A submission with one ownership document."""
    return submission(xml_document(xml))


def read(content: bytes, accession: str = ACCESSION) -> ParsedFiling | QuarantinedFiling:
    return parse_filing(content, accession_number=accession, filed_date=FILED)


def parsed(content: bytes) -> ParsedFiling:
    result = read(content)
    assert isinstance(result, ParsedFiling), result
    return result


def refused(content: bytes) -> QuarantinedFiling:
    result = read(content)
    assert isinstance(result, QuarantinedFiling), "parsed although it should have been refused"
    return result


def named(parsed_filing: ParsedFiling, table: str) -> list[dict[str, str | None]]:
    """A table's rows by column name."""
    return [dict(zip(FORM345[table].value_columns, row, strict=True)) for row in parsed_filing.rows[table]]


def only(rows: Sequence[dict[str, str | None]]) -> dict[str, str | None]:
    assert len(rows) == 1
    return rows[0]
