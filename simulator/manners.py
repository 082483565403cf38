"""How the simulated server behaves: latency, throttle, planned misbehaviour, days that come late."""

from __future__ import annotations

import re
import threading
import time
from collections import deque
from dataclasses import asdict, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

ACTIONS = frozenset(
    {
        "429",  # Too Many Requests, with Retry-After when given
        "503",  # Service Unavailable, with Retry-After when given
        "status",  # any status, given as `status`
        "reset",  # the connection is reset before a byte of the answer
        "truncate",  # the full Content-Length is announced, half of the body sent, the connection closed
        "html200",  # the throttle page with status 200
        "html403",  # the throttle page with status 403
        "undeclared403",  # the page for tools that do not declare themselves, status 403
        "denied403",  # the XML "AccessDenied" of a missing file, although the file is there
        "delay",  # wait `seconds`, then answer properly
        "empty200",  # status 200 and no body
        "used_up200",  # a price shop's words for a used-up allowance, status 200
    }
)


@dataclass(frozen=True)
class Rule:
    """One planned misbehaviour.

    Attributes:
        match: Regular expression searched in the request path, with its query where there is one.
        action: One of ``ACTIONS``.
        times: How often it happens; ``None`` for always.
        skip: How many matching requests are answered properly first.
        retry_after: Value of the ``Retry-After`` header: seconds, or an HTTP date; ``None`` for no header.
        status: Status code of action ``status``.
        seconds: Length of action ``delay``.
        gzip: Whether an error page is sent gzipped although nobody asked (as EDGAR does).
    """

    match: str
    action: str
    times: int | None = 1
    skip: int = 0
    retry_after: int | str | None = None
    status: int = 500
    seconds: float = 0.0
    gzip: bool = False

    def __post_init__(self) -> None:
        if self.action not in ACTIONS:
            raise ValueError(f"rule action {self.action!r} is not one of {', '.join(sorted(ACTIONS))}")
        try:
            re.compile(self.match)
        except re.error as error:
            raise ValueError(f"rule match {self.match!r} is no regular expression: {error}") from error


