"""Triage notes.

- **Who cares:** everyone who reads tomorrow's ratios; a missing filing day is a hole in every rolling window.
- **May it be ignored?** A night or two: the day stays red here, and later nights look back only at days already
  fetched. Not longer: quarter-end tiers are computed from these days.
- **Where to look:** the task's log names the filing, the row and the remedy. `fetch_and_parse` retrying with
  *NotPublishedYet* is a late index and mends itself. `load_and_check` red is a failed gate: its rows are in the log, in
  `raw.gate_results` and in the Data Docs. See `docs/runbooks/no_index_today.md`,
  `docs/runbooks/throttled.md`, `docs/runbooks/gate_failed.md`, `docs/runbooks/quarantined_filing.md`.
- **How to re-run:** clear the run. What was fetched is not fetched again, and loading twice changes nothing.

### What it does

**Kind:** `data_interval`. One run per filing day, the night after it: fetch the day's index and filings, parse them,
read the indexes of the last days again (the SEC corrects them), load what is new in one transaction with its quality
gate. A federal holiday succeeds with that outcome. Backfill: `docs/runbooks/backfill.md`.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, CronTriggerTimetable, task

from dags.common import DEFAULT_ARGS, FETCHES, RAW, WRITES, fail_for_good
from ops.filing_days import INTERVAL, NEW_YORK, NIGHTLY, filing_day_of, schedule_bounds
from warehouse.settings import load_settings

START, END = schedule_bounds(load_settings())

with DAG(
    dag_id="form4_daily",
    description="The last filing day's Forms 3, 4 and 5 into the raw tables, gated",
    doc_md=__doc__,
    schedule=CronTriggerTimetable(NIGHTLY, timezone=str(NEW_YORK), interval=INTERVAL),
    start_date=START,
    end_date=END,
    catchup=True,
    max_active_runs=6,
    is_paused_upon_creation=False,
    default_args=DEFAULT_ARGS,
    tags=["data_interval", "sec", "raw"],
):

    @task(**FETCHES)
    def fetch_and_parse(**context: Any) -> list[str]:
        """Return the filing days whose parsed rows may differ from the loaded ones."""
        from ops import steps

        run, this = context["dag_run"], context["ti"]
        with fail_for_good():
            return steps.fetch_and_parse(
                filing_day_of(run.data_interval_end or run.run_after), is_last_try=this.try_number > this.max_tries
            )

    @task(**WRITES, outlets=[RAW])
    def load_and_check(days: list[str]) -> None:
        """Load the days and let the gate judge them, in one transaction each."""
        from ops import steps

        with fail_for_good():
            steps.load_and_check(days)

    load_and_check(fetch_and_parse())
