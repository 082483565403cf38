"""The landing zone's files: whole or absent, verbatim, readable after a crash."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from extract import landing
from warehouse.raw_schema import LEDGER_TABLES
from warehouse.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

DAY = date(2025, 6, 4)
NOON = datetime(2025, 6, 5, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path)


def filing(accession: str, content: bytes = b"<SEC-DOCUMENT>\r\n\x00\xff bytes\n\n") -> landing.LandedFiling:
    sha256 = hashlib.sha256(content).hexdigest()
    return landing.LandedFiling(
        accession, "4", f"http://x/{accession}", NOON, 200, sha256, len(content), 2, True, content
    )


def test_a_filing_comes_back_byte_for_byte_through_spool_and_day_file(settings: Settings) -> None:
    written = [filing("b", b"\n{}\n"), filing("a"), filing("c", b"")]
    for each in written:
        landing.spool_filing(DAY, settings, each)
    assert landing.sweep_spool(DAY, settings) == {"a", "b", "c"}
    assert landing.merge_spool(DAY, settings) == 3
    assert list(landing.iter_filings(DAY, settings)) == sorted(written, key=lambda each: each.accession_number)
    assert landing.landed_accessions(DAY, settings) == {"a", "b", "c"}


def test_a_spooled_filing_replaces_the_one_in_the_day_file(settings: Settings) -> None:
    landing.spool_filing(DAY, settings, filing("a", b"old"))
    landing.merge_spool(DAY, settings)
    landing.spool_filing(DAY, settings, filing("a", b"new"))
    assert landing.merge_spool(DAY, settings) == 1
    assert [each.content for each in landing.iter_filings(DAY, settings)] == [b"new"]


def test_a_merge_that_fails_leaves_the_day_file_and_the_spool(settings: Settings) -> None:
    landing.spool_filing(DAY, settings, filing("a"))
    landing.merge_spool(DAY, settings)
    before = landing.filings_path(DAY, settings).read_bytes()
    landing.spool_filing(DAY, settings, filing("b"))
    broken = landing.spool_dir(DAY, settings) / "c.filing"
    broken.write_bytes(b"no first line of JSON")
    with pytest.raises(Exception, match="no readable first line"):
        landing.merge_spool(DAY, settings)
    assert landing.filings_path(DAY, settings).read_bytes() == before
    assert sorted(path.name for path in landing.filings_path(DAY, settings).parent.iterdir()) == [
        "2025-06-04.parquet",
        "2025-06-04.spool",
    ]


def test_index_versions_are_numbered_by_arrival_and_a_return_to_an_old_one_is_seen(settings: Settings) -> None:
    for hours, content in enumerate([b"one", b"one", b"two", b"one"]):
        is_new = landing.store_index(DAY, settings, content, NOON + timedelta(hours=hours))
        assert is_new == (hours != 1)
    versions = landing.index_versions(DAY, settings)
    assert [(version.number, version.path.read_bytes()) for version in versions] == [
        (1, b"one"),
        (2, b"two"),
        (3, b"one"),
    ]
    assert versions[0].fetched_at == NOON
    assert versions[0].sha256 == hashlib.sha256(b"one").hexdigest()


def test_a_holiday_marker_comes_back_and_goes_when_an_index_arrives(settings: Settings) -> None:
    assert landing.read_holiday(DAY, settings) is None
    marked = landing.mark_holiday(
        DAY,
        settings,
        url="http://x",
        http_status=403,
        reason="why",
        listing=b"{}",
        is_simulated=True,
        decided_at=NOON,
    )
    assert landing.read_holiday(DAY, settings) == marked
    landing.store_index(DAY, settings, b"index", NOON)
    assert landing.read_holiday(DAY, settings) is None


def outcome(**values: object) -> dict[str, object]:
    columns = {name: None for name, _ in LEDGER_TABLES["fetch_outcomes"] if name != "_loaded_at"}
    return {**columns, "_partition": "2025-06-04", "fetched_at": NOON, **values}


def test_outcomes_have_the_columns_of_raw_and_a_cut_last_line_is_skipped(settings: Settings) -> None:
    log = landing.OutcomeLog(settings)
    log.append(outcome(kind="filing", outcome="fetched", error='a "quote"\nand a line'))
    log.append(outcome(kind="index", fetched_at=NOON - timedelta(hours=1)))
    path = next((settings.landing_dir / "outcomes/2025-06-04").glob("*.jsonl"))
    path.write_bytes(path.read_bytes() + b'{"kind": "fil')
    rows = landing.read_outcomes("2025-06-04", settings)
    assert [row["kind"] for row in rows] == ["index", "filing"]
    assert tuple(rows[0]) == landing.OUTCOME_COLUMNS
    assert rows[1]["fetched_at"] == "2025-06-05T12:00:00.123456+00:00"


def test_quarterly_versions_are_told_apart_and_the_last_one_is_current(settings: Settings) -> None:
    def store(content: bytes, hours: int) -> landing.QuarterlyZip:
        return landing.store_quarterly_zip(
            "2024q3",
            settings,
            content,
            url="http://x",
            fetched_at=NOON + timedelta(hours=hours),
            headers={"etag": '"e"'},
            is_simulated=False,
        )

    first, second = store(b"PK one", 0), store(b"PK two", 1)
    assert landing.quarterly_zips("2024q3", settings) == [first, second]
    assert first.path.read_bytes() == b"PK one"
    assert (first.etag, first.last_modified, first.byte_count) == ('"e"', None, 6)
    again = store(b"PK one", 2)
    assert again == replace(first, fetched_at=NOON + timedelta(hours=2))
    assert landing.quarterly_zips("2024q3", settings) == [second, again]


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "folder"
    target.mkdir()
    (target / "inside").write_bytes(b"")
    with pytest.raises(OSError, match="folder"):
        landing.write_atomically(target, b"a folder cannot be replaced by a file")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
