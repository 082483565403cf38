"""Runs a suite on data frames with Great Expectations and says what came of it.

Great Expectations is imported when a gate runs, not before: the import alone takes two to three seconds.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from quality.accepted import Accepted, accepted_exceptions
from warehouse.errors import GateFailed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd
    from great_expectations.core import ExpectationSuiteValidationResult, ExpectationValidationResult
    from great_expectations.core.run_identifier import RunIdentifier
    from great_expectations.data_context.data_context.ephemeral_data_context import EphemeralDataContext
    from great_expectations.data_context.types.resource_identifiers import ValidationResultIdentifier
    from great_expectations.datasource.fluent.pandas_datasource import PandasDatasource

    from quality.suite import Expect, FrameSuite, GateSuite
    from warehouse.settings import Settings

SAMPLE_ROWS = 10
# Data Docs keep this many runs that passed and as many that failed, per gate. All results stay in results/*.jsonl.
KEPT_RUNS = 20

_GX_SEVERITY = {"error": "critical", "warning": "warning"}
_STAMP = "%Y%m%dT%H%M%S.%fZ"


@dataclass(frozen=True)
class Outcome:
    """What came of one expectation.

    Attributes:
        expectation: Its name in the suite.
        severity: ``error``, ``warning``, or ``info`` for a check that was skipped, with the reason in ``reason``.
        passed: Whether it held.
        frame: The frame looked at.
        column: The column or columns; empty for the whole frame.
        failing_count: Rows that failed (1 where the whole frame fails), also when so few that they are tolerated.
        sample: Up to ten failing rows as column to value: the keys and the column looked at.
        reason: Why it must hold.
        accepted: Why a failure of severity error was accepted for this partition, lowering it to a warning.
    """

    expectation: str
    severity: str
    passed: bool
    frame: str = ""
    column: str = ""
    failing_count: int = 0
    sample: tuple[dict[str, Any], ...] = ()
    reason: str = ""
    accepted: str | None = None


@dataclass(frozen=True)
class GateResult:
    """What a gate found.

    Attributes:
        gate: Name of the gate: ``filing_day``, ``quarter``, ``issuers``, ``prices`` or ``marts``.
        partition: Filing day, quarter, or the marts' as-of date.
        checked_at: When, UTC.
        outcomes: One per expectation; those that were skipped have severity ``info`` and say why in ``reason``.
        data_docs: Index page of the Data Docs.
    """

    gate: str
    partition: str
    checked_at: datetime
    outcomes: tuple[Outcome, ...]
    data_docs: Path

    @property
    def failures(self) -> tuple[Outcome, ...]:
        """The expectations that did not hold, errors first."""
        failed = [outcome for outcome in self.outcomes if not outcome.passed]
        return tuple(sorted(failed, key=lambda outcome: outcome.severity != "error"))

    @property
    def errors(self) -> tuple[Outcome, ...]:
        """The failures that fail the gate."""
        return tuple(outcome for outcome in self.failures if outcome.severity == "error")

    @property
    def warnings(self) -> tuple[Outcome, ...]:
        """The failures that are only reported."""
        return tuple(outcome for outcome in self.failures if outcome.severity != "error")

    @property
    def notes(self) -> tuple[Outcome, ...]:
        """The checks that were skipped, each with its reason."""
        return tuple(outcome for outcome in self.outcomes if outcome.severity == "info")

    @property
    def passed(self) -> bool:
        """Whether no expectation of severity error failed."""
        return not self.errors

    def raise_for_errors(self) -> GateResult:
        """Return this result when the gate passed.

        Raises:
            GateFailed: An expectation of severity error failed; the message names each and its rows by key.
        """
        if self.passed:
            return self
        lines = [
            f"gate {self.gate} failed for {self.partition}: {len(self.errors)} of {len(self.outcomes)} expectations"
        ]
        for outcome in self.errors:
            lines.append(
                f"- {outcome.expectation} ({outcome.frame}{f'.{outcome.column}' if outcome.column else ''}): "
                f"{outcome.failing_count} failing. {outcome.reason}"
            )
            lines.extend(f"    {describe_row(row)}" for row in outcome.sample)
            if outcome.failing_count > len(outcome.sample) > 0:
                lines.append(f"    and {outcome.failing_count - len(outcome.sample)} more")
        lines.append(
            f"Nothing was committed or published. Open {self.data_docs}; what to do is in docs/runbooks/gate_failed.md."
        )
        raise GateFailed("\n".join(lines))

    def as_rows(self) -> list[dict[str, Any]]:
        """Rows for ``raw.gate_results``: one per expectation, whether it held or not.

        Returns:
            Dicts with gate, partition, checked_at (UTC, naive), passed, severity, expectation, failing_count and
            sample (JSON text: a list of failing rows, or the reason of a skipped check).
        """
        return [
            {
                "gate": self.gate,
                "partition": self.partition,
                "checked_at": self.checked_at.replace(tzinfo=None),
                "passed": outcome.passed,
                "severity": outcome.severity,
                "expectation": outcome.expectation,
                "failing_count": outcome.failing_count,
                "sample": _json([outcome.reason] if outcome.severity == "info" else outcome.sample),
            }
            for outcome in self.outcomes
        ]


def describe_row(row: dict[str, Any]) -> str:
    """A failing row on one line: ``column=value`` pairs."""
    return " ".join(f"{column}={value!r}" for column, value in row.items())


def run_gate(
    suite: GateSuite,
    frames: dict[str, pd.DataFrame],
    settings: Settings,
    *,
    partition: str,
    skipped: dict[str, str] | None = None,
    data_docs: bool = True,
) -> GateResult:
    """Run every expectation of ``suite``, write Data Docs and append the result to ``results/<gate>.jsonl``.

    Args:
        suite: What to expect.
        frames: Frame name to data; every frame of the suite must be there.
        settings: Where to write.
        partition: What the frames hold, for people and for accepted exceptions.
        skipped: Expectation name to reason, for what could not be checked this time.
        data_docs: Whether a run that passes gets pages in Data Docs; one that fails always does.

    Raises:
        KeyError: A frame of the suite is missing.
    """
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    from great_expectations.core.run_identifier import RunIdentifier

    checked_at = datetime.now(UTC)
    settings.quality_dir.mkdir(parents=True, exist_ok=True)
    # Two gates at once (a day's and the marts') share one set of Data Docs.
    with FileLock(settings.quality_dir / ".lock"):
        context = _context(settings)
        source = context.data_sources.add_pandas(suite.gate)
        run = RunIdentifier(run_name=partition, run_time=checked_at)
        exceptions = accepted_exceptions(suite.gate, partition)
        outcomes: list[Outcome] = []
        for frame_suite in suite.frames:
            frame = frames[frame_suite.frame].reset_index(drop=True)
            validation = _validate(context, source, frame_suite, frame, run)
            found = [
                _outcome(frame_suite, frame, expect, result, exceptions)
                for expect, result in _in_order(frame_suite, validation)
            ]
            _name_rows(context, validation, found, run)
            outcomes.extend(found)
        outcomes = [
            replace(outcome, severity="info", passed=True, reason=skipped[outcome.expectation])
            if skipped and outcome.expectation in skipped
            else outcome
            for outcome in outcomes
        ]
        result = GateResult(
            suite.gate, partition, checked_at, tuple(outcomes), settings.quality_dir / "data_docs" / "index.html"
        )
        _append(result, settings)
        if data_docs or not result.passed:
            _drop_old_runs(suite.gate, settings)
            _build_data_docs(context, suite, run)
    return result


def results_path(gate: str, settings: Settings) -> Path:
    """The file every result of ``gate`` is appended to: one JSON object per run."""
    return settings.quality_dir / "results" / f"{gate}.jsonl"


def _context(settings: Settings) -> EphemeralDataContext:
    """A context in memory, but for validation results and Data Docs, which are files."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    def folder(name: str) -> dict[str, str]:
        return {
            "class_name": "TupleFilesystemStoreBackend",
            "base_directory": str(settings.quality_dir.absolute() / name),
        }

    in_memory = InMemoryStoreBackendDefaults()
    config = DataContextConfig(
        store_backend_defaults=in_memory,
        stores={
            **in_memory.stores,
            in_memory.validation_results_store_name: {
                "class_name": "ValidationResultsStore",
                "store_backend": folder("validations"),
            },
        },
        data_docs_sites={
            "local": {
                "class_name": "SiteBuilder",
                "show_how_to_buttons": False,
                "store_backend": folder("data_docs"),
                "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
            }
        },
        analytics_enabled=False,
        progress_bars=ProgressBarsConfig(globally=False),
    )
    return gx.get_context(mode="ephemeral", project_config=config)


