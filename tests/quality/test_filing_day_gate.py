"""Each expectation of the filing-day gate: a good day passes, and a planted fault fails it and is named."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from quality.gate import describe_row
from quality.raw_gate import check_filing_day
from quality.raw_suite import FILING_DAY
from tests.quality.conftest import DAY, RawWarehouse, accession_of
from warehouse.errors import GateFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from quality.gate import GateResult, Outcome

THIRD = accession_of(3)
LATER = datetime(2024, 1, 6, 1, tzinfo=UTC).replace(tzinfo=None)


def check(raw: RawWarehouse, day: date = DAY) -> GateResult:
    return check_filing_day(raw.connection, day, raw.settings)


def failure(result: GateResult, name: str) -> Outcome:
    found = {outcome.expectation: outcome for outcome in result.failures}
    assert name in found, f"{name} did not fail; failed were {sorted(found)}"
    return found[name]


def sql(*statements: str) -> Callable[[RawWarehouse], None]:
    """Spoil the good day with statements; ``{third}`` is the third filing's accession."""

    def spoil(raw: RawWarehouse) -> None:
        for statement in statements:
            raw.run(statement.format(third=THIRD))

    return spoil


def of_filings(count: int, statement: str) -> Callable[[RawWarehouse], None]:
    """Spoil the first ``count`` filings."""
    accessions = ", ".join(f"'{accession_of(number)}'" for number in range(1, count + 1))
    return sql(f"{statement} where accession_number in ({accessions})")


def extra_version(raw: RawWarehouse) -> None:
    """A second version of the index that lists a filing nobody fetched."""
    raw.add_index(DAY, [*(accession_of(number) for number in range(1, 13)), accession_of(99)], version=2)


def not_found(count: int) -> Callable[[RawWarehouse], None]:
    """The server has no such file, for the first ``count`` filings."""

    def spoil(raw: RawWarehouse) -> None:
        for number in range(1, count + 1):
            lose(raw, accession_of(number))
            raw.add_outcome(DAY, accession_of(number), "not_found", fetched_at=LATER)

    return spoil


def lost_filing(raw: RawWarehouse) -> None:
    """The server has no such file, for the last filing."""
    lose(raw, accession_of(12))
    raw.add_outcome(DAY, accession_of(12), "not_found", fetched_at=LATER)


def lose(raw: RawWarehouse, accession: str) -> None:
    """Remove every row of a filing."""
    for table in (
        "submission",
        "reportingowner",
        "nonderiv_trans",
        "deriv_trans",
        "nonderiv_holding",
        "deriv_holding",
        "footnotes",
        "owner_signature",
    ):
        raw.run(f"delete from raw.{table} where accession_number = '{accession}'")


def holiday_with_rows(raw: RawWarehouse) -> None:
    raw.run("delete from raw.filing_index")
    raw.run("update raw.filing_index_files set status = 'holiday', ownership_line_count = null")


def history(*counts: int) -> Callable[[RawWarehouse], None]:
    return lambda raw: raw.add_history(list(counts))


