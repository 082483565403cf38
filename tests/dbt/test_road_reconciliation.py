"""The two roads, compared filing by filing: in the simulated world they agree, and a planted difference is found."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from datetime import date
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from extract.quarterly_zip import unpack_zip
from simulator.build import build_world
from tests.dbt.warehouse_of import load_mirror, run_dbt
from warehouse.database import write_connection
from warehouse.settings import Settings
from warehouse.writer import replace_partition

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MODELS = ("+int_index_accessions", "+fct_road_reconciliation")
DAYS = ("2024-06-26", "2024-06-27", "2024-06-28", "2024-07-01", "2024-07-02")


@pytest.fixture(scope="module")
def two_roads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory: one quarterly set, its last three filing days also by the daily road, and two days more."""
    root = tmp_path_factory.mktemp("two-roads")
    build_world(
        root / "mirror",
        start=date(2024, 4, 1),
        through=date.fromisoformat(DAYS[-1]),
        daily_from=date.fromisoformat(DAYS[0]),
        issuers=100,
        with_cases=False,
    )
    load_mirror(root / "mirror", Settings(data_dir=root / "data"))
    run_dbt(root / "data", "build", "--exclude-resource-type", "unit_test", "--select", *MODELS)
    return root


def rows(data_dir: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(data_dir / "warehouse.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_both_roads_agree_to_the_last_digit(two_roads: Path) -> None:
    found = rows(
        two_roads / "data",
        "select agreement, reason_code, difference, count(*) from marts.fct_road_reconciliation group by all",
    )
    counts = {(agreement, reason): count for agreement, reason, difference, count in found if difference is None}
    assert len(counts) == len(found), found
    assert set(counts) == {
        ("agree", None),
        ("only_daily", "quarter_edge"),
        ("only_quarterly", "before_daily_road"),
    }
    assert counts["agree", None] > 20


def test_every_filing_of_the_covered_span_has_its_row(two_roads: Path) -> None:
    """Counted in raw: the whole set of the quarter, and what the daily road holds of its days besides."""
    assert rows(
        two_roads / "data",
        """
        select count(distinct accession_number) from raw.submission
        where _partition = '2024q2' or _partition between '2024-04-01' and '2024-06-28'
        """,
    ) == rows(two_roads / "data", "select count(*) from marts.fct_road_reconciliation")


def test_the_evening_of_the_quarters_last_day_is_explained(two_roads: Path) -> None:
    edges = rows(
        two_roads / "data",
        """
        select filings.filing_date, filings.acceptance_datetime[9:]
        from marts.fct_road_reconciliation as compared
        inner join raw.submission as filings using (accession_number)
        where compared.reason_code = 'quarter_edge' and compared.is_explained
        """,
    )
    assert edges
    assert {day for day, _ in edges} == {"2024-06-28"}
    assert all(str(accepted) > "173000" for _, accepted in edges)


def change_shares(table: Path, accession: str) -> None:
    """Ten shares more in the filing's first line."""
    lines = table.read_text(encoding="utf-8").split("\n")
    header = lines[0].split("\t")
    number = next(n for n, line in enumerate(lines) if line.startswith(f"{accession}\t"))
    fields = lines[number].split("\t")
    shares = header.index("TRANS_SHARES")
    fields[shares] = str(float(fields[shares]) + 10)
    lines[number] = "\t".join(fields)
    table.write_text("\n".join(lines), encoding="utf-8")


def drop_filing(table: Path, accession: str) -> None:
    """The filing's rows are gone."""
    lines = table.read_text(encoding="utf-8").split("\n")
    table.write_text("\n".join(line for line in lines if not line.startswith(f"{accession}\t")), encoding="utf-8")


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (change_shares, ("differs", "share_count", None, False)),
        (drop_filing, ("only_daily", None, "missing_on_quarterly", False)),
    ],
)
def test_a_planted_difference_is_found_and_nothing_else(
    two_roads: Path,
    tmp_path: Path,
    spoil: Callable[[Path, str], None],
    expected: tuple[object, ...],
) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    settings.data_dir.mkdir()
    shutil.copy(two_roads / "data" / "warehouse.duckdb", settings.warehouse_path)
    ((accession,),) = rows(
        settings.data_dir,
        """
        select min(accession_number) from marts.fct_road_reconciliation
        where agreement = 'agree' and daily_open_market_usd > 0 and daily_derivative_line_count = 0
        """,
    )
    (zip_path,) = (two_roads / "mirror").rglob("2024q2_form345.zip")
    assert zipfile.is_zipfile(zip_path)
    tables = unpack_zip(zip_path, tmp_path / "2024q2")
    for name, path in tables.items():
        if spoil is drop_filing or name == "nonderiv_trans":
            spoil(path, str(accession))
    with write_connection(settings) as connection:
        replace_partition(
            connection,
            road="quarterly",
            partition="2024q2",
            tables=tables,
            source_sha256=hashlib.sha256(b"spoilt").hexdigest(),
            parser_version="1",
            is_simulated=True,
        )
    run_dbt(settings.data_dir, "run", "--select", "fct_road_reconciliation")

    assert rows(
        settings.data_dir,
        "select accession_number, agreement, difference, reason_code, is_explained "
        "from marts.fct_road_reconciliation where not is_explained",
    ) == [(accession, *expected)]


def test_history_by_one_road_alone_is_not_compared(two_roads: Path, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    settings.data_dir.mkdir()
    shutil.copy(two_roads / "data" / "warehouse.duckdb", settings.warehouse_path)
    with write_connection(settings) as connection:
        connection.execute("delete from raw.submission where _road = 'daily' and _partition < '2024-07-01'")
        connection.execute("delete from raw.loads where _road = 'daily' and _partition < '2024-07-01'")
    run_dbt(settings.data_dir, "run", "--select", "fct_road_reconciliation")
    assert rows(settings.data_dir, "select count(*) from marts.fct_road_reconciliation") == [(0,)]