def _validate(
    context: EphemeralDataContext,
    source: PandasDatasource,
    frame_suite: FrameSuite,
    frame: pd.DataFrame,
    run: RunIdentifier,
) -> ExpectationSuiteValidationResult:
    import great_expectations as gx
    import great_expectations.expectations as gxe

    expectations = []
    for expect in frame_suite.expectations:
        arguments = dict(expect.arguments)
        if expect.tolerates and len(frame):
            arguments["mostly"] = _mostly(expect, frame)
        expectations.append(
            getattr(gxe, expect.expectation)(
                **arguments,
                severity=_GX_SEVERITY[expect.severity],
                meta={"name": expect.name},
                # What Data Docs show for it.
                description=f"{expect.name} ({expect.severity}): {expect.requirement}. {expect.reason}",
            )
        )
    suite = context.suites.add(
        gx.ExpectationSuite(
            name=f"{source.name}.{frame_suite.frame}",
            expectations=expectations,
            notes=f"One per {frame_suite.one_row_per}.",
        )
    )
    batch = source.add_dataframe_asset(frame_suite.frame).add_batch_definition_whole_dataframe("all rows")
    definition = context.validation_definitions.add(
        gx.ValidationDefinition(name=f"{source.name}.{frame_suite.frame}", data=batch, suite=suite)
    )
    return definition.run(
        batch_parameters={"dataframe": frame},
        run_id=run,
        result_format={
            # Positions of failing rows, not their keys: Great Expectations looks keys up row by row, for every failing
            # row (12 s for 20,000); we look up the ten that are shown.
            "result_format": "SUMMARY",
            "partial_unexpected_count": SAMPLE_ROWS,
            "return_unexpected_index_query": False,
        },
    )


