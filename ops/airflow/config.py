"""The environment variables that make Airflow run this project; there is no other Airflow configuration.

The names are those of https://airflow.apache.org/docs/apache-airflow/stable/configurations-ref.html; a test compares
them with the options the installed Airflow knows.
"""

from __future__ import annotations

import os
import secrets
import sys
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dotenv import dotenv_values

from ops.checkout import ROOT, TELEMETRY_OFF

if TYPE_CHECKING:
    from collections.abc import Mapping

WRITER_POOL = "warehouse_writer"
SEC_POOL = "sec"
# Pool to slots and reason. All fetching shares ten requests a second, so more of it at once would only hold places that
# the writer needs.
POOLS = {
    WRITER_POOL: (1, "The one process that may open the warehouse file."),
    SEC_POOL: (3, "Tasks that ask the SEC's servers; one place of PARALLELISM is left to the writer."),
}
PARALLELISM = 4
USER = "admin"


@dataclass(frozen=True)
class Secrets:
    """What the parts of one Airflow must share and nobody else may know.

    Attributes:
        jwt_secret: Signs the tokens by which tasks and users are known to the API server.
        secret_key: Signs the session cookie of the web pages.
        fernet_key: Encrypts connections in the metadata database.
    """

    jwt_secret: str
    secret_key: str
    fernet_key: str

    @classmethod
    def generate(cls) -> Secrets:
        """Draw new secrets from the operating system's random source."""
        return cls(
            jwt_secret=secrets.token_urlsafe(48),
            secret_key=secrets.token_urlsafe(32),
            fernet_key=urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        )


def common_options() -> dict[str, str]:
    """Options that hold wherever the project's Airflow runs, on this machine and in containers."""
    return TELEMETRY_OFF | {
        "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": str(PARALLELISM),
        # The DAG's pages must open without asking a name server who this machine is.
        "AIRFLOW__CORE__HOSTNAME_CALLABLE": "socket.gethostname",
        "AIRFLOW__CORE__AUTH_MANAGER": (
            "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager"
        ),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
        # A task's heartbeat that waits for the metadata database is not a dead task.
        "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "30",
        "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "30",
        "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG": "false",
        # A gate's log is for the rows that failed, not for how Great Expectations wires itself up.
        "AIRFLOW__LOGGING__NAMESPACE_LEVELS": "great_expectations=WARNING",
    }


def with_connections(environment: Mapping[str, str], file: Path = ROOT / ".env") -> dict[str, str]:
    """Variables, and where they say nothing of one, the Airflow connections of the checkout's ``.env``."""
    listed = dotenv_values(file)
    connections = {name: value for name, value in listed.items() if name.startswith("AIRFLOW_CONN_") and value}
    return connections | dict(environment)


def local_environment(
    data_dir: Path, *, port: int, task_port: int, shared: Secrets, environment: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Everything a local Airflow process needs in its environment.

    Args:
        data_dir: ``DATA_DIR``; Airflow keeps its own files in ``airflow/`` below it.
        port: Port of the API server on 127.0.0.1: web pages and public API.
        task_port: Port of the API server the tasks talk to, on 127.0.0.1.
        shared: Secrets shared by the processes of one start.
        environment: Variables to begin with; the process environment when ``None``.
    """
    begin = dict(os.environ if environment is None else environment)
    home = data_dir / "airflow"
    tools = str(Path(sys.executable).parent)
    local = {
        "DATA_DIR": str(data_dir),
        "PATH": os.pathsep.join([tools, begin.get("PATH", os.defpath)]),
        "PYTHONPATH": os.pathsep.join(part for part in (str(ROOT), begin.get("PYTHONPATH", "")) if part),
        "PYTHONUNBUFFERED": "1",
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{task_port}/execution/",
        "AIRFLOW__CORE__FERNET_KEY": shared.fernet_key,
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__SECRET_KEY": shared.secret_key,
        "AIRFLOW__API_AUTH__JWT_SECRET": shared.jwt_secret,
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONNECT_ARGS": "ops.airflow.sqlite.CONNECT_ARGS",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONNECT_ARGS_ASYNC": "ops.airflow.sqlite.CONNECT_ARGS",
        # One machine, one scheduler: its death is noticed, and its tasks taken up again, within seconds.
        "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "15",
        "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "10",
    }
    return begin | common_options() | local