# Expectation, how the good day is spoilt, and what the failing rows must name.
ERRORS: list[tuple[str, Callable[[RawWarehouse], None], str]] = [
    ("index_outcome_known", sql("delete from raw.filing_index_files"), "0"),
    ("index_status_in_domain", sql("update raw.filing_index_files set status = 'maybe'"), "maybe"),
    (
        "index_lines_all_loaded",
        sql("delete from raw.filing_index where cik = '2000' and file_name like '%{third}%'"),
        "loaded_line_count=23",
    ),
    ("holiday_has_no_rows", holiday_with_rows, "12"),
    (
        "index_accessions_well_formed",
        sql("update raw.filing_index set file_name = 'edgar/data/1000/odd.txt' where file_name like '%{third}%'"),
        "odd",
    ),
    (
        "index_form_types_in_domain",
        sql("update raw.filing_index set form_type = '424B2' where file_name like '%{third}%'"),
        "424B2",
    ),
    ("filings_accounted_for", lambda raw: lose(raw, THIRD), f"accession_number='{THIRD}' form_type='4' fate='missing'"),
    ("filings_loaded_mostly", not_found(4), "not_found"),
    (
        "index_dates_not_later",
        sql("update raw.filing_index set date_filed = '20240108' where file_name like '%{third}%'"),
        THIRD,
    ),
    (
        "submissions_unique",
        sql("insert into raw.submission select * from raw.submission where accession_number = '{third}'"),
        THIRD,
    ),
    (
        "submission_accessions_well_formed",
        sql("update raw.submission set accession_number = 'x-24' where accession_number = '{third}'"),
        "x-24",
    ),
    (
        "submissions_listed",
        sql("delete from raw.filing_index where file_name like '%{third}%'"),
        THIRD,
    ),
    (
        "document_type_filled",
        sql("update raw.submission set document_type = null where accession_number = '{third}'"),
        THIRD,
    ),
    (
        "document_type_in_domain",
        sql("update raw.submission set document_type = '4/B' where accession_number = '{third}'"),
        f"accession_number='{THIRD}' document_type='4/B'",
    ),
    (
        "filing_date_filled",
        sql("update raw.submission set filing_date = null where accession_number = '{third}'"),
        THIRD,
    ),
    (
        "filing_date_readable",
        sql("update raw.submission set filing_date = '2024-13-05' where accession_number = '{third}'"),
        "2024-13-05",
    ),
    (
        "filing_date_as_listed",
        sql("update raw.submission set filing_date = '2024-01-04' where accession_number = '{third}'"),
        f"accession_number='{THIRD}' filing_date='2024-01-04' listed_date='2024-01-05'",
    ),
    ("issuer_cik_filled", sql("update raw.submission set issuercik = null where accession_number = '{third}'"), THIRD),
    (
        "issuer_cik_numeric",
        sql("update raw.submission set issuercik = 'ACME' where accession_number = '{third}'"),
        "issuercik='ACME'",
    ),
    (
        "acceptance_time_readable",
        sql("update raw.submission set acceptance_datetime = '20240105256199' where accession_number = '{third}'"),
        "20240105256199",
    ),
    ("owners_present", sql("delete from raw.reportingowner where accession_number = '{third}'"), THIRD),
    (
        "owner_cik_filled",
        sql("update raw.reportingowner set rptownercik = null where accession_number = '{third}'"),
        THIRD,
    ),
    (
        "owner_cik_numeric",
        sql("update raw.reportingowner set rptownercik = '12345678901' where accession_number = '{third}'"),
        "12345678901",
    ),
    (
        "row_keys_filled",
        sql("update raw.nonderiv_trans set nonderiv_trans_sk = null where accession_number = '{third}'"),
        f"table_name='nonderiv_trans' accession_number='{THIRD}'",
    ),
    (
        "row_keys_unique",
        sql("insert into raw.deriv_holding select * from raw.deriv_holding where accession_number = '{third}'"),
        f"table_name='deriv_holding' accession_number='{THIRD}' row_key='1'",
    ),
    (
        "rows_have_a_submission",
        sql("update raw.footnotes set accession_number = 'lost' where accession_number = '{third}'"),
        "table_name='footnotes' accession_number='lost'",
    ),
    (
        "transaction_codes_in_domain",
        sql("update raw.nonderiv_trans set trans_code = 'Q' where accession_number = '{third}'"),
        f"table_name='nonderiv_trans' accession_number='{THIRD}' row_key='1' trans_code='Q'",
    ),
    (
        "acquired_disposed_in_domain",
        sql("update raw.deriv_trans set trans_acquired_disp_cd = 'B' where accession_number = '{third}'"),
        "table_name='deriv_trans'",
    ),
    ("volume_plausible", history(*[100] * 8), "filing_count=12 median_count=100.0"),
]

