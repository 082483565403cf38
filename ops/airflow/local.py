"""Start and stop a real Airflow on this machine: API server, scheduler and DAG processor on loopback."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click
from rich.console import Console

from ops.airflow.api import AirflowApi
from ops.airflow.config import USER, Secrets, local_environment, with_connections
from ops.airflow.healthcheck import TASK_HEALTH, is_healthy
from warehouse.errors import RunError, SettingsError
from warehouse.settings import load_settings

if TYPE_CHECKING:
    from types import FrameType, TracebackType

COMPONENTS: dict[str, list[str]] = {
    # Web pages and public API in one process, the tasks' API in another. The public API writes to the database from its
    # event loop; in one process it would wait there for a task's transaction that needs that loop to be committed.
    "api-server": ["api-server", "--apps", "core"],
    "task-api": ["api-server", "--apps", "execution", "--port"],
    # Task logs are read from the same disk: no log server, which would listen on a fixed port.
    "scheduler": ["scheduler", "--skip-serve-logs"],
    "dag-processor": ["dag-processor"],
    "triggerer": ["triggerer", "--skip-serve-logs"],
}
# No task of this project is deferred, so on one machine the triggerer would only cost memory.
STARTED = ("api-server", "task-api", "scheduler", "dag-processor")
WATCHED = ("metadatabase", "scheduler", "dag_processor")
DAG_IDS = frozenset(
    {
        "etf_prices_daily",
        "form345_quarterly",
        "form4_daily",
        "issuers_weekly",
        "tier_report_quarterly",
        "warehouse_build",
    }
)

Report = Callable[[str], None]


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def tail(path: Path, lines: int = 30) -> str:
    """The last lines of a text file; empty when it is missing."""
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.is_file() else ""


class LocalAirflow:
    """One Airflow with its metadata in ``DATA_DIR/airflow``; use as a context manager, or ``start`` and ``stop``.

    Args:
        data_dir: ``DATA_DIR`` of the processes.
        environment: Variables to begin with; the process environment when ``None``.
        port: Port of the API server; a free one when ``None``.
        report: Called with one line per step.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        environment: Mapping[str, str] | None = None,
        port: int | None = None,
        report: Report = lambda _: None,
    ) -> None:
        self.home = data_dir / "airflow"
        self.port = port or free_port()
        self.task_port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.password_file = self.home / "passwords.json"
        self.environment = local_environment(
            data_dir, port=self.port, task_port=self.task_port, shared=Secrets.generate(), environment=environment
        )
        self.api = AirflowApi(self.url, self.password_file)
        self._report = report
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._replaced: list[subprocess.Popen[bytes]] = []
        self._lock: IO[str] | None = None

    def __enter__(self) -> LocalAirflow:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, *, dag_ids: Iterable[str] = DAG_IDS, patience: float = 180.0) -> None:
        """Prepare the metadata database, start every component and wait until all are healthy and the DAGs are read.

        Raises:
            RunError: Another Airflow of the same folder runs, a component ended or did not become healthy, or a DAG
                file cannot be imported; the message holds the end of the log. Everything started is stopped again.
        """
        try:
            self.prepare()
            self._write_shell_file()
            for name in STARTED:
                self.start_component(name)
            self._wait_until_ready(frozenset(dag_ids), time.monotonic() + patience)
        except BaseException:
            self.stop()
            raise

    def prepare(self) -> None:
        """Take the folder, migrate the metadata database, create pool and password; ``start`` does it when needed.

        Raises:
            RunError: Another Airflow of the same folder runs, or the database could not be prepared.
        """
        if self._lock:
            return
        (self.home / "logs").mkdir(parents=True, exist_ok=True)
        self._take_lock()
        self._report("preparing Airflow's metadata database")
        preparing = self._popen("init", [sys.executable, "-m", "ops.airflow.init"])
        self._replaced.append(preparing)
        if preparing.wait():
            raise RunError(f"Airflow's metadata database could not be prepared:\n{tail(self.log_of('init'))}")

    def start_component(self, name: str) -> None:
        """Start one of ``COMPONENTS`` (again); its output goes to ``<home>/logs/<name>.log``."""
        if name in self._processes:
            self._replaced.append(self._processes[name])
        command = [sys.executable, "-m", "airflow", *COMPONENTS[name]]
        self._processes[name] = self._popen(name, [*command, str(self.task_port)] if name == "task-api" else command)

    def pid(self, name: str) -> int:
        """Process id of a component that was started."""
        return self._processes[name].pid

    def dead(self) -> list[str]:
        """Components that were started and have ended."""
        return [name for name, process in self._processes.items() if process.poll() is not None]

    def log_of(self, name: str) -> Path:
        """Where a component's output goes."""
        return self.home / "logs" / f"{name}.log"

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one ``airflow`` command against this Airflow and return its output, whatever its exit status."""
        return subprocess.run(  # noqa: S603
            [sys.executable, "-m", "airflow", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def task_log(self, dag_id: str, run_id: str, task_id: str) -> str:
        """The text of a task's newest log; empty when it wrote none."""
        folder = self.home / "logs" / f"dag_id={dag_id}" / f"run_id={run_id}" / f"task_id={task_id}"
        attempts = sorted(folder.glob("attempt=*.log"), key=lambda path: path.stat().st_mtime)
        return attempts[-1].read_text(errors="replace") if attempts else ""

    def stop(self) -> None:
        """Stop what was started, by its process ids: politely first, then for good."""
        started = [*self._replaced, *self._processes.values()]
        for process in started:
            _signal_group(process, signal.SIGTERM)
        deadline = time.monotonic() + 15
        for process in started:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, deadline - time.monotonic()))
            # Also when the component itself has ended: its workers may not have.
            _signal_group(process, signal.SIGKILL)
            process.wait()
        self._replaced.clear()
        self._processes.clear()
        if self._lock:
            self._lock.close()
            self._lock = None

    def _write_shell_file(self) -> None:
        ours = ("AIRFLOW", "DATA_DIR", "PYTHONPATH", "SEC_", "DAILY_", "LOOK_BACK", "RATE_LIMIT")
        variables = {name: value for name, value in self.environment.items() if name.startswith(ours)}
        path = self.home / "env.sh"
        path.touch(mode=0o600)
        path.chmod(0o600)
        path.write_text(
            f'export PATH={shlex.quote(str(Path(sys.executable).parent))}:"$PATH"\n'
            + "".join(f"export {name}={shlex.quote(value)}\n" for name, value in sorted(variables.items()))
        )

    def _take_lock(self) -> None:
        # The lock is held by an open file which the components inherit: it is free when all of them are gone, even if
        # the process that started them was killed.
        lock = (self.home / "running.lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.seek(0)
            raise RunError(
                f"An Airflow with its files in {self.home} is running already ({lock.read().strip() or 'starting'}). "
                "Stop it first, or use another DATA_DIR."
            ) from error
        lock.truncate(0)
        self._lock = lock

    def _popen(self, name: str, command: list[str]) -> subprocess.Popen[bytes]:
        with self.log_of(name).open("ab") as log:
            process = subprocess.Popen(  # noqa: S603
                command,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Its own group: stopped as a whole, and Ctrl-C in the terminal reaches us alone.
                start_new_session=True,
                pass_fds=[self._lock.fileno()] if self._lock else [],
            )
        if self._lock:
            self._lock.write(f"{name}: process {process.pid}; ")
            self._lock.flush()
        return process

    def _wait_until_ready(self, dag_ids: frozenset[str], deadline: float) -> None:
        self._report("starting scheduler, DAG processor and API server")
        while not all(status == "healthy" for status in (self.api.health().get(name) for name in WATCHED)):
            self._check(deadline, "did not become healthy")
        while not is_healthy(f"http://127.0.0.1:{self.task_port}{TASK_HEALTH}"):
            self._check(deadline, "did not serve its tasks' API")
        self._report("reading the DAGs")
        while not dag_ids <= self.api.dag_ids():
            if broken := self.api.import_errors():
                raise RunError("DAG files cannot be imported:\n" + "\n".join(broken))
            self._check(deadline, f"did not find the DAGs {', '.join(sorted(dag_ids))}")

    def _check(self, deadline: float, complaint: str) -> None:
        if dead := self.dead():
            logs = "\n".join(f"── {name}\n{tail(self.log_of(name))}" for name in dead)
            raise RunError(f"Airflow's {', '.join(dead)} ended while starting:\n{logs}")
        if time.monotonic() > deadline:
            logs = "\n".join(f"── {name}\n{tail(self.log_of(name), 10)}" for name in STARTED)
            raise RunError(f"Airflow {complaint} in time; health: {self.api.health()}\n{logs}")
        time.sleep(0.25)


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def stop_on_terminate() -> None:
    """Turn SIGTERM into an exception, so that ``with`` blocks stop what they started."""

    def leave(number: int, _: FrameType | None) -> None:
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, leave)


