"""Triage notes.

- **Who cares:** readers of the quarterly tier report, four times a year. Tables and pages need none of it.
- **May it be ignored?** `deliver_report`: the report is made, it only was not sent. `freeze_tiers`, `render_report`:
  until the next quarter ends; then the tiers can no longer be frozen.
- **Where to look:** the task's log. `freeze_tiers`: the published copy, or a damaged frozen quarter. `render_report`:
  the message names what the published file lacks. `deliver_report`: the mail server's own words. See
  `docs/runbooks/tier_report.md` and `docs/runbooks/restated_tier.md`.
- **How to re-run:** clear the task. Nothing is frozen twice, and a report that is there is not made again. For another
  quarter: trigger with `quarter` set, or `python -m reports tier-report 2025q4`.

### What it does

**Kind:** `now`. Runs when a published copy completes a quarter: enough filing days after its end are in it
(FREEZE_AFTER_BUSINESS_DAYS) and both gates were green. Freezes the tiers as they were published, makes the report from
that file alone in `DATA_DIR/reports/<quarter>`, and mails it to REPORT_MAIL_TO, if anybody is named there.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import DAG, Param, task
from airflow.sdk.exceptions import AirflowSkipException

from dags.common import COMPLETE_QUARTER, DEFAULT_ARGS, fail_for_good

# A mail server that is down for a night is asked until the next day.
DELIVERS: dict[str, Any] = {"retries": 6, "retry_delay": timedelta(minutes=10), "retry_exponential_backoff": 2.0}

with DAG(
    dag_id="tier_report_quarterly",
    description="Frozen tiers and the report of a complete quarter",
    doc_md=__doc__,
    schedule=[COMPLETE_QUARTER],
    start_date=datetime(2006, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    default_args=DEFAULT_ARGS,
    params={"quarter": Param("", type="string", description="Report on this one, like 2025q4; empty: the newest.")},
    tags=["now", "reports"],
):

    @task
    def freeze_tiers() -> None:
        """Freeze the quarter whose time has come, if there is one."""
        from ops import steps

        with fail_for_good():
            steps.freeze_due_tiers()

    @task
    def render_report(**context: Any) -> str:
        """Make the report; say where it is."""
        from ops import steps

        with fail_for_good():
            return str(steps.write_tier_report(context["params"]["quarter"] or None).folder)

    @task(**DELIVERS)
    def deliver_report(folder: str, **context: Any) -> None:
        """Mail it by Airflow's own notifier."""
        from airflow.providers.smtp.notifications.smtp import SmtpNotifier

        from ops import steps

        mail = steps.mail_of_tier_report(folder)
        if mail is None:
            raise AirflowSkipException("Nobody is to be sent the report: REPORT_MAIL_TO is empty.")
        notifier: Any = SmtpNotifier(**mail)
        notifier.notify(context)

    report = render_report()
    freeze_tiers() >> report
    deliver_report(report)
