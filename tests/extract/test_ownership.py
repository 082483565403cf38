"""Submissions into rows: every column, every owner, every footnote, and nothing interpreted."""

from __future__ import annotations

from datetime import date

import pytest

from extract.ownership import REASONS, ParsedFiling, parse_filing
from tests.extract.filings import (
    ACCESSION,
    FILED,
    FOOTNOTES,
    ISSUER_HEADER,
    ISSUER_XML,
    OWNER_HEADER,
    OWNER_XML,
    TRANSACTION,
    document,
    filing,
    named,
    only,
    ownership_xml,
    parsed,
    read,
    refused,
    submission,
    xml_document,
)
from warehouse.raw_schema import FORM345

# Column -> where its element stands, as the SEC's specification names it. Written apart from the parser on purpose.
ELEMENTS = {
    "security_title": "securityTitle",
    "conv_exercise_price": "conversionOrExercisePrice",
    "trans_date": "transactionDate",
    "deemed_execution_date": "deemedExecutionDate",
    "trans_timeliness": "transactionTimeliness",
    "trans_shares": "transactionAmounts/transactionShares",
    "trans_total_value": "transactionAmounts/transactionTotalValue",
    "trans_pricepershare": "transactionAmounts/transactionPricePerShare",
    "trans_acquired_disp_cd": "transactionAmounts/transactionAcquiredDisposedCode",
    "excercise_date": "exerciseDate",
    "exercise_date": "exerciseDate",
    "expiration_date": "expirationDate",
    "undlyng_sec_title": "underlyingSecurity/underlyingSecurityTitle",
    "undlyng_sec_shares": "underlyingSecurity/underlyingSecurityShares",
    "undlyng_sec_value": "underlyingSecurity/underlyingSecurityValue",
    "shrs_ownd_folwng_trans": "postTransactionAmounts/sharesOwnedFollowingTransaction",
    "valu_ownd_folwng_trans": "postTransactionAmounts/valueOwnedFollowingTransaction",
    "direct_indirect_ownership": "ownershipNature/directOrIndirectOwnership",
    "nature_of_ownership": "ownershipNature/natureOfOwnership",
}
ROW_ELEMENTS = {
    "nonderiv_trans": "nonDerivativeTransaction",
    "nonderiv_holding": "nonDerivativeHolding",
    "deriv_trans": "derivativeTransaction",
    "deriv_holding": "derivativeHolding",
}


def full_row(table: str) -> tuple[str, dict[str, str]]:
    """A row with every element of its table, and the columns it must give."""
    expected: dict[str, str] = {}
    parts: list[str] = []
    for column in FORM345[table].source_columns:
        if column in ELEMENTS:
            note = f"N{len(expected)}"
            expected |= {column: f"<{column}>", f"{column}_fn": note}
            inner = f'<value>&lt;{column}&gt;</value><footnoteId id="{note}"/>'
            for tag in reversed(ELEMENTS[column].split("/")):
                inner = f"<{tag}>{inner}</{tag}>"
            parts.append(inner)
    coding = "<transactionFormType>4</transactionFormType>"
    expected["trans_form_type"] = "4"
    if "trans_code" in FORM345[table].source_columns:
        coding += "<transactionCode>P</transactionCode><equitySwapInvolved>0</equitySwapInvolved>"
        expected |= {"trans_code": "P", "equity_swap_involved": "0", "equity_swap_trans_cd_fn": "C1, C2"}
    else:
        expected["trans_form_type_fn"] = "C1, C2"
    coding += '<footnoteId id="C1"/><footnoteId id="C2"/>'
    parts.append(f"<transactionCoding>{coding}</transactionCoding>")
    return f"<{ROW_ELEMENTS[table]}>{''.join(parts)}</{ROW_ELEMENTS[table]}>", expected


