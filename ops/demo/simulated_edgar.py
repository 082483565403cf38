"""Build a simulated EDGAR once and serve it on loopback as a program of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from ops.checkout import ROOT
from warehouse.errors import RunError

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType


def build_once(world: Path, *options: str) -> bool:
    """Build the world with ``python -m simulator build`` unless it is there.

    Args:
        world: Folder of the mirror; it appears complete or not at all.
        options: Further options of that command.

    Returns:
        Whether it was built.

    Raises:
        RunError: The builder failed; the message holds its output.
    """
    if (world / "simulated.json").is_file():
        return False
    world.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "simulator", "build", "--out", str(world), *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RunError(f"The simulated world could not be built:\n{(done.stdout + done.stderr)[-3000:]}")
    return True


def contents(world: Path) -> tuple[list[str], list[str]]:
    """Quarters with a quarterly set, and filing days with an index, both in order."""
    facts = json.loads((world / "simulated.json").read_text())
    return list(facts["quarters"]), list(facts["days"])


class SimulatedEdgar:
    """The simulator's server on a free port of 127.0.0.1; use as a context manager.

    Args:
        world: Folder of a built mirror (or of a real one).
        folder: Where its log and ready file go.
        options: Further options of ``python -m simulator serve``.
    """

    def __init__(self, world: Path, folder: Path, *options: str) -> None:
        self._command = [sys.executable, "-m", "simulator", "serve", "--root", str(world), "--port", "0", *options]
        self._log = folder / "server.log"
        self._ready = folder / "server.ready"
        self._process: subprocess.Popen[bytes] | None = None
        self.url = ""

    def __enter__(self) -> SimulatedEdgar:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def environment(self) -> dict[str, str]:
        """Settings that point every part of the project at this server."""
        return {
            "SEC_WWW_URL": self.url,
            "SEC_DATA_URL": self.url,
            "PRICE_SOURCE": "tiingo",
            "TIINGO_URL": self.url,
            "TIINGO_TOKEN": "simulated",
            "STOOQ_URL": self.url,
            "PRICE_MAX_REQUESTS_PER_SECOND": "10",
        }

    def start(self, patience: float = 60.0) -> None:
        """Start the server and wait until it listens.

        Raises:
            RunError: It ended or did not listen in time; the message holds its log.
        """
        self._log.parent.mkdir(parents=True, exist_ok=True)
        self._ready.unlink(missing_ok=True)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603
                [*self._command, "--ready-file", str(self._ready)],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + patience
        while not self._ready.is_file():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RunError(f"The simulator did not start:\n{self._log.read_text(errors='replace')[-3000:]}")
            time.sleep(0.05)
        self.url = self._ready.read_text().strip()

    def stop(self) -> None:
        """Stop the server by its process id."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None
