"""Triage notes.

- **Who cares:** readers of issuers whose filings came by the quarterly road only: their SIC, and so their sector, comes
  from these records. Names, tickers and exchanges of all issuers do, too.
- **May it be ignored?** For weeks: what is loaded stays, new issuers are `Unmapped` until they are asked for.
- **Where to look:** `fetch_issuers`: the log names each CIK and why its record could not be had; see
  `docs/runbooks/throttled.md`. A record that is not there is an outcome, no failure. `load_issuers` red is a failed
  gate: its rows are in the log; see `docs/runbooks/gate_failed.md`.
- **How to re-run:** clear the run. What was asked for within a week is not asked for again.

### What it does

**Kind:** `now`. Every Sunday morning: ask the SEC's submissions JSON for every issuer a loaded filing names, and load
what is new in one transaction with its quality gate. By hand: `python -m extract issuers`, then `make build`.
"""

from __future__ import annotations

from airflow.sdk import DAG, CronTriggerTimetable, task

from dags.common import DEFAULT_ARGS, FETCHES, RAW, WRITES, fail_for_good
from ops.filing_days import NEW_YORK

with DAG(
    dag_id="issuers_weekly",
    description="SIC codes, names, tickers and exchanges of the issuers",
    doc_md=__doc__,
    schedule=CronTriggerTimetable("0 6 * * SUN", timezone=str(NEW_YORK)),
    # None: the first run is next Sunday's. With a date in the past it would be last Sunday's, at once.
    start_date=None,
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    default_args=DEFAULT_ARGS,
    tags=["now", "sec", "raw"],
):

    @task(**FETCHES)
    def fetch_issuers() -> str:
        """Bring the records to the landing zone; say what came of it."""
        from ops import steps

        with fail_for_good():
            return steps.fetch_issuers()

    @task(**WRITES, outlets=[RAW])
    def load_issuers() -> None:
        """Load every record in one transaction, with its gate."""
        from ops import steps

        with fail_for_good():
            steps.load_issuers()

    fetch_issuers() >> load_issuers()
