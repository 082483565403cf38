"""A build of what changed gives, row for row, what a build of everything gives: in whatever order things arrive.

A small simulated history with its planted cases (amendments, withdrawn filings, joint reports, wrong prices) arrives in
an order drawn from a fixed seed: filing days, their later indexes, days and quarters loaded anew with other rows, a
quarter both roads hold, issuer records. After each build every table is compared with a full refresh of a copy.
``REPLAY_SEEDS=1,2,3`` replays it in other orders.
"""

from __future__ import annotations

import itertools
import os
import random
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from extract import landing
from extract.parse_day import parse_filing_day
from extract.quarterly_zip import unpack_zip
from simulator.build import build_world
from tests.dbt.warehouse_of import FETCHED_AT, land_mirror, load_rows, run_dbt
from warehouse.builds import begin_build, finish_build
from warehouse.database import write_connection
from warehouse.raw_schema import FORM345, REQUIRED_TABLES, file_columns
from warehouse.settings import Settings
from warehouse.writer import LoadResult, replace_partition

if TYPE_CHECKING:
    from pathlib import Path

SEEDS = [int(seed) for seed in os.environ.get("REPLAY_SEEDS", "11").split(",")]
# What a build had to do, not what came of it.
WORK_LISTS = {"int_changed_filings", "int_changed_issuers", "int_changed_days"}
# Companies of the world, which are known by its quarterly sets alone when their records arrive.
COMPANIES = [f"{9_000_001 + number:010d}" for number in range(12)]
# A director of companies that file nothing else.
DIRECTOR, HERE, THERE, GONE = "0000000077", "0000000501", "0000000502", "0000000503"

Event = Callable[[], object]


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("replay") / "mirror"
    build_world(
        root,
        seed=7,
        start=date(2025, 4, 1),
        through=date(2026, 1, 16),
        daily_from=date(2025, 12, 22),
        issuers=40,
        filings_per_issuer=4.0,
    )
    return root


