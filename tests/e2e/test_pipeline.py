"""The real scheduler and executor, from a catch-up to a published copy, through a kill and through planted bad data.

The tests share one Airflow and follow each other in the order they are written in.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from datetime import date, timedelta

import duckdb
import pytest
import requests

from ops.airflow.healthcheck import PUBLIC_HEALTH, TASK_HEALTH
from tests.e2e.conftest import Pipeline, fingerprint
from tests.mailbox import attachments
from warehouse.code_version import current_code_version

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

SCHEDULED = ["2026-01-05", "2026-01-06", "2026-01-07"]
# Two weeks with Christmas, New Year's Day and two weekends.
BACKFILLED = [
    day.isoformat() for offset in range(14) if (day := date(2025, 12, 22) + timedelta(days=offset)).weekday() < 5
]
HOLIDAYS = {"2025-12-25", "2026-01-01"}
QUARTERS = ["2025q3", "2025q4"]
BAD_DAY = "2025-12-19"
LATE_DAY = "2026-01-09"
ENDED = {"success", "failed"}


def partitions(pipeline: Pipeline) -> set[str]:
    return {row[0] for row in pipeline.query("select distinct _partition from raw.loads")}


def published_partitions(pipeline: Pipeline) -> set[str]:
    return {source["partition"] for source in pipeline.manifest()["sources"]}


def listed(pipeline: Pipeline, day: str) -> set[str]:
    """Accession numbers in the index file the simulator serves, read independently of our parser."""
    year, quarter = day[:4], (int(day[5:7]) - 1) // 3 + 1
    index = pipeline.world / f"Archives/edgar/daily-index/{year}/QTR{quarter}/master.{day.replace('-', '')}.idx"
    if not index.is_file():
        return set()
    lines = [line.split("|") for line in index.read_text("latin-1").splitlines() if line.count("|") == 4]
    return {re.sub(r".*/|\.txt", "", line[4]) for line in lines if line[2] in {"3", "3/A", "4", "4/A", "5", "5/A"}}


def expect_every_listed_filing_once(pipeline: Pipeline, days: list[str]) -> None:
    loaded = pipeline.query(
        "select _partition, accession_number from raw.submission where _road = 'daily' "
        "union all select _partition, accession_number from raw.quarantine where _road = 'daily'"
    )
    for day in days:
        found = [accession for partition, accession in loaded if partition == day]
        assert len(found) == len(set(found)), f"{day} holds a filing twice"
        assert set(found) == listed(pipeline, day), day
        assert bool(found) != (day in HOLIDAYS)


def test_catch_up_runs_every_filing_day_of_the_schedule_and_publishes(pipeline: Pipeline) -> None:
    pipeline.airflow.api.trigger("form345_quarterly", {"quarters": QUARTERS})
    pipeline.wait("history", lambda: set(pipeline.runs("form345_quarterly").values()) == {"success"})
    pipeline.wait("three nights", lambda: list(pipeline.runs("form4_daily").values()) == ["success"] * 3)
    pipeline.wait_until_idle()
    assert partitions(pipeline) == {*QUARTERS, *SCHEDULED}
    assert published_partitions(pipeline) == {*QUARTERS, *SCHEDULED}
    assert pipeline.manifest()["is_simulated"] is True
    assert pipeline.manifest()["generation"] in (pipeline.settings.reports_dir / "trends.html").read_text("utf-8")
    expect_every_listed_filing_once(pipeline, SCHEDULED)


def builds_that_published(pipeline: Pipeline) -> list[str]:
    return [
        run_id
        for run_id in pipeline.runs("warehouse_build")
        if pipeline.states("warehouse_build", run_id)["publish"] == "success"
    ]


def test_several_loads_that_wait_become_one_build(pipeline: Pipeline) -> None:
    assert {build["run_type"] for build in pipeline.airflow.api.runs("warehouse_build")} == {"asset_triggered"}
    # One load of history and three of filing days; the first may be built alone.
    assert 1 <= len(builds_that_published(pipeline)) <= 2
    # What was built already by the time its turn came is skipped, which is a success.
    assert set(pipeline.runs("warehouse_build").values()) == {"success"}


def test_parts_say_that_they_are_healthy_as_containers_ask_them(pipeline: Pipeline) -> None:
    airflow = pipeline.airflow
    airflow.start_component("triggerer")
    pipeline.wait("a triggerer", lambda: airflow.api.health().get("triggerer") == "healthy")
    for job in ("SchedulerJob", "DagProcessorJob", "TriggererJob"):
        checked = airflow.command("jobs", "check", "--job-type", job, "--local")
        assert checked.returncode == 0, checked.stdout + checked.stderr
    for address in (f"{airflow.url}{PUBLIC_HEALTH}", f"http://127.0.0.1:{airflow.task_port}{TASK_HEALTH}"):
        assert subprocess.run([sys.executable, "-m", "ops.airflow.healthcheck", address], check=False).returncode == 0
    nobody = subprocess.run(
        [sys.executable, "-m", "ops.airflow.healthcheck", "http://127.0.0.1:9/"], capture_output=True, check=False
    )
    assert nobody.returncode == 1


def test_a_second_airflow_of_the_same_folder_is_refused(pipeline: Pipeline) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "ops.airflow.local"],
        env=pipeline.airflow.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert second.returncode == 1
    assert "is running already" in second.stderr


def backfill(pipeline: Pipeline, from_date: str, to_date: str) -> None:
    """Create a backfill with Airflow's own command once the one before, if any, is marked as complete.

    The dates bound the nights the runs start in: the day after the first filing day, two days after the last.
    """

    def is_free() -> bool:
        found = pipeline.airflow.api.call("GET", "backfills", params={"dag_id": "form4_daily"})["backfills"]
        return all(one["completed_at"] for one in found)

    pipeline.wait("the end of the backfill before", is_free, may_fail=True)
    created = pipeline.airflow.command(
        *("backfill", "create", "--dag-id", "form4_daily", "--from-date", from_date, "--to-date", to_date)
    )
    assert created.returncode == 0, created.stderr[-3000:]


def test_backfill_over_two_weeks_survives_a_killed_scheduler(pipeline: Pipeline) -> None:
    airflow = pipeline.airflow
    builds = len(builds_that_published(pipeline))
    backfill(pipeline, "2025-12-23", "2026-01-04")

    def backfilled() -> list[str]:
        return [state for run_id, state in pipeline.runs("form4_daily").items() if run_id.startswith("backfill")]

    assert len(backfilled()) == len(BACKFILLED)
    pipeline.wait("the first loaded days", lambda: backfilled().count("success") >= 2)
    assert backfilled().count("success") < len(BACKFILLED)
    # With its workers and the tasks they run, as when the machine loses power.
    os.killpg(airflow.pid("scheduler"), signal.SIGKILL)
    pipeline.wait("the end of the scheduler", lambda: airflow.dead() == ["scheduler"], may_fail=True)
    airflow.start_component("scheduler")

    pipeline.wait("the whole backfill", lambda: backfilled() == ["success"] * len(BACKFILLED))
    pipeline.wait_until_idle()
    assert partitions(pipeline) == {*QUARTERS, *SCHEDULED, *BACKFILLED}
    assert published_partitions(pipeline) == partitions(pipeline)
    expect_every_listed_filing_once(pipeline, [*BACKFILLED, *SCHEDULED])
    assert 1 <= len(builds_that_published(pipeline)) - builds < len(BACKFILLED) / 2


def test_what_is_fetched_is_never_fetched_again(pipeline: Pipeline) -> None:
    landed = duckdb.execute(
        "select count(*), count(distinct accession_number) from read_parquet(?)",
        [str(pipeline.settings.landing_dir / "filings" / "*.parquet")],
    ).fetchone()
    assert landed
    assert landed[0] == landed[1] == sum(len(listed(pipeline, day)) for day in [*BACKFILLED, *SCHEDULED])
    fetches = pipeline.query(
        "select max(fetches) from (select count(*) as fetches from raw.fetch_outcomes "
        "where kind = 'filing' and outcome = 'fetched' group by accession_number)"
    )
    # A filing under way when the scheduler was killed may have been served, but not landed: then once more.
    assert fetches[0][0] <= 2


def test_loading_again_changes_nothing(pipeline: Pipeline) -> None:
    before = pipeline.query("select * from raw.loads order by all")
    manifest, published = pipeline.manifest(), fingerprint(pipeline.settings.published_dir)
    (run_id,) = [run_id for run_id in pipeline.runs("form4_daily") if "2026-01-06T" in run_id]
    pipeline.airflow.api.clear("form4_daily", run_id)
    time.sleep(2)
    pipeline.wait_until_idle()
    assert pipeline.runs("form4_daily")[run_id] == "success"
    assert pipeline.query("select * from raw.loads order by all") == before
    after = pipeline.manifest()
    assert after["content_hash"] == manifest["content_hash"]
    # Whoever commits while this runs changes the version of the code, and rightly gets a new copy.
    is_same_code = after["code_version"] == manifest["code_version"] == current_code_version()
    assert fingerprint(pipeline.settings.published_dir) == published or not is_same_code


def test_a_bad_filing_day_fails_its_run_and_leaves_everything_as_it_was(pipeline: Pipeline) -> None:
    before = pipeline.query("select * from raw.loads order by all")
    published = fingerprint(pipeline.settings.published_dir)
    # Cut off in the middle, as by a full disk at the source: eight of some twenty filings of the day.
    damaged = sorted(listed(pipeline, BAD_DAY))[:8]
    for accession in damaged:
        for path in (pipeline.world / "Archives/edgar/data").glob(f"*/{accession}.txt"):
            content = path.read_bytes()
            path.write_bytes(content[: content.index(b"<issuer>") + 20])

    backfill(pipeline, "2025-12-20", "2025-12-21")
    (run_id,) = [run_id for run_id in pipeline.runs("form4_daily") if "2025-12-20T" in run_id]
    pipeline.wait("the end", lambda: pipeline.runs("form4_daily")[run_id] in ENDED, may_fail=True)

    assert pipeline.states("form4_daily", run_id) == {"fetch_and_parse": "success", "load_and_check": "failed"}
    log = pipeline.airflow.task_log("form4_daily", run_id, "load_and_check")
    assert "GateFailed" in log
    assert any(accession in log for accession in damaged), "the log names no row"
    pipeline.wait_until_idle()
    assert pipeline.query("select * from raw.loads order by all") == before
    assert fingerprint(pipeline.settings.published_dir) == published
    failed = pipeline.query("select distinct partition from raw.gate_results where not passed and severity = 'error'")
    assert failed == [(BAD_DAY,)]
    assert list((pipeline.settings.quality_dir / "data_docs").rglob(f"*{BAD_DAY}*"))
    # Nothing is published, but whoever looks after the pipeline sees it.
    operations = (pipeline.settings.reports_dir / "operations.html").read_text(encoding="utf-8")
    assert f"Gate filing_day failed for {BAD_DAY}" in operations


def test_a_late_index_is_asked_for_again_later(pipeline: Pipeline) -> None:
    manners = f"{pipeline.settings.sec_www_url}/_simulator/manners"
    requests.post(manners, json={"late_days": [LATE_DAY]}, timeout=10).raise_for_status()
    backfill(pipeline, "2026-01-10", "2026-01-11")
    (run_id,) = [run_id for run_id in pipeline.runs("form4_daily") if "2026-01-10T" in run_id]

    def fetching() -> str | None:
        return pipeline.states("form4_daily", run_id)["fetch_and_parse"]

    pipeline.wait("the first try", lambda: fetching() == "up_for_retry", may_fail=True)
    assert "NotPublishedYet" in pipeline.airflow.task_log("form4_daily", run_id, "fetch_and_parse")

    requests.post(manners, json={"late_days": []}, timeout=10).raise_for_status()
    pipeline.airflow.api.clear("form4_daily", run_id)
    pipeline.wait("the second try", lambda: pipeline.runs("form4_daily")[run_id] in ENDED, may_fail=True)
    pipeline.wait_until_idle()
    assert LATE_DAY in published_partitions(pipeline)
    expect_every_listed_filing_once(pipeline, [LATE_DAY])


def test_the_copy_that_completes_a_quarter_sets_off_its_report(pipeline: Pipeline) -> None:
    """Six filing days of January are in: the tiers are frozen, reported on and mailed, without anybody asking."""
    (run,) = pipeline.airflow.api.runs("tier_report_quarterly")
    assert (run["run_type"], run["state"]) == ("asset_triggered", "success")
    states = pipeline.states("tier_report_quarterly", run["dag_run_id"])
    assert states == {"freeze_tiers": "success", "render_report": "success", "deliver_report": "success"}
    manifest = pipeline.manifest()
    frozen = json.loads((pipeline.settings.landing_dir / "frozen" / "2025q4" / "frozen.json").read_bytes())
    folder = pipeline.settings.reports_dir / "2025q4"
    note = json.loads((folder / "report.json").read_bytes())
    assert frozen["generation"] == note["generation"] == manifest["generation"]
    assert note["content_hash"] == manifest["content_hash"]
    (message,) = pipeline.mailbox.messages
    assert message["To"] == "pm@example.com"
    assert attachments(message)["tier_report.pdf"] == (folder / "tier_report.pdf").read_bytes()


def test_a_corrupted_mart_fails_the_build_and_leaves_the_published_copy(pipeline: Pipeline) -> None:
    published = fingerprint(pipeline.settings.published_dir)
    with duckdb.connect(str(pipeline.settings.warehouse_path)) as connection:
        connection.execute(
            "update marts.fct_sector_ratios_daily set npr_usd = 7 "
            "where as_of_date = (select max(as_of_date) from marts.fct_sector_ratios_daily) and sector = 'All'"
        )
    run_id = builds_that_published(pipeline)[-1]
    pipeline.airflow.api.call(
        "POST",
        "dags/warehouse_build/clearTaskInstances",
        json={
            "dry_run": False,
            "dag_run_id": run_id,
            "task_ids": ["check_marts"],
            "include_downstream": True,
            "only_failed": False,
        },
    )
    pipeline.wait("the end", lambda: pipeline.runs("warehouse_build")[run_id] in ENDED, may_fail=True)
    assert pipeline.states("warehouse_build", run_id)["check_marts"] == "failed"
    assert pipeline.states("warehouse_build", run_id)["publish"] == "upstream_failed"
    log = pipeline.airflow.task_log("warehouse_build", run_id, "check_marts")
    assert "GateFailed" in log
    assert "npr_usd" in log
    assert "sector='All'" in log, "the log names no row"
    assert fingerprint(pipeline.settings.published_dir) == published
