"""Each DAG file by itself: it imports, holds the DAG it should, and says what a person on call needs."""

from __future__ import annotations

import ast
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from ops.airflow.config import PARALLELISM, POOLS

if TYPE_CHECKING:
    from pathlib import Path

DAG_FILES = {
    "etf_prices_daily.py": "etf_prices_daily",
    "form345_quarterly.py": "form345_quarterly",
    "form4_daily.py": "form4_daily",
    "issuers_weekly.py": "issuers_weekly",
    "tier_report_quarterly.py": "tier_report_quarterly",
    "warehouse_build.py": "warehouse_build",
}
KINDS = {
    "etf_prices_daily": "now",
    "form345_quarterly": "now",
    "form4_daily": "data_interval",
    "issuers_weekly": "now",
    "tier_report_quarterly": "now",
    "warehouse_build": "now",
}
TASKS = {
    "etf_prices_daily": {"fetch_prices": "default_pool", "load_prices": "warehouse_writer"},
    "form345_quarterly": {"fetch_quarters": "sec", "load_quarters": "warehouse_writer"},
    "form4_daily": {"fetch_and_parse": "sec", "load_and_check": "warehouse_writer"},
    "issuers_weekly": {"fetch_issuers": "sec", "load_issuers": "warehouse_writer"},
    "tier_report_quarterly": {
        "freeze_tiers": "default_pool",
        "render_report": "default_pool",
        "deliver_report": "default_pool",
    },
    "warehouse_build": {
        "loads_are_done": "default_pool",
        "dbt_build": "warehouse_writer",
        "check_marts": "warehouse_writer",
        "publish": "warehouse_writer",
        "tidy": "warehouse_writer",
        "make_pages": "default_pool",
    },
}
CATCHUP = {dag_id: dag_id == "form4_daily" for dag_id in KINDS}
MAX_ACTIVE_RUNS = {dag_id: 6 if dag_id == "form4_daily" else 1 for dag_id in KINDS}
TRIAGE = ("Who cares:", "May it be ignored?", "Where to look:", "How to re-run:")

every_dag = pytest.mark.parametrize(("file", "dag_id"), DAG_FILES.items())


def read(folder: Path, file: str) -> Any:
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(folder / file)
    assert bag.import_errors == {}
    return bag


@pytest.fixture
def dag(dags_folder: Path, file: str, dag_id: str) -> Any:
    return read(dags_folder, file).dags[dag_id]


def test_every_file_of_the_folder_is_expected(dags_folder: Path) -> None:
    helpers = set((dags_folder / ".airflowignore").read_text().split())
    assert {path.name for path in dags_folder.glob("*.py")} == set(DAG_FILES) | helpers


@every_dag
def test_the_file_holds_its_dag_and_no_other(dags_folder: Path, file: str, dag_id: str) -> None:
    assert set(read(dags_folder, file).dags) == {dag_id}


@every_dag
def test_doc_md_opens_with_triage_notes(dag: Any) -> None:
    opening = dag.doc_md.split("### What it does")[0]
    assert opening.startswith("Triage notes.")
    assert re.findall(r"\*\*([^*]+)\*\*", opening) == list(TRIAGE)


@every_dag
def test_the_runbooks_it_names_are_there(dag: Any, dags_folder: Path) -> None:
    named = re.findall(r"`(docs/[^`]+)`", dag.doc_md)
    assert named
    assert [page for page in named if not (dags_folder.parent / page).is_file()] == []


@every_dag
def test_the_kind_is_a_tag_and_in_the_text(dag: Any, dag_id: str) -> None:
    assert dag.tags & {"data_interval", "now"} == {KINDS[dag_id]}
    assert f"**Kind:** `{KINDS[dag_id]}`" in dag.doc_md


@every_dag
def test_tasks_have_owner_pool_and_retries(dag: Any, dag_id: str) -> None:
    assert {task.task_id: task.pool for task in dag.tasks} == TASKS[dag_id]
    for task in dag.tasks:
        assert task.owner == "insider-tiers"
        assert task.retries >= 1
        assert task.retry_delay >= timedelta(minutes=1)
        assert task.execution_timeout is not None


@every_dag
def test_catchup_and_concurrency_are_what_was_decided(dag: Any, dag_id: str) -> None:
    assert dag.catchup is CATCHUP[dag_id]
    assert dag.max_active_runs == MAX_ACTIVE_RUNS[dag_id]
    assert dag.is_paused_upon_creation is False


@pytest.mark.parametrize("file", DAG_FILES)
def test_catchup_and_concurrency_are_written_down(dags_folder: Path, file: str) -> None:
    calls = [node for node in ast.walk(ast.parse((dags_folder / file).read_text())) if isinstance(node, ast.Call)]
    (dag_call,) = [call for call in calls if getattr(call.func, "id", "") == "DAG"]
    given = {keyword.arg for keyword in dag_call.keywords}
    assert {"catchup", "max_active_runs", "schedule", "start_date", "is_paused_upon_creation", "default_args"} <= given


@pytest.mark.parametrize("file", DAG_FILES)
def test_a_dag_file_says_when_and_nothing_else(dags_folder: Path, file: str) -> None:
    text = (dags_folder / file).read_text()
    assert len(text.splitlines()) <= 80
    imported = set(re.findall(r"^(?:from|import) (\w+)", text, re.M))
    assert imported <= {"__future__", "datetime", "typing", "airflow", "dags", "ops", "warehouse"}
    assert not re.search(r"\b(select|insert|requests|duckdb|open\()\b", ast.unparse(without_docs(text)), re.I)


