"""A landed day into Parquet: whole or not at all, once, in flat memory, and whatever a single filing holds."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pyarrow.parquet as pq
import pytest

from extract import landing
from extract.ownership import PARSER_VERSION, QuarantinedFiling
from extract.parse_day import TABLES, _parse_landed, parse_filing_day, parsed_dir, read_parsed_day
from tests.conftest import REPOSITORY
from tests.extract.filings import ACCESSION, document, filing, ownership_xml, submission, xml_document
from warehouse.database import write_connection
from warehouse.errors import SourceDataError
from warehouse.raw_schema import FORM345, file_columns
from warehouse.settings import Settings
from warehouse.writer import replace_partition

if TYPE_CHECKING:
    from collections.abc import Mapping

DAY = date(2024, 5, 1)
FETCHED = datetime(2024, 5, 2, 4, 5, 6, 700, tzinfo=UTC)
HOSTILE = "0001234567-24-000018"
PAPER = "0001234567-24-000019"
INDEX = (
    "Description:           Daily Index of EDGAR Dissemination Feed\n \n"
    "CIK|Company Name|Form Type|Date Filed|File Name\n" + "-" * 80 + "\n"
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", lock_dir=tmp_path / "locks")


def index_of(*accessions: str, filed: str = "20240501", tail: str = "") -> bytes:
    """An index with two lines per filing, its issuer's and its owner's, and one of another form."""
    lines = [
        f"{cik}|{name}|4|{filed}|edgar/data/{cik}/{accession}.txt\n"
        for accession in accessions
        for cik, name in (("842517", "ACME CORP"), ("1033331", "HASTINGS REED"))
    ]
    lines.append("1|OTHER|424B2|20240501|edgar/data/1/0000000001-24-000001.txt\n")
    return (INDEX + "".join(lines) + tail).encode()


def landed(accession: str, content: bytes, *, is_simulated: bool = False) -> landing.LandedFiling:
    return landing.LandedFiling(
        accession_number=accession,
        form_type="4",
        url=f"http://127.0.0.1/Archives/edgar/data/842517/{accession}.txt",
        fetched_at=FETCHED,
        http_status=200,
        sha256=f"{len(content):064d}",
        byte_count=len(content),
        attempts=1,
        is_simulated=is_simulated,
        content=content,
    )


CONTENTS = {
    ACCESSION: filing(ownership_xml()),
    HOSTILE: submission(xml_document(ownership_xml(declaration="<!DOCTYPE x>")), accession=HOSTILE),
    PAPER: submission(document(b"FORM 4 on paper"), accession=PAPER),
}


def land(settings: Settings, contents: Mapping[str, bytes], index: bytes | None = None, day: date = DAY) -> None:
    landing.store_index(day, settings, index_of(*contents) if index is None else index, FETCHED)
    rows = [landed(accession, content) for accession, content in contents.items()]
    landing.write_filings(landing.filings_path(day, settings), rows)


def log(settings: Settings, **changes: Any) -> None:
    row = {
        "kind": "filing",
        "accession_number": ACCESSION,
        "url": "http://127.0.0.1/x",
        "outcome": "fetched",
        "http_status": 200,
        "byte_count": 7,
        "sha256": "0" * 64,
        "attempts": 1,
        "elapsed_ms": 12,
        "error": None,
        "is_simulated": False,
        "fetched_at": FETCHED,
        "_partition": DAY.isoformat(),
    }
    landing.OutcomeLog(settings).append(row | changes)


def rows_of(settings: Settings, table: str, day: date = DAY) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(parsed_dir(day, settings) / f"{table}.parquet").to_pylist()
    return found


def contents_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_every_table_is_written_with_the_writers_columns(settings: Settings) -> None:
    land(settings, CONTENTS)
    day = parse_filing_day(DAY, settings)
    assert set(day.tables) == set(TABLES) == {path.stem for path in day.folder.glob("*.parquet")}
    for table, path in day.tables.items():
        schema = pq.read_schema(path)
        assert schema.names == [name for name, _ in file_columns(table)]
        if table in FORM345:
            assert {str(kind) for kind in schema.types} == {"string"}
        assert pq.read_metadata(path).num_rows == day.row_counts[table]


def test_a_filing_that_cannot_be_read_is_quarantined_and_the_day_goes_on(settings: Settings) -> None:
    land(settings, CONTENTS)
    day = parse_filing_day(DAY, settings)
    assert day.filing_count == 3
    assert day.quarantine_counts == {"xml_hostile": 1, "no_ownership_document": 1}
    assert [row["accession_number"] for row in rows_of(settings, "submission")] == [ACCESSION]
    assert rows_of(settings, "nonderiv_trans")[0]["trans_shares"] == "275.634"
    hostile, paper = rows_of(settings, "quarantine")
    assert (hostile["accession_number"], paper["accession_number"]) == (HOSTILE, PAPER)
    assert hostile["byte_count"] == len(CONTENTS[HOSTILE])
    assert "DOCTYPE" in hostile["reason"]


def test_a_fault_of_our_parser_costs_one_filing_not_the_day() -> None:
    """What parse_filing does not expect (here: bytes of another type) becomes a quarantine row as well."""
    odd = replace(landed(ACCESSION, CONTENTS[ACCESSION]), content=cast("bytes", memoryview(CONTENTS[ACCESSION])))
    result = _parse_landed(odd, DAY)
    assert isinstance(result, QuarantinedFiling)
    assert result.reason_code == "parser_error"
    assert "AttributeError" in result.reason


def test_index_lines_of_every_version_and_what_could_not_be_read(settings: Settings) -> None:
    land(settings, CONTENTS)
    smaller = index_of(ACCESSION, tail="no line at all\nnor this\n")
    landing.store_index(DAY, settings, smaller, datetime(2024, 5, 4, 12, tzinfo=UTC))
    parse_filing_day(DAY, settings)
    lines = rows_of(settings, "filing_index")
    assert [(line["_index_version"], line["line_number"], line["cik"]) for line in lines] == [
        *((1, 5 + number, cik) for number, cik in enumerate(("842517", "1033331") * 3)),
        (2, 5, "842517"),
        (2, 6, "1033331"),
    ]
    first, second = rows_of(settings, "filing_index_files")
    assert (first["status"], first["_index_version"], first["line_count"], first["ownership_line_count"]) == (
        "published",
        1,
        7,
        6,
    )
    assert first["fetched_at"] == FETCHED.replace(tzinfo=None)
    assert (second["_index_version"], second["line_count"], second["unreadable_line_count"]) == (2, 3, 2)
    assert second["unreadable_lines"] == "no line at all\nnor this"
    assert second["byte_count"] == len(smaller)


def test_the_filing_date_is_the_one_the_index_gives(settings: Settings) -> None:
    """A day's index may list older dates."""
    land(settings, {ACCESSION: CONTENTS[ACCESSION]}, index_of(ACCESSION, filed="20240430"))
    parse_filing_day(DAY, settings)
    assert rows_of(settings, "submission")[0]["filing_date"] == "2024-04-30"


