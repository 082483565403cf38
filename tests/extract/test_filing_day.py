"""A filing day from server to landing zone: complete, resumable, honest about what is missing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import TYPE_CHECKING

import pytest

from extract import landing
from extract.daily_index import parse_master_index
from extract.filing_day import fetch_filing_day
from simulator.server import serve
from tests.conftest import REPOSITORY
from tests.extract.mirrors import (
    QUICK,
    Listed,
    accessions,
    folder_of,
    index_file,
    index_path,
    put,
    settings_for,
    submission,
    write_mirror,
)
from warehouse.errors import FetchError, NotPublishedYet, Throttled

if TYPE_CHECKING:
    from pathlib import Path

    from extract.progress import Progress
    from simulator.server import RunningServer
    from warehouse.settings import Settings

DAY = date(2025, 6, 4)
NEXT_DAY = date(2025, 6, 5)


def filings(count: int) -> list[Listed]:
    return [Listed(accession) for accession in accessions(count)]


def filing_requests(server: RunningServer) -> dict[str, int]:
    """Requests per accession number."""
    by_path = server.stats()["by_path"]
    return {
        path.split("/")[-1][:20]: count for path, count in by_path.items() if path.startswith("/Archives/edgar/data/")
    }


def index_outcomes(settings: Settings, day: date = DAY) -> list[str]:
    return [row["outcome"] for row in landing.read_outcomes(day.isoformat(), settings) if row["kind"] == "index"]


def landed(settings: Settings, day: date = DAY) -> dict[str, bytes]:
    return {filing.accession_number: filing.content for filing in landing.iter_filings(day, settings)}


def test_a_day_lands_whole_with_one_request_per_filing(tmp_path: Path) -> None:
    lines = [
        *filings(3),
        Listed(accessions(1)[0], cik="2000", company_name="THE OWNER"),
        Listed("0001234567-25-000050", form_type="4/A"),
        Listed("0001234567-25-000060", form_type="424B2"),
        Listed("0001234567-25-000070", form_type="40-F"),
    ]
    reports: list[Progress] = []
    with serve(write_mirror(tmp_path / "mirror", {DAY: lines})) as server:
        settings = settings_for(server, tmp_path)
        summary = fetch_filing_day(DAY, settings, progress=reports.append)
        stats = server.stats()
    assert (summary.status, summary.index_lines, summary.accessions, summary.fetched) == ("fetched", 5, 4, 4)
    assert stats["by_kind"] == {"filing": 4, "index": 1}
    assert landed(settings) == {
        accession: submission(accession) for accession in [*accessions(3), "0001234567-25-000050"]
    }
    first = next(landing.iter_filings(DAY, settings))
    assert first.url == f"{settings.sec_www_url}/Archives/edgar/data/1000180/0001234567-25-000001.txt"
    assert (first.form_type, first.http_status, first.attempts, first.is_simulated) == ("4", 200, 1, False)
    assert (reports[0].done, reports[-1].done, reports[-1].total) == (0, 4, 4)
    assert not landing.spool_dir(DAY, settings).exists()
    rows = landing.read_outcomes(DAY.isoformat(), settings)
    assert sorted(row["kind"] for row in rows) == ["filing"] * 4 + ["index"]


def test_a_second_run_asks_for_the_index_only_and_changes_nothing(tmp_path: Path) -> None:
    with serve(write_mirror(tmp_path / "mirror", {DAY: filings(3)})) as server:
        settings = settings_for(server, tmp_path)
        fetch_filing_day(DAY, settings)
        before = landing.filings_path(DAY, settings).read_bytes()
        server.reset_stats()
        again = fetch_filing_day(DAY, settings)
        assert server.stats()["by_kind"] == {"index": 1}
    assert (again.fetched, again.already_there, again.missing) == (0, 3, ())
    assert landing.filings_path(DAY, settings).read_bytes() == before
    assert len(landing.index_versions(DAY, settings)) == 1


def test_a_filing_the_server_has_not_is_counted_and_asked_for_again(tmp_path: Path) -> None:
    root = write_mirror(tmp_path / "mirror", {DAY: filings(4)})
    (root / f"Archives/{filings(4)[2].file_name}").unlink()
    with serve(root) as server:
        settings = settings_for(server, tmp_path)
        summary = fetch_filing_day(DAY, settings)
        assert (summary.status, summary.fetched) == ("incomplete", 3)
        assert [accession for accession, _ in summary.not_found] == ["0001234567-25-000003"]
        assert summary.failed == ()
        put(root, f"/Archives/{filings(4)[2].file_name}", submission("0001234567-25-000003"))
        server.reset_stats()
        summary = fetch_filing_day(DAY, settings)
        assert filing_requests(server) == {"0001234567-25-000003": 1}
    assert (summary.status, summary.fetched, summary.already_there) == ("fetched", 1, 3)
    assert list(landed(settings)) == accessions(4)
    outcomes = [row["outcome"] for row in landing.read_outcomes(DAY.isoformat(), settings) if row["kind"] == "filing"]
    assert sorted(outcomes) == ["fetched"] * 4 + ["not_found"]


def test_a_filing_that_always_fails_does_not_stop_the_day(tmp_path: Path) -> None:
    root = write_mirror(tmp_path / "mirror", {DAY: filings(4)})
    with serve(root, rules=[{"match": "000002.txt", "action": "503", "times": None}]) as server:
        settings = settings_for(server, tmp_path)
        summary = fetch_filing_day(DAY, settings, patience=QUICK)
    assert (summary.status, summary.fetched) == ("incomplete", 3)
    assert summary.failed[0][0] == "0001234567-25-000002"
    assert "503" in summary.failed[0][1]
    assert (summary.not_found, summary.missing) == ((), summary.failed)


def test_a_server_that_is_down_ends_the_day_and_what_was_fetched_stays(tmp_path: Path) -> None:
    root = write_mirror(tmp_path / "mirror", {DAY: filings(40)})
    with serve(root, rules=[{"match": "edgar/data", "action": "reset", "times": None, "skip": 5}]) as server:
        settings = settings_for(server, tmp_path)
        patience = QUICK.__class__(max_attempts=2, first_wait_seconds=0.01)
        with pytest.raises(FetchError, match="server seems to be down"):
            fetch_filing_day(DAY, settings, patience=patience)
        assert not landing.filings_path(DAY, settings).exists()
        kept = landing.sweep_spool(DAY, settings)
        assert len(kept) == 5
        server.set_manners(rules=[])
        server.reset_stats()
        assert fetch_filing_day(DAY, settings).already_there == 5
        assert kept.isdisjoint(filing_requests(server))
    assert len(landed(settings)) == 40


def test_endless_throttling_ends_the_day_and_what_was_fetched_stays(tmp_path: Path) -> None:
    root = write_mirror(tmp_path / "mirror", {DAY: filings(12)})
    with serve(root, rules=[{"match": "edgar/data", "action": "html403", "times": None, "skip": 4}]) as server:
        settings = settings_for(server, tmp_path, pause=0.05)
        with pytest.raises(Throttled, match=r"docs/runbooks/throttled\.md"):
            fetch_filing_day(DAY, settings)
    assert len(landing.sweep_spool(DAY, settings)) == 4
    assert (REPOSITORY / "docs/runbooks/throttled.md").is_file()


def test_throttle_pages_are_never_stored_and_the_day_goes_on(tmp_path: Path) -> None:
    root = write_mirror(tmp_path / "mirror", {DAY: filings(12)})
    rules = [
        {"match": "master", "action": "html200"},
        {"match": "edgar/data", "action": "html200", "skip": 3, "times": 2},
        {"match": "000009.txt", "action": "html403", "gzip": True},
    ]
    with serve(root, rules=rules) as server:
        settings = settings_for(server, tmp_path, pause=0.3)
        summary = fetch_filing_day(DAY, settings)
    assert summary.status == "fetched"
    assert landed(settings) == {accession: submission(accession) for accession in accessions(12)}


def test_a_weekend_is_not_asked_for(tmp_path: Path) -> None:
    with serve(write_mirror(tmp_path / "mirror", {DAY: filings(1)})) as server:
        settings = settings_for(server, tmp_path)
        summary = fetch_filing_day(date(2025, 6, 7), settings)
        assert fetch_filing_day(date(2025, 6, 8), settings).status == "no_filing_day"
        assert server.stats()["requests"] == 0
    assert (summary.status, summary.accessions) == ("no_filing_day", 0)


@pytest.mark.parametrize("errors_are_gzipped", [False, True])
def test_a_federal_holiday_is_an_outcome_with_the_listing_kept(tmp_path: Path, errors_are_gzipped: bool) -> None:
    holiday = date(2025, 6, 19)
    root = write_mirror(tmp_path / "mirror", {date(2025, 6, 18): filings(1)})
    with serve(root, gzip_errors=errors_are_gzipped) as server:
        settings = settings_for(server, tmp_path)
        assert fetch_filing_day(holiday, settings).status == "holiday"
    marker = landing.read_holiday(holiday, settings)
    assert marker is not None
    assert marker.listing is not None
    assert (marker.http_status, marker.reason) == (403, "Juneteenth National Independence Day")
    kept = landing.index_dir(holiday, settings) / marker.listing
    assert kept.read_bytes() == (root / folder_of(holiday) / "index.json").read_bytes()
    assert index_outcomes(settings, holiday) == ["holiday"]


def test_a_day_that_was_passed_over_is_a_holiday_until_its_index_appears(tmp_path: Path) -> None:
    root = write_mirror(tmp_path / "mirror", {DAY: filings(2), NEXT_DAY: filings(1)})
    with serve(root, late_days=[DAY.isoformat()]) as server:
        settings = settings_for(server, tmp_path)
        assert fetch_filing_day(DAY, settings).status == "holiday"
        assert fetch_filing_day(DAY, settings).status == "holiday"
        server.set_manners(late_days=[])
        assert fetch_filing_day(DAY, settings).fetched == 2
        assert landing.read_holiday(DAY, settings) is None


def test_the_last_day_of_a_quarter_is_judged_by_the_next_quarters_listing(tmp_path: Path) -> None:
    last = date(2025, 6, 30)
    root = write_mirror(tmp_path / "mirror", {date(2025, 6, 27): filings(1)})
    with serve(root) as server:
        settings = settings_for(server, tmp_path)
        with pytest.raises(NotPublishedYet):
            fetch_filing_day(last, settings)
        write_mirror(root, {date(2025, 7, 1): filings(1)})
        assert fetch_filing_day(last, settings).status == "holiday"
    assert index_outcomes(settings, last) == ["not_published", "holiday"]


def test_a_day_not_published_yet_raises_and_succeeds_later(tmp_path: Path) -> None:
    root = write_mirror(tmp_path / "mirror", {date(2025, 6, 3): filings(1), DAY: filings(2)})
    with serve(root, late_days=[DAY.isoformat()]) as server:
        settings = settings_for(server, tmp_path)
        with pytest.raises(NotPublishedYet, match=r"docs/runbooks/no_index_today\.md"):
            fetch_filing_day(DAY, settings)
        with pytest.raises(NotPublishedYet):
            fetch_filing_day(DAY, settings)
        server.set_manners(late_days=[])
        assert fetch_filing_day(DAY, settings).fetched == 2
    assert index_outcomes(settings) == ["not_published", "not_published", "fetched"]
    assert (REPOSITORY / "docs/runbooks/no_index_today.md").is_file()


def test_an_index_that_is_listed_but_denied_is_asked_for_again(tmp_path: Path) -> None:
    root = write_mirror(tmp_path / "mirror", {DAY: filings(2)})
    with serve(root, rules=[{"match": "master", "action": "denied403", "times": 2}]) as server:
        settings = settings_for(server, tmp_path)
        assert fetch_filing_day(DAY, settings).status == "fetched"
    assert index_outcomes(settings) == ["not_found", "not_found", "fetched"]


def test_an_index_that_is_listed_but_never_served_is_an_error(tmp_path: Path) -> None:
    root = write_mirror(tmp_path / "mirror", {DAY: filings(2)})
    with serve(root, rules=[{"match": "master", "action": "denied403", "times": None}]) as server:
        settings = settings_for(server, tmp_path)
        with pytest.raises(FetchError, match=r"listed in its folder's index\.json but is not served"):
            fetch_filing_day(DAY, settings)
    assert set(index_outcomes(settings)) == {"not_found"}


def test_a_rebuilt_index_becomes_a_version_and_a_vanished_filing_stays_landed(tmp_path: Path) -> None:
    root = write_mirror(tmp_path / "mirror", {DAY: filings(3)})
    with serve(root) as server:
        settings = settings_for(server, tmp_path)
        fetch_filing_day(DAY, settings)
        assert fetch_filing_day(DAY, settings).already_there == 3
        assert len(landing.index_versions(DAY, settings)) == 1
        rebuilt = [filings(3)[0], filings(3)[2], Listed("0001234567-25-000077")]
        put(root, index_path(DAY), index_file(rebuilt, DAY))
        put(root, f"/Archives/{rebuilt[-1].file_name}", submission(rebuilt[-1].accession_number))
        summary = fetch_filing_day(DAY, settings)
    assert (summary.index_lines, summary.accessions, summary.fetched, summary.already_there) == (3, 4, 1, 3)
    assert sorted(landed(settings)) == [*accessions(3), "0001234567-25-000077"]
    first, second = landing.index_versions(DAY, settings)
    assert (first.number, second.number) == (1, 2)
    assert first.path.read_bytes() == index_file(filings(3), DAY)
    assert len(parse_master_index(second.path.read_bytes()).lines) == 3


def test_an_index_that_disappears_leaves_the_known_version_in_force(tmp_path: Path) -> None:
    root = write_mirror(tmp_path / "mirror", {DAY: filings(3)})
    with serve(root) as server:
        settings = settings_for(server, tmp_path)
        fetch_filing_day(DAY, settings)
        (root / index_path(DAY).lstrip("/")).unlink()
        assert fetch_filing_day(DAY, settings).already_there == 3
        assert fetch_filing_day(DAY, settings).already_there == 3
    assert index_outcomes(settings) == ["fetched", "not_found", "not_found"]


def test_a_day_without_ownership_filings_is_a_day(tmp_path: Path) -> None:
    root = write_mirror(tmp_path / "mirror", {DAY: [Listed(accessions(1)[0], form_type="10-K")]})
    with serve(root) as server:
        settings = settings_for(server, tmp_path)
        summary = fetch_filing_day(DAY, settings)
    assert (summary.status, summary.accessions) == ("fetched", 0)
    assert landed(settings) == {}


def environment(settings: Settings) -> dict[str, str]:
    return {
        **os.environ,
        "DATA_DIR": str(settings.data_dir),
        "SEC_WWW_URL": settings.sec_www_url,
        "SEC_DATA_URL": settings.sec_data_url,
        "SEC_MAX_REQUESTS_PER_SECOND": f"{settings.sec_max_requests_per_second:g}",
        "RATE_LIMIT_DIR": str(settings.lock_dir),
    }


def start_fetch(settings: Settings) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "extract", "filing-day", DAY.isoformat()]
    return subprocess.Popen(command, cwd=REPOSITORY, env=environment(settings), stderr=subprocess.DEVNULL)


def test_after_a_kill_only_what_is_missing_is_fetched(tmp_path: Path) -> None:
    with serve(write_mirror(tmp_path / "mirror", {DAY: filings(30)}), latency_ms=300) as server:
        settings = settings_for(server, tmp_path)
        process = start_fetch(settings)
        spool = landing.spool_dir(DAY, settings)
        while len(list(spool.glob("*.filing"))) < 8:
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait()
        survived = {path.stem for path in spool.glob("*.filing")}
        # What a kill in the middle of a write leaves behind.
        (spool / f"{accessions(30)[29]}.filing.123.tmp").write_bytes(b'{"accession_number"')
        damaged = spool / f"{min(survived)}.filing"
        damaged.write_bytes(damaged.read_bytes()[:-7])
        before = filing_requests(server)
        server.reset_stats()
        summary = fetch_filing_day(DAY, settings)
        after = filing_requests(server)
    intact = survived - {min(survived)}
    assert 8 <= len(survived) < 30
    # Asked once before the kill and landed: never asked again. All others: once more.
    assert set(after) == set(accessions(30)) - intact
    assert set(after.values()) == {1}
    assert all(before[accession] == 1 for accession in intact)
    assert (summary.already_there, summary.fetched) == (len(intact), 30 - len(intact))
    assert landed(settings) == {accession: submission(accession) for accession in accessions(30)}


def test_two_runs_of_one_day_do_not_fetch_anything_twice(tmp_path: Path) -> None:
    with serve(write_mirror(tmp_path / "mirror", {DAY: filings(8)}), latency_ms=100) as server:
        settings = settings_for(server, tmp_path)
        with ThreadPoolExecutor(1) as pool:
            here = pool.submit(fetch_filing_day, DAY, settings)
            there = start_fetch(settings)
            summary = here.result()
            assert there.wait(timeout=60) == 0
        assert set(filing_requests(server).values()) == {1}
    assert summary.fetched + summary.already_there == 8
    assert len(landed(settings)) == 8


def test_an_interrupted_run_stops_at_once_even_during_a_pause(tmp_path: Path) -> None:
    root = write_mirror(tmp_path / "mirror", {DAY: filings(6)})
    with serve(root, rules=[{"match": "edgar/data", "action": "html403", "skip": 2}]) as server:
        settings = settings_for(server, tmp_path, pause=600)
        process = subprocess.Popen(
            [sys.executable, "-m", "extract", "filing-day", DAY.isoformat()],
            cwd=REPOSITORY,
            env={**environment(settings), "THROTTLE_PAUSE_SECONDS": "600"},
            stderr=subprocess.DEVNULL,
        )
        while not server.stats()["by_outcome"].get("rule"):
            assert process.poll() is None
            threading.Event().wait(0.05)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) != 0


def test_the_days_file_is_bounded_in_row_groups_and_merges_old_and_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(landing, "ROW_GROUP_BYTES", 5_000)
    root = write_mirror(tmp_path / "mirror", {DAY: filings(10)}, size=2_000)
    with serve(root) as server:
        settings = settings_for(server, tmp_path)
        fetch_filing_day(DAY, settings)
        added = [*filings(10), Listed("0000000001-25-000001"), Listed("0009999999-25-000001")]
        write_mirror(root, {DAY: added}, size=2_000)
        fetch_filing_day(DAY, settings)
    import pyarrow.parquet as pq

    metadata = pq.read_metadata(landing.filings_path(DAY, settings))
    assert metadata.num_rows == 12
    assert max(metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)) == 2
    assert list(landed(settings)) == ["0000000001-25-000001", *accessions(10), "0009999999-25-000001"]


@pytest.mark.real
def test_real_days_land_verbatim(real_data: Path, tmp_path: Path) -> None:
    with serve(real_data / "edgar") as server:
        settings = settings_for(server, tmp_path)
        for day in (date(2025, 3, 7), date(2019, 1, 4)):
            summary = fetch_filing_day(day, settings)
            folder = real_data / "edgar/Archives/edgar/daily-index" / str(day.year) / "QTR1"
            listed = parse_master_index((folder / f"master.{day:%Y%m%d}.idx").read_bytes()).ownership_filings
            assert summary.status == "fetched"
            assert {accession: line.file_name for accession, line in listed.items()} == {
                filing.accession_number: filing.url.removeprefix(f"{server.url}/Archives/")
                for filing in landing.iter_filings(day, settings)
            }
            for filing in landing.iter_filings(day, settings):
                file = real_data / "edgar/Archives" / listed[filing.accession_number].file_name
                assert filing.content == file.read_bytes()
    listing = json.loads((real_data / "edgar" / folder_of(date(2019, 1, 4)) / "index.json").read_bytes())
    assert listing["directory"]["item"]
