"""One rate limit per registered host over every thread and process of the machine, and one shared pause.

The state is a small JSON file per host beside its lock: when the last requests left, and until when nobody may ask
because the server said so. Why no library does this: docs/decisions/0003-own-rate-limit.md.
"""

from __future__ import annotations

import json
import logging
import math
import re
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from filelock import FileLock

from warehouse.errors import FetchError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

logger = logging.getLogger(__name__)

# Between the socket and the server's clock requests are delayed unevenly. Every one is taken to arrive this much later
# than it was sent. Costs 2.5% of the rate.
LEAST_LATENESS_SECONDS = 0.025

# An answer that took longer than the quickest of late may have been to a request that arrived late: by the difference
# and a little. Half a second has been seen on an overloaded machine. Beyond this bound the server is slow, not the way
# to it, and an answer that never comes must not hold up the others.
MOST_LATENESS_SECONDS = 1.0
_LITTLE_SECONDS = 0.005

# Requests leave spread over the second, not all at its start, yet a late one can be made up for.
EVENNESS = 0.9

_KEPT = 64
_LONGEST_PAUSE_SECONDS = 6 * 3600.0


def host_key(url: str) -> str:
    """Name of the limit a URL falls under: ``sec.gov`` for all of the SEC's hosts, else host and port."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    if host == "sec.gov" or host.endswith(".sec.gov"):
        return "sec.gov"
    return f"{host}:{parts.port or {'https': 443, 'http': 80}.get(parts.scheme, 0)}"


@dataclass
class _Request:
    sent: float  # time.monotonic(), which is one clock for all processes of a machine
    answered_after: float | None = None  # seconds


@dataclass
class _State:
    requests: list[_Request] = field(default_factory=list)  # the last ones, in the order they were sent
    pause_until: float = 0.0


class Slot:
    """A granted request."""

    def __init__(self) -> None:
        self.was_used = True
        self.sent = 0.0

    def give_back(self) -> None:
        """Do not count this slot: nothing was sent."""
        self.was_used = False


class RateLimiter:
    """Grants requests to one host so that no sliding second holds more than allowed.

    A request is counted at the moment after it has been written to the socket, under the same file lock as the next
    decision; and later by as much as its answer came late, for then the server may have seen it late. What the server
    receives is therefore never closer together than what is counted here.

    Args:
        folder: Machine-wide folder of the state, the same for every process.
        key: Name of the limit, see ``host_key``.
        max_per_second: Requests in any sliding second, rounded down to a whole number when above 1.
        stop: Set by the owner to end every wait.
    """

    def __init__(self, folder: Path, key: str, max_per_second: float, stop: threading.Event) -> None:
        self._count = max(1, math.floor(max_per_second))
        self._window = 1.0 if max_per_second >= 1 else 1.0 / max_per_second
        self._stop = stop
        self._queue = threading.Lock()
        self._mutex = threading.Lock()
        name = re.sub(r"[^a-z0-9.]+", "_", key)
        self._path = folder / f"{name}.json"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file_lock = FileLock(folder / f"{name}.lock", thread_local=False, poll_interval=0.003)
            with self._locked():
                self._write(self._read(time.monotonic()))
        except OSError as error:
            raise SettingsError(
                f"the machine-wide rate limit cannot be kept in {folder}: {error}. Set RATE_LIMIT_DIR to a folder that "
                "every user who fetches on this machine may write to."
            ) from error

    @contextmanager
    def slot(self) -> Iterator[Slot]:
        """Wait for a turn; write the request inside the block.

        Raises:
            FetchError: The client was closed while waiting.
        """
        # One thread of this process at a time stands at the machine's counter; the others queue behind it.
        with self._queue:
            while True:
                with self._locked():
                    now = time.monotonic()
                    state = self._read(now)
                    wait = self._wait_needed(state, now)
                    if wait <= 0:
                        slot = Slot()
                        try:
                            yield slot
                        finally:
                            if slot.was_used:
                                slot.sent = time.monotonic()
                                state.requests.append(_Request(slot.sent))
                                self._write(state)
                        return
                if self._stop.wait(wait):
                    raise FetchError("the client was closed while a request waited for its turn")

    def answered(self, slot: Slot) -> None:
        """Note that the first bytes of the answer have arrived."""
        with self._locked():
            now = time.monotonic()
            state = self._read(now)
            for request in state.requests:
                if request.sent == slot.sent:
                    request.answered_after = now - slot.sent
            self._write(state)

    def pause(self, seconds: float) -> None:
        """Let nobody on this machine ask this host for `seconds`; a longer pause already running stays."""
        with self._locked():
            now = time.monotonic()
            state = self._read(now)
            state.pause_until = max(state.pause_until, now + min(seconds, _LONGEST_PAUSE_SECONDS))
            self._write(state)

    def pause_left(self) -> float:
        """Seconds until the shared pause ends; 0 when there is none."""
        with self._locked():
            now = time.monotonic()
            return max(0.0, self._read(now).pause_until - now)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self._mutex, self._file_lock:
            yield

    def _wait_needed(self, state: _State, now: float) -> float:
        earliest = state.pause_until
        if state.requests:
            earliest = max(earliest, state.requests[-1].sent + EVENNESS * self._window / self._count)
        arrivals = sorted(_latest_arrivals(state.requests, now))
        if len(arrivals) >= self._count:
            earliest = max(earliest, arrivals[-self._count] + self._window)
        return earliest - now

    def _read(self, now: float) -> _State:
        try:
            raw = json.loads(self._path.read_bytes())
            state = _State(
                [_Request(float(sent), None if took is None else float(took)) for sent, took in raw["requests"]],
                float(raw["pause_until"]),
            )
            newest = max((request.sent for request in state.requests), default=0.0)
        except FileNotFoundError:
            return _State()
        except (ValueError, KeyError, TypeError):
            logger.warning("%s is unreadable; counting the last second as full", self._path)
            state = _State([_Request(now)] * self._count)
            self._write(state)
            return state
        if newest > now or state.pause_until > now + _LONGEST_PAUSE_SECONDS:
            # The clock starts at boot: moments in the future were written before one.
            return _State()
        return state

    def _write(self, state: _State) -> None:
        requests = [(request.sent, request.answered_after) for request in state.requests[-_KEPT:]]
        unfinished = self._path.with_suffix(".tmp")
        unfinished.write_text(json.dumps({"requests": requests, "pause_until": state.pause_until}))
        unfinished.replace(self._path)


def _latest_arrivals(requests: list[_Request], now: float) -> list[float]:
    """When the server may have seen each request at the latest."""
    quickest = min((each.answered_after for each in requests if each.answered_after is not None), default=0.0)
    arrivals = []
    for request in requests:
        taken = now - request.sent if request.answered_after is None else request.answered_after
        lateness = min(taken - quickest + _LITTLE_SECONDS, MOST_LATENESS_SECONDS)
        arrivals.append(request.sent + max(lateness, LEAST_LATENESS_SECONDS))
    return arrivals