def test_every_fetch_becomes_a_row(settings: Settings) -> None:
    land(settings, CONTENTS)
    index_hash = landing.index_versions(DAY, settings)[0].sha256
    log(settings, kind="index", accession_number=None, url="http://127.0.0.1/master.idx", sha256=index_hash)
    log(settings, accession_number=PAPER, outcome="failed", http_status=None, sha256=None, error="reset by peer")
    parse_filing_day(DAY, settings)
    assert [(row["kind"], row["outcome"], row["error"]) for row in rows_of(settings, "fetch_outcomes")] == [
        ("index", "fetched", None),
        ("filing", "failed", "reset by peer"),
    ]
    assert rows_of(settings, "filing_index_files")[0]["url"] == "http://127.0.0.1/master.idx"


def test_a_holiday_is_one_row(settings: Settings) -> None:
    holiday = date(2024, 5, 27)
    landing.mark_holiday(
        holiday,
        settings,
        url="http://127.0.0.1/master.20240527.idx",
        http_status=403,
        reason="Memorial Day",
        listing=b"{}",
        is_simulated=True,
        decided_at=FETCHED,
    )
    day = parse_filing_day(holiday, settings)
    assert day.is_simulated
    assert {table: count for table, count in day.row_counts.items() if count} == {"filing_index_files": 1}
    row = rows_of(settings, "filing_index_files", holiday)[0]
    assert (row["status"], row["url"]) == ("holiday", "http://127.0.0.1/master.20240527.idx")


