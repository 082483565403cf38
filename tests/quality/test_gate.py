"""Running a suite: what is written where, what is accepted, and that a check that cannot run does not pass."""

from __future__ import annotations

import html
import json
import os
import re
import time
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from quality import accepted
from quality.gate import KEPT_RUNS, run_gate
from quality.handbook import SUITES
from quality.raw_gate import check_filing_day
from quality.suite import Expect, FrameSuite, GateSuite, rarely
from tests.quality.conftest import DAY, RawWarehouse
from warehouse.errors import GateFailed
from warehouse.writer import record_gate_results

if TYPE_CHECKING:
    from pathlib import Path

    from quality.gate import GateResult
    from warehouse.settings import Settings

CODES = Expect(
    "codes_in_domain", "ExpectColumnValuesToBeInSet", {"column": "code", "value_set": ["P", "S"]}, "error", "Only two."
)


def suite_of(*expectations: Expect) -> GateSuite:
    return GateSuite("trial", "A trial.", (FrameSuite("lines", "line", ("line",), expectations),))


def run(
    settings: Settings, codes: list[str | None], *expectations: Expect, partition: str = "2024-01-05"
) -> GateResult:
    frame = pd.DataFrame({"line": range(1, len(codes) + 1), "code": pd.Series(codes, dtype="object")})
    return run_gate(suite_of(*(expectations or (CODES,))), {"lines": frame}, settings, partition=partition)


def test_the_result_names_rows_by_key(settings: Settings) -> None:
    result = run(settings, ["P", "Q", "S"])

    assert not result.passed
    assert result.failures[0].sample == ({"line": 2, "code": "Q"},)
    assert result.failures[0].failing_count == 1
    with pytest.raises(GateFailed, match=r"gate trial failed for 2024-01-05: 1 of 1 expectations"):
        result.raise_for_errors()


def test_rows_for_the_warehouse_are_accepted_by_its_writer(raw: RawWarehouse) -> None:
    raw.run("update raw.nonderiv_trans set trans_code = 'Q' where accession_number like '%03'")
    result = check_filing_day(raw.connection, DAY, raw.settings)

    written = record_gate_results(raw.connection, result.as_rows())

    assert written == len(result.outcomes) > 40
    rows = raw.connection.execute(
        "select partition, severity, failing_count, sample from raw.gate_results where not passed"
    ).fetchall()
    assert [row[:3] for row in rows] == [("2024-01-05", "error", 1)]
    assert json.loads(rows[0][3])[0]["trans_code"] == "Q"
    skipped = raw.connection.execute(
        "select sample from raw.gate_results where severity = 'info' and expectation = 'volume_plausible'"
    ).fetchall()
    assert "comparable days" in skipped[0][0]


def test_twenty_thousand_failing_rows_cost_little_more_than_as_many_good_ones(settings: Settings) -> None:
    """A parser that breaks fails every row of a day: the gate must still say so in good time."""
    run(settings, ["P"])  # imports are not what is measured
    started = time.process_time()
    run(settings, ["P"] * 20_000)
    good = time.process_time() - started

    result = run(settings, ["Q"] * 20_000)

    assert result.failures[0].failing_count == 20_000
    assert len(result.failures[0].sample) == 10
    # As much, in fact; a look at every failing row by itself would be a hundred times as dear.
    assert time.process_time() - started - good < 10 * good


def test_every_run_is_appended_to_the_results_file(settings: Settings) -> None:
    run(settings, ["P"])
    run(settings, ["Q"])

    lines = (settings.quality_dir / "results" / "trial.jsonl").read_text(encoding="utf-8").splitlines()

    assert [json.loads(line)["passed"] for line in lines] == [True, False]
    assert json.loads(lines[1])["outcomes"][0]["sample"] == [{"line": 1, "code": "Q"}]


def test_data_docs_are_pages_that_open_from_disk(settings: Settings) -> None:
    result = run(settings, ["Q"])

    index = result.data_docs.read_text(encoding="utf-8")
    pages = list((settings.quality_dir / "data_docs" / "validations").rglob("*.html"))
    assert result.data_docs == settings.quality_dir / "data_docs" / "index.html"
    assert len(pages) == 1
    assert str(pages[0].relative_to(result.data_docs.parent)) in index
    page = pages[0].read_text(encoding="utf-8")
    shown = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    assert "Only two." in shown, "the reason stands beside the expectation"
    assert "codes_in_domain" in shown
    assert "Failing: line=1 code='Q'" in html.unescape(shown), "rows are named by key on the page, too"


