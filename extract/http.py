"""Fetches one address over HTTP, politely and stubbornly; the only module that opens sockets.

Every request declares itself, waits its turn in the machine-wide rate limit, is repeated when the answer is not what
was asked for, and leaves one outcome row in the landing zone, whatever became of it.
SEC rules: https://www.sec.gov/about/webmaster-frequently-asked-questions#developers
"""

from __future__ import annotations

import hashlib
import logging
import re
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast
from urllib.parse import urlencode, urlsplit

import requests
from requests.adapters import HTTPAdapter
from tenacity import RetryCallState, Retrying, retry_if_exception_type
from tenacity.wait import wait_random_exponential

from extract.bodies import is_access_denied, is_throttle_page, is_undeclared_page, unzip_unasked, wrong_shape
from extract.landing import OutcomeLog
from extract.rate_limit import RateLimiter, host_key
from warehouse.errors import AccessRefused, FetchError, SettingsError, SourceDataError, Throttled
from warehouse.settings import SEC_LIMIT_PER_SECOND

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from urllib3.connectionpool import HTTPConnectionPool

    from warehouse.settings import Settings

    # What a server's own words mean beyond HTTP: status and body to the error to end with at once.
    Refusal = Callable[[int, bytes], FetchError | None]

logger = logging.getLogger(__name__)

SIMULATED_HEADER = "X-Insider-Tiers-Simulated"

# Keeps the rate up to answers that take two seconds; beyond that the server has enough to do.
_USEFUL_SECONDS_IN_FLIGHT = 2.0

# The largest submissions are some hundred megabytes; a quarterly set is about fifteen.
_MAX_BODY_BYTES = 512 * 1024 * 1024
_CHUNK_BYTES = 64 * 1024

_OK, _NOT_MODIFIED, _FORBIDDEN, _NOT_FOUND, _TOO_MANY, _UNAVAILABLE = 200, 304, 403, 404, 429, 503
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True)
class Patience:
    """How long one fetch is pursued before it is given up.

    Attributes:
        max_attempts: Attempts that may end in an error (reset, timeout, cut body, 5xx, a page in place of a file).
        max_throttles: Attempts that may end in "slow down"; each is followed by a pause of the whole machine.
        max_undeclared: Attempts that may end in "declare yourself", which waiting seldom cures.
        first_wait_seconds: Longest wait after the first error; doubles each time, drawn at random from 0 up to it.
        longest_wait_seconds: Where the doubling ends.
        longest_retry_after_seconds: A server asking for more than this is not waited for.
        connect_seconds: Time to reach the server.
        read_seconds: Time without a byte.
        body_seconds: Time for one whole body.
    """

    max_attempts: int = 8
    max_throttles: int = 5
    max_undeclared: int = 2
    first_wait_seconds: float = 1.0
    longest_wait_seconds: float = 60.0
    longest_retry_after_seconds: float = 3600.0
    connect_seconds: float = 15.0
    read_seconds: float = 60.0
    body_seconds: float = 600.0


@dataclass(frozen=True)
class Fetched:
    """An answer that needs no further attempt.

    Attributes:
        url: Address as asked for.
        kind: What was asked for: index, listing, filing, quarterly, issuer, price or page.
        partition: Filing day, quarter or subject the fetch belongs to.
        accession_number: Of the submission asked for, else ``None``.
        status: HTTP status: 200, 304 (asked conditionally), 404 or 403 (no such file, see ``is_missing``).
        body: Decompressed body, verbatim.
        fetched_at: When the last byte had arrived, UTC.
        attempts: Requests it took.
        elapsed_ms: Milliseconds from the call to the last byte, waits included.
        sha256: Hash of the body.
        is_simulated: Whether the server said that it is a simulator.
        headers: Response headers, names in any case.
    """

    url: str
    kind: str
    partition: str
    accession_number: str | None
    status: int
    body: bytes
    fetched_at: datetime
    attempts: int
    elapsed_ms: int
    sha256: str
    is_simulated: bool
    headers: Mapping[str, str] = field(repr=False)

    @property
    def is_missing(self) -> bool:
        """Whether the server says that there is no such file."""
        return self.status in (_NOT_FOUND, _FORBIDDEN)

    @property
    def is_unchanged(self) -> bool:
        """Whether a conditional request was answered with "not modified"; the body is empty then."""
        return self.status == _NOT_MODIFIED