def test_a_weekend_gives_empty_files_and_a_day_never_fetched_an_error(settings: Settings) -> None:
    assert not any(parse_filing_day(date(2024, 5, 4), settings).row_counts.values())
    with pytest.raises(SourceDataError, match="fetch the filing day first"):
        parse_filing_day(date(2024, 5, 3), settings)
    assert read_parsed_day(date(2024, 5, 3), settings) is None


# -------------------------------------------------------------------------------------------------- once, or not at all


def test_parsing_again_changes_nothing(settings: Settings) -> None:
    land(settings, CONTENTS)
    first = parse_filing_day(DAY, settings)
    before = {path.name: path.stat().st_mtime_ns for path in first.folder.iterdir()}
    second = parse_filing_day(DAY, settings)
    assert (first.is_skipped, second.is_skipped) == (False, True)
    assert replace(second, is_skipped=False) == first == read_parsed_day(DAY, settings)
    assert {path.name: path.stat().st_mtime_ns for path in first.folder.iterdir()} == before


def test_the_same_bytes_give_the_same_files(settings: Settings, tmp_path: Path) -> None:
    other = replace(settings, data_dir=tmp_path / "elsewhere")
    for place in (settings, other):
        land(place, CONTENTS)
        parse_filing_day(DAY, place)
    assert contents_of(parsed_dir(DAY, settings)) == contents_of(parsed_dir(DAY, other))


def test_asking_for_the_index_again_is_no_reason_to_parse_again(settings: Settings) -> None:
    land(settings, CONTENTS)
    parse_filing_day(DAY, settings)
    log(settings, kind="index", accession_number=None, outcome="unchanged")
    assert parse_filing_day(DAY, settings).is_skipped


@pytest.mark.parametrize("change", ["filing", "index", "fetch", "version", "file", "notes"])
def test_whatever_changes_what_the_rows_say_is(settings: Settings, change: str) -> None:
    land(settings, CONTENTS)
    folder = parse_filing_day(DAY, settings).folder
    if change == "filing":
        land(settings, CONTENTS | {PAPER: CONTENTS[PAPER] + b" "})
    elif change == "index":
        landing.store_index(DAY, settings, index_of(ACCESSION), datetime(2024, 5, 4, tzinfo=UTC))
    elif change == "fetch":
        log(settings, outcome="not_found", http_status=403)
    elif change == "version":
        notes = json.loads((folder / "parsed.json").read_bytes())
        assert notes["parser_version"] == PARSER_VERSION
        (folder / "parsed.json").write_text(json.dumps(notes | {"parser_version": "0"}))
    elif change == "notes":
        (folder / "parsed.json").write_text('{"parser_')
    else:
        (folder / "footnotes.parquet").unlink()
    assert not parse_filing_day(DAY, settings).is_skipped
    assert parse_filing_day(DAY, settings).is_skipped


def test_a_failure_leaves_what_was_there_and_nothing_else(settings: Settings) -> None:
    land(settings, CONTENTS)
    folder = parse_filing_day(DAY, settings).folder
    before = contents_of(folder)
    landing.store_index(DAY, settings, b"<html>no index</html>", datetime(2024, 5, 4, tzinfo=UTC))
    with pytest.raises(SourceDataError, match="not an EDGAR index"):
        parse_filing_day(DAY, settings)
    assert contents_of(folder) == before
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_what_a_killed_run_left_is_swept_away(settings: Settings) -> None:
    land(settings, CONTENTS)
    folder = parsed_dir(DAY, settings)
    for name in (f".{DAY}.99999.new", f".{DAY}.99999.old"):
        (folder.parent / name).mkdir(parents=True)
        (folder.parent / name / "submission.parquet").write_bytes(b"half")
    parse_filing_day(DAY, settings)
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_simulated_and_real_filings_are_not_mixed(settings: Settings) -> None:
    landing.store_index(DAY, settings, index_of(ACCESSION, HOSTILE), FETCHED)
    rows = [landed(ACCESSION, CONTENTS[ACCESSION]), landed(HOSTILE, CONTENTS[HOSTILE], is_simulated=True)]
    landing.write_filings(landing.filings_path(DAY, settings), rows)
    with pytest.raises(SourceDataError, match="mixes simulated and real"):
        parse_filing_day(DAY, settings)


