"""The answer key: every trap has its cases, every case its filing, and the source says what the key says it does."""

from __future__ import annotations

import csv
import re
from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from simulator.world import make_world

if TYPE_CHECKING:
    from tests.simulator.conftest import Mirror

# Columns of fct_insider_transactions that a case may speak of, and two about the filing as a whole.
_VOCABULARY = frozenset(
    [
        "road",
        "is_amendment",
        "issuer_cik",
        "issuer_name",
        "issuer_symbol",
        "owner_ciks",
        "owner_names",
        "owner_count",
        "is_director",
        "is_officer",
        "is_ten_percent_owner",
        "is_other_owner",
        "role_code",
        "filed_date",
        "transaction_date",
        "known_from",
        "known_to",
        "transaction_code",
        "share_count",
        "price_usd",
        "share_count_owned_after",
        "direct_indirect_code",
        "sic_code",
        "sic_source",
        "sector",
        "direction",
        "is_superseded",
        "superseded_by_accession_number",
        "supersession_confidence",
        "is_withdrawn",
        "withdrawn_known_from",
        "is_canonical",
        "canonical_accession_number",
        "joint_group_key",
        "joint_sign",
        "is_possible_joint_report",
        "date_status",
        "date_reason_code",
        "price_status",
        "price_reason_code",
        "is_weighted_average_price",
        "price_range_low_usd",
        "price_range_high_usd",
        "is_price_outside_own_range",
        "is_corrected",
        "correction_source",
        "transaction_date_corrected",
        "cleanse_grade",
        "cleanse_reason",
        "share_count_owned_before",
        "change_in_holding_share",
        "holding_reason_code",
        "security_class",
        "is_equity_swap",
        "rule_10b5_1_status",
        "rule_10b5_1_source",
        "is_plan_purchase",
        "is_dividend_reinvestment",
        "filing_delay_business_days",
        "is_late",
        "is_private_placement",
        "is_exercise_linked",
        "insider_class",
        "is_signal_trade",
        "exclusion_reason",
        "is_usd_usable",
        "is_officer_or_director",
        "is_opportunistic",
        "row_count",
        "quarantine.reason_code",
        "recovery",
    ]
)
_MART = re.compile(r"(?:fct_\w+|dim_\w+|prices)\[\w+=[^\]]+\]\.\w+|world\.\w+")


def _daily(mirror: Mirror) -> set[str]:
    return {fields[4].rsplit("/", 1)[1].removesuffix(".txt") for fields in mirror.master()}


def test_every_trap_has_cases(mirror: Mirror) -> None:
    traps = Counter(int(trap) for _, trap in {(row["case_id"], row["trap"]) for row in mirror.key()})
    assert sorted(traps) == list(range(1, 26))
    two_sided = (1, 2, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 23, 24, 25)
    assert {trap: traps[trap] for trap in two_sided if traps[trap] < 2} == {}


def test_fields_are_of_the_vocabulary(mirror: Mirror) -> None:
    for row in mirror.key():
        assert row["field"] in _VOCABULARY or _MART.fullmatch(row["field"]), row
        assert row["why"]
        assert row["expected"] != ""
        assert row["table_code"] in {"", "N", "D"}
        assert (row["table_code"] == "") == (row["line_number"] == "")


def test_no_case_contradicts_itself(mirror: Mirror) -> None:
    said: dict[tuple[str, ...], set[str]] = {}
    for row in mirror.key():
        place = tuple(row[name] for name in ("accession_number", "table_code", "line_number", "field"))
        said.setdefault(place, set()).add(row["expected"])
    assert {place: values for place, values in said.items() if len(values) > 1} == {}


def test_every_filing_of_the_key_is_on_a_road(mirror: Mirror) -> None:
    late_line = {row["accession_number"] for row in mirror.key() if row["case_id"] == "V2-late-line"}
    quarterly = {
        row["ACCESSION_NUMBER"] for name in mirror.summary.quarters for row in mirror.quarter(name)["SUBMISSION"]
    }
    named = {row["accession_number"] for row in mirror.key()} - {""}
    assert len(named) > 100
    assert named - _daily(mirror) - quarterly == late_line
    on_both = named & _daily(mirror) & quarterly
    assert len(on_both) > 30, "cases stand on both roads where the road allows"
    assert len(named & quarterly - _daily(mirror)) >= 8, "and some on the quarterly road alone"


def test_what_the_key_says_of_the_source_is_in_the_source(mirror: Mirror) -> None:
    lines: dict[tuple[str, str, int], dict[str, str]] = {}
    for name in mirror.summary.quarters:
        tables = mirror.quarter(name)
        for code, table in (("N", "NONDERIV_TRANS"), ("D", "DERIV_TRANS")):
            count = Counter[str]()
            for row in tables[table][::-1]:
                count[row["ACCESSION_NUMBER"]] += 1
                lines[row["ACCESSION_NUMBER"], code, count[row["ACCESSION_NUMBER"]]] = row
    columns = {
        "share_count": "TRANS_SHARES",
        "price_usd": "TRANS_PRICEPERSHARE",
        "share_count_owned_after": "SHRS_OWND_FOLWNG_TRANS",
    }
    checked = Counter[str]()
    for row in mirror.key():
        if row["field"] not in columns or not row["line_number"]:
            continue
        line = lines.get((row["accession_number"], row["table_code"], int(row["line_number"])))
        if line is None:
            continue
        text = line[columns[row["field"]]]
        expected = None if row["expected"] == "null" else Decimal(row["expected"])
        assert (Decimal(text) if text else None) == expected, row
        checked[row["field"]] += 1
    assert min(checked[name] for name in columns) >= 4


