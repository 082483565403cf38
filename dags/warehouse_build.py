"""Triage notes.

- **Who cares:** every reader of the published copy: until this is green they read yesterday's.
- **May it be ignored?** For a day: readers keep the last good copy, complete and consistent.
- **Where to look:** `dbt_build`: its log names the model or test. `check_marts`: log and Data Docs name the rows.
  `publish`, `tidy`: disk or permissions. `make_pages`: readers have the new data, the page the log names is the old
  one. See `docs/runbooks/build_failed.md`, which leads to the others.
- **How to re-run:** clear the run, or `make build`. Nothing is published unless both gates pass.

### What it does

**Kind:** `now`. Runs when raw has changed and waits for loads on their way, 15 minutes at most; skipped when nothing is
new; by hand it does neither. A published copy that completes a quarter sets off `tier_report_quarterly`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import DAG, task
from airflow.sdk.exceptions import AirflowSkipException

from dags.common import BUILDS, DEFAULT_ARGS, PUBLISHES, RAW, announce_complete_quarter, fail_for_good, loads_under_way
from ops import steps

with DAG(
    dag_id="warehouse_build",
    description="dbt, the quality gate over the marts, and the published copy",
    doc_md=__doc__,
    schedule=[RAW],
    start_date=datetime(2006, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    default_args=DEFAULT_ARGS,
    tags=["now", "dbt", "published"],
):

    @task.sensor(mode="reschedule", poke_interval=10, timeout=3600, pool="default_pool")
    def loads_are_done(**context: Any) -> bool:
        """Wait for the loads on their way, but not for hours of catching up: readers shall see something of those."""
        run = context["dag_run"]
        waited = datetime.now(UTC) - run.start_date
        return run.run_type != "asset_triggered" or waited > timedelta(minutes=15) or not loads_under_way(context["ti"])

    @task(**BUILDS)
    def dbt_build(**context: Any) -> None:
        """Build and test every model, unless what is published is up to date; load what was frozen since."""
        with fail_for_good():
            if context["dag_run"].run_type == "asset_triggered" and steps.is_published():
                raise AirflowSkipException("The published copy holds everything that is loaded.")
            steps.load_frozen()
            steps.dbt_build()

    @task(**BUILDS)
    def check_marts() -> None:
        """Let the gate judge the marts."""
        with fail_for_good():
            steps.check_marts()

    @task(**PUBLISHES)
    def publish(*, outlet_events: Any) -> None:
        """Swap in the new published copy, and say so when it completes a quarter."""
        with fail_for_good():
            steps.publish()
            announce_complete_quarter(outlet_events)

    @task(**BUILDS)
    def tidy() -> None:
        """Give back disk that nothing needs any more."""
        steps.tidy()

    @task(pool="default_pool")
    def make_pages() -> None:
        """Show what is published: a page that cannot be made fails here and takes nothing back."""
        steps.make_pages()

    loads_are_done() >> dbt_build() >> check_marts() >> publish() >> [tidy(), make_pages()]