class _TryAgainError(FetchError):
    """One attempt failed in a way that may pass."""

    def __init__(
        self, reason: str, *, is_throttle: bool = False, is_undeclared: bool = False, waits_shared: bool = False
    ) -> None:
        super().__init__(reason)
        self.is_throttle = is_throttle
        self.is_undeclared = is_undeclared
        self.waits_shared = waits_shared  # the machine-wide pause is the wait; none of our own on top


@dataclass
class _Job:
    url: str
    kind: str
    partition: str
    accession_number: str | None
    headers: dict[str, str]
    is_conditional: bool
    secrets: dict[str, str]
    refusal: Refusal | None
    limiter: RateLimiter
    started: float = field(default_factory=time.monotonic)
    attempts: int = 0
    errors: int = 0
    throttles: int = 0
    undeclared: int = 0
    status: int | None = None
    is_simulated: bool = False

    @property
    def elapsed_ms(self) -> int:
        return round((time.monotonic() - self.started) * 1000)

    @property
    def full_url(self) -> str:
        """The address with what nobody may read in a log."""
        if not self.secrets:
            return self.url
        return f"{self.url}{'&' if '?' in self.url else '?'}{urlencode(self.secrets)}"

    def without_secrets(self, text: str) -> str:
        """A text of a library, which may quote the whole address."""
        for name, value in self.secrets.items():
            text = text.replace(urlencode({name: value}), f"{name}=***").replace(value, "***")
        return text


