"""The daily road: indexes, listings, submissions, and agreement with the quarterly sets to the last digit."""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from simulator.build import build_world

if TYPE_CHECKING:
    from pathlib import Path

    from tests.simulator.conftest import Mirror

_FORMS = {"3", "3/A", "4", "4/A", "5", "5/A"}
_NUMBERS = {
    "TRANS_SHARES": "transactionAmounts/transactionShares",
    "TRANS_PRICEPERSHARE": "transactionAmounts/transactionPricePerShare",
    "SHRS_OWND_FOLWNG_TRANS": "postTransactionAmounts/sharesOwnedFollowingTransaction",
    "CONV_EXERCISE_PRICE": "conversionOrExercisePrice",
    "UNDLYNG_SEC_SHARES": "underlyingSecurity/underlyingSecurityShares",
}
_TEXTS = {
    "SECURITY_TITLE": "securityTitle",
    "TRANS_ACQUIRED_DISP_CD": "transactionAmounts/transactionAcquiredDisposedCode",
    "DIRECT_INDIRECT_OWNERSHIP": "ownershipNature/directOrIndirectOwnership",
    "NATURE_OF_OWNERSHIP": "ownershipNature/natureOfOwnership",
    "TRANS_TIMELINESS": "transactionTimeliness",
}
_DATES = {"TRANS_DATE": "transactionDate", "EXCERCISE_DATE": "exerciseDate", "EXPIRATION_DATE": "expirationDate"}
_PLANTED = re.compile(rb"Rook (?:&|&amp;) Tarn")  # the company whose filings are mangled on purpose


def _submissions(mirror: Mirror, day_from: str, day_to: str) -> dict[str, bytes]:
    found = {}
    for _, _, form, filed, path in mirror.master():
        if form in _FORMS and day_from <= filed <= day_to:
            found[path.rsplit("/", 1)[1].removesuffix(".txt")] = (mirror.root / "Archives" / path).read_bytes()
    return found


def _xml(submission: bytes) -> ElementTree.Element:
    body = submission.split(b"<XML>\n", 1)[1].split(b"\n</XML>", 1)[0]
    return ElementTree.fromstring(body)  # noqa: S314 - our own file


def test_days_are_edgar_business_days(mirror: Mirror) -> None:
    days = [day for day, _ in mirror.indexes("master")]
    assert days[0] == "20251222"
    assert days[-1] == "20260116"
    assert "20251225" not in days
    assert "20260101" not in days
    assert "20251224" in days
    assert all(datetime.strptime(day, "%Y%m%d").weekday() < 5 for day in days)  # noqa: DTZ007 - a day has no zone
    assert len(days) == 18


def test_each_filing_is_listed_once_per_filer_and_stored_under_each(mirror: Mirror) -> None:
    filers: dict[str, list[str]] = {}
    for cik, _, form, _, path in mirror.master():
        if form not in _FORMS:
            continue
        match = re.fullmatch(r"edgar/data/(\d+)/(\d{10}-\d\d-\d{6})\.txt", path)
        assert match is not None, path
        assert match[1] == cik
        filers.setdefault(match[2], []).append(path)
    assert len(filers) > 150
    assert max(len(paths) for paths in filers.values()) == 11  # ten owners and the issuer
    for accession, paths in filers.items():
        assert len(paths) >= 2
        assert len(set(paths)) == len(paths)
        bodies = {(mirror.root / "Archives" / path).read_bytes() for path in paths}
        assert len(bodies) == 1, accession
        header = next(iter(bodies)).split(b"</SEC-HEADER>")[0].decode("latin-1")
        ciks = {str(int(cik)) for cik in re.findall(r"CENTRAL INDEX KEY:\s+(\d{10})", header)}
        assert ciks == {path.split("/")[2] for path in paths}


def test_form_and_master_hold_the_same_lines(mirror: Mirror) -> None:
    for (day, master), (same, form) in zip(mirror.indexes("master"), mirror.indexes("form"), strict=True):
        assert day == same
        cut = sorted(
            "|".join(
                (line[74:86].strip(), line[12:74].strip(), line[:12].strip(), line[86:98].strip(), line[98:].strip())
            )
            for line in form[10:]
        )
        assert cut == sorted(master[7:])
        assert form[9] == "-" * 141


