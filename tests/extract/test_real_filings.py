"""Real submissions, read a second time with another XML library, and compared with the SEC's own flattening."""

from __future__ import annotations

import csv
import gzip
import re
import xml.etree.ElementTree as ET
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from extract.ownership import ParsedFiling, QuarantinedFiling, parse_filing
from extract.quarterly_zip import read_header
from extract.submission import split_submission
from tests.extract.filings import named, only
from warehouse.raw_schema import FORM345

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.real

ROW_TAGS = {
    "nonderiv_trans": "./nonDerivativeTable/nonDerivativeTransaction",
    "nonderiv_holding": "./nonDerivativeTable/nonDerivativeHolding",
    "deriv_trans": "./derivativeTable/derivativeTransaction",
    "deriv_holding": "./derivativeTable/derivativeHolding",
}


@dataclass(frozen=True)
class RealFiling:
    """One mirrored submission: its manifest row, its bytes, and what our parser makes of them."""

    manifest: dict[str, str]
    content: bytes
    result: ParsedFiling | QuarantinedFiling

    @property
    def accession(self) -> str:
        """Accession number."""
        return self.manifest["accession"]

    @property
    def parsed(self) -> ParsedFiling:
        """The rows; fails the test for a quarantined filing."""
        assert isinstance(self.result, ParsedFiling), f"{self.accession}: {self.result}"
        return self.result

    def independent(self) -> ET.Element:
        """The same document, found by a pattern and read by expat."""
        found = re.search(rb"<XML>\s*(.*?)\s*</XML>", self.content, re.DOTALL)
        assert found is not None
        return ET.fromstring(found.group(1))  # noqa: S314 - public filings, kept as they were gathered