@dataclass(frozen=True)
class Manners:
    """Everything the server can be told about its behaviour; the defaults are a well-behaved, unlimited server.

    Attributes:
        latency_ms: Time every answer is held back.
        max_per_second: Requests allowed in any sliding second; ``None`` for no limit.
        block_seconds: How long every request is refused after the limit was exceeded once.
        throttle_status: Status of the throttle page, 403 or 200 (EDGAR has been seen with both).
        gzip_errors: Whether throttle pages and missing-file bodies are gzipped unasked.
        require_contact: Whether a User-Agent without an e-mail address is refused as an undeclared tool.
        late_days: Filing days (YYYY-MM-DD) whose index is not published yet.
        index_version: Version of the tree that is served; 2 and up are the folders under ``_versions``.
        prices_through: Last day the price shops know; ``None`` for all. Adjusted closes are as of this day.
        prices_missing: Days the price shops have lost, as ``TICKER:YYYY-MM-DD``.
        require_price_key: Whether a price shop wants a key.
        rules: Planned misbehaviour, first match wins.
    """

    latency_ms: float = 0.0
    max_per_second: float | None = None
    block_seconds: float = 600.0
    throttle_status: int = 403
    gzip_errors: bool = False
    require_contact: bool = False
    late_days: tuple[str, ...] = ()
    index_version: int = 1
    prices_through: str | None = None
    prices_missing: tuple[str, ...] = ()
    require_price_key: bool = False
    rules: tuple[Rule, ...] = field(default=())

    def changed(self, values: Mapping[str, Any]) -> Manners:
        """These manners with some values replaced.

        Args:
            values: Attribute names to values as JSON gives them; ``rules`` is a list of objects.

        Raises:
            ValueError: An unknown name or a value that is refused.
        """
        known = {entry.name for entry in fields(self)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise ValueError(f"unknown manners: {', '.join(unknown)}; known are {', '.join(sorted(known))}")
        ready = dict(values)
        if "rules" in ready:
            ready["rules"] = tuple(rule if isinstance(rule, Rule) else _rule(rule) for rule in ready["rules"])
        for name in ("late_days", "prices_missing"):
            if name in ready:
                ready[name] = tuple(str(value) for value in ready[name])
        return replace(self, **ready)

    def as_dict(self) -> dict[str, Any]:
        """The manners as JSON-ready values."""
        return asdict(self)


def _rule(values: Mapping[str, Any]) -> Rule:
    try:
        ready = dict(values)
        ready["action"] = str(ready.get("action", ""))
        return Rule(**ready)
    except TypeError as error:
        raise ValueError(f"rule {dict(values)!r}: {error}") from error


class Doorman:
    """Decides what happens to each request: counts the sliding second, remembers blocks, spends the rules.

    Thread-safe. Requests are told apart by arrival time only: one client address, as on loopback.
    """

    def __init__(self, manners: Manners) -> None:
        self._lock = threading.Lock()
        self._accepted: deque[float] = deque()
        self._blocked_until = 0.0
        self._spent: dict[Rule, int] = {}
        self.manners = manners

    def set_manners(self, manners: Manners) -> None:
        """Replace the manners; a running block ends, rules start afresh."""
        with self._lock:
            self.manners = manners
            self._blocked_until = 0.0
            self._accepted.clear()
            self._spent = {}

    def is_throttled(self, arrived: float) -> bool:
        """Whether a request that arrived then (``time.monotonic`` seconds) is refused for coming too fast."""
        with self._lock:
            limit = self.manners.max_per_second
            if limit is None:
                return False
            if arrived < self._blocked_until:
                return True
            while self._accepted and self._accepted[0] <= arrived - 1.0:
                self._accepted.popleft()
            if len(self._accepted) >= limit:
                self._blocked_until = arrived + self.manners.block_seconds
                return True
            self._accepted.append(arrived)
            return False

    def rule_for(self, path: str) -> Rule | None:
        """The planned misbehaviour for this request, if any is left."""
        with self._lock:
            for rule in self.manners.rules:
                if not re.search(rule.match, path):
                    continue
                seen = self._spent.get(rule, 0)
                self._spent[rule] = seen + 1
                if seen < rule.skip:
                    continue
                if rule.times is None or seen < rule.skip + rule.times:
                    return rule
        return None


class Recorder:
    """Counts what the server saw: arrival times, statuses, kinds, paths, user agents. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        with self._lock:
            self._arrivals: list[float] = []
            self._status: dict[str, int] = {}
            self._kind: dict[str, int] = {}
            self._outcome: dict[str, int] = {}
            self._paths: dict[str, int] = {}
            self._agents: dict[str, int] = {}
            self._bytes = 0
            self._in_flight = 0
            self._peak_in_flight = 0
            self._started = time.monotonic()

    def arrived(self, path: str, kind: str, agent: str) -> float:
        """Note a request and give its arrival time (``time.monotonic`` seconds)."""
        with self._lock:
            now = time.monotonic()
            self._arrivals.append(now)
            self._in_flight += 1
            self._peak_in_flight = max(self._peak_in_flight, self._in_flight)
            for counts, key in ((self._kind, kind), (self._paths, path), (self._agents, agent)):
                counts[key] = counts.get(key, 0) + 1
            return now

    def answered(self, status: str, outcome: str, byte_count: int) -> None:
        """Note what became of a request."""
        with self._lock:
            self._in_flight -= 1
            self._status[status] = self._status.get(status, 0) + 1
            self._outcome[outcome] = self._outcome.get(outcome, 0) + 1
            self._bytes += byte_count

    def stats(self, *, with_arrivals: bool = False) -> dict[str, Any]:
        """What was seen since the last reset, JSON-ready.

        ``peak_per_second`` is the largest number of requests in any half-open interval of one second.
        ``arrivals`` (on request) are seconds since the reset.
        """
        with self._lock:
            arrivals = list(self._arrivals)
            answer: dict[str, Any] = {
                "requests": len(arrivals),
                "peak_per_second": peak_in_window(arrivals, 1.0),
                "first_to_last_seconds": round(arrivals[-1] - arrivals[0], 6) if arrivals else 0.0,
                "peak_in_flight": self._peak_in_flight,
                "body_bytes": self._bytes,
                "by_status": dict(sorted(self._status.items())),
                "by_kind": dict(sorted(self._kind.items())),
                "by_outcome": dict(sorted(self._outcome.items())),
                "by_path": dict(sorted(self._paths.items())),
                "user_agents": dict(sorted(self._agents.items())),
            }
            if with_arrivals:
                answer["arrivals"] = [round(moment - self._started, 6) for moment in arrivals]
            return answer


def peak_in_window(moments: list[float], width: float) -> int:
    """The largest number of moments in any half-open interval ``[t, t + width)``; moments are ascending."""
    peak = 0
    first = 0
    for last, moment in enumerate(moments):
        while moments[first] <= moment - width:
            first += 1
        peak = max(peak, last - first + 1)
    return peak
