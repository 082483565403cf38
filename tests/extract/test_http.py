"""The fetcher against a real server with bad manners: polite, stubborn, and never fooled by a page."""

from __future__ import annotations

import gzip
import ssl
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from extract.bodies import unzip_unasked, wrong_shape
from extract.http import Fetched, Patience, SecClient
from extract.landing import read_outcomes
from extract.rate_limit import RateLimiter, host_key
from simulator.manners import peak_in_window
from simulator.server import serve
from tests.conftest import REPOSITORY
from tests.extract.mirrors import QUICK, put, settings_at, settings_for, submission
from warehouse.errors import FetchError, SettingsError, SourceDataError, Throttled
from warehouse.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from simulator.server import RunningServer

DAY = "2025-06-04"
BODY = submission("0001234567-25-000001")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A mirror with forty filings, all with one content."""
    folder = tmp_path / "mirror"
    for number in range(40):
        put(folder, f"/Archives/edgar/data/1/f{number}.txt", BODY)
    return folder


def fetch(server: RunningServer, settings: Settings, number: int = 0, patience: Patience = QUICK) -> Fetched:
    with SecClient(settings, patience) as client:
        return client.get(f"{server.url}/Archives/edgar/data/1/f{number}.txt", kind="filing", partition=DAY)


def outcomes(settings: Settings) -> list[tuple[str, int | None, int]]:
    return [(row["outcome"], row["http_status"], row["attempts"]) for row in read_outcomes(DAY, settings)]


def gaps(server: RunningServer) -> list[float]:
    return [later - earlier for earlier, later in pairwise(server.stats(with_arrivals=True)["arrivals"])]


def test_a_fetch_declares_itself_and_leaves_an_outcome_row(root: Path, tmp_path: Path) -> None:
    with serve(root) as server:
        settings = settings_for(server, tmp_path)
        fetched = fetch(server, settings)
        stats = server.stats()
    assert (fetched.status, fetched.body, fetched.is_simulated) == (200, BODY, False)
    assert stats["user_agents"] == {settings.user_agent: 1}
    # Sent gzipped, because asked for, and handed on as it was before.
    assert stats["body_bytes"] < len(BODY)
    row = read_outcomes(DAY, settings)[0]
    assert row["sha256"] == fetched.sha256
    assert (row["kind"], row["outcome"], row["byte_count"], row["error"]) == ("filing", "fetched", len(BODY), None)


def test_a_simulated_server_is_noticed(root: Path, tmp_path: Path) -> None:
    put(root, "/simulated.json", b"{}")
    with serve(root) as server:
        settings = settings_for(server, tmp_path)
        assert fetch(server, settings).is_simulated
    assert read_outcomes(DAY, settings)[0]["is_simulated"] is True


def test_live_access_without_contact_is_refused_before_any_request(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="SEC_CONTACT"):
        SecClient(Settings(data_dir=tmp_path, lock_dir=tmp_path))
    elsewhere = Settings(
        data_dir=tmp_path, lock_dir=tmp_path, sec_www_url="http://127.0.0.1:9", sec_data_url="http://127.0.0.1:9"
    )
    with SecClient(elsewhere) as client, pytest.raises(SettingsError, match="SEC_CONTACT"):
        client.get("https://www.sec.gov/Archives/edgar/data/1/f.txt", kind="filing", partition=DAY)


@pytest.mark.parametrize(
    "rule",
    [
        {"action": "reset"},
        {"action": "truncate"},
        {"action": "empty200"},
        {"action": "status", "status": 500},
        {"action": "503"},
        {"action": "503", "retry_after": 0},
        {"action": "429", "retry_after": 0},
        {"action": "429", "retry_after": "Wed, 21 Oct 2015 07:28:00 GMT"},
        {"action": "status", "status": 403, "gzip": True},
        {"action": "html200"},
        {"action": "html403", "gzip": True},
    ],
)
def test_every_passing_failure_is_tried_again(root: Path, tmp_path: Path, rule: dict[str, object]) -> None:
    with serve(root, rules=[{"match": "f0", "times": 2, **rule}]) as server:
        settings = settings_for(server, tmp_path, pause=0.2)
        fetched = fetch(server, settings)
        assert server.stats()["requests"] == 3
    assert (fetched.body, fetched.attempts) == (BODY, 3)
    assert outcomes(settings) == [("fetched", 200, 3)]


def test_patience_with_errors_ends(root: Path, tmp_path: Path) -> None:
    with serve(root, rules=[{"match": "f0", "action": "truncate", "times": None}]) as server:
        settings = settings_for(server, tmp_path)
        with pytest.raises(FetchError, match="after 8 attempts"):
            fetch(server, settings)
        assert server.stats()["requests"] == 8
    assert outcomes(settings) == [("failed", 200, 8)]


def test_a_server_that_keeps_throttling_ends_in_throttled(root: Path, tmp_path: Path) -> None:
    with serve(root, rules=[{"match": "f0", "action": "html200", "times": None}]) as server:
        settings = settings_for(server, tmp_path, pause=0.1)
        with pytest.raises(Throttled, match="still refused after 5 pauses"):
            fetch(server, settings)
        assert server.stats()["requests"] == 5
    assert outcomes(settings) == [("throttled", 200, 5)]


def test_an_undeclared_client_is_told_so_before_long(root: Path, tmp_path: Path) -> None:
    with serve(root, rules=[{"match": "f0", "action": "undeclared403", "times": None}]) as server:
        settings = settings_for(server, tmp_path, pause=0.1)
        with pytest.raises(Throttled, match=r"calls us undeclared.*check SEC_CONTACT"):
            fetch(server, settings)
        assert server.stats()["requests"] == 2
    assert outcomes(settings) == [("throttled", 403, 2)]


def test_a_server_nobody_answers_at_is_a_fetch_error(root: Path, tmp_path: Path) -> None:
    with serve(root) as server:
        settings = settings_for(server, tmp_path)
    with pytest.raises(FetchError, match="ConnectionError"):
        fetch(server, settings)
    assert outcomes(settings) == [("failed", None, 8)]


@pytest.mark.parametrize("errors_are_gzipped", [False, True])
def test_a_missing_file_is_an_answer_not_an_error(root: Path, tmp_path: Path, errors_are_gzipped: bool) -> None:
    with serve(root, gzip_errors=errors_are_gzipped) as server:
        settings = settings_for(server, tmp_path)
        fetched = fetch(server, settings, number=99)
        assert server.stats()["requests"] == 1
    assert (fetched.is_missing, fetched.status) == (True, 403)
    assert outcomes(settings) == [("not_found", 403, 1)]


def test_a_body_gzipped_although_no_header_says_so_is_unpacked(root: Path, tmp_path: Path) -> None:
    put(root, "/Archives/edgar/data/1/f7.txt", gzip.compress(BODY))
    with serve(root) as server:
        assert fetch(server, settings_for(server, tmp_path), number=7).body == BODY


def test_a_gzip_body_that_is_cut_damaged_or_a_bomb_is_refused() -> None:
    packed = gzip.compress(BODY)
    assert unzip_unasked(packed, len(BODY)) == BODY
    assert unzip_unasked(packed + packed, 10_000) == BODY + BODY
    damaged = packed[:20] + b"\0\0\0\0" + packed[24:]
    for body in (packed[:-9], damaged, gzip.compress(b"0" * 100_000), packed * 20, packed + b"more"):
        with pytest.raises(SourceDataError, match="gzip body"):
            unzip_unasked(body, 10_000)


@pytest.mark.parametrize(
    ("kind", "body", "is_right"),
    [
        ("filing", b"\xef\xbb\xbf\r\n<SEC-DOCUMENT>0001.txt", True),
        ("filing", b"<SUBMISSION>\n<ACCESSION-NUMBER>", True),
        ("filing", b"-----BEGIN PRIVACY-ENHANCED MESSAGE-----\n", True),
        ("filing", b"<html><body>ok</body></html>", False),
        ("filing", b"Service Unavailable", False),
        ("listing", b'{"directory": {}}', True),
        ("listing", b'{"directory": ', False),
        ("quarterly", b"PK\x03\x04rest", True),
        ("quarterly", b"<!DOCTYPE html><html></html>", False),
        ("issuer", b"{}", True),
        ("issuer", b'{"cik": "0000', True),
        ("issuer", b"[]", False),
        ("issuer", b"<html></html>", False),
        ("price", b"Date,Close\n", True),
        ("price", b"<?xml version='1.0'?>", False),
        ("index", b"Service Unavailable", False),
        ("index", b"", False),
    ],
)
def test_a_body_is_judged_by_its_bytes(kind: str, body: bytes, is_right: bool) -> None:
    assert (wrong_shape(kind, body) is None) == is_right


def test_retry_after_in_seconds_is_obeyed(root: Path, tmp_path: Path) -> None:
    with serve(root, rules=[{"match": "f0", "action": "429", "retry_after": 2}]) as server:
        fetch(server, settings_for(server, tmp_path, pause=0.1))
        assert gaps(server)[0] >= 2.0


def test_retry_after_as_a_date_is_obeyed(root: Path, tmp_path: Path) -> None:
    when = format_datetime(datetime.now(UTC) + timedelta(seconds=3), usegmt=True)
    with serve(root, rules=[{"match": "f0", "action": "503", "retry_after": when}]) as server:
        fetch(server, settings_for(server, tmp_path))
        finished = datetime.now(UTC)
    assert format_datetime(finished, usegmt=True) >= when


def test_a_retry_after_beyond_all_patience_is_not_waited_for(root: Path, tmp_path: Path) -> None:
    with serve(root, rules=[{"match": "f0", "action": "429", "retry_after": 86_400}]) as server:
        settings = settings_for(server, tmp_path)
        with pytest.raises(Throttled, match="asks for 86400 s"):
            fetch(server, settings)
        assert server.stats()["requests"] == 1
    assert outcomes(settings) == [("throttled", 429, 1)]


def test_not_modified_is_an_answer(root: Path, tmp_path: Path) -> None:
    url = "/Archives/edgar/data/1/f0.txt"
    with serve(root) as server:
        settings = settings_for(server, tmp_path)
        first = fetch(server, settings)
        with SecClient(settings) as client:
            again = client.get(
                server.url + url, kind="filing", partition=DAY, conditional={"If-None-Match": first.headers["ETag"]}
            )
    assert (again.is_unchanged, again.body) == (True, b"")
    assert outcomes(settings)[1] == ("unchanged", 304, 1)


CLIENT = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from extract.http import SecClient
from warehouse.settings import Settings
url, folder, rate, pause, first, count = sys.argv[1:]
settings = Settings(data_dir=Path(folder) / "data", sec_www_url=url, sec_data_url=url, lock_dir=Path(folder) / "limits",
                    sec_max_requests_per_second=float(rate), throttle_pause_seconds=float(pause))
with SecClient(settings) as client, ThreadPoolExecutor(client.useful_threads) as pool:
    urls = [f"{url}/Archives/edgar/data/1/f{number}.txt" for number in range(int(first), int(first) + int(count))]
    bodies = list(pool.map(lambda u: client.get(u, kind="filing", partition="2025-06-04").body, urls))
assert len(set(bodies)) == 1 and bodies[0].startswith(b"<SEC-DOCUMENT>"), bodies
"""


