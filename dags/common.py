"""What the DAGs share: the asset they hand over, the writer's pool, the owner, and which errors a retry cannot mend."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import Asset, AssetAlias
from airflow.sdk.exceptions import AirflowFailException

from ops.airflow.config import SEC_POOL, WRITER_POOL
from warehouse.errors import AccessRefused, GateFailed, ReportError, SettingsError, SourceDataError

if TYPE_CHECKING:
    from collections.abc import Iterator

# A load changed schema raw; whoever builds on it listens to this.
RAW = Asset("raw")
# The published copy completes a quarter whose tiers nobody has frozen: its report is due. Few publishes do, so the
# asset is announced under an alias, which may stand for nothing.
COMPLETE_QUARTER = Asset("complete_quarter")
MAYBE_COMPLETE_QUARTER = AssetAlias("maybe_complete_quarter")

DEFAULT_ARGS: dict[str, Any] = {
    "owner": "insider-tiers",
    "retries": 2,
    "retry_delay": timedelta(minutes=1),
    "execution_timeout": timedelta(hours=3),
}
# Every DAG that hands over RAW: a build waits for those on their way.
LOADERS = ("etf_prices_daily", "form345_quarterly", "form4_daily", "issuers_weekly")
# Loads go before builds.
WRITES: dict[str, Any] = {"pool": WRITER_POOL, "priority_weight": 10, "weight_rule": "absolute"}
BUILDS: dict[str, Any] = {"pool": WRITER_POOL, "priority_weight": 1, "weight_rule": "absolute"}
PUBLISHES: dict[str, Any] = BUILDS | {"outlets": [MAYBE_COMPLETE_QUARTER]}
# The index appears between 22:00 and 22:45 New York time, on bad nights hours later: wait 5, 10, 20, … 120 minutes.
FETCHES: dict[str, Any] = {
    "pool": SEC_POOL,
    "priority_weight": 1,
    "weight_rule": "absolute",
    "retries": 8,
    "retry_delay": timedelta(minutes=5),
    "retry_exponential_backoff": 2.0,
    "max_retry_delay": timedelta(hours=2),
}


def announce_complete_quarter(outlet_events: Any) -> None:
    """Tell who waits for it that a quarter is complete, if the published copy completes one."""
    from ops import steps

    if quarter := steps.due_quarter():
        outlet_events[MAYBE_COMPLETE_QUARTER].add(COMPLETE_QUARTER, extra={"quarter": quarter})


def loads_under_way(task_instance: Any) -> int:
    """How many runs fetch or load right now; one that waits to try again later (a late index) does not count."""
    return sum(
        task_instance.get_dr_count(dag_id=dag_id, states=["queued", "running"])
        - task_instance.get_ti_count(dag_id=dag_id, states=["up_for_retry"])
        for dag_id in LOADERS
    )


@contextlib.contextmanager
def fail_for_good() -> Iterator[None]:
    """Let errors that come back on every attempt (bad data, a failed gate, a refused key) fail the task at once.

    Anything else (a network fault, an index not published yet) is retried.
    """
    try:
        yield
    except (AccessRefused, GateFailed, ReportError, SettingsError, SourceDataError) as error:
        raise AirflowFailException(f"{type(error).__name__}: {error}") from error
