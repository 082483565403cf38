"""Reads the newest runs of the quality gates from the files they leave: a gate that fails publishes nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# One run is some ten to forty kilobytes; files hold every run there was.
_TAIL_BYTES = 2_000_000
NEWEST_RUNS = 25


@dataclass(frozen=True)
class GateFinding:
    """An expectation that did not hold."""

    expectation: str
    severity: str
    failing_count: int
    reason: str
    accepted: str | None


@dataclass(frozen=True)
class GateRun:
    """One run of a gate.

    Attributes:
        gate: ``filing_day``, ``quarter``, ``issuers``, ``prices`` or ``marts``.
        partition: What it looked at.
        checked_at: UTC.
        passed: Whether nothing of severity error failed.
        expectation_count: Expectations looked at.
        skipped_count: Those that could not be checked.
        findings: Those that did not hold, errors first.
    """

    gate: str
    partition: str
    checked_at: datetime
    passed: bool
    expectation_count: int
    skipped_count: int
    findings: tuple[GateFinding, ...]

    @property
    def warning_count(self) -> int:
        """Findings that are only reported."""
        return sum(finding.severity != "error" for finding in self.findings)


@dataclass(frozen=True)
class GateRuns:
    """The newest runs of all gates.

    Attributes:
        runs: Newest first.
        unreadable_count: Lines of the files that are no run: a machine that lost power while one was written.
    """

    runs: tuple[GateRun, ...]
    unreadable_count: int

    @property
    def open_failures(self) -> tuple[GateRun, ...]:
        """Failed runs of what has not passed since: what a person has to look at."""
        seen: set[tuple[str, str]] = set()
        failed = []
        for run in self.runs:
            if (run.gate, run.partition) not in seen and not run.passed:
                failed.append(run)
            seen.add((run.gate, run.partition))
        return tuple(failed)

    @property
    def newest(self) -> tuple[GateRun, ...]:
        """The last run of each gate."""
        last: dict[str, GateRun] = {}
        for run in self.runs:
            last.setdefault(run.gate, run)
        return tuple(last.values())


def read_gate_runs(results: Path) -> GateRuns:
    """Read the newest runs of every gate; none where no gate ran yet.

    Args:
        results: Folder of ``<gate>.jsonl``, one line per run, newest last.
    """
    runs: list[GateRun] = []
    unreadable = 0
    for file in sorted(results.glob("*.jsonl")):
        for line in _last_lines(file):
            try:
                runs.append(_run_of(json.loads(line)))
            except (ValueError, KeyError, TypeError):
                unreadable += 1
    runs.sort(key=lambda run: run.checked_at, reverse=True)
    return GateRuns(tuple(runs), unreadable)


def _last_lines(file: Path) -> Iterator[bytes]:
    size = file.stat().st_size
    with file.open("rb") as opened:
        opened.seek(max(size - _TAIL_BYTES, 0))
        if size > _TAIL_BYTES:
            # The first line is cut off.
            opened.readline()
        yield from (line for line in opened.read().splitlines() if line.strip())


def _run_of(entry: dict[str, Any]) -> GateRun:
    outcomes = entry["outcomes"]
    findings = [
        GateFinding(
            outcome["expectation"],
            outcome["severity"],
            outcome["failing_count"],
            outcome["reason"],
            outcome.get("accepted"),
        )
        for outcome in outcomes
        if not outcome["passed"]
    ]
    return GateRun(
        gate=entry["gate"],
        partition=entry["partition"],
        checked_at=datetime.fromisoformat(entry["checked_at"]),
        passed=entry["passed"],
        expectation_count=len(outcomes),
        skipped_count=sum(outcome["severity"] == "info" for outcome in outcomes),
        findings=tuple(sorted(findings, key=lambda finding: finding.severity != "error")),
    )
