"""Triage notes.

- **Who cares:** whoever needs history; a tier compares with five years.
- **May it be ignored?** Yes: the quarters that are loaded stay as they were.
- **Where to look:** the task's log names the zip, the table and the column. A quarter that is not published yet is
  fetched later; a damaged or changed file is refused whole. See `docs/runbooks/gate_failed.md`.
- **How to re-run:** trigger it again with the same quarters. Unchanged zips are neither fetched nor loaded again.

### What it does

**Kind:** `now`. Every Saturday, and when triggered without quarters: every set the SEC's page links since the first
one that is landed is asked for, fetched where it is missing or has changed, checked and loaded, each quarter in one
transaction. How far back history goes is your decision: while nothing is landed, nothing is fetched. Begin with
`make backfill FROM=2019q1`, or trigger the DAG with quarters, for example `{"quarters": ["2024q3", "2024q4"]}`.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, CronTriggerTimetable, Param, task
from airflow.sdk.exceptions import AirflowSkipException

from dags.common import DEFAULT_ARGS, FETCHES, RAW, WRITES, fail_for_good
from ops.filing_days import NEW_YORK

QUARTERS = Param(
    [],
    type="array",
    items={"type": "string", "pattern": "^[0-9]{4}q[1-4]$"},
    description="Quarters to load, for example 2024q3 (the first set is 2006q1); none for what is new or changed.",
)

with DAG(
    dag_id="form345_quarterly",
    description="History from the SEC's quarterly Insider Transactions Data Sets",
    doc_md=__doc__,
    # Saturday morning: the SEC publishes on business days, and the night's filing days are in by then.
    schedule=CronTriggerTimetable("0 10 * * 6", timezone=str(NEW_YORK)),
    # None: the first run is next Saturday's. With a date in the past it would be last Saturday's, at once.
    start_date=None,
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    default_args=DEFAULT_ARGS,
    params={"quarters": QUARTERS},
    tags=["now", "sec", "raw"],
):

    @task(**FETCHES)
    def fetch_quarters(**context: Any) -> list[str]:
        """Bring the zips to the landing zone; return the quarters that are there."""
        from ops import steps

        with fail_for_good():
            return steps.fetch_quarters(context["params"]["quarters"])

    @task(**WRITES, outlets=[RAW])
    def load_quarters(quarters: list[str]) -> None:
        """Load each quarter in one transaction."""
        from ops import steps

        if not quarters:
            raise AirflowSkipException("No quarter is landed: begin with make backfill FROM=2019q1.")
        with fail_for_good():
            steps.load_quarters(quarters)

    load_quarters(fetch_quarters())
