"""The published file as pages and reports open it: what it says of itself, how fresh it is, and clear errors."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import duckdb
import pytest

from reports.published import open_published
from tests.reports.published_by_hand import write_publication
from tests.warehouse.marts_by_hand import build_marts
from warehouse.errors import ReportError
from warehouse.generations import read_manifest
from warehouse.publish import publish
from warehouse.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path


def by_hand(folder: Path, *, is_simulated: bool = False, as_of_date: date | None = date(2026, 1, 9)) -> Path:
    path = folder / "insider_tiers.duckdb"
    with duckdb.connect(str(path)) as connection:
        write_publication(connection, is_simulated=is_simulated, as_of_date=as_of_date)
    return path


def test_it_says_what_a_real_publish_put_on_record(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    build_marts(settings, is_simulated=True, rows=100)
    publish(settings, code_version="v9")
    manifest = read_manifest(settings.published_dir)
    assert manifest is not None
    with open_published(settings.published_path) as published:
        publication = published.publication
        assert publication.published_at == datetime.fromisoformat(manifest["published_at"])
        assert publication.published_at.tzinfo is UTC
        assert (publication.content_hash, publication.generation) == (manifest["content_hash"], manifest["generation"])
        assert (publication.code_version, publication.is_simulated) == ("v9", True)
        assert (publication.as_of_date, publication.source_count) == (date(2024, 1, 2), 1)
        assert published.description("fct_sector_ratios_daily").startswith("Ratios.")
        (column,) = [column for column in published.columns("fct_sector_ratios_daily") if column.name == "npr_usd"]
        assert (column.data_type, column.description) == ("DECIMAL(18,4)", "Net purchase ratio, dollars")
        assert published.has("dim_sectors")
        assert not published.has("rpt_signal_evidence")
        assert published.columns("rpt_signal_evidence") == []
        assert published.description("rpt_signal_evidence") == ""
        assert published.rows("select sector from dim_sectors where sector = $name", {"name": "Energy"}) == [
            {"sector": "Energy"}
        ]
        with pytest.raises(duckdb.InvalidInputException, match="read-only"):
            published.connection.execute("create table a (b integer)")


@pytest.mark.parametrize(("today", "is_stale"), [(date(2026, 1, 14), False), (date(2026, 1, 15), True)])
def test_data_is_stale_when_a_weekend_and_a_holiday_no_longer_explain_its_age(
    tmp_path: Path, today: date, is_stale: bool
) -> None:
    with open_published(by_hand(tmp_path)) as published:
        assert published.publication.is_stale(today) is is_stale
        said = published.publication.freshness(today)
    assert said.startswith("Filings known up to 9 January 2026")
    assert ("6 days ago: later filings are missing" in said) is is_stale


def test_simulated_filings_have_no_wall_clock_and_are_never_stale(tmp_path: Path) -> None:
    with open_published(by_hand(tmp_path, is_simulated=True)) as published:
        assert not published.publication.is_stale(date(2030, 1, 1))


def test_a_copy_that_knows_no_filing_day_says_so(tmp_path: Path) -> None:
    with open_published(by_hand(tmp_path, as_of_date=None)) as published:
        assert published.publication.is_stale(date(2026, 1, 9))
        assert published.publication.freshness(date(2026, 1, 9)) == "No filing day is known yet."


def test_a_file_of_another_version_names_the_version_and_the_remedy(tmp_path: Path) -> None:
    with open_published(by_hand(tmp_path)) as published:
        for query in ("select * from rpt_tier_report", "select gone from publication"):
            with pytest.raises(ReportError, match=r"published by version v0\.1\.0: publish again with make build"):
                published.rows(query)


def test_no_file_another_file_and_no_database_each_have_their_message(tmp_path: Path) -> None:
    other = tmp_path / "other.duckdb"
    duckdb.connect(str(other)).close()
    text = tmp_path / "text.duckdb"
    text.write_text("no database " * 1000)
    for path, message in (
        (tmp_path / "nothing.duckdb", "make demo"),
        (other, "no published copy of this project"),
        (text, "cannot be opened"),
    ):
        with pytest.raises(ReportError, match=message), open_published(path):
            pass