def _mostly(expect: Expect, frame: pd.DataFrame) -> float:
    """The share that must hold, so that the tolerated rows are let through in a frame of this size."""
    judged = frame
    if "column" in expect.arguments and "Null" not in expect.expectation:
        # Great Expectations leaves empty values out of the denominator, but where emptiness is the question.
        judged = frame[frame[expect.arguments["column"]].notna()]
    row_count = max(1, len(judged))
    return max(0.0, (row_count - expect.tolerated_of(row_count)) / row_count - 1e-9)


def _in_order(
    frame_suite: FrameSuite, validation: ExpectationSuiteValidationResult
) -> list[tuple[Expect, ExpectationValidationResult]]:
    """Pair each expectation with its result; Great Expectations returns them in an order of its own."""
    results = {result.expectation_config.meta["name"]: result for result in validation.results}  # type: ignore[union-attr]
    return [(expect, results[expect.name]) for expect in frame_suite.expectations]


def _outcome(
    frame_suite: FrameSuite,
    frame: pd.DataFrame,
    expect: Expect,
    result: ExpectationValidationResult,
    exceptions: dict[str, Accepted],
) -> Outcome:
    found = result.result or {}
    passed = bool(result.success)
    reason = expect.reason
    severity: str = expect.severity
    raised = _exception_message(result)
    if raised:
        # A check that could not run has not passed, whatever its severity says of failing rows.
        passed, severity, reason = False, "error", f"The check itself failed: {raised}"
    failing_count = int(found.get("unexpected_count") or 0)
    sample = _rows(frame, [*frame_suite.keys, *expect.columns], found.get("partial_unexpected_index_list") or [])
    if not passed and failing_count == 0:
        failing_count = 1
        if "observed_value" in found:
            sample = (_plain({"observed": found["observed_value"]}),)
    accepted = exceptions.get(expect.name)
    if not passed and severity == "error" and accepted is not None and not raised:
        severity = "warning"
    return Outcome(
        expectation=expect.name,
        severity=severity,
        passed=passed,
        frame=frame_suite.frame,
        column=expect.column,
        failing_count=failing_count,
        sample=sample,
        reason=reason,
        accepted=accepted.reason if accepted and not passed else None,
    )


