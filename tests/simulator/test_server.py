"""The server: HTTP as EDGAR speaks it, every bad manner on request, and an honest count of what it saw."""

from __future__ import annotations

import gzip
import json
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
import requests

from simulator.manners import Doorman, Manners, peak_in_window
from simulator.server import RunningServer, serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.simulator.conftest import Mirror

INDEX = "/Archives/edgar/daily-index/2025/QTR4/master.20251222.idx"
LISTING = "/Archives/edgar/daily-index/2025/QTR4/index.json"
LANDING = "/data-research/sec-markets-data/insider-transactions-data-sets"
AGENT = {"User-Agent": "Test Person test@example.com"}


def until_throttled(ask: Callable[[], requests.Response]) -> list[requests.Response]:
    """Answers until the first that is refused: on a busy machine more than the limit may come, over more seconds."""
    answers = [ask()]
    while answers[-1].status_code == 200 and len(answers) < 200:
        answers.append(ask())
    assert answers[-1].status_code == 403
    return answers


@pytest.fixture
def server(mirror: Mirror) -> Iterator[RunningServer]:
    with serve(mirror.root) as running:
        yield running


def _get(running: RunningServer, path: str, **headers: str) -> requests.Response:
    return requests.get(running.url + path, headers=AGENT | headers, timeout=20)


def test_files_arrive_as_they_are(server: RunningServer, mirror: Mirror) -> None:
    answer = _get(server, INDEX, **{"Accept-Encoding": "identity"})
    assert answer.status_code == 200
    assert answer.content == (mirror.root / INDEX.lstrip("/")).read_bytes()
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    assert answer.headers["X-Insider-Tiers-Simulated"] == "1"
    assert "Content-Encoding" not in answer.headers