WARNINGS: list[tuple[str, Callable[[RawWarehouse], None], str]] = [
    (
        "index_dates_are_the_day",
        sql(
            "update raw.filing_index set date_filed = '20231229' where file_name like '%{third}%'",
            "update raw.submission set filing_date = '2023-12-29' where accession_number = '{third}'",
        ),
        THIRD,
    ),
    ("volume_usual", history(*[40] * 8), "filing_count=12"),
]


# Slips of filers, too many to be slips; each in a column of its own, so one run shows them all.
TOO_MANY_SLIPS: list[tuple[str, Callable[[RawWarehouse], None], str]] = [
    ("period_readable_mostly", of_filings(4, "update raw.submission set period_of_report = 'soon'"), "soon"),
    (
        "transaction_codes_filled_mostly",
        of_filings(4, "update raw.nonderiv_trans set trans_code = ''"),
        accession_of(1),
    ),
    (
        "acquired_disposed_filled_mostly",
        of_filings(4, "update raw.nonderiv_trans set trans_acquired_disp_cd = null"),
        accession_of(1),
    ),
    (
        "transaction_date_readable_mostly",
        of_filings(4, "update raw.deriv_trans set trans_date = '2024-02-30'"),
        "02-30",
    ),
    ("share_count_readable_mostly", of_filings(4, "update raw.nonderiv_trans set trans_shares = '1,000'"), "1,000"),
    ("price_readable_mostly", of_filings(4, "update raw.nonderiv_trans set trans_pricepershare = '$5'"), "$5"),
    ("footnotes_known_mostly", of_filings(4, "update raw.deriv_trans set trans_date_fn = 'F9'"), "F9"),
]

# The same, one row each.
SLIPS: list[tuple[str, Callable[[RawWarehouse], None], str]] = [
    (
        "document_type_as_in_header",
        sql("update raw.submission set header_form_type = '4/A' where accession_number = '{third}'"),
        "header_form_type='4/A'",
    ),
    ("period_readable", of_filings(1, "update raw.submission set period_of_report = 'soon'"), "soon"),
    ("transaction_codes_filled", of_filings(1, "update raw.nonderiv_trans set trans_code = null"), accession_of(1)),
    (
        "acquired_disposed_filled",
        of_filings(1, "update raw.nonderiv_trans set trans_acquired_disp_cd = ''"),
        accession_of(1),
    ),
    ("transaction_date_readable", of_filings(1, "update raw.deriv_trans set trans_date = 'n/a'"), "n/a"),
    ("share_count_readable", of_filings(1, "update raw.nonderiv_trans set trans_shares = 'many'"), "many"),
    ("price_readable", of_filings(1, "update raw.nonderiv_trans set trans_pricepershare = 'see F1'"), "see F1"),
    ("footnotes_known", of_filings(1, "update raw.deriv_trans set trans_date_fn = 'F9'"), "unknown_footnote_id='F9'"),
    ("index_lines_all_readable", sql("update raw.filing_index_files set unreadable_line_count = 2"), "2"),
    ("filings_loaded", lost_filing, accession_of(12)),
]


def text_of(outcome: Outcome) -> str:
    return "\n".join(describe_row(row) for row in outcome.sample)


def test_a_good_day_passes(raw: RawWarehouse) -> None:
    result = check(raw)

    assert result.passed
    assert result.failures == ()
    assert result.partition == "2024-01-05"
    assert {note.expectation for note in result.notes} == {"volume_usual", "volume_plausible"}
    assert "0 comparable days are loaded" in result.notes[0].reason
    assert result.raise_for_errors() is result


