"""The server: any mirror root over loopback HTTP/1.1, with the manners it is told and a count of what it saw.

Control addresses (not counted as requests): ``GET /_simulator/stats[?arrivals=1]``, ``POST /_simulator/reset``,
``GET`` and ``POST /_simulator/manners``.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import socket
import socketserver
import struct
import threading
import time
from collections import OrderedDict
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.utils import formatdate, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

from simulator import pages, prices
from simulator.manners import Doorman, Manners, Recorder, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

SIMULATED_HEADER = "X-Insider-Tiers-Simulated"
MARKER_FILE = "simulated.json"

_CONTENT_TYPES = {
    ".idx": "text/plain",
    ".txt": "text/plain",
    ".json": "application/json",
    ".zip": "application/zip",
    ".csv": "text/csv",
    ".htm": "text/html",
    ".html": "text/html",
}
_COMPRESSIBLE = frozenset({".idx", ".txt", ".json", ".csv", ".htm", ".html"})
_INDEX_DAY = re.compile(r"^(?:master|form|company|crawler)\.(\d{4})(\d{2})(\d{2})\.idx$")
_LISTING = re.compile(r"^/Archives/edgar/daily-index/\d{4}/QTR[1-4]/index\.json$")
_KINDS = (
    ("listing", re.compile(r"/daily-index/.*index\.json$")),
    ("index", re.compile(r"/(?:daily|full)-index/")),
    ("filing", re.compile(r"^/Archives/edgar/data/")),
    ("quarterly", re.compile(r"(?:_form345\.zip|insider-transactions-data-sets/?)$")),
    ("issuer", re.compile(r"^/submissions/")),
    ("price", re.compile(r"^/(?:prices/|tiingo/daily/|q/d/l/)")),
)


@dataclass(frozen=True)
class StoredFile:
    """One file as it is served.

    Attributes:
        body: The bytes.
        zipped: The bytes gzipped, ``None`` where that is not offered.
        etag: Strong validator of ``body``, with quotes.
        modified: Seconds since the epoch.
        content_type: MIME type.
    """

    body: bytes
    zipped: bytes | None
    etag: str
    modified: float
    content_type: str


class Store:
    """Reads the mirror: overlays of later versions, files not published yet, a small cache."""

    def __init__(self, root: Path, cache_bytes: int = 64 * 1024 * 1024) -> None:
        self.root = root.resolve()
        if not self.root.is_dir():
            raise FileNotFoundError(f"no mirror at {self.root}: build one with `python -m simulator build --out DIR`")
        self.is_simulated = (self.root / MARKER_FILE).is_file()
        self._lock = threading.Lock()
        self._cache: OrderedDict[tuple[str, int, int], StoredFile] = OrderedDict()
        self._cached = 0
        self._limit = cache_bytes

    def find(self, path: str, manners: Manners) -> StoredFile | None:
        """The file at an address path, or ``None`` when there is none (yet, any more)."""
        if path.rstrip("/") == pages.LANDING_PATH:
            return _generated(pages.landing_page(self.root), "text/html")
        relative = path.lstrip("/")
        parts = relative.split("/")
        if not relative or any(part in {"", ".", ".."} or part.startswith("_") for part in parts):
            return None
        if _is_late(parts[-1], manners.late_days):
            return None
        for version in range(manners.index_version, 1, -1):
            folder = self.root / "_versions" / str(version)
            if relative in _removed(folder):
                return None
            found = self._read(folder / relative)
            if found is not None:
                break
        else:
            found = self._read(self.root / relative)
        if found is not None and manners.late_days and _LISTING.match(path):
            return _generated(_without_late(found.body, manners.late_days), "application/json")
        return found

    def _read(self, file: Path) -> StoredFile | None:
        try:
            state = file.stat()
            if not file.is_file() or not file.resolve().is_relative_to(self.root):
                return None
            key = (str(file), state.st_mtime_ns, state.st_size)
            with self._lock:
                if key in self._cache:
                    self._cache.move_to_end(key)
                    return self._cache[key]
            body = file.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        suffix = file.suffix.lower()
        stored = StoredFile(
            body=body,
            zipped=gzip.compress(body, 5, mtime=0) if suffix in _COMPRESSIBLE else None,
            etag=f'"{hashlib.sha256(body).hexdigest()[:32]}"',
            modified=state.st_mtime,
            content_type=_CONTENT_TYPES.get(suffix, "application/octet-stream"),
        )
        size = len(body) + len(stored.zipped or b"")
        if size <= self._limit // 4:
            with self._lock:
                self._cache[key] = stored
                self._cached += size
                while self._cached > self._limit:
                    _, dropped = self._cache.popitem(last=False)
                    self._cached -= len(dropped.body) + len(dropped.zipped or b"")
        return stored


def _removed(folder: Path) -> frozenset[str]:
    listing = folder / "removed.json"
    return frozenset(json.loads(listing.read_text("utf-8"))) if listing.is_file() else frozenset()


def _is_late(name: str, late_days: tuple[str, ...]) -> bool:
    match = _INDEX_DAY.match(name)
    return bool(match) and "-".join(match.groups()) in late_days if match else False


def _without_late(listing: bytes, late_days: tuple[str, ...]) -> bytes:
    content = json.loads(listing)
    directory = content["directory"]
    directory["item"] = [item for item in directory["item"] if not _is_late(item["name"], late_days)]
    return json.dumps(content).encode()


def _generated(body: bytes, content_type: str) -> StoredFile:
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    return StoredFile(body, gzip.compress(body, 5, mtime=0), etag, 0.0, content_type)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "InsiderTiersSimulator/1"
    sys_version = ""
    disable_nagle_algorithm = True
    timeout = 120
    server: _Server

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Nothing on the terminal: ``/_simulator/stats`` tells what was asked."""

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        path = urlsplit(self.path).path
        try:
            if path == "/_simulator/manners":
                values = json.loads(body or b"{}")
                self._json(200, self.server.set_manners(values).as_dict())
            elif path == "/_simulator/reset":
                self.server.recorder.reset()
                self._json(200, {})
            else:
                self._json(404, {"error": f"nothing to post to at {path}"})
        except (ValueError, AttributeError) as error:
            self._json(400, {"error": str(error)})

    def _json(self, status: int, value: object) -> None:
        body = json.dumps(value, indent=1).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _answer(self, *, with_body: bool) -> None:
        address = urlsplit(self.path)
        path = unquote(address.path)
        if path.startswith("/_simulator/"):
            self._control(path, parse_qs(address.query))
            return
        kind = next((name for name, pattern in _KINDS if pattern.search(path)), "other")
        agent = self.headers.get("User-Agent", "")
        arrived = self.server.recorder.arrived(path, kind, agent)
        self._is_noted = False
        try:
            self._serve(path, address.query, agent, arrived, with_body=with_body)
        except (BrokenPipeError, ConnectionResetError):
            self._note("none", "client_gone")
            self.close_connection = True
        finally:
            self._note("none", "failed")

    def _note(self, status: str, outcome: str, byte_count: int = 0) -> None:
        """Count the answer, once, before its last byte leaves: whoever has the answer finds it in the stats."""
        if not self._is_noted:
            self._is_noted = True
            self.server.recorder.answered(status, outcome, byte_count)

    def _control(self, path: str, query: dict[str, list[str]]) -> None:
        if path == "/_simulator/stats":
            self._json(200, self.server.recorder.stats(with_arrivals="arrivals" in query))
        elif path == "/_simulator/manners":
            self._json(200, self.server.doorman.manners.as_dict())
        else:
            self._json(404, {"error": f"no such control: {path}"})

    def _serve(self, path: str, query: str, agent: str, arrived: float, *, with_body: bool) -> None:
        manners = self.server.doorman.manners
        throttled = self.server.doorman.is_throttled(arrived)
        rule = None if throttled else self.server.doorman.rule_for(f"{path}?{query}" if query else path)
        if manners.latency_ms:
            time.sleep(max(0.0, arrived + manners.latency_ms / 1000 - time.monotonic()))
        if throttled:
            self._page(manners.throttle_status, pages.THROTTLED, "throttled", zipped=manners.gzip_errors)
            return
        is_shop = prices.is_shop(path)
        if manners.require_contact and "@" not in agent and not is_shop:
            self._page(403, pages.UNDECLARED, "undeclared", zipped=manners.gzip_errors)
            return
        if rule is not None and rule.action == "delay":
            time.sleep(rule.seconds)
            rule = None
        if rule is not None:
            self._misbehave(rule, path)
            return
        if is_shop:
            root, authorization = self.server.store.root, self.headers.get("Authorization", "")
            self._shop(prices.answer(root, path, query, authorization, manners))
            return
        stored = self.server.store.find(path, manners)
        if stored is None:
            body = pages.access_denied(path)
            self._page(403, body, "missing", content_type="application/xml", zipped=manners.gzip_errors)
            return
        self._file(stored, with_body=with_body)

    def _shop(self, answer: prices.ShopAnswer) -> None:
        self._page(answer.status, answer.body, answer.outcome, content_type=answer.content_type)

    def _file(self, stored: StoredFile, *, with_body: bool) -> None:
        if self._is_unchanged(stored):
            self._note("304", "unchanged")
            self.send_response(304)
            self._validators(stored)
            self.end_headers()
            return
        accepts = self.headers.get("Accept-Encoding", "")
        body = stored.body
        self.send_response(200)
        self.send_header("Content-Type", stored.content_type)
        if stored.zipped is not None:
            self.send_header("Vary", "Accept-Encoding")
            if re.search(r"\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))", accepts):
                body = stored.zipped
                self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self._validators(stored)
        self._note("200", "served", len(body) if with_body else 0)
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def _validators(self, stored: StoredFile) -> None:
        self.send_header("ETag", stored.etag)
        if stored.modified:
            self.send_header("Last-Modified", formatdate(stored.modified, usegmt=True))

    def _is_unchanged(self, stored: StoredFile) -> bool:
        tags = self.headers.get("If-None-Match")
        if tags is not None:
            return tags.strip() == "*" or stored.etag in {tag.strip().removeprefix("W/") for tag in tags.split(",")}
        since = self.headers.get("If-Modified-Since")
        if since and stored.modified:
            try:
                return int(stored.modified) <= parsedate_to_datetime(since).timestamp()
            except ValueError:
                return False
        return False

    def _page(
        self,
        status: int,
        body: bytes,
        outcome: str,
        *,
        content_type: str = "text/html",
        retry_after: int | str | None = None,
        zipped: bool = False,
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        if retry_after is not None:
            self.send_header("Retry-After", str(retry_after))
        if zipped:
            body = gzip.compress(body, 5, mtime=0)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self._note(str(status), outcome, len(body))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _misbehave(self, rule: Rule, path: str) -> None:
        if rule.action == "reset":
            self._note("reset", "rule")
            # A zero linger time turns close into RST.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True
            return
        if rule.action == "truncate":
            self._truncated(path)
            return
        if rule.action == "used_up200":
            self._shop(prices.used_up(path))
            return
        if rule.action == "empty200":
            self._page(200, b"", "rule")
            return
        if rule.action in {"html200", "html403"}:
            self._page(int(rule.action[-3:]), pages.THROTTLED, "rule", zipped=rule.gzip)
            return
        if rule.action == "undeclared403":
            self._page(403, pages.UNDECLARED, "rule", zipped=rule.gzip)
            return
        if rule.action == "denied403":
            body = pages.access_denied(path)
            self._page(403, body, "rule", content_type="application/xml", zipped=rule.gzip)
            return
        status = int(rule.action) if rule.action.isdigit() else rule.status
        body = pages.plain_error(status)
        self._page(status, body, "rule", retry_after=rule.retry_after, zipped=rule.gzip)

    def _truncated(self, path: str) -> None:
        stored = self.server.store.find(path, self.server.doorman.manners)
        body = stored.body if stored is not None else pages.THROTTLED
        half = body[: len(body) // 2]
        self.send_response(200)
        self.send_header("Content-Type", stored.content_type if stored is not None else "text/html")
        self.send_header("Content-Length", str(len(body)))
        self._note("200", "rule", len(half))
        self.end_headers()
        self.wfile.write(half)
        self.close_connection = True

    def end_headers(self) -> None:
        if self.server.store.is_simulated:
            self.send_header(SIMULATED_HEADER, "1")
        super().end_headers()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 1024

    def __init__(self, store: Store, manners: Manners, port: int) -> None:
        self.store = store
        self.doorman = Doorman(manners)
        self.recorder = Recorder()
        self._open_lock = threading.Lock()
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Hand the connection to a thread and remember it: closing the server ends kept-alive connections too."""
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection and close it."""
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """End every connection that is still open."""
        with self._open_lock:
            still_open = list(self._open)
        for connection in still_open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def server_bind(self) -> None:
        """Bind without the reverse look-up of the base class: a practice server must not ask a name server."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no error here; anything else is counted as ``failed`` in the stats."""

    def set_manners(self, values: dict[str, Any]) -> Manners:
        """Replace the named manners, keep the others."""
        manners = self.doorman.manners.changed(values)
        self.doorman.set_manners(manners)
        return manners


class RunningServer:
    """A server in a thread of this process.

    Attributes:
        url: Base address without trailing slash, for ``SEC_WWW_URL`` and ``SEC_DATA_URL``.
    """

    def __init__(self, root: Path, manners: Manners, port: int = 0) -> None:
        self._server = _Server(Store(Path(root)), manners, port)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, name="simulator", daemon=True
        )
        self._thread.start()

    def stats(self, *, with_arrivals: bool = False) -> dict[str, Any]:
        """What the server saw since it started or was last reset (see ``Recorder.stats``)."""
        return self._server.recorder.stats(with_arrivals=with_arrivals)

    def reset_stats(self) -> None:
        """Forget what was seen."""
        self._server.recorder.reset()

    @property
    def manners(self) -> Manners:
        """The manners in force."""
        return self._server.doorman.manners

    def set_manners(self, **values: Any) -> Manners:
        """Replace the named manners, keep the others; a running block ends and rules start afresh.

        Raises:
            ValueError: An unknown name or a value that is refused.
        """
        return self._server.set_manners(values)

    def wait(self) -> None:
        """Block until the server is closed."""
        self._thread.join()

    def close(self) -> None:
        """Stop listening. Safe to call twice."""
        self._server.shutdown()
        self._server.server_close()
        self._server.hang_up()
        self._thread.join(timeout=10)


@contextmanager
def serve(root: Path, *, port: int = 0, **manners: Any) -> Iterator[RunningServer]:
    """Serve a mirror root on loopback while the block runs.

    Args:
        root: A folder written by ``build_world``, or any mirror laid out like EDGAR.
        port: TCP port; 0 for a free one.
        **manners: Attributes of ``Manners``; ``rules`` may be a list of dictionaries.

    Yields:
        The running server.
    """
    running = RunningServer(root, Manners().changed(manners), port)
    try:
        yield running
    finally:
        running.close()


def write_ready_file(file: Path, url: str) -> None:
    """Write the base address so that whoever sees the file sees all of it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f".{file.name}.{os.getpid()}")
    part.write_text(url + "\n", encoding="utf-8")
    part.replace(file)