@pytest.mark.parametrize("table", ROW_ELEMENTS)
def test_every_column_of_the_row_tables_is_filled_from_its_element(table: str) -> None:
    row, expected = full_row(table)
    sides = {"derivative": row, "non_derivative": ""} if table.startswith("deriv") else {"non_derivative": row}
    result = parsed(filing(ownership_xml(**sides)))
    found = only(named(result, table))
    assert found == expected | {"accession_number": ACCESSION, f"{table}_sk": "1"}
    assert set(found) == set(FORM345[table].value_columns)
    assert not [notice for notice in result.notices if notice.startswith("unread")]


@pytest.mark.parametrize("table", ROW_ELEMENTS)
def test_an_unknown_element_costs_no_other_column(table: str) -> None:
    """The element by element reading that follows finds what the quick one does, and counts what is new."""
    row, expected = full_row(table)
    row = row.replace("<securityTitle>", "<newIn2031>7</newIn2031><securityTitle>", 1)
    sides = {"derivative": row, "non_derivative": ""} if table.startswith("deriv") else {"non_derivative": row}
    result = parsed(filing(ownership_xml(**sides)))
    assert only(named(result, table)) == expected | {"accession_number": ACCESSION, f"{table}_sk": "1"}
    assert result.notices[f"unread {table}/{ROW_ELEMENTS[table]}/newIn2031"] == 1


def test_the_submission_row() -> None:
    xml = ownership_xml(
        rest="<dateOfOriginalSubmission>2024-04-30</dateOfOriginalSubmission><noSecuritiesOwned>0</noSecuritiesOwned>"
        "<notSubjectToSection16>true</notSubjectToSection16><form3HoldingsReported>1</form3HoldingsReported>"
        "<form4TransactionsReported>0</form4TransactionsReported><aff10b5One>false</aff10b5One>"
        "<remarks>\n  See exhibit &amp; note  \n</remarks>",
    )
    row = only(named(parsed(submission(xml_document(xml), form_type="4/A")), "submission"))
    assert row == {
        "accession_number": ACCESSION,
        "filing_date": "2024-05-01",
        "period_of_report": "2024-04-29",
        "date_of_orig_sub": "2024-04-30",
        "no_securities_owned": "0",
        "not_subject_sec16": "true",
        "form3_holdings_reported": "1",
        "form4_trans_reported": "0",
        "document_type": "4",
        "issuercik": "0000842517",
        "issuername": "Acme",
        "issuertradingsymbol": "ACME",
        "remarks": "See exhibit & note",
        "aff10b5one": "false",
        "acceptance_datetime": "20240501181030",
        "assigned_sic": "6022",
        "header_form_type": "4/A",
        "header_issuer_name": "ACME: TOOLS & DIES Corp",
        "schema_version": "X0508",
        "recovery": None,
    }


def test_form_type_and_filing_date_that_disagree_with_the_header_are_noticed_and_both_types_kept() -> None:
    result = parse_filing(
        submission(xml_document(ownership_xml()), form_type="4/A"),
        accession_number=ACCESSION,
        filed_date=date(2024, 5, 2),
    )
    assert isinstance(result, ParsedFiling)
    row = only(named(result, "submission"))
    assert (row["document_type"], row["header_form_type"], row["filing_date"]) == ("4", "4/A", "2024-05-02")
    assert result.notices == {"form_type_differs": 1, "filed_date_differs": 1}