def without_docs(text: str) -> ast.Module:
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.FunctionDef)) and ast.get_docstring(node):
            node.body = node.body[1:]
    return tree


def test_loads_announce_what_builds_listen_to(dags_folder: Path) -> None:
    outlets = {
        dag_id: {
            (task.task_id, asset.name) for task in read(dags_folder, file).dags[dag_id].tasks for asset in task.outlets
        }
        for file, dag_id in DAG_FILES.items()
    }
    assert outlets == {
        "etf_prices_daily": {("load_prices", "raw")},
        "form345_quarterly": {("load_quarters", "raw")},
        "form4_daily": {("load_and_check", "raw")},
        "issuers_weekly": {("load_issuers", "raw")},
        "tier_report_quarterly": set(),
        "warehouse_build": {("publish", "maybe_complete_quarter")},
    }
    from dags.common import LOADERS

    assert set(LOADERS) == {dag_id for dag_id, announced in outlets.items() if "raw" in {name for _, name in announced}}
    listeners = {
        dag_id: [
            asset.name for asset in read(dags_folder, f"{dag_id}.py").dags[dag_id].timetable.asset_condition.objects
        ]
        for dag_id in ("tier_report_quarterly", "warehouse_build")
    }
    assert listeners == {"tier_report_quarterly": ["complete_quarter"], "warehouse_build": ["raw"]}


def test_every_pool_is_one_that_is_created_and_leaves_the_writer_its_place() -> None:
    assert {pool for tasks in TASKS.values() for pool in tasks.values()} == {*POOLS, "default_pool"}
    assert POOLS["warehouse_writer"][0] == 1
    assert sum(slots for slots, _ in POOLS.values()) <= PARALLELISM


def test_loads_go_before_builds(dags_folder: Path) -> None:
    weights = {
        task.task_id: task.priority_weight
        for file, dag_id in DAG_FILES.items()
        for task in read(dags_folder, file).dags[dag_id].tasks
        if task.pool == "warehouse_writer" and task.weight_rule == "absolute"
    }
    assert len(weights) == 8
    assert min(weights[load] for load in ("load_and_check", "load_issuers", "load_prices", "load_quarters")) > max(
        weights["dbt_build"], weights["check_marts"], weights["publish"], weights["tidy"]
    )


def test_a_late_index_is_asked_for_again_and_again_with_growing_pauses(dags_folder: Path) -> None:
    fetch = read(dags_folder, "form4_daily.py").dags["form4_daily"].get_task("fetch_and_parse")
    pauses = [
        min(fetch.retry_delay * fetch.retry_exponential_backoff**attempt, fetch.max_retry_delay)
        for attempt in range(fetch.retries)
    ]
    assert pauses == sorted(pauses)
    assert pauses[0] < pauses[-1]
    # The index of a bad night comes hours late, but before the next business day ends.
    assert timedelta(hours=6) < sum(pauses, timedelta()) < timedelta(hours=18)


def test_issuers_wait_for_their_sunday_when_airflow_is_started(dags_folder: Path) -> None:
    from airflow.timetables.base import TimeRestriction
    from airflow.timetables.trigger import CronTriggerTimetable

    dag = read(dags_folder, "issuers_weekly.py").dags["issuers_weekly"]
    assert dag.start_date is None
    timetable = CronTriggerTimetable(dag.timetable.expression, timezone="America/New_York")
    first = timetable.next_dagrun_info(
        last_automated_data_interval=None, restriction=TimeRestriction(None, None, False)
    )
    assert first is not None
    assert first.run_after > datetime.now(UTC)
    assert first.run_after.in_timezone("America/New_York").strftime("%A %H:%M") == "Sunday 06:00"


def test_the_quarterly_sets_are_looked_for_once_a_week_and_without_catching_up(dags_folder: Path) -> None:
    dag = read(dags_folder, "form345_quarterly.py").dags["form345_quarterly"]
    assert dag.timetable.expression == "0 10 * * 6"
    assert dag.catchup is False
    assert dag.params["quarters"] == []


def test_a_week_without_any_quarter_landed_loads_nothing_and_says_what_brings_history(dags_folder: Path) -> None:
    from airflow.sdk.exceptions import AirflowSkipException

    dag = read(dags_folder, "form345_quarterly.py").dags["form345_quarterly"]
    with pytest.raises(AirflowSkipException, match="make backfill FROM=2019q1"):
        dag.get_task("load_quarters").python_callable([])


def test_prices_are_asked_for_every_trading_evening_after_their_last_correction(dags_folder: Path) -> None:
    dag = read(dags_folder, "etf_prices_daily.py").dags["etf_prices_daily"]
    assert dag.start_date is None
    assert dag.timetable.expression == "30 20 * * MON-FRI"
    assert str(dag.timetable.timezone) == "America/New_York"
    fetch = dag.get_task("fetch_prices")
    # An hourly allowance is back before the second try, a daily one before the next evening.
    assert fetch.retry_delay >= timedelta(hours=1)


def test_without_a_source_of_prices_the_run_is_skipped_and_says_which_setting_it_needs(
    dags_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.sdk.exceptions import AirflowSkipException

    monkeypatch.setenv("PRICE_SOURCE", "")
    dag = read(dags_folder, "etf_prices_daily.py").dags["etf_prices_daily"]
    with pytest.raises(AirflowSkipException, match="Set PRICE_SOURCE"):
        dag.get_task("fetch_prices").python_callable()
