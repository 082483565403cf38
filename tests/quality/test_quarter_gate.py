"""Each expectation of the quarterly gate, and a set as the SEC's series has it."""

from __future__ import annotations

import zipfile
from datetime import date
from typing import TYPE_CHECKING

import pytest

from quality.gate import describe_row
from quality.raw_gate import check_quarter
from quality.raw_suite import QUARTER
from tests.quality.conftest import RawWarehouse, accession_of
from warehouse.errors import GateFailed
from warehouse.raw_schema import FORM345
from warehouse.writer import replace_partition

if TYPE_CHECKING:
    from pathlib import Path

    from quality.gate import GateResult, Outcome

THIRD = accession_of(3)
OF_THIRD = f"where _road = 'quarterly' and accession_number = '{THIRD}'"


@pytest.fixture
def quarter(raw: RawWarehouse) -> RawWarehouse:
    """Four good filings of 2024 Q3 on the quarterly road, one of them from the edge of the quarter before."""
    for number, day in enumerate((date(2024, 7, 1), date(2024, 9, 30), date(2024, 8, 2), date(2024, 6, 28)), start=1):
        raw.add_filing(day, accession_of(number), road="quarterly", partition="2024q3")
    return raw


def check(raw: RawWarehouse) -> GateResult:
    return check_quarter(raw.connection, "2024q3", raw.settings)


def failure(result: GateResult, name: str) -> Outcome:
    found = {outcome.expectation: outcome for outcome in result.failures}
    assert name in found, f"{name} did not fail; failed were {sorted(found)}"
    return found[name]


# Expectation, severity, the statement that plants the fault, and what the failing rows must name.
CASES = [
    ("quarter_tables_have_rows", "error", "delete from raw.nonderiv_trans where _road = 'quarterly'", "nonderiv_trans"),
    (
        "quarter_keys_unique",
        "error",
        f"insert into raw.deriv_trans select * from raw.deriv_trans {OF_THIRD}",
        f"table_name='deriv_trans' row_count=5 repeated_key='{THIRD} 1'",
    ),
    (
        "quarter_owners_unique",
        "warning",
        f"insert into raw.reportingowner select * from raw.reportingowner {OF_THIRD}",
        f"repeated_owner='{THIRD} 0000002000'",
    ),
    ("quarter_rows_have_a_submission", "error", f"delete from raw.submission {OF_THIRD}", THIRD),
    (
        "quarter_form_types_filled",
        "error",
        f"update raw.submission set document_type = null {OF_THIRD}",
        f"first_accession_number='{THIRD}'",
    ),
    ("quarter_form_types_in_domain", "error", f"update raw.submission set document_type = '144' {OF_THIRD}", "144"),
    (
        "quarter_dates_readable",
        "error",
        f"update raw.submission set filing_date = '31-SEP-2024' {OF_THIRD}",
        "31-SEP-2024",
    ),
    (
        "quarter_dates_inside",
        "warning",
        f"update raw.submission set filing_date = '02-OCT-2024' {OF_THIRD}",
        "days_outside_quarter=2",
    ),
    (
        "quarter_dates_near",
        "error",
        f"update raw.submission set filing_date = '02-AUG-2023' {OF_THIRD}",
        "filing_date='02-AUG-2023'",
    ),
    ("quarter_issuer_ciks_numeric", "error", f"update raw.submission set issuercik = 'n/a' {OF_THIRD}", THIRD),
    ("quarter_owners_present", "error", f"delete from raw.reportingowner {OF_THIRD}", THIRD),
    (
        "quarter_codes_in_domain",
        "error",
        f"update raw.nonderiv_trans set trans_code = 'Q' {OF_THIRD}",
        "trans_code='Q'",
    ),
    ("quarter_codes_filled", "warning", f"update raw.deriv_trans set trans_code = null {OF_THIRD}", THIRD),
    (
        "quarter_acquired_disposed_in_domain",
        "error",
        f"update raw.deriv_trans set trans_acquired_disp_cd = 'X' {OF_THIRD}",
        "trans_acquired_disp_cd='X'",
    ),
    (
        "quarter_acquired_disposed_filled",
        "warning",
        f"update raw.deriv_trans set trans_acquired_disp_cd = null {OF_THIRD}",
        THIRD,
    ),
]


def test_a_good_quarter_passes(quarter: RawWarehouse) -> None:
    assert check(quarter).failures == ()


@pytest.mark.parametrize(("name", "severity", "fault", "named"), CASES, ids=[case[0] for case in CASES])
def test_a_planted_fault_is_named(quarter: RawWarehouse, name: str, severity: str, fault: str, named: str) -> None:
    quarter.run(fault)

    result = check(quarter)

    assert failure(result, name).severity == severity
    assert named in "\n".join(describe_row(row) for row in failure(result, name).sample)
    if severity == "error":
        with pytest.raises(GateFailed, match=name):
            result.raise_for_errors()


def test_every_expectation_has_a_case_that_makes_it_fail() -> None:
    names = {expectation.name for frame in QUARTER.frames for expectation in frame.expectations}

    assert {case[0] for case in CASES} == names


def test_an_empty_quarter_fails(raw: RawWarehouse) -> None:
    assert not check(raw).passed


def test_a_quarter_must_be_written_as_one(raw: RawWarehouse) -> None:
    with pytest.raises(ValueError, match="2024q3"):
        check_quarter(raw.connection, "2024-3", raw.settings)


@pytest.mark.real
def test_a_real_set_passes(raw: RawWarehouse, real_data: Path, tmp_path: Path) -> None:
    (archive,) = (real_data / "edgar" / "files").rglob("2006q1_form345.zip")
    with zipfile.ZipFile(archive) as members:
        members.extractall(tmp_path)
    replace_partition(
        raw.connection,
        road="quarterly",
        partition="2006q1",
        tables={name: tmp_path / table.member for name, table in FORM345.items()},
        source_sha256="0" * 64,
        parser_version="1",
        is_simulated=False,
    )

    result = check_quarter(raw.connection, "2006q1", raw.settings)

    assert result.failures == ()