def test_all_owners_with_their_address_title_and_file_number() -> None:
    second = """<reportingOwner>
      <reportingOwnerId><rptOwnerCik>0001674334</rptOwnerCik><rptOwnerName>Fund LP</rptOwnerName></reportingOwnerId>
      <reportingOwnerAddress><rptOwnerStreet1>1 A ST</rptOwnerStreet1><rptOwnerStreet2>STE 2</rptOwnerStreet2>
        <rptOwnerCity>SAN JOSE</rptOwnerCity><rptOwnerState>CA</rptOwnerState><rptOwnerZipCode>95054</rptOwnerZipCode>
        <rptOwnerStateDescription>CALIFORNIA</rptOwnerStateDescription></reportingOwnerAddress>
      <reportingOwnerRelationship><isOther>true</isOther><isTenPercentOwner>1</isTenPercentOwner>
        <isOfficer>TRUE</isOfficer><isDirector>false</isDirector><officerTitle>See Remarks</officerTitle>
        <otherText>Member of 13(d) group</otherText></reportingOwnerRelationship>
    </reportingOwner>"""
    first_row, second_row = named(parsed(filing(ownership_xml(owners=OWNER_XML + second))), "reportingowner")
    assert first_row["rptownercik"] == "0001033331"
    assert first_row["rptowner_relationship"] == "Director"
    assert first_row["file_number"] == "000-18415"
    assert second_row == {
        "accession_number": ACCESSION,
        "rptownercik": "0001674334",
        "rptownername": "Fund LP",
        "rptowner_relationship": "Officer,TenPercentOwner,Other",
        "rptowner_title": "See Remarks",
        "rptowner_txt": "Member of 13(d) group",
        "rptowner_street1": "1 A ST",
        "rptowner_street2": "STE 2",
        "rptowner_city": "SAN JOSE",
        "rptowner_state": "CA",
        "rptowner_zipcode": "95054",
        "rptowner_state_desc": "CALIFORNIA",
        "file_number": None,
    }


@pytest.mark.parametrize(
    ("flags", "relationship"),
    [
        ("<isDirector>0</isDirector><isOfficer>false</isOfficer>", None),
        ("", None),
        ("<isDirector></isDirector><isOther>1</isOther>", "Other"),
        (
            "<isDirector>1</isDirector><isOfficer>1</isOfficer><isTenPercentOwner>1</isTenPercentOwner>",
            "Director,Officer,TenPercentOwner",
        ),
    ],
)
def test_the_relationship_is_written_as_the_sec_does(flags: str, relationship: str | None) -> None:
    owner = OWNER_XML.replace("<isDirector>1</isDirector>", flags)
    assert (
        only(named(parsed(filing(ownership_xml(owners=owner))), "reportingowner"))["rptowner_relationship"]
        == relationship
    )


def test_rows_are_numbered_within_their_table_in_document_order() -> None:
    holding = "<nonDerivativeHolding><securityTitle><value>{}</value></securityTitle></nonDerivativeHolding>"
    trade = "<nonDerivativeTransaction><securityTitle><value>{}</value></securityTitle></nonDerivativeTransaction>"
    rows = holding.format("h1") + trade.format("t1") + holding.format("h2") + trade.format("t2")
    result = parsed(filing(ownership_xml(non_derivative=rows)))
    assert [(row["nonderiv_trans_sk"], row["security_title"]) for row in named(result, "nonderiv_trans")] == [
        ("1", "t1"),
        ("2", "t2"),
    ]
    assert [(row["nonderiv_holding_sk"], row["security_title"]) for row in named(result, "nonderiv_holding")] == [
        ("1", "h1"),
        ("2", "h2"),
    ]


@pytest.mark.parametrize(
    "written", ["250,000", "1.5000", "$3.00", "2035-01-10", "0015-03-01-05:00", "N/A", "\uff11\uff12"]
)
def test_values_are_kept_as_written(written: str) -> None:
    result = parsed(filing(ownership_xml(non_derivative=TRANSACTION.replace("275.634", f"\n {written}\t"))))
    assert only(named(result, "nonderiv_trans"))["trans_shares"] == written


def test_a_price_that_is_only_a_footnote_stays_empty() -> None:
    row = TRANSACTION.replace("<value>18.14</value>", "")
    found = only(named(parsed(filing(ownership_xml(non_derivative=row))), "nonderiv_trans"))
    assert (found["trans_pricepershare"], found["trans_pricepershare_fn"]) == (None, "F1")