@pytest.mark.parametrize(("name", "spoil", "named"), ERRORS, ids=[case[0] for case in ERRORS])
def test_a_planted_error_fails_the_gate_and_is_named(
    raw: RawWarehouse, name: str, spoil: Callable[[RawWarehouse], None], named: str
) -> None:
    spoil(raw)

    result = check(raw)

    assert failure(result, name).severity == "error"
    assert not result.passed
    with pytest.raises(GateFailed) as raised:
        result.raise_for_errors()
    message = str(raised.value)
    assert name in message
    assert named in text_of(failure(result, name))
    assert named in message
    assert "gate_failed.md" in message


@pytest.mark.parametrize(("name", "spoil", "named"), WARNINGS, ids=[case[0] for case in WARNINGS])
def test_a_slip_is_reported_and_lets_the_day_pass(
    raw: RawWarehouse, name: str, spoil: Callable[[RawWarehouse], None], named: str
) -> None:
    spoil(raw)

    result = check(raw)

    assert failure(result, name).severity == "warning"
    assert named in text_of(failure(result, name))
    assert result.raise_for_errors() is result


def test_too_many_slips_are_errors(raw: RawWarehouse) -> None:
    for _, spoil, _ in TOO_MANY_SLIPS:
        spoil(raw)

    result = check(raw)

    with pytest.raises(GateFailed) as raised:
        result.raise_for_errors()
    for name, _, named in TOO_MANY_SLIPS:
        assert failure(result, name).severity == "error"
        assert named in text_of(failure(result, name))
        assert name in str(raised.value)


def test_single_slips_are_reported_and_let_the_day_pass(raw: RawWarehouse) -> None:
    for _, spoil, _ in SLIPS:
        spoil(raw)

    result = check(raw)

    assert result.raise_for_errors() is result
    assert {outcome.expectation for outcome in result.failures} == {name for name, _, _ in SLIPS}
    for name, _, named in SLIPS:
        assert failure(result, name).severity == "warning"
        assert named in text_of(failure(result, name))


def test_an_index_without_ownership_forms_is_a_warning(raw: RawWarehouse) -> None:
    other = DAY + timedelta(days=3)
    raw.add_index(other, [])

    result = check(raw, other)

    assert [outcome.expectation for outcome in result.failures] == ["index_lists_ownership_forms"]
    assert result.passed


def test_every_expectation_has_a_case_that_makes_it_fail() -> None:
    names = {expectation.name for frame in FILING_DAY.frames for expectation in frame.expectations}

    assert {case[0] for case in ERRORS + WARNINGS + TOO_MANY_SLIPS + SLIPS} | {"index_lists_ownership_forms"} == names


def test_a_holiday_passes_with_zero_rows(raw: RawWarehouse) -> None:
    raw.add("filing_index_files", status="holiday", _index_version=None, _partition="2024-01-01")
    raw.add_history([100] * 8, before=date(2024, 1, 1))

    result = check(raw, date(2024, 1, 1))

    assert result.failures == ()
    assert "holiday" in result.notes[0].reason


def test_a_day_that_was_never_fetched_fails(raw: RawWarehouse) -> None:
    result = check(raw, date(2024, 1, 8))

    assert [outcome.expectation for outcome in result.errors] == ["index_outcome_known"]


def test_only_the_latest_version_of_the_index_is_owed(raw: RawWarehouse) -> None:
    raw.add_index(DAY, [accession_of(number) for number in range(2, 13)], version=2)

    result = check(raw)

    assert result.failures == (), "a filing gone from the second version was withdrawn: its rows may stay"


def test_a_filing_that_a_later_version_adds_is_owed(raw: RawWarehouse) -> None:
    extra_version(raw)

    outcome = failure(check(raw), "filings_accounted_for")

    assert outcome.sample == ({"accession_number": accession_of(99), "form_type": "4", "fate": "missing"},)


def test_a_quarantined_filing_is_accounted_for_and_reported(raw: RawWarehouse) -> None:
    lose(raw, THIRD)
    raw.add("quarantine", accession_number=THIRD, reason_code="truncated", _road="daily", _partition=DAY.isoformat())

    result = check(raw)

    assert [outcome.expectation for outcome in result.failures] == ["filings_loaded"]
    assert failure(result, "filings_loaded").sample[0]["lost_as"] == "quarantined"


