"""Follow the demo's DAG runs from the first fetch to the published copy, showing counts all the while."""

from __future__ import annotations

import json
import re
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from extract.prices.landing import landed_tickers
from ops.filing_days import filing_day_of
from warehouse.errors import RunError
from warehouse.etfs import etfs
from warehouse.frozen import due_quarter
from warehouse.generations import read_manifest
from warehouse.raw_schema import PRICES_PARTITION

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ops.airflow.local import LocalAirflow
    from ops.demo.progress import Board
    from warehouse.settings import Settings

DAILY, HISTORY, PRICES, BUILD = "form4_daily", "form345_quarterly", "etf_prices_daily", "warehouse_build"
REPORT = "tier_report_quarterly"
_WAITING = frozenset({"queued", "running"})
_DBT_COUNT = re.compile(r"(\d+) of (\d+) (?!START)[A-Z]+")
_LOADED = re.compile(r"^\d{4}q[1-4]: ")
_PATIENCE_SECONDS = 900.0


class Pipeline:
    """The DAGs of one Airflow, on their way to a published copy of given partitions.

    Args:
        airflow: A started Airflow.
        settings: Settings of the same data folder.
        quarters: Quarters to load.
        days: Filing days to load.
        loaded: Partitions that are loaded already.
        board: Where to show progress.
    """

    def __init__(
        self,
        airflow: LocalAirflow,
        settings: Settings,
        *,
        quarters: Sequence[str],
        days: Sequence[str],
        loaded: Iterable[str],
        board: Board,
    ) -> None:
        self._airflow = airflow
        self._settings = settings
        self._quarters = quarters
        self._days = days
        self._loaded = set(loaded)
        self._board = board
        self._history = board.add(f"quarterly road ({HISTORY})")
        self._daily = board.add(f"daily road ({DAILY})")
        self._prices = board.add(f"prices of the sector ETFs ({PRICES})")
        self._build = board.add(f"dbt, gate, publish ({BUILD})")
        self._report = board.add(f"tier report ({REPORT})")
        self._is_build_asked_for = False

    def run(self) -> None:
        """Set off what is missing and wait until everything is published.

        Raises:
            RunError: A run failed or nothing moved any more; the message holds the end of the failing task's log.
        """
        self._set_off()
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not self._advance():
            if dead := self._airflow.dead():
                raise RunError(f"Airflow's {', '.join(dead)} ended; its log: {self._airflow.log_of(dead[0])}")
            if time.monotonic() > deadline:
                raise RunError(f"Not published after {_PATIENCE_SECONDS / 60:.0f} minutes; see {self._airflow.url}")
            self._board.show()
            time.sleep(0.5)

    def _set_off(self) -> None:
        """Start history where it is missing; run again what an earlier demo left failed or what was deleted since."""
        api = self._airflow.api
        if set(self._quarters) <= self._loaded:
            self._history.done(f"{len(self._quarters)} quarterly sets are loaded")
        elif not any(run["state"] in _WAITING for run in _asked_for(api.runs(HISTORY))):
            api.trigger(HISTORY, {"quarters": list(self._quarters)})
        if PRICES_PARTITION in self._loaded:
            self._prices.done("loaded")
        elif not any(run["state"] in _WAITING for run in _asked_for(api.runs(PRICES))):
            api.trigger(PRICES)
        for run in api.runs(DAILY):
            if run["state"] not in _WAITING and _day_of(run) not in self._loaded:
                api.clear(DAILY, run["dag_run_id"])
        for run in api.runs(BUILD):
            if run["state"] == "failed" and run is api.runs(BUILD)[-1]:
                api.clear(BUILD, run["dag_run_id"])

    def _advance(self) -> bool:
        """Look at all runs once and show them; whether everything is published."""
        runs = {dag_id: self._airflow.api.runs(dag_id) for dag_id in (HISTORY, DAILY, PRICES, BUILD, REPORT)}
        for dag_id, found in runs.items():
            for run in found[-1:] if dag_id != DAILY else found:
                if run["state"] == "failed":
                    raise RunError(self._why(dag_id, run["dag_run_id"]))
        has_history = self._show_history(_asked_for(runs[HISTORY]))
        has_days = self._show_days(runs[DAILY])
        has_prices = self._show_prices(_asked_for(runs[PRICES]))
        is_building = self._show_build(runs[BUILD])
        if not (has_history and has_days and has_prices) or is_building:
            return False
        manifest = read_manifest(self._settings.published_dir)
        published = {source["partition"] for source in manifest["sources"]} if manifest else set()
        if missing := {*self._quarters, *self._days, PRICES_PARTITION} - published:
            if self._is_build_asked_for:
                raise RunError(f"{BUILD} published without {', '.join(sorted(missing))}; see {self._airflow.url}")
            # Everything is loaded and nobody builds: an earlier demo ended in between.
            self._airflow.api.trigger(BUILD)
            self._is_build_asked_for = True
            return False
        self._build.done(f"published as of {manifest['as_of_date']}" if manifest else "")
        return self._show_report(runs[REPORT])

    def _show_history(self, runs: list[dict[str, Any]]) -> bool:
        if self._history.ended is not None:
            return True
        if not runs:
            return False
        newest = runs[-1]
        fetched = len(list((self._settings.landing_dir / "quarterly").glob("*/*.json")))
        events = self._events(HISTORY, newest["dag_run_id"], "load_quarters")
        loaded = sum(bool(_LOADED.match(event)) for event in events)
        detail = f"{fetched} of {len(self._quarters)} sets fetched, {loaded} loaded and checked"
        self._history.begin(detail)
        if newest["state"] != "success":
            return False
        self._history.done(detail)
        return True

    def _show_days(self, runs: list[dict[str, Any]]) -> bool:
        over = [run for run in runs if run["state"] == "success" and _day_of(run) in self._days]
        landed = self._settings.landing_dir / "filings"
        filings = sum(pq.read_metadata(path).num_rows for path in landed.glob("*.parquet"))
        filings += len(list(landed.glob("*.spool/*.filing")))
        detail = f"{filings} filings fetched; {len(over)} of {len(self._days)} filing days loaded and checked"
        if self._daily.ended is None:
            self._daily.begin(detail)
        if len(over) < len(self._days):
            return False
        if self._daily.ended is None:
            self._daily.done(detail)
        return True

    def _show_prices(self, runs: list[dict[str, Any]]) -> bool:
        if self._prices.ended is not None:
            return True
        if not runs:
            return False
        funds = len(landed_tickers(self._settings))
        detail = f"{funds} of {len(etfs())} funds fetched"
        self._prices.begin(detail)
        if runs[-1]["state"] != "success":
            return False
        self._prices.done(f"{detail}, loaded and checked")
        return True

    def _show_build(self, runs: list[dict[str, Any]]) -> bool:
        """Show the newest build; whether one runs or is about to."""
        if not runs:
            return False
        newest = runs[-1]
        events = self._events(BUILD, newest["dag_run_id"], "dbt_build")
        counts = [match.groups() for event in events if (match := _DBT_COUNT.search(event))]
        states = {task["task_id"]: task["state"] for task in self._airflow.api.tasks(BUILD, newest["dag_run_id"])}
        tasks = ("dbt_build", "check_marts", "publish", "tidy", "make_pages")
        under_way = [task for task in tasks if states.get(task) == "running"]
        if under_way == ["dbt_build"] and counts:
            self._build.begin(f"dbt: {counts[-1][0]} of {counts[-1][1]} models and tests")
        elif under_way:
            self._build.begin(f"{under_way[0].replace('_', ' ')}")
        return newest["state"] in _WAITING

    def _show_report(self, runs: list[dict[str, Any]]) -> bool:
        """Show the report of the last quarter on its way; ask for one where an earlier demo made none."""
        if runs and runs[-1]["state"] in _WAITING:
            self._report.begin("freezing the tiers, making the report")
        elif due_quarter(self._settings):
            self._report.begin("announced by the publish")
        elif made := sorted(self._settings.reports_dir.glob("[0-9]*q[1-4]")):
            self._report.done(f"{made[-1].name}, in {made[-1]}")
            return True
        else:
            self._airflow.api.trigger(REPORT)
        return False

    def _events(self, dag_id: str, run_id: str, task_id: str) -> list[str]:
        """What a task's newest log says, line by line."""
        events = []
        for line in self._airflow.task_log(dag_id, run_id, task_id).splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            events.append(str(entry.get("event", "")))
            events += [str(detail.get("exc_value", "")) for detail in entry.get("error_detail") or []]
        return events

    def _why(self, dag_id: str, run_id: str) -> str:
        tasks = [task["task_id"] for task in self._airflow.api.tasks(dag_id, run_id) if task["state"] == "failed"]
        parts = [f"{dag_id}, run {run_id}, failed in {', '.join(tasks) or 'no task'}."]
        for task in tasks:
            events = [event for event in self._events(dag_id, run_id, task) if not event.startswith("::")]
            parts.append(f"── the end of the log of {task}:\n" + "\n".join(events[-25:]))
        return "\n".join(parts)


def _asked_for(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The runs somebody triggered; those of the weekly schedule find nothing new here."""
    return [run for run in runs if run["run_type"] == "manual"]


def _day_of(run: dict[str, Any]) -> str:
    return filing_day_of(datetime.fromisoformat(run["data_interval_end"] or run["run_after"])).isoformat()