def test_lines_of_other_forms_lie_in_between(mirror: Mirror) -> None:
    forms = Counter(form for _, _, form, _, _ in mirror.master())
    for form in ("424B2", "485BPOS", "497", "10-K", "8-K", "40-17G", "4/A", "3", "5", "144"):
        assert forms[form], form
    assert any("Société" in fields[1] for fields in mirror.master()), "names are Latin-1"


def test_index_headers_equal_real_ones(mirror: Mirror, real_data: Path) -> None:
    real = real_data / "edgar/Archives/edgar/daily-index/2024"
    for kind, count in (("master", 7), ("form", 10)):
        theirs = next(real.glob(f"QTR*/{kind}.*.idx")).read_text("latin-1").splitlines()[:count]
        _, ours = next(mirror.indexes(kind))
        assert [line for place, line in enumerate(ours[:count]) if place != 1] == [
            line for place, line in enumerate(theirs) if place != 1
        ]
        assert re.fullmatch(r"Last Data Received:    [A-Z][a-z]{2} [ \d]\d, \d{4}", ours[1])


def test_listings_name_the_files_that_exist(mirror: Mirror) -> None:
    folders = sorted((mirror.root / "Archives/edgar/daily-index").glob("*/QTR*"))
    assert [f"{folder.parent.name}/{folder.name}" for folder in folders] == ["2025/QTR4", "2026/QTR1"]
    for folder in folders:
        listing = json.loads((folder / "index.json").read_text())["directory"]
        assert {item["name"] for item in listing["item"]} == {file.name for file in folder.glob("*.idx")}


def test_headers_carry_acceptance_time_and_assigned_sic(mirror: Mirror) -> None:
    evening = 0
    for accession, body in _submissions(mirror, "20251222", "20260116").items():
        header = body.split(b"</SEC-HEADER>")[0].decode("latin-1")
        accepted = re.search(r"<ACCEPTANCE-DATETIME>(\d{8})(\d{6})\n", header)
        assert accepted is not None, accession
        filed = re.search(r"FILED AS OF DATE:\s+(\d{8})", header)
        assert filed is not None
        assert accepted[1] == filed[1]
        assert "060000" <= accepted[2] <= "220000"
        evening += accepted[2] > "173000"
        assert re.search(r"\[\d{4}\]", header) or b"Codeless Ventures" in body
    assert evening > 20


def _note_ids(element: ElementTree.Element | None) -> str:
    return "" if element is None else ", ".join(note.get("id", "") for note in element.findall("footnoteId"))


def _compare(row: dict[str, str], element: ElementTree.Element, accession: str) -> int:
    compared = 0
    for column, path in (_NUMBERS | _TEXTS | _DATES).items():
        if column not in row:
            continue
        found = element.find(path)
        text = "" if found is None else (found.findtext("value") or "")
        if column in _NUMBERS:
            assert (Decimal(row[column]) if row[column] else None) == (Decimal(text) if text else None), accession
        elif column in _DATES and text:
            assert datetime.strptime(row[column], "%d-%b-%Y").date() == date.fromisoformat(text), accession  # noqa: DTZ007
        else:
            assert row[column] == text, (accession, column)
        assert row[f"{column}_FN"] == _note_ids(found), (accession, column)
        compared += 1
    coding = element.find("transactionCoding")
    if "TRANS_CODE" in row:
        assert coding is not None
        assert row["TRANS_CODE"] == coding.findtext("transactionCode")
        assert row["EQUITY_SWAP_INVOLVED"] == coding.findtext("equitySwapInvolved")
        assert row["EQUITY_SWAP_TRANS_CD_FN"] == _note_ids(coding)
    return compared