def test_gzip_when_accepted(server: RunningServer, mirror: Mirror) -> None:
    answer = _get(server, INDEX, **{"Accept-Encoding": "gzip, deflate"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert int(answer.headers["Content-Length"]) < (mirror.root / INDEX.lstrip("/")).stat().st_size
    assert answer.content == (mirror.root / INDEX.lstrip("/")).read_bytes()
    assert "Content-Encoding" not in _get(server, INDEX, **{"Accept-Encoding": "gzip;q=0"}).headers


def test_unchanged_files_are_not_sent_again(server: RunningServer) -> None:
    first = _get(server, INDEX)
    for header in ({"If-None-Match": first.headers["ETag"]}, {"If-Modified-Since": first.headers["Last-Modified"]}):
        again = _get(server, INDEX, **header)
        assert again.status_code == 304
        assert again.content == b""
    assert _get(server, INDEX, **{"If-None-Match": '"other"'}).status_code == 200
    assert _get(server, INDEX, **{"If-Modified-Since": "Mon, 01 Jan 2018 00:00:00 GMT"}).status_code == 200


def test_head_gives_headers_only(server: RunningServer) -> None:
    answer = requests.head(server.url + INDEX, headers=AGENT, timeout=20)
    assert answer.status_code == 200
    assert int(answer.headers["Content-Length"]) > 0
    assert answer.content == b""


def test_a_connection_is_kept_alive(server: RunningServer) -> None:
    with socket.create_connection(("127.0.0.1", int(server.url.rsplit(":", 1)[1])), timeout=10) as connection:
        for _ in range(3):
            connection.sendall(f"GET {INDEX} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            answer = connection.makefile("rb")
            assert answer.readline() == b"HTTP/1.1 200 OK\r\n"
            length = 0
            while (line := answer.readline()) != b"\r\n":
                if line.lower().startswith(b"content-length"):
                    length = int(line.split(b":")[1])
            assert len(answer.read(length)) == length


def test_missing_files_answer_like_edgars_storage(server: RunningServer) -> None:
    for path in ("/Archives/edgar/daily-index/2025/QTR4/master.20251225.idx", "/nothing", "/_versions/2/removed.json"):
        answer = _get(server, path)
        assert answer.status_code == 403
        assert b"<Code>AccessDenied</Code>" in answer.content
        assert "xml" in answer.headers["Content-Type"]


@pytest.mark.parametrize(
    "path", ["/../secret.txt", "/Archives/%2e%2e/%2e%2e/secret.txt", "//etc/passwd", "/Archives/./edgar"]
)
def test_paths_cannot_leave_the_root(server: RunningServer, mirror: Mirror, path: str) -> None:
    (mirror.root.parent / "secret.txt").write_text("secret")
    with socket.create_connection(("127.0.0.1", int(server.url.rsplit(":", 1)[1])), timeout=10) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = connection.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert b"secret" not in answer


def test_the_landing_page_links_every_set(server: RunningServer, mirror: Mirror) -> None:
    page = _get(server, LANDING).text
    for quarter in mirror.summary.quarters:
        link = f"/files/structureddata/data/insider-transactions-data-sets/{quarter}_form345.zip"
        assert f'href="{link}"' in page
        assert requests.head(server.url + link, timeout=20).status_code == 200


def test_a_hundred_connections_at_once(server: RunningServer) -> None:
    server.set_manners(latency_ms=1000)
    with ThreadPoolExecutor(120) as pool:
        statuses = list(pool.map(lambda _: _get(server, INDEX).status_code, range(240)))
    assert statuses == [200] * 240
    stats = server.stats()
    assert stats["requests"] == 240
    assert stats["peak_in_flight"] >= 100


def test_latency_is_kept(server: RunningServer) -> None:
    server.set_manners(latency_ms=150)
    began = time.monotonic()
    _get(server, INDEX)
    assert time.monotonic() - began >= 0.15


def test_throttle_blocks_and_lets_go(server: RunningServer) -> None:
    server.set_manners(max_per_second=5, block_seconds=4)
    with requests.Session() as session:
        answers = until_throttled(lambda: session.get(server.url + INDEX, headers=AGENT, timeout=20))
        served = len(answers) - 1
        assert served >= 5
        assert peak_in_window(server.stats(with_arrivals=True)["arrivals"][:served], 1.0) == 5
        blocked = [session.get(server.url + INDEX, headers=AGENT, timeout=20) for _ in range(2)]
        assert [answer.status_code for answer in blocked] == [403, 403]
        assert "Request Rate Threshold Exceeded" in blocked[-1].text
        time.sleep(4.1)
        assert session.get(server.url + INDEX, headers=AGENT, timeout=20).status_code == 200
    assert server.stats()["by_outcome"] == {"served": served + 1, "throttled": 3}


def test_throttle_page_with_status_200_gzipped_unasked(server: RunningServer) -> None:
    server.set_manners(max_per_second=0, throttle_status=200, gzip_errors=True)
    answer = requests.get(server.url + INDEX, headers=AGENT | {"Accept-Encoding": "identity"}, stream=True, timeout=20)
    assert answer.status_code == 200
    assert answer.headers["Content-Encoding"] == "gzip"
    assert b"Request Rate Threshold Exceeded" in gzip.decompress(answer.raw.read())


def test_peak_counts_any_sliding_second() -> None:
    assert peak_in_window([], 1.0) == 0
    assert peak_in_window([0.0, 0.5, 0.9], 1.0) == 3
    assert peak_in_window([0.0, 1.0, 2.0], 1.0) == 1, "the second is half open"
    assert peak_in_window([0.0, 0.6, 0.7, 1.2, 1.5, 1.59], 1.0) == 5


def test_the_doorman_allows_exactly_the_limit_in_any_second() -> None:
    doorman = Doorman(Manners(max_per_second=8, block_seconds=5))
    assert not any(doorman.is_throttled(moment / 8) for moment in range(80)), "eight a second, evenly"
    assert doorman.is_throttled(9.9375), "the ninth within a second"
    assert doorman.is_throttled(14.9), "still blocked"
    assert not doorman.is_throttled(14.96)


def test_stats_say_what_was_seen(server: RunningServer) -> None:
    _get(server, INDEX)
    _get(server, INDEX)
    _get(server, LISTING)
    _get(server, "/Archives/edgar/data/1/none.txt")
    stats = requests.get(server.url + "/_simulator/stats?arrivals=1", timeout=20).json()
    assert stats["requests"] == 4, "control addresses do not count"
    assert stats["by_path"][INDEX] == 2
    assert stats["by_kind"] == {"filing": 1, "index": 2, "listing": 1}
    assert stats["by_status"] == {"200": 3, "403": 1}
    assert stats["user_agents"] == {AGENT["User-Agent"]: 4}
    assert stats["peak_per_second"] == 4
    assert len(stats["arrivals"]) == 4
    assert requests.post(server.url + "/_simulator/reset", timeout=20).status_code == 200
    assert server.stats()["requests"] == 0


def test_429_and_503_with_retry_after(server: RunningServer) -> None:
    server.set_manners(
        rules=[
            {"match": "master", "action": "429", "times": 2, "retry_after": 3},
            {"match": "index.json", "action": "503", "skip": 1, "times": 1},
        ]
    )
    answers = [_get(server, INDEX) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [429, 429, 200]
    assert answers[0].headers["Retry-After"] == "3"
    listed = [_get(server, LISTING) for _ in range(3)]
    assert [answer.status_code for answer in listed] == [200, 503, 200]
    assert "Retry-After" not in listed[1].headers


def test_reset(server: RunningServer) -> None:
    server.set_manners(rules=[{"match": ".", "action": "reset"}])
    with pytest.raises(requests.ConnectionError):
        _get(server, INDEX)
    assert _get(server, INDEX).status_code == 200
    assert server.stats()["by_status"] == {"200": 1, "reset": 1}


def test_truncated_body(server: RunningServer, mirror: Mirror) -> None:
    server.set_manners(rules=[{"match": ".", "action": "truncate"}])
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        _get(server, INDEX)
    assert len(_get(server, INDEX).content) == (mirror.root / INDEX.lstrip("/")).stat().st_size


@pytest.mark.parametrize(
    ("rule", "status", "text"),
    [
        ({"action": "html200"}, 200, "Request Rate Threshold Exceeded"),
        ({"action": "html403", "gzip": True}, 403, "Request Rate Threshold Exceeded"),
        ({"action": "undeclared403"}, 403, "Undeclared Automated Tool"),
        ({"action": "denied403"}, 403, "AccessDenied"),
        ({"action": "empty200"}, 200, ""),
        ({"action": "status", "status": 500}, 500, "500"),
    ],
)
def test_pages_that_are_not_the_file(server: RunningServer, rule: dict[str, object], status: int, text: str) -> None:
    server.set_manners(rules=[{"match": "master", **rule}])
    answer = _get(server, INDEX)
    assert answer.status_code == status
    assert text in answer.text
    assert "Daily Index" not in answer.text
    assert "Daily Index" in _get(server, INDEX).text, "once only"


def test_delay_answers_late_and_right(server: RunningServer) -> None:
    server.set_manners(rules=[{"match": "master", "action": "delay", "seconds": 0.2}])
    began = time.monotonic()
    assert _get(server, INDEX).status_code == 200
    assert time.monotonic() - began >= 0.2


def test_undeclared_clients_are_refused_when_told(server: RunningServer) -> None:
    server.set_manners(require_contact=True)
    refused = requests.get(server.url + INDEX, headers={"User-Agent": "python"}, timeout=20)
    assert refused.status_code == 403
    assert "Undeclared Automated Tool" in refused.text
    assert _get(server, INDEX).status_code == 200


def test_late_index_is_absent_from_its_listing_too(server: RunningServer) -> None:
    server.set_manners(late_days=["2025-12-22"])
    assert _get(server, INDEX).status_code == 403
    names = {item["name"] for item in _get(server, LISTING).json()["directory"]["item"]}
    assert "master.20251223.idx" in names
    assert not any("20251222" in name for name in names)
    server.set_manners(late_days=[])
    assert _get(server, INDEX).status_code == 200


def test_an_index_that_shrinks_on_saturday(server: RunningServer, mirror: Mirror) -> None:
    (gone,) = {row["accession_number"] for row in mirror.key() if row["case_id"] == "V2-withdrawn"}
    (late,) = {row["accession_number"] for row in mirror.key() if row["case_id"] == "V2-late-line"}
    path = next("/Archives/" + fields[4] for fields in mirror.master() if gone in fields[4])
    day = next(fields[3] for fields in mirror.master() if gone in fields[4])
    index = f"/Archives/edgar/daily-index/{day[:4]}/QTR1/master.{day}.idx"
    before = _get(server, index)
    assert gone in before.text
    assert late not in before.text
    assert _get(server, path).status_code == 200
    server.set_manners(index_version=2)
    after = _get(server, index)
    assert gone not in after.text
    assert late in after.text
    assert after.headers["ETag"] != before.headers["ETag"]
    assert _get(server, path).status_code == 403
    assert _get(server, INDEX).status_code == 200, "days that did not change are served as before"


def test_manners_can_be_set_and_are_checked_over_http(server: RunningServer) -> None:
    answer = requests.post(server.url + "/_simulator/manners", json={"latency_ms": 5, "rules": []}, timeout=20)
    assert answer.json()["latency_ms"] == 5
    assert requests.get(server.url + "/_simulator/manners", timeout=20).json()["latency_ms"] == 5
    for wrong in (
        {"speed": 1},
        {"rules": [{"match": "(", "action": "429"}]},
        {"rules": [{"match": "x", "action": "explode"}]},
    ):
        answer = requests.post(server.url + "/_simulator/manners", json=wrong, timeout=20)
        assert answer.status_code == 400
        assert answer.json()["error"]
    assert server.manners.latency_ms == 5


def test_a_real_mirror_is_not_called_simulated(tmp_path: Path) -> None:
    file = tmp_path / "Archives/edgar/data/1/a.txt"
    file.parent.mkdir(parents=True)
    file.write_text("real")
    with serve(tmp_path) as running:
        answer = _get(running, "/Archives/edgar/data/1/a.txt")
        assert answer.text == "real"
        assert "X-Insider-Tiers-Simulated" not in answer.headers


def test_closing_ends_kept_alive_connections(mirror: Mirror) -> None:
    running = RunningServer(mirror.root, Manners())
    with requests.Session() as session:
        assert session.get(running.url + INDEX, timeout=20).status_code == 200
        running.close()
        with pytest.raises(requests.ConnectionError):
            session.get(running.url + INDEX, timeout=20)
    running.close()


def test_the_program_serves_and_stops(mirror: Mirror, tmp_path: Path) -> None:
    ready = tmp_path / "run" / "ready"
    command = [sys.executable, "-m", "simulator", "serve", "--root", str(mirror.root), "--ready-file", str(ready)]
    program = subprocess.Popen([*command, "--max-per-second", "3"], stderr=subprocess.PIPE)
    try:
        deadline = time.monotonic() + 30
        while not ready.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        url = ready.read_text().strip()
        answers = until_throttled(lambda: requests.get(url + INDEX, headers=AGENT, timeout=20))
        stats = json.loads(requests.get(url + "/_simulator/stats?arrivals=1", timeout=20).text)
        assert stats["requests"] == len(answers) >= 4
        assert peak_in_window(stats["arrivals"][:-1], 1.0) == 3
    finally:
        os.kill(program.pid, signal.SIGTERM)
        program.communicate(timeout=20)
    assert program.returncode == 0
    assert not ready.exists()
