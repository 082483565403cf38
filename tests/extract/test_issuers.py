"""The issuers road: records fetched from a real server, kept verbatim, loaded, and never more than records."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from extract import landing
from extract.issuer_fetch import FRESH_FOR, fetch_issuers, known_issuers
from extract.issuer_records import (
    Checked,
    mark_checked,
    parse_cik,
    parse_issuer_record,
    parse_listed_filings,
    read_checked,
    read_version,
    record_versions,
    store_record,
)
from extract.load import load_issuers
from ops import steps
from simulator.build import build_world
from simulator.server import serve
from tests.conftest import REPOSITORY
from tests.extract.mirrors import QUICK, put, settings_for
from tests.extract.test_cli import run
from warehouse.database import read_connection, write_connection
from warehouse.errors import FetchError, LoadError, SettingsError, SourceDataError
from warehouse.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from simulator.server import RunningServer

ACME, BETA, GONE = "0000000101", "0000000102", "0000000103"
NOW = datetime(2026, 1, 18, 11, 0, tzinfo=UTC)


def record(cik: str, **changes: object) -> bytes:
    """A submissions JSON as the SEC writes it."""
    content: dict[str, object] = {
        "cik": cik,
        "entityType": "operating",
        "sic": "2834",
        "sicDescription": "Pharmaceutical Preparations",
        "name": "Acme Corp",
        "tickers": ["ACM"],
        "exchanges": ["NYSE"],
        "category": "Large accelerated filer",
        "stateOfIncorporation": "DE",
        "formerNames": [{"name": "OLD ACME", "from": "2001-01-01T00:00:00.000Z", "to": "2004-01-01T00:00:00.000Z"}],
        "filings": {"recent": {"accessionNumber": []}, "files": []},
    }
    return json.dumps(content | changes).encode()


def listing(*filings: tuple[str, str, str, str]) -> dict[str, object]:
    """Recent filings given as form, filing date, items and the accession number's last digit."""
    recent = {
        "accessionNumber": [f"0000000101-26-00000{last}" for *_, last in filings],
        "filingDate": [filed for _, filed, _, _ in filings],
        "reportDate": ["" for _ in filings],
        "acceptanceDateTime": [f"{filed}T16:05:00.000Z" for _, filed, _, _ in filings],
        "form": [form for form, *_ in filings],
        "items": [items for _, _, items, _ in filings],
        "size": [1 for _ in filings],
    }
    return {"recent": recent, "files": []}


def path_of(cik: str) -> str:
    return f"/submissions/CIK{cik}.json"


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    root = tmp_path / "mirror"
    put(root, path_of(ACME), record(ACME))
    put(root, path_of(BETA), record(BETA, name="Beta Inc", sic="", tickers=[], exchanges=[], formerNames=[]))
    return root


def rows(settings: Settings, query: str) -> list[tuple[Any, ...]]:
    with read_connection(settings.warehouse_path) as connection:
        return connection.execute(query).fetchall()


def outcomes(settings: Settings) -> Counter[str]:
    return Counter(row["outcome"] for row in landing.read_outcomes("issuers", settings))


def age(cik: str, settings: Settings, by: timedelta) -> None:
    """Let the last answer have come earlier."""
    checked = read_checked(cik, settings)
    assert checked is not None
    mark_checked(cik, settings, replace(checked, checked_at=checked.checked_at - by))


def test_records_are_kept_as_served_and_a_missing_one_is_an_outcome(mirror: Path, tmp_path: Path) -> None:
    with serve(mirror) as server:
        settings = settings_for(server, tmp_path)
        summary = fetch_issuers(settings, ciks=["101", BETA, f"CIK{GONE}"])
    assert (summary.outcomes, summary.fresh, summary.failed) == ({"kept": 2, "not_found": 1}, 0, {})
    (version,) = record_versions(ACME, settings)
    assert read_version(version) == record(ACME)
    assert record_versions(GONE, settings) == []
    assert outcomes(settings) == {"fetched": 2, "not_found": 1}


