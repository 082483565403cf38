"""A real Superset in an environment and a folder of its own, on loopback, and its REST API."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from types import TracebackType

# Superset 6.1 imports cachetools and rich without asking for them, and does not know what Flask-Caching 2.4 hands
# to its cache.
PACKAGES = ("apache-superset>=6,<7", "duckdb>=1.4,<1.6", "duckdb-engine", "flask-caching<2.4", "cachetools", "rich")
PASSWORD = secrets.token_urlsafe(16)

_CONFIG = """
SECRET_KEY = {secret!r}
SQLALCHEMY_DATABASE_URI = "sqlite:///{folder}/superset.db"
TALISMAN_ENABLED = False
FAB_ADD_SECURITY_API = True
"""


def install(folder: Path) -> Path:
    """Make an environment with Superset and the DuckDB dialect; return its folder of programs.

    ``SUPERSET_BIN`` names one that is there already: installing takes minutes.
    """
    if given := os.environ.get("SUPERSET_BIN"):
        return Path(given)
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    subprocess.run([folder / "bin" / "python", "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    return folder / "bin"


class Superset:
    """A running Superset with one administrator; use as a context manager.

    Args:
        programs: Folder of programs of its environment.
        folder: Its metadata database, configuration and log.
    """

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs = programs
        self._folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"
        self._session = requests.Session()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Superset:
        self._folder.mkdir(parents=True, exist_ok=True)
        config = self._folder / "superset_config.py"
        config.write_text(_CONFIG.format(secret=secrets.token_hex(32), folder=self._folder))
        self._run("db", "upgrade")
        names = ("--username", "admin", "--firstname", "A", "--lastname", "B", "--email", "a@example.com")
        self._run("fab", "create-admin", *names, "--password", PASSWORD)
        self._run("init")
        with (self._folder / "server.log").open("wb") as log:
            self._process = subprocess.Popen(
                [
                    self._programs / "superset",
                    "run",
                    "--host",
                    "127.0.0.1",
                    "--port",
                    str(self._port),
                    "--with-threads",
                ],
                env=self._environment(),
                cwd=self._folder,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._wait()
        self._log_in()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=60)

    def get(self, path: str, **parameters: Any) -> Any:
        """Answer of a GET below ``/api/v1``."""
        return self._answer(self._session.get(f"{self.url}/api/v1/{path}", params=parameters, timeout=120))

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """Answer of a POST below ``/api/v1``."""
        return self._answer(self._session.post(f"{self.url}/api/v1/{path}", json=body, timeout=120))

    def import_dashboard(self, bundle: bytes) -> Any:
        """Import a zip of databases, datasets, charts and dashboards."""
        form = {"formData": ("dashboard.zip", bundle, "application/zip")}
        data = {"overwrite": "true", "passwords": "{}"}
        address = f"{self.url}/api/v1/dashboard/import/"
        return self._answer(self._session.post(address, files=form, data=data, timeout=120))

    def chart_data(self, dataset: int, query: dict[str, Any]) -> list[dict[str, Any]]:
        """Rows of one query by the chart data API, past any cache."""
        answer = self.post(
            "chart/data",
            {
                "datasource": {"id": dataset, "type": "table"},
                "force": True,
                "queries": [query],
                "result_format": "json",
                "result_type": "full",
            },
        )
        rows: list[dict[str, Any]] = answer["result"][0]["data"]
        return rows

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": f"{self._programs}:{os.environ['PATH']}",
            "HOME": str(self._folder),
            "FLASK_APP": "superset",
            "SUPERSET_CONFIG_PATH": str(self._folder / "superset_config.py"),
            "SUPERSET_HOME": str(self._folder),
            "SCARF_ANALYTICS": "false",
        }

    def _run(self, *command: str) -> None:
        done = subprocess.run(
            [self._programs / "superset", *command],
            env=self._environment(),
            cwd=self._folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        assert done.returncode == 0, f"superset {command[0]}:\n{(done.stdout + done.stderr)[-4000:]}"

    def _wait(self) -> None:
        deadline = time.monotonic() + 240
        while True:
            try:
                if requests.get(f"{self.url}/health", timeout=5).ok:
                    return
            except requests.ConnectionError:
                pass
            assert self._process is not None
            assert self._process.poll() is None, self._log()
            assert time.monotonic() < deadline, self._log()
            time.sleep(1)

    def _log_in(self) -> None:
        body = {"username": "admin", "password": PASSWORD, "provider": "db", "refresh": False}
        self._session.headers["Authorization"] = f"Bearer {self.post('security/login', body)['access_token']}"
        self._session.headers["X-CSRFToken"] = self.get("security/csrf_token/")["result"]
        self._session.headers["Referer"] = self.url

    def _answer(self, response: requests.Response) -> Any:
        assert response.ok, f"{response.request.url}: {response.status_code} {response.text[:2000]}\n{self._log()}"
        return response.json()

    def _log(self) -> str:
        return (self._folder / "server.log").read_text(errors="replace")[-3000:]


def query_of(params: dict[str, Any]) -> dict[str, Any]:
    """The query a chart asks, from what is saved of it, as the browser would build it.

    Args:
        params: The chart's ``params``.
    """
    axis = params.get("x_axis")
    columns: list[Any] = [axis] if axis else []
    groups = params.get("groupby") or params.get("all_columns") or []
    columns += groups if isinstance(groups, list) else [groups]
    metrics = params.get("metrics") or ([params["metric"]] if params.get("metric") else [])
    filters = [
        {"col": told["subject"], "op": told["operator"], "val": told["comparator"]}
        for told in params.get("adhoc_filters", [])
    ]
    order = [json.loads(text) for text in params.get("order_by_cols", [])]
    return {
        "columns": columns,
        "metrics": metrics,
        "filters": filters,
        "orderby": order,
        "row_limit": params.get("row_limit", 10_000),
    }