def processes(server: RunningServer, folder: Path, rates: list[float], *, each: int, pause: float = 1.0) -> None:
    running = [
        subprocess.Popen(
            [
                sys.executable,
                "-c",
                CLIENT,
                server.url,
                str(folder),
                str(rate),
                str(pause),
                str(each * place),
                str(each),
            ],
            cwd=REPOSITORY,
        )
        for place, rate in enumerate(rates)
    ]
    assert [process.wait(timeout=120) for process in running] == [0] * len(running)


@pytest.mark.parametrize("rates", [[8.0], [10.0, 10.0, 10.0], [10.0, 8.0]])
def test_no_sliding_second_holds_more_than_allowed_over_threads_and_processes(
    root: Path, tmp_path: Path, rates: list[float]
) -> None:
    with serve(root, latency_ms=200, max_per_second=max(rates), block_seconds=600) as server:
        processes(server, tmp_path, rates, each=36 // len(rates))
        stats = server.stats()
    assert stats["by_status"] == {"200": 36}
    assert stats["peak_per_second"] <= max(rates)


def test_a_throttle_page_for_one_makes_every_process_pause_and_then_go_on(root: Path, tmp_path: Path) -> None:
    with serve(root, latency_ms=20, rules=[{"match": "f5[.]", "action": "html200"}]) as server:
        processes(server, tmp_path, [10.0, 10.0], each=20, pause=2.0)
        stats = server.stats()
        pauses = [gap for gap in gaps(server) if gap >= 1.9]
    assert len(pauses) == 1
    assert stats["requests"] == 41
    assert stats["by_outcome"] == {"rule": 1, "served": 40}


def test_latency_does_not_queue_requests_behind_each_other(root: Path, tmp_path: Path) -> None:
    with serve(root, latency_ms=500) as server:
        settings = settings_for(server, tmp_path)
        with SecClient(settings) as client, ThreadPoolExecutor(client.useful_threads) as pool:
            urls = [f"{server.url}/Archives/edgar/data/1/f{number}.txt" for number in range(20)]
            list(pool.map(lambda url: client.get(url, kind="filing", partition=DAY), urls))
        stats = server.stats()
    # At ten a second and half a second of latency about five are under way at once, and never many more.
    assert 3 <= stats["peak_in_flight"] <= 7


def test_closing_the_client_ends_a_pause(root: Path, tmp_path: Path) -> None:
    with serve(root, rules=[{"match": "f0", "action": "html403"}]) as server:
        settings = settings_for(server, tmp_path, pause=600)
        client = SecClient(settings)
        with ThreadPoolExecutor(1) as pool:
            future = pool.submit(client.get, f"{server.url}/Archives/edgar/data/1/f0.txt", kind="filing", partition=DAY)
            while not server.stats()["by_outcome"].get("rule"):
                threading.Event().wait(0.02)
            client.close()
            with pytest.raises(FetchError, match="closed"):
                future.result(timeout=30)


def test_a_connection_the_server_has_dropped_during_a_pause_costs_no_attempt(root: Path, tmp_path: Path) -> None:
    with serve(root) as server:
        settings = settings_for(server, tmp_path)
        with SecClient(settings, QUICK) as client:
            url = f"{server.url}/Archives/edgar/data/1/f0.txt"
            client.get(url, kind="filing", partition=DAY)
            port = int(server.url.rsplit(":", 1)[1])
            server.close()
            with serve(root, port=port):
                assert client.get(url, kind="filing", partition=DAY).attempts <= 2


def test_a_server_on_this_machine_is_not_asked_through_a_proxy(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    with serve(root) as server:
        assert fetch(server, settings_for(server, tmp_path)).attempts == 1


@contextmanager
def recording(
    root: Path, arrivals: list[float], context: ssl.SSLContext | None = None, late: tuple[str, ...] = ()
) -> Iterator[str]:
    """A plain server of a mirror: its address. Notes arrivals; sees requests for the files `late` 0.6 s late."""

    class Handler(SimpleHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def __init__(self, *args: Any) -> None:
            super().__init__(*args, directory=str(root))

        def do_GET(self) -> None:
            if self.path.endswith(late):
                time.sleep(0.6)
            arrivals.append(time.monotonic())
            super().do_GET()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"{'https' if context else 'http'}://localhost:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def fetch_many(url: str, folder: Path, count: int) -> list[Fetched]:
    """Fetch so many files at the SEC's limit."""
    with SecClient(settings_at(url, folder), QUICK) as client, ThreadPoolExecutor(client.useful_threads) as pool:
        urls = [f"{url}/Archives/edgar/data/1/f{number}.txt" for number in range(count)]
        return list(pool.map(lambda each: client.get(each, kind="filing", partition=DAY), urls))


@pytest.fixture
def tls_server(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, list[float]]]:
    """The mirror over HTTPS, as the SEC serves: its address and the arrival times of requests."""
    arrivals: list[float] = []
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "server.pem"
    encoding = serialization.Encoding.PEM
    private = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    pem.write_bytes(private + certificate.public_bytes(encoding))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with recording(root, arrivals, context) as url:
        yield url, arrivals


def test_the_rate_is_kept_over_https_too(tls_server: tuple[str, list[float]], tmp_path: Path) -> None:
    url, arrivals = tls_server
    fetched = fetch_many(url, tmp_path, 25)
    assert {each.body for each in fetched} == {BODY}
    assert {each.attempts for each in fetched} == {1}
    assert len(arrivals) == 25
    assert peak_in_window(sorted(arrivals), 1.0) <= 10


def test_a_request_the_server_may_have_seen_late_holds_back_those_after_it(root: Path, tmp_path: Path) -> None:
    # Held up on the way: a line that stutters, a machine that has other things to do.
    arrivals: list[float] = []
    with recording(root, arrivals, late=("/f2.txt", "/f13.txt")) as url:
        fetch_many(url, tmp_path, 30)
    assert len(arrivals) == 30
    assert peak_in_window(sorted(arrivals), 1.0) <= 10


def test_the_secs_hosts_share_one_limit_and_others_have_their_own() -> None:
    assert {host_key("https://www.sec.gov/a"), host_key("https://data.sec.gov/b")} == {"sec.gov"}
    assert host_key("https://sec.gov.example.com/") == "sec.gov.example.com:443"
    assert host_key("http://127.0.0.1:8000/x") == "127.0.0.1:8000"


@pytest.mark.parametrize("damage", [b"", b"{", b'{"requests": 1}', b'{"requests": [[1e12, null]], "pause_until": 0}'])
def test_damaged_or_outdated_limit_state_neither_stops_nor_floods(tmp_path: Path, damage: bytes) -> None:
    limiter = RateLimiter(tmp_path, "example.com:80", 10, threading.Event())
    (tmp_path / "example.com_80.json").write_bytes(damage)
    for _ in range(3):
        with limiter.slot():
            pass
    assert limiter.pause_left() == 0.0


def test_a_limit_folder_that_cannot_be_written_is_named_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(SettingsError, match="RATE_LIMIT_DIR"):
        RateLimiter(tmp_path / "file" / "limits", "sec.gov", 10, threading.Event())