def test_what_was_answered_within_a_week_is_not_asked_for_again(mirror: Path, tmp_path: Path) -> None:
    with serve(mirror) as server:
        settings = settings_for(server, tmp_path)
        fetch_issuers(settings, ciks=[ACME, GONE])
        server.reset_stats()
        again = fetch_issuers(settings, ciks=[ACME, GONE])
        assert (server.stats()["requests"], again.fresh) == (0, 2)
        age(ACME, settings, FRESH_FOR)
        asked = fetch_issuers(settings, ciks=[ACME, GONE])
        assert (server.stats()["requests"], server.stats()["body_bytes"]) == (1, 0)
        assert (asked.outcomes, asked.fresh) == ({"unchanged": 1}, 1)
        refreshed = fetch_issuers(settings, ciks=[ACME, GONE], refresh=True)
    assert refreshed.outcomes == {"unchanged": 1, "not_found": 1}
    assert len(record_versions(ACME, settings)) == 1
    assert outcomes(settings) == {"fetched": 1, "unchanged": 2, "not_found": 2}


def test_a_new_version_is_kept_when_it_says_something_new_of_the_filer(mirror: Path, tmp_path: Path) -> None:
    with serve(mirror) as server:
        settings = settings_for(server, tmp_path)
        fetch_issuers(settings, ciks=[ACME])
        other = [
            ("4", "2026-01-09", "", "1"),
            ("8-K", "2026-01-12", "5.02,9.01", "2"),
            ("10-K/A", "2026-01-13", "", "3"),
        ]
        put(mirror, path_of(ACME), record(ACME, filings=listing(*other)))
        longer = fetch_issuers(settings, ciks=[ACME], refresh=True)
        assert (longer.outcomes, len(record_versions(ACME, settings))) == ({"unchanged": 1}, 1)
        put(mirror, path_of(ACME), record(ACME, sic="7372", name="Acme Software"))
        changed = fetch_issuers(settings, ciks=[ACME], refresh=True)
    assert (changed.outcomes, len(record_versions(ACME, settings))) == ({"kept": 1}, 2)
    assert steps.load_issuers(settings)[0].row_counts["issuer_records"] == 2
    assert rows(settings, "select name, sic from raw.issuer_records order by fetched_at") == [
        ("Acme Corp", "2834"),
        ("Acme Software", "7372"),
    ]


def test_a_mangled_record_is_kept_with_its_reason_asked_for_again_and_others_go_on(
    mirror: Path, tmp_path: Path
) -> None:
    put(mirror, path_of(GONE), b'{"cik": "0000000103", "name": "Cut o')
    put(mirror, path_of("0000000104"), record(ACME))
    with serve(mirror) as server:
        settings = settings_for(server, tmp_path)
        summary = fetch_issuers(settings, ciks=[ACME, BETA, GONE, "104"])
        assert (summary.outcomes, summary.failed) == ({"kept": 2, "unreadable": 2}, {})
        steps.load_issuers(settings)
        reasons = "select cik, name, unreadable_reason from raw.issuer_records order by cik"
        assert [(cik, name, bool(reason)) for cik, name, reason in rows(settings, reasons)] == [
            (ACME, "Acme Corp", False),
            (BETA, "Beta Inc", False),
            (GONE, None, True),
            ("0000000104", None, True),
        ]
        assert "no JSON" in rows(settings, reasons)[2][2]
        assert "of CIK '0000000101'" in rows(settings, reasons)[3][2]
        put(mirror, path_of(GONE), record(GONE, name="Whole Again"))
        mended = fetch_issuers(settings, ciks=[ACME, BETA, GONE])
    assert (mended.outcomes, mended.fresh) == ({"kept": 1}, 2)


def test_a_record_that_cannot_be_had_does_not_stop_the_others(mirror: Path, tmp_path: Path) -> None:
    rules = [{"match": ACME, "action": "503", "times": None}]
    with serve(mirror, rules=rules) as server:
        settings = settings_for(server, tmp_path)
        summary = fetch_issuers(settings, ciks=[ACME, BETA], patience=QUICK)
        assert (summary.outcomes, list(summary.failed)) == ({"kept": 1}, [ACME])
        with write_connection(settings) as connection:
            connection.execute("insert into raw.submission (accession_number, issuercik) values ('a', ?)", [ACME])
            connection.execute("insert into raw.submission (accession_number, issuercik) values ('b', ?)", [BETA])
        server.set_manners(rules=[])
        assert "1 kept, 1 asked for within the last 7 days" in steps.fetch_issuers(settings)
    assert outcomes(settings) == {"failed": 1, "fetched": 2}


