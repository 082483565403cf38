"""What issuer records change in the marts, and what they never do: a real fetch zone, a real warehouse, real dbt."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from extract.issuer_records import Checked, mark_checked, store_record
from extract.quarterly_zip import unpack_zip
from ops import steps
from simulator.build import build_world
from tests.dbt.warehouse_of import load_mirror, run_dbt
from warehouse.database import write_connection
from warehouse.settings import Settings
from warehouse.writer import replace_partition

if TYPE_CHECKING:
    from pathlib import Path

# After the last header of the small world: what was fetched before a header would be the first SIC learned.
FETCHED_AT = datetime(2026, 1, 18, 11, 0, tzinfo=UTC)
HASTINGS = "0001033331"
MODELS = ("run", "--select", "+dim_issuers")


def land_records(folder: Path, settings: Settings, *, is_simulated: bool) -> dict[str, dict[str, Any]]:
    """Put every submissions JSON of a mirror into the landing zone, people's too; the JSON by CIK."""
    records = {}
    for path in sorted((folder / "submissions").glob("CIK*.json")):
        cik, content = path.stem.removeprefix("CIK"), path.read_bytes()
        records[cik] = json.loads(content)
        outcome = store_record(cik, settings, content, FETCHED_AT)
        url = f"https://data.sec.gov/submissions/{path.name}"
        mark_checked(cik, settings, Checked(url, FETCHED_AT, outcome, None, None, is_simulated))
    return records


def query(settings: Settings, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        return connection.execute(sql).fetchall()


SICS = "select accession_number, issuer_cik, sic_code, sic_source, sic_known_from from intermediate.int_filings"


@dataclass(frozen=True)
class Learned:
    """A warehouse to which records came late: SICs by accession number before and after, and the records."""

    settings: Settings
    records: dict[str, dict[str, Any]]
    before: dict[str, tuple[Any, ...]]
    after: dict[str, tuple[Any, ...]]


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Learned:
    """A small simulated world with its planted cases: three quarters, then a few filing days with headers."""
    root = tmp_path_factory.mktemp("issuers")
    build_world(
        root / "mirror",
        seed=7,
        start=date(2025, 4, 1),
        through=date(2026, 1, 16),
        daily_from=date(2025, 12, 22),
        issuers=40,
        filings_per_issuer=4.0,
    )
    settings = Settings(data_dir=root / "data")
    load_mirror(root / "mirror", settings)
    run_dbt(settings.data_dir, "seed")
    run_dbt(settings.data_dir, *MODELS)
    before = {row[0]: row[1:] for row in query(settings, SICS)}
    records = land_records(root / "mirror", settings, is_simulated=True)
    steps.load_issuers(settings)
    run_dbt(settings.data_dir, *MODELS)
    return Learned(settings, records, before, {row[0]: row[1:] for row in query(settings, SICS)})


def test_records_fill_what_no_header_tells_and_overwrite_no_header(learned: Learned) -> None:
    before, after, records = learned.before, learned.after, learned.records
    assert after.keys() == before.keys()
    known = {accession for accession, row in before.items() if row[2] != "none"}
    assert {accession: after[accession] for accession in known} == {each: before[each] for each in known}
    # Headers of the day say otherwise than today's list, and stay: a shell before its merger, a company recoded since.
    assert any(before[each][1] not in (None, records[before[each][0]]["sic"]) for each in known)
    filled = {accession: row for accession, row in after.items() if accession not in known and row[2] != "none"}
    assert len({cik for cik, *_ in filled.values()}) > 5
    for cik, sic, source, known_from in filled.values():
        assert (sic, source, known_from) == (records[cik]["sic"], "latest_known", FETCHED_AT.date())
    for cik, sic, source, known_from in (row for row in after.values() if row[2] == "none"):
        assert (sic, source, known_from, records[cik]["sic"]) == (None, "none", None, "")


def test_a_record_makes_nobody_an_issuer(learned: Learned) -> None:
    settings, records = learned.settings, learned.records
    people = {cik for cik, record in records.items() if record["sic"] and record["entityType"] == "other"}
    loaded = {cik for (cik,) in query(settings, "select cik from staging.stg_sec__issuer_records")}
    assert people
    assert people <= loaded == records.keys()
    named = {cik for (cik,) in query(settings, "select distinct issuer_cik from staging.stg_sec__submissions")}
    issuers = {cik for (cik,) in query(settings, "select issuer_cik from marts.dim_issuers")}
    with_sic = {cik for (cik,) in query(settings, "select issuer_cik from intermediate.int_issuer_sics")}
    assert not people & (issuers | with_sic)
    assert with_sic <= named
    assert issuers <= named


def test_tickers_exchanges_and_former_names_are_the_newest_record_s(learned: Learned) -> None:
    columns = "issuer_cik, tickers, exchanges, former_names, record_fetched_at"
    issuers = query(learned.settings, f"select {columns} from marts.dim_issuers")  # noqa: S608 - names of ours
    for cik, tickers, exchanges, former_names, fetched_at in issuers:
        record = learned.records[cik]
        assert tickers == (",".join(record["tickers"]) or None)
        assert exchanges == (",".join(record["exchanges"]) or None)
        assert former_names == ("; ".join(former["name"] for former in record["formerNames"]) or None)
        assert fetched_at == FETCHED_AT.replace(tzinfo=None)
    assert any(former_names for *_, former_names, _ in issuers)


def test_hastings_is_no_issuer_and_real_records_tell_the_sic_of_an_old_quarter(real_data: Path, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    quarter = "2010q1"
    (path,) = (real_data / "edgar").rglob(f"{quarter}_form345.zip")
    with write_connection(settings) as connection:
        replace_partition(
            connection,
            road="quarterly",
            partition=quarter,
            tables=unpack_zip(path, settings.parsed_dir / "quarterly" / quarter),
            source_sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
            parser_version="1",
            is_simulated=False,
        )
    records = land_records(real_data / "edgar", settings, is_simulated=False)
    assert records[HASTINGS]["sic"] == "7372"
    steps.load_issuers(settings)
    run_dbt(tmp_path, "seed")
    run_dbt(tmp_path, *MODELS)
    assert (HASTINGS, "7372") in query(settings, "select cik, sic_code from staging.stg_sec__issuer_records")
    assert (HASTINGS,) not in query(settings, "select issuer_cik from marts.dim_issuers")
    assert (HASTINGS,) not in query(settings, "select issuer_cik from intermediate.int_issuer_sics")
    issuers = query(settings, "select issuer_cik, sic_code, sic_source, sic_known_from from marts.dim_issuers")
    assert len(issuers) > 300
    for cik, sic, source, known_from in issuers:
        expected = records.get(cik, {}).get("sic") or None
        told = (expected, "latest_known", FETCHED_AT.date()) if expected else (None, "none", None)
        assert (sic, source, known_from) == told
    assert sum(source == "latest_known" for _, _, source, _ in issuers) / len(issuers) > 0.9
