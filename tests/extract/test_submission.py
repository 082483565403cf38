"""Splitting submissions: every header form EDGAR has used, and files that end too early."""

from __future__ import annotations

import pytest

from extract.submission import MAX_DOCUMENTS, FormerName, split_submission
from tests.extract.filings import ACCESSION, ISSUER_HEADER, document, ownership_xml, submission, xml_document
from warehouse.errors import SourceDataError

DISSEMINATED = f"""\
<SUBMISSION>
<ACCESSION-NUMBER>{ACCESSION}
<TYPE>4/A
<PUBLIC-DOCUMENT-COUNT>1
<PERIOD>20240115
<FILING-DATE>20240117
<REPORTING-OWNER>
<OWNER-DATA>
<CONFORMED-NAME>SMITH: DARLA M
<CIK>0001674334
<ORGANIZATION-NAME>
</OWNER-DATA>
<FILING-VALUES>
<FORM-TYPE>4/A
<FILE-NUMBER>001-07882
</FILING-VALUES>
</REPORTING-OWNER>
<ISSUER>
<COMPANY-DATA>
<CONFORMED-NAME>ADVANCED DEVICES INC
<CIK>0000002488
<ASSIGNED-SIC>3674
<ORGANIZATION-NAME>04 Manufacturing
</COMPANY-DATA>
<FORMER-COMPANY>
<FORMER-CONFORMED-NAME>DEVICES INC
<DATE-CHANGED>19991231
</FORMER-COMPANY>
</ISSUER>
<DOCUMENT>
<TYPE>4
<TEXT>
<XML>
<a/>
</XML>
</TEXT>
</DOCUMENT>
</SUBMISSION>
"""


def test_the_header_of_a_full_submission() -> None:
    split = split_submission(submission(xml_document(ownership_xml()), form_type="4/A"))
    assert split.accession_number == ACCESSION
    assert split.form_type == "4/A"
    assert split.filed_date == "20240501"
    assert split.period == "20240429"
    assert split.document_count == "1"
    assert split.acceptance_datetime == "20240501181030"


def test_issuer_and_owners_are_told_apart_with_their_own_sic_and_former_names() -> None:
    split = split_submission(submission(xml_document(ownership_xml())))
    owner, issuer = split.filers
    assert (issuer.role, issuer.cik, issuer.sic) == ("issuer", "0000842517", "6022")
    assert issuer.name == "ACME: TOOLS & DIES Corp", "a name may hold a colon"
    assert issuer.former_names == (
        FormerName("ACME HARDWARE", "20080602"),
        FormerName("ACME BANCORP INC /MI/", "19920703"),
    )
    assert (owner.role, owner.name, owner.cik) == ("owner", "HASTINGS REED", "0001033331")
    assert owner.file_number == "000-18415"
    assert owner.former_names == (FormerName("HASTINGS R", "20010101"),)
    assert split.issuer == issuer
    assert split.owners == (owner,)


@pytest.mark.parametrize(
    ("written", "sic"),
    [
        ("STATE COMMERCIAL BANKS [6022]", "6022"),
        (" []", None),
        ("", None),
        ("AGRICULTURAL PRODUCTION-CROPS [0100]", "0100"),
        ("AGRICULTURAL PRODUCTION-CROPS [100]", "0100"),
        ("BLANK CHECKS [OLD] [6770]", "6770"),
        ("ONLY WORDS", None),
    ],
)
def test_the_assigned_sic(written: str, sic: str | None) -> None:
    filers = ISSUER_HEADER.replace("STATE COMMERCIAL BANKS [6022]", written)
    issuer = split_submission(submission(filers=filers)).issuer
    assert issuer is not None
    assert issuer.sic == sic


def test_the_dissemination_form() -> None:
    split = split_submission(DISSEMINATED.encode())
    assert (split.accession_number, split.form_type, split.filed_date) == (ACCESSION, "4/A", "20240117")
    assert split.acceptance_datetime is None
    owner, issuer = split.filers
    assert (owner.role, owner.name, owner.file_number) == ("owner", "SMITH: DARLA M", "001-07882")
    assert (issuer.role, issuer.cik, issuer.sic) == ("issuer", "0000002488", "3674")
    assert issuer.former_names == (FormerName("DEVICES INC", "19991231"),)
    assert [part.xml for part in split.documents] == [b"<a/>"]


@pytest.mark.parametrize("line_end", [b"\r\n", b"\r"])
@pytest.mark.parametrize("content", [DISSEMINATED.encode(), submission(xml_document("<a/>"))])
def test_other_line_ends_read_the_same(content: bytes, line_end: bytes) -> None:
    usual, other = split_submission(content), split_submission(content.replace(b"\n", line_end))
    assert usual.filers
    assert other._replace(documents=()) == usual._replace(documents=())
    assert [(part.type, part.filename, part.xml) for part in other.documents] == [
        (part.type, part.filename, part.xml) for part in usual.documents
    ]


def test_a_pem_envelope_is_looked_through() -> None:
    envelope = (
        b"-----BEGIN PRIVACY-ENHANCED MESSAGE-----\nProc-Type: 2001,MIC-CLEAR\nMIC-Info: RSA-MD5,RSA,\n abc==\n\n"
    )
    content = submission(xml_document("<a/>"))
    assert split_submission(envelope + content + b"-----END PRIVACY-ENHANCED MESSAGE-----\n") == split_submission(
        content
    )


def test_documents_keep_their_head_lines_and_bodies() -> None:
    content = submission(xml_document("<a/>"), document(b"I, Jane Doe,\nappoint", kind="EX-24.4_825294", place=2))
    first, second = split_submission(content).documents
    assert (first.type, first.sequence, first.filename, first.description) == ("4", "1", "doc1.xml", "FORM 4")
    assert first.xml == b"<a/>"
    assert second.type == "EX-24.4_825294"
    assert second.body == b"\nI, Jane Doe,\nappoint\n"
    assert second.xml is None


def test_a_document_cut_off_before_the_next_one_loses_only_its_own_end() -> None:
    whole = xml_document("<a/>")
    cut = whole[: whole.index(b"</XML>")]
    first, second = split_submission(submission(cut, xml_document("<b/>", place=2))).documents
    assert first.xml == b"<a/>"
    assert second.xml == b"<b/>"


def test_bytes_of_any_encoding_in_the_header() -> None:
    for encoding in ("utf-8", "cp1252", "latin-1"):
        content = submission(filers=ISSUER_HEADER.replace("ACME:", "ÉCLAIR")).decode().encode(encoding)
        issuer = split_submission(content).issuer
        assert issuer is not None
        assert issuer.name == "ÉCLAIR TOOLS & DIES Corp"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html><title>SEC.gov | Request Rate Threshold Exceeded</title></html>",
        b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>",
        b"<SEC-HEADER>\nCONFORMED SUBMISSION TYPE:\t4\n</SEC-HEADER>",
        xml_document(ownership_xml()),
    ],
)
def test_what_is_no_submission(content: bytes) -> None:
    with pytest.raises(SourceDataError, match="header"):
        split_submission(content)


def test_the_number_of_documents_is_bounded() -> None:
    with pytest.raises(SourceDataError, match="documents"):
        split_submission(submission(*[b"<DOCUMENT>"] * (MAX_DOCUMENTS + 1)))