def test_a_row_without_transaction_coding_is_kept() -> None:
    start, end = TRANSACTION.index("<transactionCoding>"), TRANSACTION.index("</transactionCoding>") + 20
    found = only(
        named(parsed(filing(ownership_xml(non_derivative=TRANSACTION[:start] + TRANSACTION[end:]))), "nonderiv_trans")
    )
    assert (found["trans_code"], found["trans_shares"]) == (None, "275.634")


def test_footnotes_know_every_element_they_hang_on() -> None:
    """Footnotes hang on fields, on a coding as a whole, on several rows, twice on one field, and on nothing."""
    coded = TRANSACTION.replace(
        "</transactionCoding>", '<footnoteId id="F2"/><footnoteId id="F1"/></transactionCoding>'
    )
    doubled = TRANSACTION.replace(
        '<footnoteId id="F1"/>', '<footnoteId id="F1"/><footnoteId id="F3"/><footnoteId id="F1"/>'
    )
    notes = "".join(f'<footnote id="F{n}">Note {n}</footnote>' for n in range(1, 5))
    result = parsed(filing(ownership_xml(non_derivative=coded + doubled, footnotes=f"<footnotes>{notes}</footnotes>")))
    assert [row["trans_pricepershare_fn"] for row in named(result, "nonderiv_trans")] == ["F1", "F1, F3"]
    assert [row["equity_swap_trans_cd_fn"] for row in named(result, "nonderiv_trans")] == ["F2, F1", None]
    assert {row["footnote_id"]: (row["footnote_txt"], row["elements"]) for row in named(result, "footnotes")} == {
        "F1": (
            "Note 1",
            "nonderiv_trans[1].equity_swap_trans_cd,nonderiv_trans[1].trans_pricepershare,nonderiv_trans[2].trans_pricepershare",
        ),
        "F2": ("Note 2", "nonderiv_trans[1].equity_swap_trans_cd"),
        "F3": ("Note 3", "nonderiv_trans[2].trans_pricepershare"),
        "F4": ("Note 4", None),
    }


def test_a_reference_without_its_footnote_is_kept_and_noticed() -> None:
    result = parsed(filing(ownership_xml(footnotes="")))
    assert only(named(result, "nonderiv_trans"))["trans_pricepershare_fn"] == "F1"
    assert result.notices == {"footnote_missing": 1}


def test_footnotes_on_elements_without_a_column_are_kept() -> None:
    rest = '<remarks>See note<footnoteId id="F1"/></remarks><novelty><footnoteId id="F1"/></novelty>'
    result = parsed(filing(ownership_xml(rest=rest)))
    assert only(named(result, "submission"))["remarks"] == "See note"
    assert (
        only(named(result, "footnotes"))["elements"]
        == "nonderiv_trans[1].trans_pricepershare,submission[1].remarks,novelty"
    )


def test_mark_up_inside_a_text_is_read_through_without_losing_a_blank() -> None:
    note = '<footnotes><footnote id="F1">Sold <i>at</i> <b>prices</b> from &lt; $3</footnote></footnotes>'
    result = parsed(filing(ownership_xml(footnotes=note)))
    assert only(named(result, "footnotes"))["footnote_txt"] == "Sold at prices from < $3"
    assert not result.notices


def test_cdata_comments_and_instructions() -> None:
    note = (
        '<footnotes><footnote id="F1"><![CDATA[A & B < C]]><!-- not text --> and<?page break?> D</footnote></footnotes>'
    )
    assert only(named(parsed(filing(ownership_xml(footnotes=note))), "footnotes"))["footnote_txt"] == "A & B < C and D"


def test_text_that_no_field_can_hold_is_counted() -> None:
    spoiled = TRANSACTION.replace("<transactionAmounts>", "<transactionAmounts>stray", 1)
    spoiled = spoiled.replace("<value>D</value>", "<value>D</value><value>I</value>")
    result = parsed(filing(ownership_xml(non_derivative=spoiled, rest="<contact><mail>a@b.example</mail></contact>")))
    found = only(named(result, "nonderiv_trans"))
    assert (found["trans_shares"], found["direct_indirect_ownership"]) == ("275.634", "D")
    assert result.notices == {
        "unread characters between elements": 5,
        "unread second directOrIndirectOwnership": 1,
        "unread contact": 1,
    }


