"""Each expectation of the gate over issuer records."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from quality.raw_gate import check_issuers
from quality.raw_suite import ISSUERS

if TYPE_CHECKING:
    from quality.gate import GateResult
    from tests.quality.conftest import RawWarehouse

FETCHED_AT = datetime(2026, 1, 11, 11, 0)  # noqa: DTZ001 - UTC, stored without its zone


@pytest.fixture
def records(raw: RawWarehouse) -> RawWarehouse:
    """Five good records, one without a SIC."""
    for number, sic in enumerate(("2834", "2834", "6022", "", None), start=1):
        cik = f"{number:010d}"
        raw.add("issuer_records", cik=cik, name="Acme", sic=sic, fetched_at=FETCHED_AT)
        accession = f"{cik}-26-000001"
        raw.add("issuer_filings", cik=cik, accession_number=accession, form_type="8-K", filing_date="2026-01-08")
    return raw


def check(raw: RawWarehouse) -> GateResult:
    return check_issuers(raw.connection, raw.settings, data_docs=False)


def test_good_records_pass(records: RawWarehouse) -> None:
    result = check(records)
    assert (result.gate, result.partition, result.failures) == ("issuers", "issuers", ())
    assert len(result.outcomes) == sum(len(frame.expectations) for frame in ISSUERS.frames)


CASES = [
    ("issuer_record_ciks_numeric", "error", "update raw.issuer_records set cik = '320193' where cik like '%3'"),
    (
        "issuer_record_versions_unique",
        "error",
        "insert into raw.issuer_records select * from raw.issuer_records where cik like '%3'",
    ),
    ("issuer_records_readable", "warning", "update raw.issuer_records set unreadable_reason = 'x' where cik like '%3'"),
    ("issuer_records_readable_mostly", "error", "update raw.issuer_records set unreadable_reason = 'no JSON'"),
    (
        "issuer_listings_readable",
        "warning",
        "insert into raw.issuer_filings (cik, unreadable_reason) values ('0000000003', 'lists differ in length')",
    ),
    ("issuer_filings_dated", "warning", "update raw.issuer_filings set filing_date = '8 Jan' where cik like '%3'"),
    ("issuer_filings_dated", "warning", "update raw.issuer_filings set accession_number = null where cik like '%3'"),
    ("issuer_record_sic_readable", "warning", "update raw.issuer_records set sic = '283' where cik like '%3'"),
]


@pytest.mark.parametrize(("name", "severity", "fault"), CASES)
def test_a_fault_is_found(records: RawWarehouse, name: str, severity: str, fault: str) -> None:
    records.run(fault)
    result = check(records)
    found = {outcome.expectation: outcome for outcome in result.failures}
    assert found[name].severity == severity
    assert result.passed == (severity == "warning")
    assert found[name].sample


def test_every_expectation_has_a_case() -> None:
    assert {name for name, *_ in CASES} == {expect.name for frame in ISSUERS.frames for expect in frame.expectations}