class History:
    """A warehouse and the things that can happen to it."""

    def __init__(self, mirror: Path, folder: Path) -> None:
        self.mirror = mirror
        self.folder = folder
        self.settings = Settings(data_dir=folder / "data")
        self.days, self.quarters = land_mirror(mirror, self.settings)
        self.loads = 0

    def load_day(self, day: date, *, with_later_index: bool) -> LoadResult:
        """Load a filing day as of its first index, or as the index was rebuilt on the Saturday after."""
        folder = landing.index_versions(day, self.settings)[0].path.parent
        later = sorted((self.mirror / "_versions").glob(f"*/**/master.{day:%Y%m%d}.idx"))
        for version in landing.index_versions(day, self.settings)[1:]:
            version.path.unlink()
        if with_later_index and later:
            landing.store_index(day, self.settings, later[0].read_bytes(), FETCHED_AT + timedelta(days=1))
        assert folder.is_dir()
        parsed = parse_filing_day(day, self.settings)
        return self.replace("daily", day.isoformat(), dict(parsed.tables), parsed.source_sha256)

    def load_quarter(self, quarter: str) -> LoadResult:
        """Load a quarterly set."""
        (path,) = self.mirror.rglob(f"{quarter}_form345.zip")
        folder = self.settings.parsed_dir / "quarterly" / quarter
        return self.replace("quarterly", quarter, dict(unpack_zip(path, folder)), quarter)

    def load_altered(self, road: str, partition: str, leave_out: str, change: str) -> LoadResult:
        """Load a partition anew: some of its filings are gone, others have twice the shares.

        Args:
            road: Its road.
            partition: A partition that is loaded.
            leave_out: Condition on ``raw.submission`` for the filings that are gone.
            change: Condition on ``raw.nonderiv_trans`` for the lines with other shares.
        """
        tables = {}
        with write_connection(self.settings) as connection:
            where = f"_partition = '{partition}'"
            gone = f"(select accession_number from raw.submission where {where} and ({leave_out}))"  # noqa: S608
            for table in REQUIRED_TABLES[road]:
                columns = ", ".join(f'"{name}"' for name, _ in file_columns(table))
                is_left_out = f" and _road = '{road}' and accession_number not in {gone}" if table in FORM345 else ""
                if table == "nonderiv_trans":
                    columns = columns.replace(
                        '"trans_shares",',
                        f"case when {change} then cast(2 * try_cast(trans_shares as double) as varchar) "
                        "else trans_shares end as trans_shares,",
                    )
                path = self.folder / f"altered-{partition}-{table}.parquet"
                connection.execute(f"copy (select {columns} from raw.{table} where {where}{is_left_out}) to '{path}'")  # noqa: S608
                tables[table] = path
        return self.replace(road, partition, tables, f"altered {leave_out} {change}")

    def load_altered_day(self, day: date) -> LoadResult:
        """Load a day, then again without some of its filings and with other shares in others."""
        self.load_day(day, with_later_index=True)
        return self.load_altered(
            "daily", day.isoformat(), "hash(accession_number) % 5 = 0", "hash(accession_number) % 3 = 0"
        )

    def load_records(self, records: dict[str, str]) -> LoadResult:
        """Load issuer records, CIK to SIC, and the results filings they list."""
        path = self.folder / "records.parquet"
        columns = file_columns("issuer_records")
        with duckdb.connect() as connection:
            connection.execute(f"create table records ({', '.join(f'{name} {kind}' for name, kind in columns)})")
            for cik, sic in records.items():
                connection.execute(
                    "insert into records (cik, name, sic, fetched_at, sha256, is_simulated) "
                    "values (?, ?, ?, ?, ?, true)",
                    [cik, f"Company {cik}", sic, datetime(2025, 12, 20, tzinfo=UTC), f"{cik} {sic}"],
                )
            connection.execute(f"copy records to '{path}'")
        # Each company tells its results in the middle of every quarter's second month, as its record lists them.
        listed = self.folder / "issuer_filings.parquet"
        columns = file_columns("issuer_filings")
        with duckdb.connect() as connection:
            connection.execute(f"create table filings ({', '.join(f'{name} {kind}' for name, kind in columns)})")
            for (cik, sic), month in itertools.product(records.items(), ("2024-11", "2025-02", "2025-05", "2025-08")):
                connection.execute(
                    "insert into filings (cik, accession_number, form_type, filing_date, items, fetched_at, sha256, "
                    "is_simulated) values (?, ?, '8-K', ?, '2.02', ?, ?, true)",
                    [
                        cik,
                        f"{cik}-{month[2:4]}-0000{month[5:]}",
                        f"{month}-15",
                        datetime(2025, 12, 20, tzinfo=UTC),
                        f"{cik} {sic}",
                    ],
                )
            connection.execute(f"copy filings to '{listed}'")
        outcomes = self.folder / "fetch_outcomes.jsonl"
        outcomes.write_text("")
        return self.replace(
            "issuers",
            "issuers",
            {"issuer_records": path, "issuer_filings": listed, "fetch_outcomes": outcomes},
            f"records {records}",
        )

    def load_director(self, year: int, issuer: str) -> None:
        """Load a quarter with one sale of the director, in January of the year."""
        accession = f"0000000077-{year % 100:02d}-000001"
        filed = f"14-JAN-{year}"
        owner = {"accession_number": accession, "rptownercik": DIRECTOR, "rptownername": "Both Boards"}
        sale = {"trans_code": "S", "trans_acquired_disp_cd": "D", "trans_shares": "100", "trans_pricepershare": "20"}
        tables: dict[str, dict[str, Any]] = {
            "submission": {"filing_date": filed, "document_type": "4", "issuercik": issuer, "issuername": issuer},
            "reportingowner": owner | {"rptowner_relationship": "Director"},
            "nonderiv_trans": sale | {"nonderiv_trans_sk": "1", "trans_date": f"13-JAN-{year}"},
        }
        load_rows(
            self.settings,
            [
                ("quarterly", f"{year}q1", table, [{"accession_number": accession} | row])
                for table, row in tables.items()
            ],
        )

    def replace(self, road: str, partition: str, tables: dict[str, Any], sha256: str) -> LoadResult:
        """Replace a partition, by other bytes each time."""
        self.loads += 1
        with write_connection(self.settings) as connection:
            return replace_partition(
                connection,
                road=road,
                partition=partition,
                tables=tables,
                source_sha256=f"{self.loads} {sha256}",
                parser_version="1",
                is_simulated=True,
            )

    def build(self) -> None:
        """Build what changed, however much it is."""
        with write_connection(self.settings) as connection:
            plan = begin_build(connection, "the code of this test")
        assert plan.filing_count > 0
        run_dbt(self.settings.data_dir, "run")
        with write_connection(self.settings) as connection:
            finish_build(connection)
            assert connection.execute("select count(*) from raw.changes").fetchone() == (0,)

    def build_everything_elsewhere(self) -> Settings:
        """Refresh a copy of the warehouse in full."""
        copy = Settings(data_dir=self.folder / "copy")
        shutil.rmtree(copy.data_dir, ignore_errors=True)
        copy.data_dir.mkdir()
        shutil.copy(self.settings.warehouse_path, copy.warehouse_path)
        run_dbt(copy.data_dir, "run", "--full-refresh")
        return copy


