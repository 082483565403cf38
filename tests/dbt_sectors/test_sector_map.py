"""The seeds that map SIC codes and issuers to sectors: whole, in step with the SEC's list, and right about names."""

from __future__ import annotations

import csv
from datetime import date
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from ops.sector_agreement import SEEDS, best_sic, compare, load_sector_map, main

if TYPE_CHECKING:
    from pathlib import Path


def _seed(name: str) -> list[dict[str, str]]:
    with (SEEDS / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_every_code_has_a_sector_or_a_reason_for_none() -> None:
    rows = _seed("sic_sectors.csv")
    assert len({row["sic_code"] for row in rows}) == 444
    sectors = {row["sector"] for row in _seed("sectors.csv")} - {"All"}
    assert {row["sector"] for row in rows} <= sectors
    assert all(row["reason"] for row in rows if row["sector"] == "Unmapped" or row["valid_to"])


def test_overrides_say_why_and_have_ten_digits() -> None:
    rows = _seed("issuer_sector_overrides.csv")
    assert len(rows) > 300
    assert all(len(row["issuer_cik"]) == 10 and row["issuer_cik"].isdigit() for row in rows)
    assert all(row["reason"] for row in rows)
    assert len({(row["issuer_cik"], row["valid_from"]) for row in rows}) == len(rows)


@pytest.mark.parametrize(
    ("cik", "sic", "day", "sector"),
    [
        ("0001018724", "5961", "2020-01-02", "Consumer Discretionary"),  # Amazon
        ("0000051143", "3570", "2020-01-02", "Information Technology"),  # IBM
        ("0000021344", "2080", "2020-01-02", "Consumer Staples"),  # Coca-Cola
        ("0001326801", "7370", "2018-09-21", "Information Technology"),  # Meta, last Friday of the old sectors
        ("0001326801", "7370", "2018-09-24", "Communication Services"),
        ("0001652044", "7370", "2024-01-02", "Communication Services"),  # Alphabet
        ("0001166691", "4841", "2018-09-21", "Consumer Discretionary"),  # Comcast
        ("0001166691", "4841", "2018-09-24", "Communication Services"),
        ("0000732712", "4813", "2012-01-03", "Communication Services"),  # Verizon
        ("0001403161", "7389", "2023-03-17", "Information Technology"),  # Visa, last Friday before the change
        ("0001403161", "7389", "2023-03-20", "Financials"),
        ("0001811074", "6792", "2024-01-02", "Energy"),  # Texas Pacific Land
        ("0000726728", "6798", "2012-01-03", "Real Estate"),  # Realty Income
        ("0001043219", "6798", "2024-01-02", "Financials"),  # Annaly: owns mortgages
        ("0000313616", "3823", "2015-01-02", "Industrials"),  # Danaher before and after Fortive
        ("0000313616", "3823", "2024-01-02", "Health Care"),
        ("0009999999", "6770", "2021-01-04", "Unmapped"),  # a SPAC
        ("0009999999", None, "2021-01-04", "Unmapped"),
        ("0009999999", "1234", "2021-01-04", "Unmapped"),
    ],
)
def test_well_known_names_on_a_day(cik: str, sic: str | None, day: str, sector: str) -> None:
    assert load_sector_map().sector(cik, sic, date.fromisoformat(day)) == sector


def test_agreement_compares_the_last_day_and_the_best_source(tmp_path: Path) -> None:
    constituents = tmp_path / "constituents.csv"
    constituents.write_text(
        "cik,symbol,name,gics_sector,first_seen,last_seen\n"
        "1403161,V,Visa,Information Technology,2012-01-01,2023-01-31\n"
        "1403161,V,Visa,Financials,2023-04-01,2026-01-31\n"
        "732712,VZ,Verizon,Telecommunications Services,2012-01-01,2015-01-31\n"
        "1,X,A bank,Financials,2012-01-01,2015-01-31\n"
        "2,Y,An unknown,Energy,2012-01-01,2015-01-31\n"
    )
    codes = tmp_path / "codes.csv"
    codes.write_text(
        "cik,sic,last_seen,source\n"
        "1403161,7389,2026-01-01,sec_submissions\n"
        "732712,4813,,somebody\n"
        "1,7372,2026-01-01,somebody\n"
        "1,6021,2020-01-01,sec_header|somebody\n"
    )
    sic_of = best_sic(codes)
    assert sic_of["0000000001"] == "6021"
    compared = {issuer.cik: issuer for issuer in compare(constituents, sic_of, load_sector_map())}
    assert [compared[f"{cik:010d}"].mapped for cik in (1403161, 732712, 1, 2)] == [
        "Financials",
        "Communication Services",
        "Financials",
        "Unmapped",
    ]
    assert compared["0001403161"].by_rule == "Industrials"
    result = CliRunner().invoke(main, [str(constituents), str(codes), "--disagreements"])
    assert result.exit_code == 0, result.output
    assert "4 issuers, 3 with a known SIC code" in result.output
    assert "all issuers: 50.0% by the SIC rule alone, 75.0% with overrides" in result.output
    assert "2 issuers with a SIC code and no override: 100.0%" in result.output
    assert "0000000002 None An unknown: Energy, mapped to Unmapped" in result.output


def test_agreement_names_a_missing_column(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("cik,name\n1,A\n")
    (tmp_path / "codes.csv").write_text("cik,sic\n1,6021\n")
    result = CliRunner().invoke(main, [str(tmp_path / "list.csv"), str(tmp_path / "codes.csv")])
    assert result.exit_code == 1
    assert "list.csv has no column gics_sector" in result.output


@pytest.mark.real
def test_codes_and_titles_are_the_secs(real_data: Path) -> None:
    with (real_data / "reference" / "sec_sic_codes.csv").open(encoding="utf-8", newline="") as lines:
        listed = {row["code"]: row["title"] for row in csv.DictReader(lines)}
    assert {row["sic_code"]: row["title"] for row in _seed("sic_sectors.csv")} == listed


@pytest.mark.real
def test_the_map_agrees_with_the_index_list(real_data: Path) -> None:
    reference = real_data / "reference"
    compared = compare(reference / "sp500_sectors_dev.csv", best_sic(reference / "cik_sic.csv"), load_sector_map())
    assert len(compared) > 350
    assert sum(issuer.known == issuer.by_rule for issuer in compared) / len(compared) > 0.85
    assert sum(issuer.known == issuer.mapped for issuer in compared) / len(compared) >= 0.92


@pytest.mark.real
def test_overridden_ciks_exist(real_data: Path) -> None:
    """Every override names a company that the SEC's ticker list or a list of SIC codes knows by that CIK."""
    with (real_data / "reference" / "cik_sic.csv").open(encoding="utf-8", newline="") as lines:
        known = {row["cik"] for row in csv.DictReader(lines)}
    assert {row["issuer_cik"] for row in _seed("issuer_sector_overrides.csv")} <= known