def _exception_message(result: ExpectationValidationResult) -> str:
    """Why the expectation could not be evaluated; empty when it could."""
    info = result.exception_info or {}
    entries = [info] if "raised_exception" in info else [entry for entry in info.values() if isinstance(entry, dict)]
    return "; ".join(str(entry.get("exception_message")).strip() for entry in entries if entry.get("raised_exception"))


def _rows(frame: pd.DataFrame, columns: list[str], positions: list[int]) -> tuple[dict[str, Any], ...]:
    """The rows at the positions: keys first, then the columns looked at."""
    if not positions:
        return ()
    shown = frame.loc[positions, list(dict.fromkeys(columns))]
    return tuple(_plain(row) for row in shown.to_dict(orient="records"))


def _name_rows(
    context: EphemeralDataContext,
    validation: ExpectationSuiteValidationResult,
    outcomes: list[Outcome],
    run: RunIdentifier,
) -> None:
    """Write the failing rows' keys into what Data Docs show: of its own accord a page shows their values only."""
    rows = {outcome.expectation: outcome.sample for outcome in outcomes if not outcome.passed and outcome.sample}
    if not rows:
        return
    for result in validation.results:
        config = result.expectation_config
        if config is not None and (sample := rows.get(config.meta["name"])):
            config.description = f"{config.description} Failing: {'; '.join(describe_row(row) for row in sample)}"
    store = context.validation_results_store
    for key in _stored_results(context, run):
        if key.expectation_suite_identifier.name == validation.suite_name:
            store.set(key, validation)


def _stored_results(context: EphemeralDataContext, run: RunIdentifier) -> list[ValidationResultIdentifier]:
    """The stored validation results of one run."""
    from great_expectations.data_context.types.resource_identifiers import ValidationResultIdentifier

    stamp = run.run_time.astimezone(UTC)
    return [
        key
        for key in context.validation_results_store.list_keys()
        if isinstance(key, ValidationResultIdentifier) and key.run_id.run_time.astimezone(UTC) == stamp
    ]


def _plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Plain Python values: numpy scalars unpacked, every kind of missing value as ``None``."""
    import pandas as pd

    def plain(value: Any) -> Any:
        value = value.item() if hasattr(value, "item") else value
        if value is None or (not isinstance(value, (list, dict, tuple)) and pd.isna(value)):
            return None
        return value if isinstance(value, (str, int, float, bool)) else str(value)

    return {str(name): plain(value) for name, value in row.items()}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _append(result: GateResult, settings: Settings) -> None:
    path = results_path(result.gate, settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    line = {
        "gate": result.gate,
        "partition": result.partition,
        "checked_at": result.checked_at.isoformat(),
        "passed": result.passed,
        "outcomes": [asdict(outcome) for outcome in result.outcomes],
    }
    with path.open("a", encoding="utf-8") as file:
        file.write(_json(line) + "\n")


def _drop_old_runs(gate: str, settings: Settings) -> None:
    """Remove the pages of all but the last runs, so that building Data Docs costs the same on every day."""
    kept: set[str] = set()
    count = {True: 0, False: 0}
    for line in reversed(results_path(gate, settings).read_text(encoding="utf-8").splitlines()):
        run = json.loads(line)
        count[run["passed"]] += 1
        if count[run["passed"]] <= KEPT_RUNS:
            kept.add(datetime.fromisoformat(run["checked_at"]).strftime(_STAMP))
        if min(count.values()) >= KEPT_RUNS:
            break
    for root in (
        settings.quality_dir / "validations" / gate,
        settings.quality_dir / "data_docs" / "validations" / gate,
    ):
        for run_folder in root.glob("*/*/*"):
            if run_folder.is_dir() and run_folder.name not in kept:
                shutil.rmtree(run_folder)
                if not any(run_folder.parent.iterdir()):
                    run_folder.parent.rmdir()


def _build_data_docs(context: EphemeralDataContext, suite: GateSuite, run: RunIdentifier) -> None:
    """Write this run's pages and the index; pages of earlier runs stay as they are."""
    from great_expectations.data_context.types.resource_identifiers import ExpectationSuiteIdentifier

    suites = [ExpectationSuiteIdentifier(name=f"{suite.gate}.{frame.frame}") for frame in suite.frames]
    # Typed as a list of the one or of the other; one call with both builds the index once.
    identifiers: Any = [*suites, *_stored_results(context, run)]
    context.build_data_docs(resource_identifiers=identifiers)