def test_a_field_written_without_its_value_element_is_still_read() -> None:
    row = TRANSACTION.replace("<value>275.634</value>", "275.634")
    assert only(named(parsed(filing(ownership_xml(non_derivative=row))), "nonderiv_trans"))["trans_shares"] == "275.634"


def test_the_number_of_different_notices_is_bounded() -> None:
    rest = "".join(f"<novelty{n}>x</novelty{n}>" for n in range(5000))
    notices = parsed(filing(ownership_xml(rest=rest))).notices
    assert len(notices) <= 101
    assert sum(notices.values()) == 5000


@pytest.mark.parametrize("prefix", ["", "own:"])
def test_a_namespace_changes_nothing(prefix: str) -> None:
    xml = ownership_xml(declaration="")
    if prefix:
        xml = xml.replace("</", "\0").replace("<", f"<{prefix}").replace("\0", f"</{prefix}")
    name = f"xmlns{':own' if prefix else ''}"
    spaced = xml.replace("ownershipDocument>", f'ownershipDocument {name}="http://www.sec.gov/edgar/ownership">', 1)
    assert parsed(filing(spaced)).rows == parsed(filing(ownership_xml())).rows


# ---------------------------------------------------------------------------------------------------------- issuers


def test_the_sic_is_the_one_of_the_issuer_the_xml_names() -> None:
    other = ISSUER_HEADER.replace("0000842517", "0000000099").replace("6022", "1311")
    content = submission(xml_document(ownership_xml()), filers=other + "\n" + ISSUER_HEADER)
    assert only(named(parsed(content), "submission"))["assigned_sic"] == "6022"


def test_no_sic_is_taken_from_another_company() -> None:
    other = ISSUER_HEADER.replace("0000842517", "0000000099")
    result = parsed(submission(xml_document(ownership_xml()), filers=OWNER_HEADER + "\n" + other))
    row = only(named(result, "submission"))
    assert (row["issuercik"], row["assigned_sic"]) == ("0000842517", None)
    assert row["header_issuer_name"] == "ACME: TOOLS & DIES Corp"
    assert result.notices == {"issuer_differs": 1}


def test_an_owner_with_a_sic_does_not_become_the_issuer() -> None:
    """Hastings Reed, an individual, carries SIC 7372 in the header and in the submissions JSON."""
    row = only(named(parsed(submission(xml_document(ownership_xml()), filers=OWNER_HEADER)), "submission"))
    assert (row["issuercik"], row["assigned_sic"], row["header_issuer_name"]) == ("0000842517", None, None)


def test_a_company_that_owns_another_is_not_taken_for_it() -> None:
    """Trap 5: Berkshire files as owner of Kroger; the trade is Kroger's, whatever the path or the ticker says."""
    owner = OWNER_HEADER.replace("0001033331", "0001067983").replace("HASTINGS REED", "BERKSHIRE HATHAWAY INC")
    xml = ownership_xml(
        owners=OWNER_XML.replace("0001033331", "0001067983"), issuer=ISSUER_XML.replace("ACME", "BRK.A")
    )
    row = only(named(parsed(submission(xml_document(xml), filers=owner + "\n" + ISSUER_HEADER)), "submission"))
    assert (row["issuercik"], row["issuertradingsymbol"], row["assigned_sic"]) == ("0000842517", "BRK.A", "6022")


def test_an_issuer_cik_without_leading_zeros_still_finds_its_header() -> None:
    xml = ownership_xml(issuer=ISSUER_XML.replace("0000842517", "842517"))
    row = only(named(parsed(filing(xml)), "submission"))
    assert (row["issuercik"], row["assigned_sic"]) == ("842517", "6022")


