"""Talk to a running Airflow through its public REST API, version 2."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import requests

from ops.airflow.config import USER
from warehouse.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class AirflowApi:
    """A client of one Airflow.

    Args:
        url: Base address, for example ``http://127.0.0.1:8080``.
        password_file: JSON file of the simple auth manager with the admin's password.
    """

    def __init__(self, url: str, password_file: Path) -> None:
        self.url = url
        self._password_file = password_file
        self._session = requests.Session()
        # Proxy variables of the machine must not carry loopback requests elsewhere.
        self._session.trust_env = False

    def health(self) -> dict[str, str | None]:
        """Component to status: ``healthy``, ``unhealthy``, ``None`` when it never ran; empty when unreachable."""
        try:
            answer = self._session.get(f"{self.url}/api/v2/monitor/health", timeout=10)
        except requests.RequestException:
            return {}
        return {name: part["status"] for name, part in answer.json().items()} if answer.ok else {}

    def call(self, method: str, path: str, **arguments: Any) -> Any:
        """Call one endpoint below ``/api/v2/`` and return its JSON.

        Raises:
            RunError: The answer is not a success; the message holds what Airflow says.
        """
        if "Authorization" not in self._session.headers:
            self._log_in()
        answer = self._session.request(method, f"{self.url}/api/v2/{path}", timeout=60, **arguments)
        if answer.status_code == requests.codes.unauthorized:
            self._log_in()
            answer = self._session.request(method, f"{self.url}/api/v2/{path}", timeout=60, **arguments)
        if not answer.ok:
            raise RunError(f"Airflow answered {answer.status_code} to {method} {path}: {answer.text[:1000]}")
        return answer.json() if answer.content else None

    def dag_ids(self) -> set[str]:
        """Ids of the DAGs Airflow has read."""
        return {dag["dag_id"] for dag in self.call("GET", "dags", params={"limit": 100})["dags"]}

    def import_errors(self) -> list[str]:
        """``file: message`` of every DAG file that cannot be imported."""
        found = self.call("GET", "importErrors", params={"limit": 100})["import_errors"]
        return [f"{error['filename']}: {error['stack_trace'].strip()}" for error in found]

    def trigger(self, dag_id: str, conf: dict[str, Any] | None = None) -> str:
        """Start a run now and return its id."""
        body = {"logical_date": None, "conf": conf or {}}
        return str(self.call("POST", f"dags/{dag_id}/dagRuns", json=body)["dag_run_id"])

    def pause(self, dag_id: str, *, paused: bool) -> None:
        """Pause a DAG or let it run."""
        self.call("PATCH", f"dags/{dag_id}", json={"is_paused": paused})

    def runs(self, dag_id: str) -> list[dict[str, Any]]:
        """Every run of a DAG, oldest first."""
        return list(self._pages(f"dags/{dag_id}/dagRuns", "dag_runs", order_by="run_after"))

    def tasks(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """The task instances of one run."""
        return list(self._pages(f"dags/{dag_id}/dagRuns/{run_id}/taskInstances", "task_instances"))

    def clear(self, dag_id: str, run_id: str) -> None:
        """Run all tasks of one run again."""
        self.call("POST", f"dags/{dag_id}/dagRuns/{run_id}/clear", json={"dry_run": False})

    def _pages(self, path: str, key: str, **parameters: str) -> Iterator[dict[str, Any]]:
        offset = 0
        while True:
            page = self.call("GET", path, params={**parameters, "limit": "100", "offset": str(offset)})
            yield from page[key]
            offset += len(page[key])
            if not page[key] or offset >= page["total_entries"]:
                return

    def _log_in(self) -> None:
        password = json.loads(self._password_file.read_text())[USER]
        answer = self._session.post(f"{self.url}/auth/token", json={"username": USER, "password": password}, timeout=60)
        if not answer.ok:
            raise RunError(f"Airflow refused the password in {self._password_file}: {answer.status_code}.")
        self._session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