def test_cases_have_their_companies_to_themselves(mirror: Mirror) -> None:
    with_cases = {row["ISSUERCIK"]: set[str]() for row in mirror.quarter("2025q4")["SUBMISSION"]}
    for row in mirror.quarter("2025q4")["SUBMISSION"]:
        with_cases[row["ISSUERCIK"]].add(row["ACCESSION_NUMBER"][:9])
    mixed = {cik: agents for cik, agents in with_cases.items() if len(agents) > 1}
    assert mixed == {}


def test_blackouts_show_in_the_purchases(mirror: Mirror) -> None:
    bought: list[date] = []
    for name in ("2025q3", "2025q4"):
        tables = mirror.quarter(name)
        bought += [
            datetime.strptime(row["TRANS_DATE"], "%d-%b-%Y").date()  # noqa: DTZ007
            for row in tables["NONDERIV_TRANS"]
            if row["TRANS_CODE"] == "P" and row["ACCESSION_NUMBER"].startswith("000999000")
        ]

    def within_30_days(day: date) -> int:
        return sum(day - timedelta(days=30) < traded <= day for traded in bought)

    (row,) = [row for row in mirror.key() if row["case_id"] == "T20-blackout"]
    closed, opened = (
        date.fromisoformat(day) for day in re.findall(r"as_of_date=([\d-]+)", row["field"] + row["expected"])
    )
    assert row["expected"].startswith("< ")
    assert within_30_days(closed) < within_30_days(opened)


def test_insiders_lean_against_returns_by_the_stated_amount(mirror: Mirror) -> None:
    world = make_world(
        seed=11, start=date(2021, 1, 4), through=date(2026, 1, 16), issuers=40, contrarian=1.3, filings_per_issuer=7.6
    )
    sector = {f"{9_000_001 + place:010d}": int(number) for place, number in enumerate(world.issuer_sector)}
    leans: dict[str, list[float]] = {"P": [], "S": []}
    for name in mirror.summary.quarters:
        tables = mirror.quarter(name)
        issuer = {row["ACCESSION_NUMBER"]: row["ISSUERCIK"] for row in tables["SUBMISSION"]}
        for row in tables["NONDERIV_TRANS"]:
            place = sector.get(issuer[row["ACCESSION_NUMBER"]])
            if row["TRANS_CODE"] in leans and place is not None:
                day = (datetime.strptime(row["TRANS_DATE"], "%d-%b-%Y").date() - date(1970, 1, 1)).days  # noqa: DTZ007
                at = min(int(np.searchsorted(world.trading, day)), len(world.trading) - 1)
                leans[row["TRANS_CODE"]].append(float(world.lean[place, at]))
    assert len(leans["P"]) > 300
    assert np.mean(leans["P"]) < -0.4
    assert np.mean(leans["S"]) > np.mean(leans["P"]) + 0.5
    (stated,) = [row["expected"] for row in mirror.key() if row["field"] == "world.contrarian"]
    assert float(stated) == pytest.approx(1.3)


def test_overlapping_windows_are_as_many_as_the_calendar_holds(mirror: Mirror) -> None:
    stated = {row["field"]: int(row["expected"]) for row in mirror.key() if row["case_id"] == "T21-overlap"}
    ends = pd.period_range("2021Q1", "2026Q1", freq="Q")
    through = pd.Timestamp(2026, 1, 16)
    whole = [end for end in ends if (end + 4).end_time.normalize() <= through]
    assert stated["world.quarter_ends_with_12_month_return"] == len(whole) == 16
    assert stated["world.disjoint_12_month_windows"] == 4
    assert stated["world.disjoint_3_month_windows"] == len([end for end in ends if end.end_time < through]) == 20


def test_fund_facts_are_in_the_price_files(mirror: Mirror) -> None:
    checked = 0
    for row in mirror.key():
        match = re.fullmatch(r"prices\[ticker=(\w+)\]\.first_date", row["field"])
        if match:
            with (mirror.root / f"prices/{match[1]}.csv").open(newline="") as file:
                assert next(csv.DictReader(file))["date"] == row["expected"]
            checked += 1
    assert checked == 3


def test_mangled_and_hostile_bytes_are_what_they_claim(mirror: Mirror) -> None:
    paths = {fields[4].rsplit("/", 1)[1].removesuffix(".txt"): fields[4] for fields in mirror.master()}
    bodies = {
        row["case_id"]: (mirror.root / "Archives" / paths[row["accession_number"]]).read_bytes()
        for row in mirror.key()
        if row["trap"] in {"24", "25"}
    }
    assert b"<issuerName>Rook & Tarn" in bodies["T24-bare-ampersand"]
    assert b"<footnoteId id=F1/>" in bodies["T24-unquoted-attribute"]
    assert "Lumière".encode("latin-1") in bodies["T24-wrong-encoding"].split(b"<XML>")[1]
    assert b"transactionCoding" not in bodies["T24-no-coding"]
    assert b"</ownershipDocument>" not in bodies["T24-truncated"]
    assert bytes(160) in bodies["T24-zeroed-block"]
    assert b"<XML>" not in bodies["T24-no-document"]
    assert bodies["T25-billion-laughs"].count(b"<!ENTITY") == 10
    assert b"file:///etc/passwd" in bodies["T25-external-entity"]
    assert b"<!DOCTYPE" in bodies["T25-remote-dtd"]
    assert b"<!" not in bodies["T25-character-reference"].split(b"<XML>")[1]
    assert b"Rook &amp; Tarn" in bodies["T24-well-formed"]
