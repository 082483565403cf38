"""Every real quarterly set beside the checkout goes through the loading step and its gate into raw, as it is."""

from __future__ import annotations

import csv
import io
import zipfile
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from extract import landing
from extract.quarterly_fetch import FOLDERS
from ops import steps
from warehouse.database import read_connection
from warehouse.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.real, pytest.mark.e2e]

# What stands in the sets, to the letter: prices that are numbers of shares, totals, and a typing error.
WILD = {
    ("0000905148-25-003613", "15-OCT-2025", "15000000.0", "15000000.0"),
    ("0000905148-25-003613", "15-OCT-2025", "10000000.0", "10000000.0"),
    ("0000316011-25-000073", "14-NOV-2025", "55908.0", "1031414.0"),
    ("0000316011-25-000073", "14-NOV-2025", "17567.0", "1032319.0"),
    ("0000316011-25-000073", "14-NOV-2025", "103871.0", "1030.312"),
    ("0000316011-25-000073", "14-NOV-2025", "949.0", "1033.155"),
    ("0000000000-05-002568", "22-APR-2005", "384932.0", "40000000.0"),
}


@pytest.fixture(scope="module")
def zips(real_data: Path) -> dict[str, Path]:
    folder = real_data / "edgar" / FOLDERS[0].lstrip("/")
    return {path.name.split("_")[0]: path for path in sorted(folder.glob("*_form345.zip"))}


@pytest.fixture(scope="module")
def loaded(zips: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """All sets in the landing zone and, through their gates, in raw."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("real-quarters"))
    for quarter, path in zips.items():
        landing.store_quarterly_zip(
            quarter,
            settings,
            path.read_bytes(),
            url=f"{settings.sec_www_url}{FOLDERS[0]}/{path.name}",
            fetched_at=datetime(2026, 8, 22, tzinfo=UTC),
            headers={},
            is_simulated=False,
        )
    assert len(steps.load_quarters(landing.landed_quarters(settings), settings)) == len(zips)
    return settings


def fetch(settings: Settings, sql: str) -> list[tuple[Any, ...]]:
    with read_connection(settings.warehouse_path) as connection:
        return connection.execute(sql).fetchall()


def test_purchases_and_sales_of_every_quarter_equal_an_independent_count(
    zips: dict[str, Path], loaded: Settings
) -> None:
    counted: Counter[tuple[str, str]] = Counter()
    for quarter, path in zips.items():
        with zipfile.ZipFile(path) as archive, archive.open("NONDERIV_TRANS.tsv") as member:
            lines = io.TextIOWrapper(member, encoding="utf-8", newline="")
            for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
                if row["TRANS_CODE"] in {"P", "S"}:
                    counted[quarter, row["TRANS_CODE"]] += 1
    assert len(zips) == 39
    assert len(counted) == 2 * 39
    found = fetch(
        loaded,
        "select _partition, trans_code, count(*) from raw.nonderiv_trans where trans_code in ('P', 'S') group by all",
    )
    assert {(quarter, code): count for quarter, code, count in found} == counted


def test_every_line_of_every_table_arrives(zips: dict[str, Path], loaded: Settings) -> None:
    expected: dict[tuple[str, str], int] = {}
    for quarter, path in zips.items():
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if name.endswith(".tsv"):
                    expected[quarter, name.removesuffix(".tsv").lower()] = archive.read(name).count(b"\n") - 1
    found = fetch(
        loaded, "select _partition, table_name, row_count from raw.loads where table_name <> 'fetch_outcomes'"
    )
    assert {(quarter, table): count for quarter, table, count in found} == expected


def test_wild_values_arrive_untouched(loaded: Settings) -> None:
    accessions = sorted({accession for accession, *_ in WILD})
    found = fetch(
        loaded,
        "select accession_number, trans_date, trans_shares, trans_pricepershare from raw.nonderiv_trans "  # noqa: S608
        f"where accession_number in ({', '.join(map(repr, accessions))})",
    )
    assert set(found) == WILD
