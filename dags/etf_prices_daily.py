"""Triage notes.

- **Who cares:** readers of forward returns and of the confirmation by momentum. Ratios and tiers need no prices.
- **May it be ignored?** For weeks: the next run asks for all days that are missing.
- **Where to look:** `fetch_prices`: skipped when no source is set, and then says how; red with the source's own words
  when the allowance is used up, the key is refused or a fund could not be had. `load_prices` red is a failed gate: a
  split that only one side of a series knows, or another fund's series. See `docs/runbooks/prices.md`.
- **How to re-run:** clear the run. What is landed is not asked for again.

### What it does

**Kind:** `now`. Every evening after the exchange has closed and the sources have corrected the day: ask the source of
PRICE_SOURCE for the missing days of the eleven sector ETFs and SPY, and for some before them; where those have changed
(a dividend, a split), fetch that history again; load all of it in one transaction with its gate. By hand:
`python -m extract prices`, then `make build`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, CronTriggerTimetable, task
from airflow.sdk.exceptions import AirflowSkipException

from dags.common import DEFAULT_ARGS, RAW, WRITES, fail_for_good
from ops.filing_days import NEW_YORK

# An allowance comes back after an hour, or the next day: wait 1, 2, 4, 4, 4 hours.
ASKS: dict[str, Any] = {
    "retries": 5,
    "retry_delay": timedelta(hours=1),
    "retry_exponential_backoff": 2.0,
    "max_retry_delay": timedelta(hours=4),
}

with DAG(
    dag_id="etf_prices_daily",
    description="Daily prices of the eleven sector ETFs and SPY",
    doc_md=__doc__,
    # Tiingo has most closes at 17:30 and corrects them until 20:00, New York time.
    schedule=CronTriggerTimetable("30 20 * * MON-FRI", timezone=str(NEW_YORK)),
    # None: the first run is this evening's. With a date in the past it would be last evening's, at once.
    start_date=None,
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    default_args=DEFAULT_ARGS,
    tags=["now", "prices", "raw"],
):

    @task(**ASKS)
    def fetch_prices() -> str:
        """Bring the prices to the landing zone; say what came of it."""
        from ops import steps

        with fail_for_good():
            if why := steps.no_price_source():
                raise AirflowSkipException(why)
            return steps.fetch_prices()

    @task(**WRITES, outlets=[RAW])
    def load_prices() -> None:
        """Load every series in one transaction, with its gate."""
        from ops import steps

        with fail_for_good():
            steps.load_prices()

    fetch_prices() >> load_prices()