def stop_being_interrupted() -> None:
    """Ignore Ctrl-C and SIGTERM from now on: what was started is being stopped, which takes some seconds."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=None, help="Port on 127.0.0.1; a free one by default.")
def main(port: int | None) -> None:
    """Start Airflow for the current DATA_DIR and keep it running until Ctrl-C."""
    console = Console()
    stop_on_terminate()
    try:
        settings = load_settings()
        # Every night would fail without a contact: say so now.
        console.print(f"The SEC will know you as [bold]{settings.user_agent}[/].")
    except SettingsError as error:
        raise click.ClickException(str(error)) from error
    airflow = LocalAirflow(
        settings.data_dir,
        environment=with_connections(os.environ),
        port=port,
        report=lambda line: console.print(f"[dim]{line} …"),
    )
    try:
        with airflow:
            console.print(f"Airflow runs at [bold]{airflow.url}[/] (this machine only).")
            console.print(f"User [bold]{USER}[/]; the password is in {airflow.password_file}")
            console.print(f"Logs: {airflow.home / 'logs'}")
            console.print(f"The airflow command in another terminal: . {airflow.home / 'env.sh'}")
            console.print("Stop with Ctrl-C.")
            try:
                while not airflow.dead():
                    time.sleep(1)
            finally:
                stop_being_interrupted()
            ended = airflow.dead()
    except KeyboardInterrupt:
        console.print("Stopped.")
        return
    except RunError as error:
        raise click.ClickException(str(error)) from error
    logs = "\n".join(f"── {airflow.log_of(name)}\n{tail(airflow.log_of(name))}" for name in ended)
    raise click.ClickException(f"Airflow's {', '.join(ended)} ended unexpectedly:\n{logs}")


if __name__ == "__main__":
    main()