class HttpClient:
    """Fetches from one kind of server. One client may be shared by many threads.

    Args:
        settings: Where the landing zone and the rate limit's state are, and how long a throttled server is left alone.
        patience: How long one fetch is pursued.
        user_agent: What the client calls itself.
        max_per_second: Requests per second to each host, over every process of the machine.
    """

    def __init__(
        self, settings: Settings, patience: Patience | None = None, *, user_agent: str, max_per_second: float
    ) -> None:
        self._settings = settings
        self._patience = patience or Patience()
        self._max_per_second = max_per_second
        self._stop = threading.Event()
        self._outcomes = OutcomeLog(settings)
        self._limiters: dict[str, RateLimiter] = {}
        self._limiters_lock = threading.Lock()
        self._session = requests.Session()
        self._session.headers.clear()
        self._session.headers.update({"User-Agent": user_agent, "Accept-Encoding": "gzip, deflate", "Accept": "*/*"})
        adapter = _RateLimitedAdapter(self._limiter, self.useful_threads)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End every wait and close the connections."""
        self._stop.set()
        self._session.close()

    @property
    def useful_threads(self) -> int:
        """Threads with which latency does not cost throughput."""
        return max(2, round(self._max_per_second * _USEFUL_SECONDS_IN_FLIGHT))

    def get(
        self,
        url: str,
        *,
        kind: str,
        partition: str,
        accession_number: str | None = None,
        conditional: Mapping[str, str] | None = None,
        record_missing: bool = True,
        headers: Mapping[str, str] | None = None,
        secrets: Mapping[str, str] | None = None,
        refusal: Refusal | None = None,
    ) -> Fetched:
        """Fetch an address until it gives what was asked for, says that there is no such file, or patience ends.

        Args:
            url: Absolute address.
            kind: What must come back (see ``extract.bodies.wrong_shape``); a body of another shape is never returned.
            partition: Filing day, quarter or subject the outcome row is filed under.
            accession_number: Of the submission asked for.
            conditional: ``If-None-Match`` and ``If-Modified-Since`` headers.
            record_missing: Whether an absent file is recorded as ``not_found`` here; else the caller decides what its
                absence means and calls ``record``.
            headers: Further request headers, such as a token; never logged.
            secrets: Query parameters that are sent and appear in no log, outcome or error.
            refusal: What the server's own words mean: the error to end with at once, or ``None``.

        Raises:
            FetchError: Every attempt failed.
            Throttled: The server asked us to slow down and kept asking.
            AccessRefused: The server wants a key, or another one (see ``refusal``).
            SettingsError: The address is the SEC's and ``SEC_CONTACT`` is missing.
        """
        key = host_key(url)
        if key == "sec.gov" and self._settings.sec_contact is None:
            raise SettingsError(
                "SEC_CONTACT must hold your name and e-mail address before anything is asked of the SEC."
            )
        job = _Job(
            url,
            kind,
            partition,
            accession_number,
            headers={**(conditional or {}), **(headers or {})},
            is_conditional=bool(conditional),
            secrets=dict(secrets or {}),
            refusal=refusal,
            limiter=self._limiter(url),
        )
        retrying = Retrying(
            retry=retry_if_exception_type(_TryAgainError),
            wait=self._wait,
            stop=lambda _: self._is_over(job),
            sleep=self.wait,
            reraise=True,
        )
        try:
            fetched = retrying(self._attempt, job)
        except FetchError as error:
            raise self._given_up(job, error) from error
        if not fetched.is_missing:
            self.record(fetched, "unchanged" if fetched.is_unchanged else "fetched")
        elif record_missing:
            self.record(fetched, "not_found", f"HTTP {fetched.status}: the server has no such file")
        return fetched

    def record(self, fetched: Fetched, outcome: str, error: str | None = None) -> None:
        """Write the outcome row of an answer.

        Args:
            fetched: The answer.
            outcome: ``fetched``, ``unchanged``, ``holiday``, ``not_published`` or ``not_found``.
            error: What went wrong or was decided, in words.
        """
        has_content = fetched.status == _OK
        self._outcomes.append(
            {
                "kind": fetched.kind,
                "accession_number": fetched.accession_number,
                "url": fetched.url,
                "outcome": outcome,
                "http_status": fetched.status,
                "byte_count": len(fetched.body) if has_content else None,
                "sha256": fetched.sha256 if has_content else None,
                "attempts": fetched.attempts,
                "elapsed_ms": fetched.elapsed_ms,
                "error": error,
                "is_simulated": fetched.is_simulated,
                "fetched_at": fetched.fetched_at,
                "_partition": fetched.partition,
            }
        )

    def wait(self, seconds: float) -> None:
        """Wait, unless the client is closed.

        Raises:
            FetchError: The client was closed meanwhile.
        """
        if self._stop.wait(seconds):
            raise FetchError("the client was closed while a request waited to be repeated")

    def _is_over(self, job: _Job) -> bool:
        patience = self._patience
        return (
            job.errors >= patience.max_attempts
            or job.throttles >= patience.max_throttles
            or job.undeclared >= patience.max_undeclared
        )

    def _attempt(self, job: _Job) -> Fetched:
        job.attempts += 1
        try:
            return self._judge(job, *self._request(job))
        except _TryAgainError as error:
            job.throttles += error.is_throttle
            job.undeclared += error.is_undeclared
            job.errors += not error.is_throttle
            logger.info("attempt %d at %s: %s", job.attempts, job.url, error)
            raise

    def _request(self, job: _Job) -> tuple[requests.Response, bytes]:
        patience = self._patience
        is_loopback = urlsplit(job.url).hostname in _LOOPBACK
        try:
            with self._session.get(
                job.full_url,
                headers=job.headers,
                stream=True,
                timeout=(patience.connect_seconds, patience.read_seconds),
                # A practice server on this machine is never asked through a proxy.
                proxies={"http": "", "https": ""} if is_loopback else None,
            ) as response:
                job.status = response.status_code
                job.is_simulated = response.headers.get(SIMULATED_HEADER) == "1"
                return response, self._read_body(response)
        except (
            requests.ConnectionError,
            requests.Timeout,
            requests.exceptions.ChunkedEncodingError,
            requests.exceptions.ContentDecodingError,
        ) as error:
            # Without its cause, which quotes the whole address, where that holds a secret.
            raise _TryAgainError(job.without_secrets(f"{type(error).__name__}: {error}")) from (
                None if job.secrets else error
            )
        except requests.RequestException as error:
            text = job.without_secrets(f"{job.url}: {type(error).__name__}: {error}")
            raise FetchError(text) from (None if job.secrets else error)

    def _read_body(self, response: requests.Response) -> bytes:
        deadline = time.monotonic() + self._patience.body_seconds
        body = bytearray()
        for chunk in response.iter_content(_CHUNK_BYTES):
            body += chunk
            if len(body) > _MAX_BODY_BYTES:
                raise FetchError(
                    f"{_bare(response.url)} sends more than {_MAX_BODY_BYTES} bytes: no file is that large"
                )
            if time.monotonic() > deadline:
                raise _TryAgainError(f"the body was not complete after {self._patience.body_seconds:g} s")
        # Error pages come gzipped unasked, without a header that says so.
        try:
            return unzip_unasked(bytes(body), _MAX_BODY_BYTES)
        except SourceDataError as error:
            raise _TryAgainError(str(error)) from error

    def _judge(self, job: _Job, response: requests.Response, body: bytes) -> Fetched:
        status = response.status_code
        if job.refusal and (refused := job.refusal(status, body)):
            raise refused
        if status == _OK:
            reason = wrong_shape(job.kind, body)
            if reason is None:
                return self._fetched(job, response, body)
            if is_throttle_page(body):
                raise self._throttled(job, response, body)
            raise _TryAgainError(f"HTTP 200 with {reason}")
        if status == _NOT_MODIFIED and job.is_conditional:
            return self._fetched(job, response, b"")
        if status == _TOO_MANY or is_throttle_page(body):
            raise self._throttled(job, response, body)
        if status == _NOT_FOUND or (status == _FORBIDDEN and is_access_denied(body)):
            return self._fetched(job, response, body)
        reason = f"HTTP {status}, beginning {body.lstrip()[:80]!r}"
        wait = self._retry_after(response)
        if wait is not None:
            job.limiter.pause(wait)
            raise _TryAgainError(f"{reason}; the server asked for {wait:.0f} s", waits_shared=True)
        raise _TryAgainError(reason)

    def _fetched(self, job: _Job, response: requests.Response, body: bytes) -> Fetched:
        return Fetched(
            url=job.url,
            kind=job.kind,
            partition=job.partition,
            accession_number=job.accession_number,
            status=response.status_code,
            body=body,
            fetched_at=datetime.now(UTC),
            attempts=job.attempts,
            elapsed_ms=job.elapsed_ms,
            sha256=hashlib.sha256(body).hexdigest(),
            is_simulated=job.is_simulated,
            headers=response.headers,
        )

    def _throttled(self, job: _Job, response: requests.Response, body: bytes) -> _TryAgainError:
        """Make every thread and process of the machine back off."""
        wait = self._retry_after(response)
        if wait is None and is_throttle_page(body):
            # A block lasts about ten minutes and is prolonged by asking.
            wait = self._settings.throttle_pause_seconds
        elif wait is None:
            wait = min(10.0 * 2**job.throttles, self._settings.throttle_pause_seconds)
        job.limiter.pause(wait)
        undeclared = is_undeclared_page(body)
        what = "calls us undeclared" if undeclared else "asks us to slow down"
        logger.warning("%s %s (HTTP %d): nobody asks for %.0f s", host_key(job.url), what, response.status_code, wait)
        return _TryAgainError(
            f"HTTP {response.status_code}: the server {what}",
            is_throttle=True,
            is_undeclared=undeclared,
            waits_shared=True,
        )

    def _retry_after(self, response: requests.Response) -> float | None:
        text = response.headers.get("Retry-After", "").strip()
        if not text:
            return None
        try:
            seconds = (
                float(text) if text.isdigit() else (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()
            )
        except (ValueError, TypeError):
            return None
        if seconds > self._patience.longest_retry_after_seconds:
            raise Throttled(
                f"{_bare(response.url)} answers HTTP {response.status_code} and asks for {seconds:.0f} s of patience, "
                f"more than the {self._patience.longest_retry_after_seconds:.0f} s we wait: run again later"
            )
        return max(0.0, seconds)

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, _TryAgainError) and error.waits_shared:
            return 0.0
        patience = self._patience
        return wait_random_exponential(multiplier=patience.first_wait_seconds, max=patience.longest_wait_seconds)(state)

    def _given_up(self, job: _Job, error: FetchError) -> FetchError:
        is_throttle = isinstance(error, Throttled) or (isinstance(error, _TryAgainError) and error.is_throttle)
        self._outcomes.append(
            {
                "kind": job.kind,
                "accession_number": job.accession_number,
                "url": job.url,
                "outcome": "throttled" if is_throttle else "failed",
                "http_status": job.status,
                "byte_count": None,
                "sha256": None,
                "attempts": job.attempts,
                "elapsed_ms": job.elapsed_ms,
                "error": str(error),
                "is_simulated": job.is_simulated,
                "fetched_at": datetime.now(UTC),
                "_partition": job.partition,
            }
        )
        if isinstance(error, (Throttled, AccessRefused)):
            return error
        if is_throttle:
            return Throttled(
                f"{job.url}: still refused after {job.throttles} pauses ({error}). See docs/runbooks/throttled.md: "
                "look for another program asking the SEC from this address, check SEC_CONTACT, and run again later; "
                "only what is missing will be fetched"
            )
        return FetchError(f"{job.url} after {job.attempts} attempts: {error}")

    def _limiter(self, url: str) -> RateLimiter:
        key = host_key(url)
        with self._limiters_lock:
            if key not in self._limiters:
                self._limiters[key] = RateLimiter(self._settings.lock_dir, key, self._max_per_second, self._stop)
            return self._limiters[key]


class SecClient(HttpClient):
    """Fetches from the SEC, or from a simulator or mirror in its place.

    Args:
        settings: User-Agent, rate and where the landing zone and the rate limit's state are.
        patience: How long one fetch is pursued.

    Raises:
        SettingsError: The server is the SEC's and ``SEC_CONTACT`` is missing; nothing was requested.
    """

    def __init__(self, settings: Settings, patience: Patience | None = None) -> None:
        rate = min(settings.sec_max_requests_per_second, SEC_LIMIT_PER_SECOND)
        super().__init__(settings, patience, user_agent=settings.user_agent, max_per_second=rate)


class PriceClient(HttpClient):
    """Fetches from a source of prices, which is not told who the user is beyond his key.

    Args:
        settings: Rate, and where the landing zone and the rate limit's state are.
        patience: How long one fetch is pursued.
    """

    def __init__(self, settings: Settings, patience: Patience | None = None) -> None:
        super().__init__(
            settings, patience, user_agent="insider-tiers", max_per_second=settings.price_max_requests_per_second
        )


def _bare(url: str) -> str:
    """An address without its query, which may hold a key."""
    return url.partition("?")[0]


class _HideKeys(logging.Filter):
    """Takes keys out of the addresses that urllib3 logs when it is asked for details."""

    _KEY = re.compile(r"((?:apikey|token)=)[^&\s\"']+", re.IGNORECASE)

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = self._KEY.sub(r"\1***", record.getMessage()), ()
        return True


logging.getLogger("urllib3.connectionpool").addFilter(_HideKeys())


class _LimitedConnection:
    """Mixed into urllib3's connections: the turn is awaited when connected, so a handshake does not blur the rate."""

    limiter: ClassVar[RateLimiter]
    was_used = False

    def connect(self: Any) -> None:
        self.was_used = False
        super().connect()  # type: ignore[misc]

    def request(self: Any, *args: Any, **kwargs: Any) -> None:
        while True:
            if self.sock is None:
                self.connect()
            with self.limiter.slot() as slot:
                # A server may have hung up while we waited. A fresh connection cannot be asked: TLS session tickets
                # look like it. Behind a proxy urllib3 cannot reconnect by itself.
                if not self.was_used or self.is_connected or self.proxy is not None:
                    self.was_used = True
                    self.slot = slot
                    super().request(*args, **kwargs)  # type: ignore[misc]
                    return
                slot.give_back()
            self.close()

    def getresponse(self: Any) -> Any:
        response = super().getresponse()  # type: ignore[misc]
        self.limiter.answered(self.slot)
        return response


class _RateLimitedAdapter(HTTPAdapter):
    """Gives every connection its host's rate limit; redirects and repeats pass it too."""

    def __init__(self, limiter: Callable[[str], RateLimiter], threads: int) -> None:
        self._limiter = limiter
        super().__init__(pool_connections=8, pool_maxsize=threads, max_retries=0)

    def get_connection_with_tls_context(self, request: Any, *args: Any, **kwargs: Any) -> HTTPConnectionPool:
        """The pool for a request, its connections rate-limited."""
        pool: Any = super().get_connection_with_tls_context(request, *args, **kwargs)
        # Read once: another thread may be doing the same.
        connection_class = pool.ConnectionCls
        if not issubclass(connection_class, _LimitedConnection):
            limited = {"limiter": self._limiter(str(request.url))}
            pool.ConnectionCls = type("LimitedConnection", (_LimitedConnection, connection_class), limited)
        return cast("HTTPConnectionPool", pool)
