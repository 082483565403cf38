"""Build a real warehouse from a static EDGAR mirror or from hand-made rows, without a network, and run dbt on it."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from extract import landing
from extract.daily_index import parse_master_index
from extract.parse_day import parse_filing_day
from extract.quarterly_zip import unpack_zip
from tests.conftest import REPOSITORY
from warehouse.database import write_connection
from warehouse.raw_schema import FORM345, LEDGER_TABLES
from warehouse.writer import replace_partition

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from warehouse.settings import Settings

DBT = REPOSITORY / "dbt_project"
FETCHED_AT = datetime(2026, 1, 20, 5, 0, tzinfo=UTC)


def run_dbt(data_dir: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run dbt on a data directory and say what failed, in dbt's own words.

    Raises:
        AssertionError: dbt ended with an error.
    """
    environment = os.environ | {
        "DATA_DIR": str(data_dir),
        "DBT_TARGET_PATH": str(data_dir / "dbt" / "target"),
        "DBT_LOG_PATH": str(data_dir / "dbt" / "logs"),
    }
    data_dir.mkdir(parents=True, exist_ok=True)
    result = subprocess.run(
        [
            str(Path(sys.executable).with_name("dbt")),
            "--no-use-colors",
            *arguments,
            "--project-dir",
            str(DBT),
            "--profiles-dir",
            str(DBT),
        ],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, f"dbt {' '.join(arguments)}\n{result.stdout[-6000:]}\n{result.stderr[-2000:]}"
    return result


def land_mirror(root: Path, settings: Settings) -> tuple[list[date], list[str]]:
    """Put everything of a simulated mirror into the landing zone, later index versions too.

    Returns:
        The filing days and the quarters that are there.
    """
    days = []
    for path in sorted(root.glob("Archives/edgar/daily-index/*/QTR*/master.*.idx")):
        day = datetime.strptime(path.name.split(".")[1], "%Y%m%d").replace(tzinfo=UTC).date()
        days.append(day)
        landing.store_index(day, settings, path.read_bytes(), FETCHED_AT)
        for number, version in enumerate(sorted((root / "_versions").glob("*")), start=1):
            later = version / path.relative_to(root)
            if later.is_file():
                landing.store_index(day, settings, later.read_bytes(), FETCHED_AT + timedelta(days=number))
        listed = {
            line.accession_number: line
            for version in landing.index_versions(day, settings)
            for line in parse_master_index(version.path.read_bytes()).ownership_lines
        }
        landing.write_filings(
            landing.filings_path(day, settings),
            (_landed(root, line.file_name, line.form_type, accession) for accession, line in sorted(listed.items())),
        )
    return days, [path.name.split("_")[0] for path in sorted(root.rglob("*_form345.zip"))]


def _landed(root: Path, file_name: str, form_type: str, accession: str) -> landing.LandedFiling:
    content = (root / "Archives" / file_name).read_bytes()
    return landing.LandedFiling(
        accession_number=accession,
        form_type=form_type,
        url=f"https://www.sec.gov/Archives/{file_name}",
        fetched_at=FETCHED_AT,
        http_status=200,
        sha256=hashlib.sha256(content).hexdigest(),
        byte_count=len(content),
        attempts=1,
        is_simulated=True,
        content=content,
    )


def load_mirror(root: Path, settings: Settings) -> None:
    """Land, parse and load a whole simulated mirror."""
    days, quarters = land_mirror(root, settings)
    with write_connection(settings) as connection:
        for day in days:
            parsed = parse_filing_day(day, settings)
            replace_partition(
                connection,
                road="daily",
                partition=day.isoformat(),
                tables=parsed.tables,
                source_sha256=parsed.source_sha256,
                parser_version=parsed.parser_version,
                is_simulated=True,
            )
        for quarter in quarters:
            (path,) = root.rglob(f"{quarter}_form345.zip")
            replace_partition(
                connection,
                road="quarterly",
                partition=quarter,
                tables=unpack_zip(path, settings.parsed_dir / "quarterly" / quarter),
                source_sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
                parser_version="1",
                is_simulated=True,
            )


def load_rows(settings: Settings, rows: Iterable[tuple[str, str, str, Sequence[Mapping[str, Any]]]]) -> None:
    """Load hand-made rows through the warehouse's own writer.

    Args:
        settings: Where the warehouse is.
        rows: (road, partition, table, rows), rows as column to value; columns left out are null.
    """
    partitions: dict[tuple[str, str], dict[str, list[Mapping[str, Any]]]] = {}
    for road, partition, table, values in rows:
        partitions.setdefault((road, partition), {}).setdefault(table, []).extend(values)
    with write_connection(settings) as connection:
        for (road, partition), tables in partitions.items():
            folder = settings.parsed_dir / road / partition
            folder.mkdir(parents=True, exist_ok=True)
            written = {table: _write_parquet(folder, table, tables.get(table, ())) for table in _tables(road)}
            replace_partition(
                connection,
                road=road,
                partition=partition,
                tables=written,
                source_sha256=hashlib.sha256(json.dumps(tables, default=str).encode()).hexdigest(),
                parser_version="1",
                is_simulated=True,
            )


def _tables(road: str) -> list[str]:
    daily = ["filing_index", "filing_index_files", "fetch_outcomes", "quarantine"]
    return [*FORM345, *(daily if road == "daily" else [])]


def _write_parquet(folder: Path, table: str, rows: Iterable[Mapping[str, Any]]) -> Path:
    columns = (
        [(name, "VARCHAR") for name in FORM345[table].value_columns]
        if table in FORM345
        else [column for column in LEDGER_TABLES[table] if column[0] == "_index_version" or column[0][0] != "_"]
    )
    path = folder / f"{table}.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"create table rows ({', '.join(f'{name} {kind}' for name, kind in columns)})")
        values = [[row.get(name) for name, _ in columns] for row in rows]
        if values:
            connection.executemany(f"insert into rows values ({', '.join('?' * len(columns))})", values)  # noqa: S608
        connection.execute(f"copy rows to '{path}' (format parquet)")
    return path


def read_csv(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file with a header."""
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