# ------------------------------------------------------------------------------------------------------- quarantine

REFUSALS = {
    "not_a_submission": b"<html>Request Rate Threshold Exceeded</html>",
    "accession_mismatch": submission(xml_document(ownership_xml()), accession="0009999999-24-000001"),
    "no_ownership_document": submission(document(b"FORM 4\n1. Name and Address of Reporting Person")),
    "several_ownership_documents": submission(
        xml_document(ownership_xml()), xml_document(ownership_xml(footnotes=""), place=2)
    ),
    "issuer_missing": filing(ownership_xml(issuer="")),
    "too_large": filing(ownership_xml(rest=f"<remarks>{'x' * 9_000_000}</remarks>")),
    "xml_hostile": filing(ownership_xml(declaration="<!DOCTYPE ownershipDocument>")),
    "encoding_unknown": filing(ownership_xml(declaration='<?xml version="1.0" encoding="UTF-7"?>')),
    "xml_not_recoverable": filing(ownership_xml()[:-200]),
}


@pytest.mark.parametrize("reason_code", REFUSALS)
def test_every_reason_for_quarantine(reason_code: str) -> None:
    result = refused(REFUSALS[reason_code])
    assert result.reason_code == reason_code
    assert result.reason.startswith(REASONS[reason_code])
    assert result.accession_number == ACCESSION
    assert result.byte_count == len(REFUSALS[reason_code])
    assert len(result.sha256) == 64


def test_every_reason_has_a_case_and_a_sentence() -> None:
    # A parser fault cannot be asked for; tests of the day show what becomes of one.
    assert set(REASONS) - set(REFUSALS) == {"parser_error"}
    assert all(sentence.endswith(".") for sentence in REASONS.values())


@pytest.mark.parametrize(
    "written", ["", "<issuerCik/>", "<issuerCik>ACME</issuerCik>", "<issuerCik>12345678901</issuerCik>"]
)
def test_nothing_stands_in_for_a_missing_issuer_cik(written: str) -> None:
    issuer = ISSUER_XML.replace("<issuerCik>0000842517</issuerCik>", written)
    assert refused(filing(ownership_xml(issuer=issuer))).reason_code == "issuer_missing"


def test_the_same_ownership_document_twice_is_read_once() -> None:
    xml = ownership_xml()
    result = parsed(submission(xml_document(xml), xml_document(xml, place=2)))
    assert only(named(result, "submission"))["recovery"] == "duplicate_document"
    assert len(result.rows["nonderiv_trans"]) == 1


def test_xml_in_an_exhibit_is_not_taken_for_the_form() -> None:
    exhibit = xml_document("<anything><value>7</value></anything>", kind="EX-99", place=2)
    assert parsed(submission(xml_document(ownership_xml()), exhibit)).rows == parsed(filing(ownership_xml())).rows


def test_an_ownership_document_without_its_xml_wrapper_is_found() -> None:
    assert parsed(submission(document(ownership_xml().encode()))).rows == parsed(filing(ownership_xml())).rows


def test_a_form_whose_xml_is_something_else() -> None:
    result = refused(filing("<edgarSubmission/>"))
    assert result.reason_code == "no_ownership_document"
    assert "edgarSubmission" in result.reason


def test_control_characters_do_not_reach_a_reason() -> None:
    result = refused(submission(xml_document("<a\x1b[2J\n/>")))
    assert result.reason.isprintable()


def test_without_owners_the_filing_is_kept_and_noticed() -> None:
    result = parsed(filing(ownership_xml(owners="")))
    assert result.notices == {"owner_missing": 1}
    assert result.rows["reportingowner"] == []


def test_reading_twice_gives_the_same() -> None:
    content = filing(ownership_xml())
    assert read(content) == read(content)
    assert FOOTNOTES in content.decode()
    assert FILED.isoformat() == only(named(parsed(content), "submission"))["filing_date"]