def test_a_filing_both_loaded_and_quarantined_is_an_error(raw: RawWarehouse) -> None:
    raw.add("quarantine", accession_number=THIRD, reason_code="truncated", _road="daily", _partition=DAY.isoformat())

    assert failure(check(raw), "filings_accounted_for").sample[0]["fate"] == "loaded and quarantined"


def test_the_newest_fetch_outcome_counts(raw: RawWarehouse) -> None:
    lose(raw, THIRD)
    raw.add_outcome(DAY, THIRD, "not_found", fetched_at=LATER)
    raw.add_outcome(DAY, THIRD, "failed", fetched_at=LATER + timedelta(hours=1))

    assert failure(check(raw), "filings_accounted_for").sample[0]["fate"] == "missing"


def test_other_partitions_and_the_other_road_do_not_matter(raw: RawWarehouse) -> None:
    raw.add_filing(DAY, accession_of(3), road="quarterly", partition="2024q1")
    raw.add("nonderiv_trans", accession_number="odd", trans_code="?", _road="daily", _partition="2024-01-04")

    assert check(raw).failures == ()


def test_dates_with_a_time_zone_are_dates(raw: RawWarehouse) -> None:
    raw.run("update raw.nonderiv_trans set trans_date = '2024-01-03-05:00'")

    assert check(raw).failures == ()


def test_up_to_ten_rows_are_named_and_the_rest_counted(raw: RawWarehouse) -> None:
    raw.run("update raw.nonderiv_trans set trans_code = 'Q'")

    with pytest.raises(GateFailed) as raised:
        check(raw).raise_for_errors()

    assert str(raised.value).count("trans_code='Q'") == 10
    assert "12 failing" in str(raised.value)
    assert "and 2 more" in str(raised.value)


@pytest.mark.parametrize("count", [2, 400])
def test_an_absurd_volume_is_an_error_with_history_of_the_daily_road(raw: RawWarehouse, count: int) -> None:
    other = DAY - timedelta(days=7)
    raw.add_index(other, [accession_of(number) for number in range(1000, 1000 + count)])
    for number in range(1000, 1000 + count):
        raw.add(
            "submission",
            accession_number=accession_of(number),
            filing_date=other.isoformat(),
            _road="daily",
            _partition=other.isoformat(),
        )
    raw.add_history([60, 62, 58, 61, 59, 60, 63, 57], before=other)

    assert failure(check(raw, other), "volume_plausible").sample[0]["filing_count"] == count


def test_quarterly_history_alone_only_warns(raw: RawWarehouse) -> None:
    raw.add_history([100] * 8, road="quarterly")

    result = check(raw)

    assert result.passed
    assert failure(result, "volume_usual").severity == "warning"
    assert "quarterly sets only" in result.notes[0].reason


def test_quarterly_history_fails_an_absurd_day_once_both_roads_agree(raw: RawWarehouse) -> None:
    raw.add_history([100] * 8, road="quarterly")
    raw.add_history([90, 95, 105], before=DAY - timedelta(days=1))

    assert failure(check(raw), "volume_plausible").sample[0]["median_count"] == 100


def test_quarterly_history_of_another_universe_is_not_used(raw: RawWarehouse) -> None:
    raw.add_history([100] * 8, road="quarterly")
    raw.add_history([2, 1, 3], before=DAY - timedelta(days=1))

    result = check(raw)

    assert result.failures == ()
    assert "do not describe the same filers" in result.notes[0].reason


def test_a_median_too_small_to_judge_by_is_said(raw: RawWarehouse) -> None:
    raw.add_history([2] * 8)

    result = check(raw)

    assert result.failures == ()
    assert "too small to judge" in result.notes[0].reason