def contents(settings: Settings) -> dict[str, tuple[int, int]]:
    """Rows, and the sum of their hashes, of every table of the marts and of what they are made of."""
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        tables = connection.execute(
            "select table_schema, table_name from information_schema.tables "
            "where table_schema in ('intermediate', 'marts') order by all"
        ).fetchall()
        found: dict[str, tuple[int, int]] = {}
        for schema, table in tables:
            if table not in WORK_LISTS:
                row = connection.execute(
                    f"select count(*), coalesce(sum(hash(columns)::hugeint), 0) from {schema}.{table} as columns"  # noqa: S608
                ).fetchone()
                assert row is not None
                found[f"{schema}.{table}"] = row
    return found


def rows_of_director(settings: Settings) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        return connection.execute(
            "select filed_date, insider_class from marts.fct_insider_transactions where owner_ciks = ? order by all",
            [DIRECTOR],
        ).fetchall()


def changed_days(settings: Settings) -> list[date]:
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        return [
            day
            for (day,) in connection.execute("select first_changed_day from intermediate.int_changed_days").fetchall()
        ]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_history_in_any_order_gives_the_tables_of_a_full_refresh(mirror: Path, tmp_path: Path, seed: int) -> None:
    history = History(mirror, tmp_path)
    *before, last = history.quarters
    for quarter in before:
        history.load_quarter(quarter)
    for year in (2016, 2018):
        history.load_director(year, HERE)
    history.load_director(2019, THERE)
    history.load_director(2015, GONE)
    run_dbt(history.settings.data_dir, "seed")
    history.build()
    assert [row[1] for row in rows_of_director(history.settings)] == ["unclassified"] * 4

    events: list[Event] = [
        partial(history.load_quarter, last),
        partial(history.load_records, dict.fromkeys(COMPANIES[:4], "2834")),
        partial(history.load_records, dict.fromkeys(COMPANIES[:2], "2834") | dict.fromkeys(COMPANIES[2:8], "6022")),
        # The year between makes the director's January a habit, for his trades in the other company too.
        partial(history.load_director, 2017, HERE),
        # A company is gone with its only filing; a company of a set is gone; then other rows than before.
        partial(history.load_altered, "quarterly", "2015q1", "true", "false"),
        partial(history.load_altered, "quarterly", before[0], f"issuercik like '%{COMPANIES[8][-7:]}'", "false"),
        partial(history.load_altered, "quarterly", before[1], "false", "hash(accession_number) % 50 = 0"),
        *(partial(history.load_day, day, with_later_index=False) for day in history.days),
    ]
    order = random.Random(seed)  # noqa: S311 - an order, no secret
    order.shuffle(events)
    for number, day in enumerate(history.days):
        # What the rebuilt index no longer lists is withdrawn.
        again = history.load_altered_day if number % 4 == 0 else partial(history.load_day, with_later_index=True)
        events.insert(order.randint(len(events) // 2, len(events)), partial(again, day))

    # Then one filing by itself, of an issuer and an owner that are known: sums before it stay, those after it go on.
    for together in (events, [partial(history.load_director, 2026, HERE)]):
        for event in together:
            event()
        history.build()
        full = contents(history.build_everything_elsewhere())
        assert contents(history.settings) == full
        assert full["marts.fct_insider_transactions"][0] > 500
    assert changed_days(history.settings) == [date(2026, 1, 14)]
    with duckdb.connect(str(history.settings.warehouse_path), read_only=True) as connection:
        superseded, withdrawn, sources = connection.execute(
            "select count(*) filter (where is_superseded), count(*) filter (where is_withdrawn), "
            "count(distinct sic_source) from marts.fct_insider_transactions"
        ).fetchall()[0]
        timed, clusters, scored, quarters = connection.execute(
            "select (select count(expected_release_on) from marts.fct_trade_timing), "
            "(select count(*) from marts.fct_cluster_buys), "
            "(select count(distinct conviction_score) from marts.fct_trade_conviction), "
            "(select count(distinct quarter_end) from marts.fct_issuer_ratios_quarterly)"
        ).fetchall()[0]
    # The company models have something to be wrong about.
    assert timed > 0
    assert clusters > 0
    assert scored > 1
    assert quarters > 1
    assert superseded > 0
    assert withdrawn > 0
    assert sources == 3
    assert rows_of_director(history.settings) == [
        (date(2016, 1, 14), "unclassified"),
        (date(2017, 1, 14), "unclassified"),
        (date(2018, 1, 14), "unclassified"),
        (date(2019, 1, 14), "routine"),
        (date(2026, 1, 14), "unclassified"),
    ]