def test_only_the_last_runs_keep_their_pages_but_the_last_failures_too(settings: Settings) -> None:
    run(settings, ["Q"], partition="2024-01-01")
    for number in range(KEPT_RUNS + 2):
        run(settings, ["P"], partition=f"2024-02-{number + 1:02d}")

    folder = settings.quality_dir / "data_docs" / "validations" / "trial" / "lines"
    kept = sorted(path.name for path in folder.iterdir())

    assert kept == ["2024-01-01", *(f"2024-02-{number + 1:02d}" for number in range(2, KEPT_RUNS + 2))]
    results = (settings.quality_dir / "results" / "trial.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(results) == KEPT_RUNS + 3


def test_a_check_that_cannot_run_fails_whatever_its_severity(settings: Settings) -> None:
    broken = Expect("misspelt", "ExpectColumnValuesToNotBeNull", {"column": "coed"}, "warning", "Must be filled.")

    result = run(settings, ["P"], broken)

    assert [outcome.severity for outcome in result.failures] == ["error"]
    assert "coed" in result.failures[0].reason
    with pytest.raises(GateFailed, match="The check itself failed"):
        result.raise_for_errors()


def test_a_frame_that_is_missing_is_an_error(settings: Settings) -> None:
    with pytest.raises(KeyError, match="lines"):
        run_gate(suite_of(CODES), {}, settings, partition="2024-01-05")


@pytest.mark.parametrize(
    ("bad", "good", "fails"),
    [(2, 0, False), (3, 0, True), (2, 500, False), (10, 190, False), (11, 190, True)],
    ids=["two-of-two", "three-of-three", "two-of-many", "five-per-cent", "above-five-per-cent"],
)
def test_tolerance_is_the_larger_of_rows_and_share(settings: Settings, bad: int, good: int, fails: bool) -> None:
    warning, error = rarely(CODES, rows=2, share=0.05, reason="Too many.")

    result = run(settings, [*["Q"] * bad, *["P"] * good], warning, error)

    assert result.passed is not fails
    assert result.failures[-1].failing_count == bad


def test_empty_values_are_not_counted_as_rows_of_the_share(settings: Settings) -> None:
    _, error = rarely(CODES, rows=0, share=0.5, reason="Too many.")

    assert not run(settings, ["Q", "Q", "P", None, None, None, None], error).passed


def test_a_warning_is_reported_and_passes(settings: Settings) -> None:
    warning = Expect("filled", "ExpectColumnValuesToNotBeNull", {"column": "code"}, "warning", "Better filled.")

    result = run(settings, ["P", None], warning)

    assert result.raise_for_errors() is result
    assert [(outcome.expectation, outcome.sample) for outcome in result.warnings] == [
        ("filled", ({"line": 2, "code": None},))
    ]


def test_an_accepted_exception_lowers_one_failure_to_a_warning(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "accepted.csv"
    path.write_text(
        "gate,partition,expectation,reason\ntrial,2024-01-05,codes_in_domain,EDGAR took this code for one day\n",
        encoding="utf-8",
    )
    monkeypatch.setattr(accepted, "ACCEPTED_PATH", path)

    result = run(settings, ["Q"])
    other_day = run(settings, ["Q"], partition="2024-01-06")

    assert result.passed
    assert result.failures[0].accepted == "EDGAR took this code for one day"
    assert not other_day.passed


def test_the_committed_exceptions_name_expectations_that_exist() -> None:
    known = {(suite.gate, item.name) for suite in SUITES for frame in suite.frames for item in frame.expectations}

    rows = accepted.read_accepted()

    assert {(row.gate, row.expectation) for row in rows} <= known
    assert all(row.reason and row.partition for row in rows)


def test_names_are_unique_in_a_gate() -> None:
    with pytest.raises(ValueError, match="codes_in_domain"):
        suite_of(CODES, CODES)


def test_nothing_is_sent_anywhere(settings: Settings) -> None:
    """Sockets are blocked in tests, so sending would fail; the switch is looked at besides."""
    run(settings, ["P"])

    assert os.environ["GX_ANALYTICS_ENABLED"] == "false"