def test_two_roads_agree_to_the_last_digit(mirror: Mirror) -> None:
    tables = mirror.quarter("2025q4")
    by_accession: dict[str, dict[str, list[dict[str, str]]]] = {}
    for name, rows in tables.items():
        for row in rows[::-1]:
            by_accession.setdefault(row["ACCESSION_NUMBER"], {}).setdefault(name, []).append(row)
    daily = _submissions(mirror, "20251222", "20251231")
    in_both = daily.keys() & by_accession.keys()
    assert len(in_both) > 40
    compared = 0
    for accession in sorted(in_both):
        if _PLANTED.search(daily[accession]):
            continue
        document, rows_of = _xml(daily[accession]), by_accession[accession]
        (submission,) = rows_of["SUBMISSION"]
        assert submission["ISSUERCIK"] == document.findtext("issuer/issuerCik")
        assert submission["ISSUERNAME"] == document.findtext("issuer/issuerName")
        assert submission["DOCUMENT_TYPE"] == document.findtext("documentType")
        assert submission["AFF10B5ONE"] == (document.findtext("aff10b5One") or "")
        assert submission["REMARKS"] == (document.findtext("remarks") or "")
        assert submission["NOT_SUBJECT_SEC16"] == (document.findtext("notSubjectToSection16") or "")
        owners = document.findall("reportingOwner")
        assert [row["RPTOWNERCIK"] for row in rows_of["REPORTINGOWNER"]] == [
            owner.findtext("reportingOwnerId/rptOwnerCik") for owner in owners
        ]
        for row, owner in zip(rows_of["REPORTINGOWNER"], owners, strict=True):
            flags = [
                role
                for role in ("Director", "Officer", "TenPercentOwner", "Other")
                if owner.findtext(f"reportingOwnerRelationship/is{role}") in {"1", "true"}
            ]
            assert row["RPTOWNER_RELATIONSHIP"] == ",".join(flags)
            assert row["RPTOWNER_TITLE"] == (owner.findtext("reportingOwnerRelationship/officerTitle") or "")
        for name, path in (
            ("NONDERIV_TRANS", "nonDerivativeTable/nonDerivativeTransaction"),
            ("NONDERIV_HOLDING", "nonDerivativeTable/nonDerivativeHolding"),
            ("DERIV_TRANS", "derivativeTable/derivativeTransaction"),
            ("DERIV_HOLDING", "derivativeTable/derivativeHolding"),
        ):
            elements = document.findall(path)
            assert len(elements) == len(rows_of.get(name, [])), (accession, name)
            for row, element in zip(rows_of.get(name, []), elements, strict=True):
                compared += _compare(row, element, accession)
        assert [(row["FOOTNOTE_ID"], row["FOOTNOTE_TXT"]) for row in rows_of.get("FOOTNOTES", [])] == [
            (note.get("id"), note.text) for note in document.findall("footnotes/footnote")
        ]
        assert [row["OWNERSIGNATURENAME"] for row in rows_of["OWNER_SIGNATURE"]] == [
            name.text for name in document.findall("ownerSignature/signatureName")
        ]
    assert compared > 500


def test_only_the_evening_of_the_last_day_is_missing_from_the_set(mirror: Mirror) -> None:
    quarterly = {row["ACCESSION_NUMBER"] for row in mirror.quarter("2025q4")["SUBMISSION"]}
    daily = _submissions(mirror, "20251222", "20251231")
    missing = daily.keys() - quarterly
    assert missing
    for accession in missing:
        accepted = re.search(rb"<ACCEPTANCE-DATETIME>(\d{14})", daily[accession])
        assert accepted is not None
        assert accepted[1] > b"20251231173000", accession
    tables = mirror.quarter("2025q4")
    filed = {
        row["ACCESSION_NUMBER"]
        for row in tables["SUBMISSION"]
        if date(2025, 12, 22) <= datetime.strptime(row["FILING_DATE"], "%d-%b-%Y").date()  # noqa: DTZ007
    }
    assert filed <= daily.keys(), "everything the set holds of those days is on the daily road too"


def test_evenings_of_earlier_quarters_are_in_the_next_set(tmp_path: Path, mirror: Mirror) -> None:
    first = [row for row in mirror.quarter("2025q1")["SUBMISSION"] if row["FILING_DATE"] == "31-DEC-2024"]
    assert first, "filed on the last business day of 2024, accepted after 17:30"
    summary = build_world(
        tmp_path / "world",
        start=date(2025, 10, 1),
        through=date(2025, 12, 31),
        daily_from=date(2025, 12, 1),
        issuers=12,
    )
    assert summary.quarters == ("2025q4",)


