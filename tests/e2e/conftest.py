"""One small simulated world, one server, one Airflow for the tests that follow each other in a module."""

from __future__ import annotations

import hashlib
import json
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from ops.airflow.local import LocalAirflow
from ops.demo.simulated_edgar import SimulatedEdgar, build_once
from tests.mailbox import Mailbox, open_mailbox
from warehouse.settings import Settings, load_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PATIENCE_SECONDS = 420.0
WATCHED_DAGS = ("form345_quarterly", "form4_daily", "issuers_weekly", "tier_report_quarterly", "warehouse_build")


@dataclass(frozen=True)
class Pipeline:
    """A running Airflow that fetches from a running simulator.

    Attributes:
        airflow: Scheduler, DAG processor, two API servers.
        settings: Settings of its data folder.
        world: The mirror the simulator serves; tests may damage it.
        mailbox: The mail server its reports are sent to.
    """

    airflow: LocalAirflow
    settings: Settings
    world: Path
    mailbox: Mailbox

    def runs(self, dag_id: str) -> dict[str, str]:
        """Run id to state."""
        return {run["dag_run_id"]: run["state"] for run in self.airflow.api.runs(dag_id)}

    def states(self, dag_id: str, run_id: str) -> dict[str, str | None]:
        """Task id to state."""
        return {task["task_id"]: task["state"] for task in self.airflow.api.tasks(dag_id, run_id)}

    def wait(self, what: str, is_so: Callable[[], Any], *, may_fail: bool = False) -> Any:
        """Wait until something is so and return it; a run that fails meanwhile ends the test with its task's log."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (found := is_so()):
            if not may_fail:
                self._expect_no_failure()
            assert time.monotonic() < deadline, f"{what} did not come about; {self.airflow.dead()} ended"
            time.sleep(0.5)
        return found

    def wait_until_idle(self) -> None:
        """Wait until no run of any DAG waits or runs, and no load waits to be built on."""

        def is_idle() -> bool:
            return not any(
                state in {"queued", "running"} for dag_id in WATCHED_DAGS for state in self.runs(dag_id).values()
            )

        quiet = 0
        while quiet < 4:
            # The scheduler makes a build of what waits within a second or two.
            self.wait("an idle Airflow", is_idle, may_fail=True)
            quiet = quiet + 1 if is_idle() else 0
            time.sleep(1)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask the warehouse itself; nobody may be writing."""
        with duckdb.connect(str(self.settings.warehouse_path), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def manifest(self) -> dict[str, Any]:
        """The manifest of what is published."""
        return dict(json.loads((self.settings.published_dir / "manifest.json").read_bytes()))

    def _expect_no_failure(self) -> None:
        for dag_id in WATCHED_DAGS:
            for run_id, state in self.runs(dag_id).items():
                if state == "failed":
                    failed = [task for task, state in self.states(dag_id, run_id).items() if state == "failed"]
                    logs = "\n".join(self.airflow.task_log(dag_id, run_id, task)[-3000:] for task in failed)
                    pytest.fail(f"{dag_id} {run_id} failed in {failed}:\n{logs}")


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """A started Airflow whose daily schedule is three filing days long, on a world of 40 companies."""
    data_dir = tmp_path_factory.mktemp("e2e")
    world = data_dir / "simulator" / "world"
    build_once(
        world,
        *("--from", "2025-07-01", "--daily-from", "2025-12-15", "--through", "2026-01-09", "--issuers", "40"),
    )
    with SimulatedEdgar(world, data_dir / "simulator") as edgar, open_mailbox() as mailbox:
        environment = (
            dict(os.environ)
            | edgar.environment
            | {
                "DATA_DIR": str(data_dir),
                "DAILY_START_DATE": "2026-01-05",
                "DAILY_END_DATE": "2026-01-07",
                "LOOK_BACK_DAYS": "2",
                "SEC_MAX_REQUESTS_PER_SECOND": "10",
                "RATE_LIMIT_DIR": str(data_dir / "rate-limit"),
                # The tests count partitions; an evening's run of the prices would add one.
                "PRICE_SOURCE": "",
                "REPORT_MAIL_TO": "pm@example.com",
                "AIRFLOW_CONN_SMTP_DEFAULT": mailbox.connection,
            }
        )
        with LocalAirflow(data_dir, environment=environment) as airflow:
            yield Pipeline(airflow, load_settings(environment), world, mailbox)


def fingerprint(folder: Path) -> dict[str, str]:
    """Every file and link below a folder with the hash of its bytes."""
    return {
        str(path.relative_to(folder)): (
            f"-> {path.readlink()}" if path.is_symlink() else hashlib.sha256(path.read_bytes()).hexdigest()
        )
        for path in sorted(folder.rglob("*"))
        if path.is_symlink() or path.is_file()
    }