def test_a_server_that_is_down_ends_the_run(mirror: Path, tmp_path: Path) -> None:
    rules = [{"match": "submissions", "action": "503", "times": None}]
    with serve(mirror, rules=rules) as server, pytest.raises(FetchError, match="failed in a row"):
        fetch_issuers(settings_for(server, tmp_path), ciks=[str(number) for number in range(1, 13)], patience=QUICK)


def test_only_issuers_of_filings_are_asked_for_those_without_a_header_sic_first(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    assert known_issuers(settings) == []
    with write_connection(settings) as connection:
        connection.execute(
            "insert into raw.submission (accession_number, issuercik, assigned_sic) values "
            "('a', '0000000101', '2834'), ('b', '102', null), ('c', ' 0000000102 ', ''), ('d', '0000000101', null), "
            "('e', null, null), ('f', 'n/a', null), ('g', '0', '1311'), ('h', '103', ' ')"
        )
        connection.execute("insert into raw.reportingowner (accession_number, rptownercik) values ('a', '0001033331')")
    assert known_issuers(settings) == [BETA, GONE, ACME]


def test_a_limit_takes_those_never_asked_for_first_then_the_oldest(mirror: Path, tmp_path: Path) -> None:
    with serve(mirror) as server:
        settings = settings_for(server, tmp_path)
        fetch_issuers(settings, ciks=[ACME], limit=1)
        age(ACME, settings, 2 * FRESH_FOR)
        fetch_issuers(settings, ciks=[ACME, BETA], limit=1)
        assert len(record_versions(BETA, settings)) == 1
        age(BETA, settings, FRESH_FOR)
        server.reset_stats()
        fetch_issuers(settings, ciks=[BETA, ACME], limit=1)
        assert server.stats()["by_path"] == {path_of(ACME): 1}


def test_values_are_raws_own_and_lists_are_json_text() -> None:
    values = parse_issuer_record(record(ACME, sic=None, name=" Ümlaut ", exchanges=["NYSE", None]), cik=ACME)
    assert (values["sic"], values["name"], values["exchanges"]) == (None, " Ümlaut ", '["NYSE", null]')
    assert json.loads(values["former_names"] or "")[0]["name"] == "OLD ACME"
    # The SEC has written the CIK without its zeros, and as a number.
    assert parse_issuer_record(record("101"), cik=ACME) == parse_issuer_record(record(ACME), cik=ACME)
    assert parse_issuer_record(json.dumps({"cik": 101}).encode(), cik=ACME)["name"] is None
    for wrong, reason in ((b"[1]", "a JSON list"), (b"{", "no JSON"), (record(BETA), "is of CIK '0000000102'")):
        with pytest.raises(SourceDataError, match=reason):
            parse_issuer_record(wrong, cik=ACME)


def test_ciks_are_read_strictly() -> None:
    assert [parse_cik(text) for text in ("320193", "CIK0000320193", " 0000320193 ")] == ["0000320193"] * 3
    for wrong in ("", "AAPL", "0", "00000320193", "../1", "-1"):
        with pytest.raises(SettingsError, match="is no CIK"):
            parse_cik(wrong)


def test_a_newer_filing_that_tells_results_makes_a_version_and_is_listed_once(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    release, report = ("8-K", "2026-01-15", "2.02,9.01", "4"), ("10-Q", "2026-01-20", "", "5")
    board = ("8-K", "2026-01-10", "5.02", "2")
    lists = [(board,), (release, board), (report, release, board), (report, release)]
    outcomes = []
    for days, filings in enumerate(lists):
        content = record(ACME, filings=listing(*filings))
        outcomes.append(store_record(ACME, settings, content, NOW + timedelta(days=days)))
    mark_checked(ACME, settings, Checked("https://data.sec.gov", NOW, "kept", None, None, True))
    assert outcomes == ["kept", "kept", "kept", "unchanged"]
    (loaded,) = steps.load_issuers(settings)
    assert (loaded.row_counts["issuer_records"], loaded.row_counts["issuer_filings"]) == (3, 3)
    query = "select accession_number, form_type, filing_date, items, fetched_at from raw.issuer_filings order by 1"
    first = NOW.replace(tzinfo=None)
    assert rows(settings, query) == [
        ("0000000101-26-000002", "8-K", "2026-01-10", "5.02", first),
        ("0000000101-26-000004", "8-K", "2026-01-15", "2.02,9.01", first + timedelta(days=1)),
        ("0000000101-26-000005", "10-Q", "2026-01-20", "", first + timedelta(days=2)),
    ]


def test_a_listing_that_cannot_be_read_costs_no_record(tmp_path: Path) -> None:
    broken = listing(("8-K", "2026-01-15", "2.02", "4"))
    broken["recent"]["items"] = []  # type: ignore[index]
    settings = Settings(data_dir=tmp_path)
    land(settings, ACME, record(ACME, filings=broken))
    steps.load_issuers(settings)
    assert rows(settings, "select name, unreadable_reason from raw.issuer_records") == [("Acme Corp", None)]
    ((accession, reason),) = rows(settings, "select accession_number, unreadable_reason from raw.issuer_filings")
    assert accession is None
    assert "differ in length" in reason
    assert rows(settings, "select expectation from raw.gate_results where not passed") == [
        ("issuer_listings_readable",)
    ]


def test_versions_landed_before_they_were_packed_are_read(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    content = record(ACME, filings=listing(("10-K", "2026-01-15", "", "4")))
    land(settings, ACME, content)
    (packed,) = record_versions(ACME, settings)
    packed.with_suffix("").write_bytes(content)
    packed.unlink()
    assert store_record(ACME, settings, content, NOW + timedelta(days=1)) == "unchanged"
    steps.load_issuers(settings)
    assert rows(settings, "select form_type from raw.issuer_filings") == [("10-K",)]


def test_listings_without_filings_are_empty() -> None:
    empty: list[object] = [{}, {"recent": {}}, {"recent": {"accessionNumber": [], "form": []}}, None]
    for filings in empty:
        assert parse_listed_filings(record(ACME, filings=filings)) == []
    with pytest.raises(SourceDataError, match="lists by name"):
        parse_listed_filings(record(ACME, filings={"recent": [1]}))


def land(settings: Settings, cik: str, content: bytes, *, is_simulated: bool = True) -> None:
    """Put a record into the landing zone as the fetch does."""
    outcome = store_record(cik, settings, content, NOW)
    url = f"https://data.sec.gov{path_of(cik)}"
    mark_checked(cik, settings, Checked(url, NOW, outcome, None, None, is_simulated))


def test_loading_twice_changes_nothing_and_a_lost_warehouse_is_made_again(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    assert steps.load_issuers(settings) == []
    land(settings, ACME, record(ACME))
    query = "select * exclude (_loaded_at) from raw.issuer_records order by cik, fetched_at"
    (first,) = steps.load_landed(settings)
    before = rows(settings, query)
    (again,) = steps.load_issuers(settings)
    assert (first.is_skipped, again.is_skipped, len(before)) == (False, True, 1)
    assert not (settings.parsed_dir / "issuers").exists()
    settings.warehouse_path.unlink()
    steps.load_landed(settings)
    assert rows(settings, query) == before
    assert rows(settings, "select distinct gate from raw.gate_results") == [("issuers",)]
    with write_connection(settings) as connection:
        assert not load_issuers(connection, settings, force=True).is_skipped


def test_bytes_that_are_not_those_fetched_get_a_reason_and_a_folder_without_notes_does_not_count(
    tmp_path: Path,
) -> None:
    settings = Settings(data_dir=tmp_path)
    land(settings, ACME, record(ACME))
    land(settings, BETA, record(BETA))
    (settings.landing_dir / "issuers" / BETA / "checked.json").unlink()
    (version,) = record_versions(ACME, settings)
    version.write_bytes(gzip.compress(record(ACME, sic="9999")))
    steps.load_issuers(settings)
    ((cik, sic, reason),) = rows(settings, "select cik, sic, unreadable_reason from raw.issuer_records")
    assert (cik, sic) == (ACME, None)
    assert "does not hold the bytes that were fetched" in reason


def test_real_and_simulated_records_are_never_mixed(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    land(settings, ACME, record(ACME))
    land(settings, BETA, record(BETA), is_simulated=False)
    with pytest.raises(LoadError, match="never mixed"):
        steps.load_issuers(settings)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A small simulated EDGAR: the edge of a quarter by the quarterly road, one filing day by the daily road."""
    root = tmp_path_factory.mktemp("world") / "mirror"
    build_world(
        root,
        seed=7,
        start=date(2025, 10, 1),
        through=date(2026, 1, 2),
        daily_from=date(2025, 12, 31),
        issuers=25,
        filings_per_issuer=4.0,
        with_cases=False,
    )
    with serve(root) as running:
        yield running


def test_the_command_line_fetches_every_known_issuer_and_no_owner(server: RunningServer, tmp_path: Path) -> None:
    settings = settings_for(server, tmp_path)
    nobody = run(settings, "issuers")
    assert (nobody.returncode, "No issuer is known yet" in nobody.stdout) == (0, True)
    assert run(settings, "quarter", "2025q4").returncode == 0
    steps.load_landed(settings)
    known = set(known_issuers(settings))
    few = run(settings, "issuers", "--limit", "3")
    assert "3 kept" in few.stdout, few.stderr
    done = run(settings, "issuers")
    assert done.returncode == 0, done.stderr
    assert f"{len(known) - 3} kept, 3 asked for within the last 7 days" in done.stdout
    assert "record" in done.stderr  # the progress bar
    assert {path.name for path in (settings.landing_dir / "issuers").iterdir()} == known
    steps.load_landed(settings)
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        query = "select count(distinct cik), bool_and(is_simulated) from raw.issuer_records where sic is not null"
        assert connection.execute(query).fetchall() == [(len(known), True)]
    wrong = run(settings, "issuers", "AAPL")
    assert (wrong.returncode, "'AAPL' is no CIK" in wrong.stderr) == (1, True)


def test_a_build_can_stop_after_loading_so_that_issuers_are_known(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    land(settings, ACME, record(ACME))
    done = subprocess.run(
        [sys.executable, "-m", "ops.build", "--load-only"],
        cwd=REPOSITORY,
        env={**os.environ, "DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert rows(settings, "select cik from raw.issuer_records") == [(ACME,)]
    assert rows(settings, "select count(*) from information_schema.tables where table_schema <> 'raw'") == [(0,)]


def test_every_real_record_is_read_and_loading_them_takes_seconds(real_data: Path, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    files = sorted((real_data / "edgar" / "submissions").glob("CIK*.json"))
    for path in files:
        land(settings, path.stem.removeprefix("CIK"), path.read_bytes(), is_simulated=False)
    started = time.process_time()
    (loaded,) = steps.load_issuers(settings)
    # About 3 s with importing Great Expectations. Of processor time, for other processes may be using the machine.
    assert time.process_time() - started < 40
    assert loaded.row_counts["issuer_records"] == len(files) == 4394
    assert rows(settings, "select count(*) from raw.issuer_records where unreadable_reason is not null") == [(0,)]
    expected = Counter(str(json.loads(path.read_bytes())["sic"]) for path in files)
    assert dict(rows(settings, "select sic, count(*)::integer from raw.issuer_records group by sic")) == expected
    # Read again in other words: every 8-K and report of the files, by form.
    forms = Counter(
        form
        for path in files
        for form in json.loads(path.read_bytes())["filings"]["recent"].get("form", ())
        if form in {"8-K", "10-Q", "10-K", "20-F"}
    )
    listed = dict(rows(settings, "select form_type, count(*)::integer from raw.issuer_filings group by form_type"))
    assert {form: listed[form] for form in forms} == forms
    apple = "select name, sic, tickers, exchanges from raw.issuer_records where cik = '0000320193'"
    assert rows(settings, apple) == [("Apple Inc.", "3571", '["AAPL"]', '["Nasdaq"]')]
    shutil.rmtree(settings.landing_dir)