def test_later_version_of_the_indexes(mirror: Mirror) -> None:
    folder = mirror.root / "_versions" / "2"
    files = sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())
    changed = [name for name in files if "/master." in name]
    assert len(changed) == 1, "one day was rebuilt"
    before = set((mirror.root / changed[0]).read_text("latin-1").splitlines())
    after = set((folder / changed[0]).read_text("latin-1").splitlines())
    assert len(before - after) == 2, "a filing with two filers is gone"
    assert len(after - before) == 2, "and another one was added"
    gone = {f"Archives/{line.split('|')[4]}" for line in before - after}
    assert gone == set(json.loads((folder / "removed.json").read_text()))


def test_people_and_companies_have_submissions_json(mirror: Mirror) -> None:
    contents = [json.loads(file.read_text()) for file in (mirror.root / "submissions").iterdir()]
    issuers = {item["cik"] for item in contents if item["insiderTransactionForIssuerExists"]}
    people = [item for item in contents if not item["insiderTransactionForIssuerExists"]]
    used = {row["ISSUERCIK"] for name in ("2022q1", "2025q4") for row in mirror.quarter(name)["SUBMISSION"]}
    assert used <= issuers
    assert len(people) > 20
    assert [item["name"] for item in people if item["sic"]] == ["Casewell Reed H."]
    assert any(item["filings"]["recent"]["accessionNumber"] for item in people)


def test_companies_list_their_results_quarter_by_quarter(mirror: Mirror) -> None:
    contents = [json.loads(file.read_text()) for file in sorted((mirror.root / "submissions").iterdir())]
    regular = [item for item in contents if "9000001" <= item["cik"].lstrip("0") < "9100000"]
    gaps = []
    for item in regular:
        recent = item["filings"]["recent"]
        assert len({len(values) for values in recent.values()}) == 1
        assert recent["filingDate"] == sorted(recent["filingDate"], reverse=True)
        assert max(recent["filingDate"], default="") <= "2026-01-16"
        listed = list(zip(recent["form"], recent["filingDate"], recent["items"], strict=True))
        told = [date.fromisoformat(filed) for form, filed, items in listed if form == "8-K" and "2.02" in items]
        reports = sum(form in ("10-Q", "10-K") for form, *_ in listed)
        assert abs(len(told) - reports) <= 1, "a report follows every release"
        gaps += [(later - earlier).days for later, earlier in itertools.pairwise(told)]
    assert len(gaps) > 500
    assert 60 < min(gaps) < 95 < max(gaps) < 130


def test_prices_begin_with_the_fund(mirror: Mirror, tmp_path: Path) -> None:
    files = {file.stem: file.read_text().splitlines() for file in (mirror.root / "prices").iterdir()}
    assert sorted(files) == sorted(
        ["SPY", "XLB", "XLC", "XLE", "XLF", "XLI", "XLK", "XLP", "XLRE", "XLU", "XLV", "XLY"]
    )
    for ticker, lines in files.items():
        assert lines[0] == "date,open,high,low,close,adj_close,volume,dividend,split_factor"
        _, opened, high, low, close, adjusted, volume, _, _ = lines[-1].split(",")
        assert lines[-1].startswith("2026-01-16"), ticker
        assert float(low) <= min(float(opened), float(close)) <= max(float(opened), float(close)) <= float(high)
        assert float(adjusted) <= float(close)
        assert int(volume) > 0
    root = tmp_path / "old"
    build_world(
        root,
        start=date(2018, 1, 2),
        through=date(2018, 9, 28),
        daily_from=date(2018, 9, 4),
        issuers=5,
        with_cases=False,
    )
    first = {name: (root / f"prices/{name}.csv").read_text().splitlines()[1][:10] for name in ("XLC", "XLF")}
    assert first["XLC"] == "2018-06-19"
    assert first["XLF"] < "2017-12-01"
