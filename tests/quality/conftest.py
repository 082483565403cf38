"""A real warehouse file that a test fills by hand: one good filing day, to be spoilt row by row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from warehouse.database import write_connection
from warehouse.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import duckdb

DAY = date(2024, 1, 5)


@dataclass
class RawWarehouse:
    """An open warehouse with raw tables, and short words for filling them."""

    connection: duckdb.DuckDBPyConnection
    settings: Settings

    def add(self, table: str, **values: object) -> None:
        """Insert one row into a raw table; columns not named are NULL."""
        names = ", ".join(f'"{name}"' for name in values)
        marks = ", ".join("?" * len(values))
        self.connection.execute(f"insert into raw.{table} ({names}) values ({marks})", list(values.values()))

    def run(self, statement: str) -> None:
        """Spoil something."""
        self.connection.execute(statement)

    def add_index(self, day: date, accessions: list[str], *, version: int = 1, form_type: str = "4") -> None:
        """One version of a day's index, each filing listed under its issuer and its owner."""
        lines = [(cik, accession) for accession in accessions for cik in ("1000", "2000")]
        self.add(
            "filing_index_files",
            status="published",
            _index_version=version,
            line_count=len(lines),
            ownership_line_count=len(lines),
            unreadable_line_count=0,
            _partition=day.isoformat(),
        )
        for number, (cik, accession) in enumerate(lines, start=1):
            self.add(
                "filing_index",
                cik=cik,
                company_name="ACME CORP",
                form_type=form_type,
                date_filed=day.strftime("%Y%m%d"),
                file_name=f"edgar/data/{cik}/{accession}.txt",
                line_number=number,
                _index_version=version,
                _partition=day.isoformat(),
            )

    def add_filing(self, day: date, accession: str, *, road: str = "daily", partition: str | None = None) -> None:
        """One filing with an owner, a purchase with a footnote, an option grant, holdings and a signature."""
        stamps = {"_road": road, "_partition": partition or day.isoformat()}
        written = day.isoformat() if road == "daily" else day.strftime("%d-%b-%Y").upper()
        self.add(
            "submission",
            accession_number=accession,
            filing_date=written,
            period_of_report=written,
            document_type="4",
            issuercik="0000001000",
            acceptance_datetime=day.strftime("%Y%m%d") + "181030",
            header_form_type="4",
            **stamps,
        )
        self.add("reportingowner", accession_number=accession, rptownercik="0000002000", **stamps)
        trade = {"trans_date": written, "trans_shares": "100.5", "trans_acquired_disp_cd": "A"}
        self.add(
            "nonderiv_trans",
            accession_number=accession,
            nonderiv_trans_sk="1",
            trans_code="P",
            trans_pricepershare="12.25",
            trans_pricepershare_fn="F1, F2",
            **trade,
            **stamps,
        )
        self.add("deriv_trans", accession_number=accession, deriv_trans_sk="1", trans_code="A", **trade, **stamps)
        self.add("nonderiv_holding", accession_number=accession, nonderiv_holding_sk="1", **stamps)
        self.add("deriv_holding", accession_number=accession, deriv_holding_sk="1", **stamps)
        for footnote in ("F1", "F2"):
            self.add("footnotes", accession_number=accession, footnote_id=footnote, footnote_txt="Text.", **stamps)
        self.add("owner_signature", accession_number=accession, ownersignaturename="/s/ Ann", **stamps)

    def add_outcome(self, day: date, accession: str, outcome: str, *, fetched_at: datetime) -> None:
        """What became of one fetch."""
        self.add(
            "fetch_outcomes",
            kind="filing",
            accession_number=accession,
            outcome=outcome,
            fetched_at=fetched_at,
            _partition=day.isoformat(),
        )

    def add_history(self, counts: list[int], *, road: str = "daily", before: date = DAY) -> None:
        """Filing counts of the same weekday and season: the last four weeks, then the same weeks a year earlier."""
        for weeks, count in zip([1, 2, 3, 4, 50, 51, 52, 53], counts, strict=False):
            day = before - timedelta(weeks=weeks)
            written = day.isoformat() if road == "daily" else day.strftime("%d-%b-%Y").upper()
            partition = day.isoformat() if road == "daily" else f"{day.year}q{(day.month + 2) // 3}"
            self.connection.execute(
                "insert into raw.submission (accession_number, filing_date, _road, _partition) "
                "select ? || range, ?, ?, ? from range(?)",
                [f"{road}-{day}-", written, road, partition, count],
            )


def accession_of(number: int) -> str:
    """The accession number of the ``number``-th filing of the day."""
    return f"0000950170-24-{number:06d}"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data")


@pytest.fixture
def raw(settings: Settings) -> Iterator[RawWarehouse]:
    """A warehouse whose filing day ``DAY`` has twelve good filings."""
    with write_connection(settings) as connection:
        connection.execute("begin")
        warehouse = RawWarehouse(connection, settings)
        accessions = [accession_of(number) for number in range(1, 13)]
        warehouse.add_index(DAY, accessions)
        for accession in accessions:
            warehouse.add_filing(DAY, accession)
        yield warehouse