@pytest.fixture(scope="module")
def filings(real_data: Path) -> list[RealFiling]:
    found = []
    with (real_data / "manifest_filings.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            content = (real_data / row["path"]).read_bytes()
            filed = date.fromisoformat(row["filed_date"])
            found.append(
                RealFiling(row, content, parse_filing(content, accession_number=row["accession"], filed_date=filed))
            )
    return found


def value(element: ET.Element, path: str) -> str | None:
    text = element.findtext(path)
    return text.strip() or None if text else None


def test_no_real_filing_is_quarantined_and_nothing_in_them_goes_unread(filings: list[RealFiling]) -> None:
    assert len(filings) >= 378
    assert [filing.result for filing in filings if isinstance(filing.result, QuarantinedFiling)] == []
    notices = Counter({filing.accession: len(filing.parsed.notices) for filing in filings})
    assert +notices == Counter()


def test_rows_owners_and_footnotes_are_those_of_an_independent_reading(filings: list[RealFiling]) -> None:
    for filing in filings:
        root = filing.independent()
        expected = {table: len(root.findall(path)) for table, path in ROW_TAGS.items()}
        expected |= {
            "submission": 1,
            "reportingowner": len(root.findall("./reportingOwner")),
            "footnotes": len(root.findall("./footnotes/footnote")),
            "owner_signature": len(root.findall("./ownerSignature")),
        }
        assert {table: len(rows) for table, rows in filing.parsed.rows.items()} == expected, filing.accession
        for row, element in zip(named(filing.parsed, "reportingowner"), root.iter("reportingOwner"), strict=True):
            assert row["rptownercik"] == value(element, "./reportingOwnerId/rptOwnerCik")
            assert row["rptownername"] == value(element, "./reportingOwnerId/rptOwnerName")
            assert row["rptowner_title"] == value(element, "./reportingOwnerRelationship/officerTitle")
        notes = [(row["footnote_id"], row["footnote_txt"]) for row in named(filing.parsed, "footnotes")]
        assert notes == [(note.get("id"), (note.text or "").strip()) for note in root.iter("footnote")]


def test_shares_and_dollars_per_code_are_those_of_an_independent_reading(filings: list[RealFiling]) -> None:
    for filing in filings:
        root = filing.independent()
        for table in ("nonderiv_trans", "deriv_trans"):
            expected: dict[str | None, Counter[str]] = defaultdict(Counter)
            for element in root.findall(ROW_TAGS[table]):
                shares = value(element, "./transactionAmounts/transactionShares/value")
                price = value(element, "./transactionAmounts/transactionPricePerShare/value")
                expected[value(element, "./transactionCoding/transactionCode")].update(amounts(shares, price))
            found: dict[str | None, Counter[str]] = defaultdict(Counter)
            for row in named(filing.parsed, table):
                found[row["trans_code"]].update(amounts(row["trans_shares"], row["trans_pricepershare"]))
            assert found == expected, filing.accession


def amounts(shares: str | None, price: str | None) -> dict[str, Decimal | int]:
    return {
        "lines": 1,
        "shares": Decimal(shares or 0),
        "dollars": Decimal(shares or 0) * Decimal(price or 0),
        "unpriced": price is None,
    }


def test_every_footnote_reference_of_an_independent_reading_is_in_a_row(filings: list[RealFiling]) -> None:
    for filing in filings:
        expected: Counter[tuple[str, int, str | None]] = Counter()
        for table, path in ROW_TAGS.items():
            for number, element in enumerate(filing.independent().findall(path), start=1):
                per_field = {
                    (field, note.get("id")) for field in element.iter() for note in field.findall("./footnoteId")
                }
                expected.update((table, number, note) for _, note in per_field)
        found: Counter[tuple[str, int, str | None]] = Counter()
        for table in ROW_TAGS:
            for number, row in enumerate(named(filing.parsed, table), start=1):
                for column, noted in row.items():
                    if column.endswith("_fn") and noted:
                        found.update((table, number, note) for note in noted.split(", "))
        assert found == expected, filing.accession
        hanging = Counter(
            (place.partition("[")[0], int(place.partition("[")[2].partition("]")[0]), row["footnote_id"])
            for row in named(filing.parsed, "footnotes")
            for place in (row["elements"] or "").split(",")
            if place
        )
        assert hanging == expected, filing.accession


def test_the_manifest_agrees(filings: list[RealFiling]) -> None:
    for filing in filings:
        manifest, result = filing.manifest, filing.parsed
        row = only(named(result, "submission"))
        assert len(result.rows["reportingowner"]) == int(manifest["n_owners"])
        for table in ROW_TAGS:
            assert len(result.rows[table]) == int(manifest[f"n_{table.replace('holding', 'holdings')}"])
        codes = Counter(
            row["trans_code"] for table in ("nonderiv_trans", "deriv_trans") for row in named(result, table)
        )
        assert " ".join(f"{code}{count}" for code, count in sorted(codes.items())) == manifest["codes"]
        accepted = manifest["acceptance_datetime"]
        assert (row["acceptance_datetime"] or "") == re.sub(r"\D", "", accepted)
        assert (row["assigned_sic"] or "") == manifest["sic"]
        assert row["issuercik"] is not None
        assert row["issuercik"].zfill(10) == manifest["issuer_cik"]
        assert (row["issuername"], row["issuertradingsymbol"] or "") == (manifest["issuer_name"], manifest["symbol"])
        assert (row["schema_version"], row["period_of_report"]) == (manifest["schema_version"], manifest["period"])
        assert (row["aff10b5one"] or "") == manifest["aff10b5one"]
        assert row["filing_date"] == manifest["filed_date"]
        assert row["header_form_type"] == manifest["form"]
        assert row["recovery"] is None
        split = split_submission(filing.content)
        assert len(split.documents) == int(manifest["n_documents"])
        assert len(split.owners) == int(manifest["n_owners"])


# Rows, SIC in the header and time of acceptance, as read by a person.
KNOWN: dict[str, dict[str, int | str]] = {
    "0001104659-25-066775": {"nonderiv_trans": 8, "deriv_trans": 2},
    "0001062993-24-012217": {"assigned_sic": "3841", "acceptance_datetime": "181030"},
    "0000842517-24-000086": {"assigned_sic": "6022", "acceptance_datetime": "130722", "nonderiv_holding": 2},
    "0001062993-24-016335": {"deriv_trans": 1, "nonderiv_trans": 0, "assigned_sic": "7372"},
}


@pytest.mark.parametrize("accession", KNOWN)
def test_filings_read_by_a_person(filings: list[RealFiling], accession: str) -> None:
    filing = next((filing for filing in filings if filing.accession == accession), None)
    if filing is None:
        pytest.skip(f"{accession} is not among the filings of this data set")
    row = only(named(filing.parsed, "submission"))
    for name, expected in KNOWN[accession].items():
        if isinstance(expected, int):
            assert len(filing.parsed.rows[name]) == expected, name
        else:
            assert (row[name] or "").endswith(expected), name


# ------------------------------------------------------------------------------------- untouched captures, other forms


def test_captures_in_dissemination_form_say_the_same_as_their_mirrored_copies(
    real_data: Path, filings: list[RealFiling]
) -> None:
    mirrored = {filing.accession: filing.parsed for filing in filings}
    captures = sorted((real_data / "as_served/nc").glob("*.nc"))
    assert len(captures) == 3
    for path in captures:
        content = path.read_bytes()
        filed = datetime.strptime(split_submission(content).filed_date, "%Y%m%d").date()  # noqa: DTZ007 - a date
        result = parse_filing(content, accession_number=path.stem, filed_date=filed)
        assert isinstance(result, ParsedFiling), result
        assert result.notices == {}
        assert result.rows["nonderiv_trans"] or result.rows["deriv_trans"]
        if path.stem in mirrored:
            copy = mirrored[path.stem]
            assert {table: rows for table, rows in result.rows.items() if table != "submission"} == {
                table: rows for table, rows in copy.rows.items() if table != "submission"
            }
            assert only(named(result, "submission")) == only(named(copy, "submission"))


def test_captures_from_before_xml_are_quarantined_with_that_reason(real_data: Path) -> None:
    captures = {path.name[:20]: path.read_bytes() for path in (real_data / "as_served/pre_xml").iterdir()}
    assert set(captures) == {"0001012325-98-000004", "0001094891-00-000193"}
    for accession, content in captures.items():
        split = split_submission(content)
        assert split.issuer is not None
        assert split.issuer.sic in {"2890", "3540"}
        assert [owner.sic for owner in split.owners] == [None]
        result = parse_filing(content, accession_number=accession, filed_date=date(2000, 3, 16))
        assert isinstance(result, QuarantinedFiling)
        assert result.reason_code == "no_ownership_document"


# ------------------------------------------------------------------------------------------ the SEC's own flattening

CAPTURED = ("submission", "deriv_trans", "nonderiv_holding", "deriv_holding", "owner_signature")
DATES = frozenset(
    [
        "filing_date",
        "period_of_report",
        "date_of_orig_sub",
        "trans_date",
        "deemed_execution_date",
        "excercise_date",
        "exercise_date",
        "expiration_date",
        "ownersignaturedate",
    ]
)
NUMBERS = frozenset(
    [
        "conv_exercise_price",
        "trans_shares",
        "trans_total_value",
        "trans_pricepershare",
        "undlyng_sec_shares",
        "undlyng_sec_value",
        "shrs_ownd_folwng_trans",
        "valu_ownd_folwng_trans",
    ]
)
FLAGS = frozenset(
    [
        "no_securities_owned",
        "not_subject_sec16",
        "form3_holdings_reported",
        "form4_trans_reported",
        "equity_swap_involved",
    ]
)
KEYS = {"deriv_trans_sk", "nonderiv_holding_sk", "deriv_holding_sk"}


@pytest.fixture(scope="module")
def flattened(real_data: Path, filings: list[RealFiling]) -> dict[str, dict[str, list[dict[str, str | None]]]]:
    """Accession to table to rows, of the captured tables of 2024q3, for the filings we have."""
    wanted = {filing.accession for filing in filings}
    found: dict[str, dict[str, list[dict[str, str | None]]]] = defaultdict(dict)
    for table in CAPTURED:
        for row in captured_rows(real_data, table):
            if row["accession_number"] in wanted:
                found[str(row["accession_number"])].setdefault(table, []).append(row)
    for tables in found.values():
        for table, rows in tables.items():
            # The SEC's files are in no order; its row keys follow the document.
            rows.sort(key=lambda row: int(row.get(f"{table}_sk") or 0))
    return dict(found)


def captured_rows(real_data: Path, table: str) -> Iterator[dict[str, str | None]]:
    path = real_data / "as_served/form345_2024q3" / f"{FORM345[table].member}.gz"
    with gzip.open(path) as file:
        columns = list(read_header(file.readline(), table=table, where=str(path)).values())
        for line in file:
            fields = line.decode().rstrip("\r\n").split("\t")
            yield dict(zip(columns, (unquoted(field) or None for field in fields), strict=True))


def unquoted(field: str) -> str:
    """The captured tables put a field that holds quotes in quotes and doubles those inside."""
    return field[1:-1].replace('""', '"') if len(field) > 1 and field[0] == field[-1] == '"' else field


def normal(column: str, text: str | None, *, is_ours: bool) -> object:
    """Our text and the SEC's brought to one form: ISO dates, numbers to the SEC's two decimals, 0 and 1."""
    if text is None:
        return None
    if column in DATES:
        return text[:10] if is_ours else datetime.strptime(text, "%d-%b-%Y").date().isoformat()  # noqa: DTZ007
    if column in NUMBERS:
        return float(Decimal(text).quantize(Decimal("0.01")))
    if column in FLAGS:
        return {"0": "0", "false": "0", "1": "1", "true": "1"}[text.lower()]
    if column.endswith("_fn"):
        return frozenset(text.split(", "))
    return " ".join(text.split())


def test_the_sec_flattens_the_same_filings_to_the_same_rows(
    filings: list[RealFiling], flattened: dict[str, dict[str, list[dict[str, str | None]]]]
) -> None:
    """Every captured column of every table, row by row, for the filings that fall in 2024q3."""
    compared: Counter[str] = Counter()
    assert len(flattened) >= 7
    for filing in filings:
        if filing.accession not in flattened:
            continue
        for table in CAPTURED:
            theirs = flattened[filing.accession].get(table, [])
            ours = named(filing.parsed, table)
            assert len(ours) == len(theirs), (filing.accession, table)
            for our_row, their_row in zip(ours, theirs, strict=True):
                for column in their_row.keys() - KEYS:
                    found = normal(column, our_row[column], is_ours=True)
                    expected = normal(column, their_row[column], is_ours=False)
                    assert found == expected, (filing.accession, table, column)
                    compared[table] += 1
    assert all(compared[table] for table in CAPTURED if table != "deriv_holding"), compared


def test_footnote_columns_are_joined_as_the_sec_joins_them(real_data: Path) -> None:
    """Comma and blank, no note twice: over every row of the captured tables."""
    joined = 0
    for table in ("deriv_trans", "nonderiv_holding", "deriv_holding"):
        for row in captured_rows(real_data, table):
            for column, text in row.items():
                if column.endswith("_fn") and text:
                    notes = text.split(", ")
                    assert all(re.fullmatch(r"\w+", note) for note in notes), text
                    assert len(notes) == len(set(notes)), text
                    joined += len(notes) > 1
    assert joined > 1000
