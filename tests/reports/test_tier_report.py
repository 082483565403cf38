"""The quarterly tier report: its numbers are the marts', on the page, on paper and in the tables beside it."""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any

import duckdb
import openpyxl
import pytest
from click.testing import CliRunner
from lxml import html
from pypdf import PdfReader

from reports.__main__ import main
from reports.published import open_published
from reports.tier_report.content import quarter_end_of, read_content
from reports.tier_report.document import build_document
from reports.tier_report.folder import Report, render_html, write_tier_report
from tests.reports.report_marts import (
    BEFORE,
    QUARTER_END,
    SECTORS,
    driver_rows,
    evidence_row,
    ledger_row,
    tier_rows,
    whole_quarter,
    write_published,
)
from warehouse.errors import ReportError

if TYPE_CHECKING:
    from pathlib import Path

    from warehouse.settings import Settings


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A simulated publication without prices."""
    return write_published(tmp_path_factory.mktemp("report"), whole_quarter())


@pytest.fixture(scope="module")
def report(settings: Settings) -> Report:
    return write_tier_report(settings)


@pytest.fixture(scope="module")
def page(report: Report) -> Any:
    return parsed(report)


def parsed(report: Report) -> Any:
    """The page as a tree."""
    return html.fromstring((report.folder / "tier_report.html").read_text(encoding="utf-8"))


def page_of(settings: Settings) -> Any:
    """The page of a publication, without the files beside it."""
    with open_published(settings.published_path) as published:
        content = read_content(published, None, freeze_after=settings.freeze_after_business_days)
    return html.fromstring(render_html(build_document(content), content))


@pytest.fixture(scope="module")
def pages_of_paper(report: Report) -> list[str]:
    return paper(report.folder)


def paper(folder: Path) -> list[str]:
    """The text of each page of the PDF, every run of blanks as one."""
    return [
        re.sub(r"\s+", " ", page.extract_text())
        for page in PdfReader(BytesIO((folder / "tier_report.pdf").read_bytes())).pages
    ]


def table(page: Any, section: str) -> list[list[str]]:
    """The first table of a section, as texts."""
    (body,) = page.xpath(f"(//section[@id='{section}']//tbody)[1]")
    return [[re.sub(r"\s+", " ", " ".join(cell.itertext())).strip() for cell in row] for row in body]


def words_of(page: Any, section: str) -> str:
    (part,) = page.xpath(f"//section[@id='{section}']")
    return re.sub(r"\s+", " ", part.text_content())


def of_quarter(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in rows if row["quarter_end"] == QUARTER_END]


def test_the_first_table_holds_the_marts_numbers_in_the_marts_order(page: Any) -> None:
    shown = table(page, "tiers")
    expected = of_quarter(tier_rows())
    assert [cells[0].rsplit(" XL", 1)[0] for cells in shown] == [row["sector"] for row in expected]
    for cells, row in zip(shown, expected, strict=True):
        assert row["tier"] in cells[1]
        assert ("was " in cells[1]) is (row["tier_change"] != "unchanged")
        assert cells[3].startswith(f"{round(row['percentile'] * 100)}")
        assert cells[4] == f"{row['value']:+.2f}".replace("-", "−")
        assert cells[5] == f"{row['five_year_average']:+.2f}".replace("-", "−")
        assert cells[6].startswith(f"{row['suggested_weight'] * 100:.1f}%")
        assert cells[7] == row["tier_support"]


def test_the_first_page_says_what_to_overweight_what_changed_and_how_sure(page: Any, pages_of_paper: list[str]) -> None:
    on_screen = words_of(page, "tiers")
    for said in (on_screen, pages_of_paper[0]):
        assert "insiders favour Energy, Health Care and Utilities and shun" in said
        assert "Consumer Discretionary and Information Technology" in said
        assert "Energy: Neutral → Overweight (60th → 95th)" in said
        assert "Utilities: Underweight → Overweight (10th → 76th)" in said
        assert "3 of 5 calls firm" in said
        assert "Fragile: Utilities." in said
        assert "none to show" in said
        assert "Complete: 6 filing days after the quarter's end are in." in said


def test_drivers_clusters_and_the_ledger_stand_on_both(page: Any, pages_of_paper: list[str]) -> None:
    everything = " ".join(pages_of_paper)
    for row in driver_rows():
        assert row["issuer_name"] in words_of(page, "drivers")
        assert row["issuer_name"] in everything
    clusters = table(page, "clusters")
    assert [cells[0] for cells in clusters] == [f"Cluster of {sector} CL" for sector, *_ in SECTORS[:3]]
    assert "CEO, 2 directors" in clusters[0][6]
    assert "1 more cluster is in the table" in words_of(page, "clusters")
    quality = words_of(page, "quality")
    assert "Nothing is missing: all 63 filing days" in quality
    assert ["Purchases and sales behind the tiers", "20,500", "22.8%", ""] in table(page, "quality")
    assert "20,500" in everything


def test_simulated_data_say_so_on_every_page_of_paper_and_on_the_screen(
    page: Any, pages_of_paper: list[str], tmp_path: Path
) -> None:
    assert len(pages_of_paper) >= 3
    assert [number for number, text in enumerate(pages_of_paper) if "SIMULATED" not in text] == []
    assert "imulated" in page.text_content()
    real = write_tier_report(write_published(tmp_path, whole_quarter(), is_simulated=False))
    assert "SIMULATED" not in " ".join(paper(real.folder))
    assert "filings of the SEC" in " ".join(paper(real.folder))
    assert "SIMULATED" not in (real.folder / "tier_report.html").read_text(encoding="utf-8").upper().split("<MAIN")[-1]


def test_the_page_needs_no_other_file_and_no_network(page: Any, report: Report) -> None:
    text = (report.folder / "tier_report.html").read_text(encoding="utf-8")
    assert page.xpath("//script[@src] | //link[@rel='stylesheet'] | //img | //iframe | //object") == []
    assert not re.search(r"@import|url\(\s*['\"]?(?!#|data:)", text)
    outward = [link for link in page.xpath("//a/@href") if re.match(r"[a-z]+:", link)]
    assert outward
    assert all(link.startswith("https://www.sec.gov/Archives/") for link in outward)
    # What lies beside it is there; the other pages of the site may not be made yet.
    beside = [link for link in page.xpath("//a/@href") if not re.match(r"[a-z]+:|#|\.\./", link)]
    assert {"tiers.csv", "tables.xlsx", "tier_report.pdf"} <= set(beside)
    assert [name for name in beside if not (report.folder / name).is_file()] == []
    assert page.xpath("//svg[@aria-label] | //*[@role='img']")


def test_every_csv_read_back_is_the_mart(settings: Settings, report: Report) -> None:
    with duckdb.connect(str(settings.published_path), read_only=True) as connection:
        for name, mart, condition in (
            ("tiers", "rpt_tier_report", f"quarter_end = '{QUARTER_END}'"),
            ("drivers", "rpt_tier_drivers", f"quarter_end = '{QUARTER_END}'"),
            ("clusters", "rpt_tier_clusters", f"quarter_end = '{QUARTER_END}'"),
            ("ledger", "rpt_quarter_ledger", "true"),
            ("restatements", "fct_tier_restatements", "true"),
        ):
            types = dict(
                connection.execute(
                    "select column_name, data_type from duckdb_columns() where table_name = ? order by column_index",
                    [mart],
                ).fetchall()
            )
            path = str(report.folder / f"{name}.csv")
            connection.execute(
                f"create or replace temp table back as select * from read_csv('{path}', columns = {types})"
            )
            compared = connection.execute(
                f"select (select count(*) from back), (select count(*) from {mart} where {condition}), "
                f"(select count(*) from (from back except all select * from {mart} where {condition}))"
            ).fetchone()
            assert compared is not None
            assert compared[0] == compared[1]
            assert compared[2] == 0
            assert compared[0] > 0 or name == "restatements"


def test_the_workbook_has_every_table_and_says_what_its_columns_mean(report: Report) -> None:
    book = openpyxl.load_workbook(report.folder / "tables.xlsx")
    beside = {path.stem for path in report.folder.glob("*.csv")}
    assert set(book.sheetnames) == {"Read me", *beside}
    sheet = book["tiers"]
    head = [cell.value for cell in sheet[1]]
    expected = of_quarter(tier_rows())
    for line, row in enumerate(expected, start=2):
        found = dict(zip(head, [cell.value for cell in sheet[line]], strict=True))
        assert found["quarter_end"] == datetime(2025, 12, 31)  # noqa: DTZ001 - a workbook has no zones
        for name, value in row.items():
            if name not in {"quarter_end", "buy_usd", "sell_usd", "cluster_usd"}:
                assert found[name] == (pytest.approx(value) if isinstance(value, float) else value), name
        assert found["buy_usd"] == row["buy_usd"]
    assert sheet.freeze_panes == "A2"
    formats = dict(zip(head, [cell.number_format for cell in sheet[2]], strict=True))
    assert (formats["percentile"], formats["value"], formats["buy_usd"]) == ("0.0%", "0.000", "#,##0")
    assert formats["quarter_end"] == "yyyy-mm-dd"
    read_me = [[cell.value for cell in row] for row in book["Read me"].iter_rows()]
    meanings = {(row[0], row[1]): row[2] for row in read_me}
    assert "firm_measure_count" in meanings["tiers", "tier_support"]
    assert any("Simulated data" in str(row[0]) for row in read_me)
    # What a filer typed is text, never a formula.
    names = [
        cell.value for column in book["clusters"].iter_cols() if column[0].value == "owner_names" for cell in column
    ]
    assert names[1] == "Doe; Roe; =1+1"
    assert {cell.data_type for row in book["clusters"].iter_rows() for cell in row} <= {"s", "n", "b", "d"}


def test_a_text_too_long_for_a_cell_is_cut_and_says_where_the_rest_is(tmp_path: Path) -> None:
    marts = whole_quarter()
    marts["rpt_tier_clusters"] = [marts["rpt_tier_clusters"][0] | {"filing_urls": "https://www.sec.gov/1 " * 2_000}]
    report = write_tier_report(write_published(tmp_path, marts))
    rows = list(openpyxl.load_workbook(report.folder / "tables.xlsx")["clusters"].iter_rows(values_only=True))
    (told,) = [value for name, value in zip(*rows, strict=True) if name == "filing_urls"]
    assert len(str(told)) == 32_767
    assert str(told).endswith("(cut here; the CSV has all of it)")
    assert (report.folder / "clusters.csv").read_text(encoding="utf-8").count("https://www.sec.gov/1 ") == 2_000


def test_the_same_publication_is_reported_once_and_another_one_puts_it_aside(tmp_path: Path) -> None:
    def bytes_of(folder: Path) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in folder.iterdir()}

    settings = write_published(tmp_path, whole_quarter())
    first = write_tier_report(settings)
    before = bytes_of(first.folder)
    assert first.is_new
    assert not write_tier_report(settings).is_new
    # Damaged, it is made again: of the same data the same bytes.
    (first.folder / "tiers.csv").write_text("gone")
    assert write_tier_report(settings).is_new
    assert bytes_of(first.folder) == before
    shutil_leftovers = [path.name for path in settings.reports_dir.iterdir() if path.name.startswith(".")]
    assert shutil_leftovers == []

    write_published(tmp_path, whole_quarter(), generation=2)
    assert write_tier_report(settings).is_new
    assert json.loads((first.folder / "report.json").read_bytes())["generation"] == "20260102T070000000000Z"
    assert bytes_of(settings.reports_dir / "earlier" / "2025q4-20260101T070000000000Z") == before


def test_a_folder_that_cannot_be_written_is_a_clear_error(tmp_path: Path) -> None:
    settings = write_published(tmp_path, whole_quarter())
    settings.reports_dir.write_text("a file where the folder should be")
    with pytest.raises(ReportError, match="could not be written"):
        write_tier_report(settings)


def test_an_empty_publication_and_an_unknown_quarter_say_what_to_do(settings: Settings, tmp_path: Path) -> None:
    empty = write_published(tmp_path, {"rpt_tier_report": []})
    with pytest.raises(ReportError, match="no complete quarter yet"):
        write_tier_report(empty)
    with pytest.raises(ReportError, match="no tiers of 2020q1; it has those of 2025q3 to 2025q4"):
        write_tier_report(settings, "2020q1")
    with pytest.raises(ReportError, match="write it as 2025q4"):
        write_tier_report(settings, "Q4")
    older = write_published(tmp_path, {})
    with pytest.raises(ReportError, match="publish again with make build"):
        write_tier_report(older)


def test_without_history_there_is_no_opinion_and_every_sector_keeps_its_weight(tmp_path: Path) -> None:
    marts = whole_quarter()
    marts["rpt_tier_report"] = [
        row
        | {
            "tier": "Insufficient history", "percentile": None, "history_months": 17, "percentile_change": None,
            "previous_quarter_percentile": None, "previous_quarter_tier": None, "tier_change": "first",
            "suggested_weight": 1 / 11, "active_weight": 0.0, "tier_support": "no opinion",
            "confirmation": "no opinion",
            "tier_without_top_issuer": "Insufficient history", "top_issuer_cik": None, "top_issuer_name": None,
            "top_issuer_share": None, "value": None, "five_year_average": None, "is_fragile": True, "issuer_count": 0,
        }
        for row in of_quarter(tier_rows())
    ]  # fmt: skip
    marts |= {"rpt_tier_drivers": [], "rpt_tier_clusters": [], "rpt_quarter_ledger": []}
    report = write_tier_report(write_published(tmp_path, marts))
    page = parsed(report)
    for said in (page.text_content(), " ".join(paper(report.folder))):
        flat = re.sub(r"\s+", " ", said)
        assert "the longest history of a sector has 17" in flat
        assert "Every sector keeps its benchmark weight." in flat
        assert "No cluster became known in the quarter" in flat
        assert "Nobody of the group traded in the window." in flat
        assert "The ledger knows nothing of this quarter" in flat
        assert "None" not in flat
        assert "nan" not in flat.split()


def test_losses_and_a_quarter_that_is_not_complete_are_warnings(tmp_path: Path) -> None:
    marts = whole_quarter()
    marts["rpt_quarter_ledger"] = [
        ledger_row(later_filing_day_count=1, missing_filing_day_count=2, lost_quarantined_count=1)
    ]
    page = page_of(write_published(tmp_path, marts))
    warnings = [re.sub(r"\s+", " ", text.text_content()).strip() for text in page.xpath("//p[@class='warning']")]
    assert warnings == [
        "Preliminary: 1 filing day after the quarter's end is in, 5 are waited for.",
        "Of the quarter's 63 filing days: 2 filing days are not loaded at all; 1 filing could not be read.",
    ]


def test_frozen_tiers_that_would_be_others_today_are_told_with_their_reason(tmp_path: Path) -> None:
    marts = whole_quarter()
    marts["fct_tier_restatements"] = [
        {
            "quarter_end": day, "sector": sector, "is_headline": True, "frozen_at": datetime(2026, 1, 9, 7),  # noqa: DTZ001
            "frozen_tier": "Neutral" if sector == "Energy" else tier, "tier": tier,
            "is_restated": sector == "Energy", "is_tier_restated": sector == "Energy",
            "restatement_reason": "filings found later" if sector == "Energy" else "none",
        }
        for day in (BEFORE, QUARTER_END)
        for sector, _, _, tier, _, _ in SECTORS
    ]  # fmt: skip
    page = page_of(write_published(tmp_path, marts))
    assert "frozen on 9 January 2026; 1 of 11 would be another one today" in words_of(page, "tiers")
    assert "2 tiers of 22 would be another one today" in words_of(page, "restatements")
    assert "2025 Q4 Energy: said Neutral, today Overweight (filings found later)." in words_of(page, "restatements")


def test_a_quarter_is_asked_for_by_its_name() -> None:
    assert quarter_end_of("2024q4") == date(2024, 12, 31)
    with pytest.raises(ReportError, match="no quarter"):
        quarter_end_of("2024-q4")


def test_the_command_line_says_what_it_found_and_where(
    settings: Settings, report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_DIR", str(settings.data_dir))
    shown = CliRunner().invoke(main, ["tier-report", "2025q4"])
    assert shown.exit_code == 0, shown.output
    assert "Sector tiers, 2025 Q4 (simulated data)" in shown.output
    assert str(report.folder / "tier_report.html") in shown.output.replace("\n", "")
    picture = tmp_path / "page.png"
    drawn = CliRunner().invoke(main, ["tier-report", "--picture", str(picture)])
    assert drawn.exit_code == 0, drawn.output
    assert picture.read_bytes().startswith(b"\x89PNG")
    refused = CliRunner().invoke(main, ["tier-report", "1999q1"])
    assert refused.exit_code == 1
    assert "has no tiers of 1999q1" in refused.output


def test_evidence_stands_in_the_report_when_there_is_some(tmp_path: Path) -> None:
    marts = whole_quarter() | {
        "rpt_signal_evidence": [
            evidence_row(),
            evidence_row(is_headline=False, horizon_months=3, ic=-0.05, ic_low=-0.2, ic_high=0.1),
            evidence_row(is_headline=False, period="before", ic=0.09, quarter_count=30),
            evidence_row(is_headline=False, period="after", ic=-0.01, quarter_count=34),
            evidence_row(is_headline=False, scope="Energy", ic=0.5),
        ]
    }
    page = page_of(write_published(tmp_path, marts))
    assert [cells[:4] for cells in table(page, "evidence")] == [
        ["3", "64", "−0.05", "−0.20 to +0.10"],
        ["12", "64", "+0.04", "−0.08 to +0.16"],
    ]
    assert "+0.09 before (30 quarters), −0.01 after (34 quarters)" in words_of(page, "evidence")
    assert "Last year's losers" in words_of(page, "evidence")
    assert page.xpath("//figure[contains(@aria-label, 'quartile of the percentile')]//svg")
    assert "Track record: not told from chance" in words_of(page, "tiers")