def test_the_writer_takes_the_files(settings: Settings) -> None:
    land(settings, CONTENTS)
    log(settings)
    day = parse_filing_day(DAY, settings)
    with write_connection(settings) as connection:
        loaded = replace_partition(
            connection,
            road="daily",
            partition=DAY.isoformat(),
            tables=day.tables,
            source_sha256=day.source_sha256,
            parser_version=day.parser_version,
            is_simulated=day.is_simulated,
        )
        codes = connection.execute("select trans_code, trans_pricepershare_fn from raw.nonderiv_trans").fetchall()
    assert loaded.row_counts == day.row_counts
    assert codes == [("P", "F1")]


FLAT = """
import resource, sys
from datetime import date, datetime, UTC
from pathlib import Path
from extract.parse_day import parse_filing_day
from tests.extract.filings import TRANSACTION, ownership_xml, submission, xml_document
from tests.extract.test_parse_day import land
from warehouse.settings import Settings
settings = Settings(data_dir=Path(sys.argv[1]), lock_dir=Path(sys.argv[1]))
xml = ownership_xml(non_derivative=TRANSACTION * 20)
for day, count in ((date(2024, 5, 1), 1000), (date(2024, 5, 2), 5000)):
    names = [f"0001234567-24-{number:06d}" for number in range(count)]
    land(settings, {name: submission(xml_document(xml), accession=name) for name in names}, day=day)
sys.stdout.flush()
"""
MEASURE = """
import resource, sys
from datetime import date
from pathlib import Path
from extract.parse_day import parse_filing_day
from warehouse.settings import Settings
settings = Settings(data_dir=Path(sys.argv[1]), lock_dir=Path(sys.argv[1]))
for day in (date(2024, 5, 1), date(2024, 5, 2)):
    parsed = parse_filing_day(day, settings)
    print(parsed.filing_count, parsed.row_counts["nonderiv_trans"], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_memory_does_not_grow_with_the_day(tmp_path: Path) -> None:
    """5,000 filings need no more than 1,000 do; landed and parsed in processes of their own."""
    subprocess.run([sys.executable, "-c", FLAT, tmp_path], cwd=REPOSITORY, check=True)
    run = subprocess.run(
        [sys.executable, "-c", MEASURE, tmp_path], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    (few, _, few_kb), (many, rows, many_kb) = (map(int, line.split()) for line in run.stdout.splitlines())
    assert (few, many, rows) == (1000, 5000, 100_000)
    assert many_kb - few_kb < 40 * 1024


# ----------------------------------------------------------------------------------------------------------- real days


@pytest.mark.real
def test_the_busiest_real_days_add_up(settings: Settings, real_data: Path) -> None:
    """From the mirrored index and submissions of a day to files: every accession listed is a submission row."""
    by_day: dict[date, list[dict[str, str]]] = defaultdict(list)
    with (real_data / "manifest_filings.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            by_day[date.fromisoformat(row["filed_date"])].append(row)
    busiest = sorted(by_day, key=lambda day: len(by_day[day]), reverse=True)[:8]
    for day in busiest:
        quarter = real_data / f"edgar/Archives/edgar/daily-index/{day.year}/QTR{(day.month + 2) // 3}"
        index = (quarter / f"master.{day:%Y%m%d}.idx").read_bytes()
        contents = {row["accession"]: (real_data / row["path"]).read_bytes() for row in by_day[day]}
        land(settings, contents, index, day)
        parsed = parse_filing_day(day, settings)
        listed = {Path(line["file_name"]).stem for line in rows_of(settings, "filing_index", day)}
        assert listed == {row["accession_number"] for row in rows_of(settings, "submission", day)} == set(contents)
        assert parsed.quarantine_counts == parsed.notices == {}
        for table in ("nonderiv_trans", "deriv_trans"):
            assert parsed.row_counts[table] == sum(int(row[f"n_{table}"]) for row in by_day[day])
