"""EDGAR's index files, odd ones and untouched captures: every line read, none cut by header positions."""

from __future__ import annotations

import csv
import re
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.daily_index import (
    OWNERSHIP_FORM_TYPES,
    DailyIndex,
    looks_like_index,
    parse_company_index,
    parse_form_index,
    parse_master_index,
)
from warehouse.errors import SourceDataError

if TYPE_CHECKING:
    from pathlib import Path

RULE = "-" * 80


def master(*rows: str, end: str = "\n") -> bytes:
    return ("CIK|Company Name|Form Type|Date Filed|File Name\n" + RULE + "\n" + "\n".join(rows) + end).encode("latin-1")


def filings_per_type(index: DailyIndex) -> Counter[str]:
    """Distinct accession numbers per form type, every form type."""
    return Counter(form_type for form_type, _ in {(line.form_type, line.accession_number) for line in index.lines})


def fields_of(index: DailyIndex) -> list[tuple[str, str, str, str, str]]:
    return [(row.cik, row.company_name, row.form_type, row.date_filed, row.file_name) for row in index.lines]


def test_a_line_is_kept_as_written_with_its_number() -> None:
    index = parse_master_index(master("1000180|SANDISK CORP|4|20130104|edgar/data/1000180/0001242648-13-000001.txt"))
    line = index.lines[0]
    assert fields_of(index) == [
        ("1000180", "SANDISK CORP", "4", "20130104", "edgar/data/1000180/0001242648-13-000001.txt")
    ]
    assert (line.line_number, line.accession_number, line.filed_date.isoformat()) == (
        3,
        "0001242648-13-000001",
        "2013-01-04",
    )


def test_a_wrapped_header_with_blank_lines_and_a_file_without_last_line_feed_are_read() -> None:
    content = (
        "Description:           Master Index\n \n\n \nCIK|Company Name|Form\n      Type|Date Filed|Filename\n"
        f"{RULE}\n1|A|4|2025-06-04|edgar/data/1/0000000001-25-000001.txt\n \n"
        "2|B|4/A|2025-06-03|edgar/data/2/0000000001-25-000002.txt"
    ).encode()
    index = parse_master_index(content)
    assert [(line.line_number, line.date_filed) for line in index.lines] == [(8, "2025-06-04"), (10, "2025-06-03")]
    assert index.unreadable == ()


def test_carriage_returns_latin_1_and_utf_8_names_and_odd_characters_survive() -> None:
    rows = b"\r\n".join(
        [
            "1|SOCIÉTÉ GÉNÉRALE|4|20250604|edgar/data/1/0000000001-25-000001.txt".encode("latin-1"),
            "2|SOCIÉTÉ GÉNÉRALE|4|20250604|edgar/data/2/0000000001-25-000002.txt".encode(),
            b"3|NEXT\x85LINE CO|4|20250604|edgar/data/3/0000000001-25-000003.txt",
        ]
    )
    index = parse_master_index(f"{RULE}\r\n".encode() + rows)
    assert [line.company_name for line in index.lines] == ["SOCIÉTÉ GÉNÉRALE", "SOCIÉTÉ GÉNÉRALE", "NEXT\x85LINE CO"]
    assert all(line.file_name.endswith(".txt") for line in index.lines)


def test_a_pipe_in_a_name_is_part_of_the_name() -> None:
    index = parse_master_index(master("1|A | B HOLDINGS|4|20250604|edgar/data/1/0000000001-25-000001.txt"))
    assert index.lines[0].company_name == "A | B HOLDINGS"


@pytest.mark.parametrize(
    "broken",
    [
        "1|A|4|20250604",
        "x|A|4|20250604|edgar/data/1/0000000001-25-000001.txt",
        "1|A|4|20251304|edgar/data/1/0000000001-25-000001.txt",
        "1|A|4|20250604|edgar/data/1/readme.txt",
        "1|A||20250604|edgar/data/1/0000000001-25-000001.txt",
        "1|A|4|20250604|edgar/data/1/0000000001-25-0",
        "<p>maintenance</p>",
    ],
)
def test_an_unreadable_line_is_kept_apart_and_the_others_are_read(broken: str) -> None:
    good = "1|A|4|20250604|edgar/data/1/0000000001-25-000001.txt"
    index = parse_master_index(master(good, broken, good))
    assert [(line.line_number, line.text) for line in index.unreadable] == [(4, broken)]
    assert len(index.lines) == 2


def test_form_types_match_exactly_and_a_filing_is_taken_once_by_its_first_line() -> None:
    types = ["3", "3/A", "4", "4/A", "5", "5/A", "424B2", "485BPOS", "497", "40-F", "5000", "4 ", "144"]
    rows = [f"{n}|A|{kind}|20250604|edgar/data/{n}/0000000001-25-{n:06d}.txt" for n, kind in enumerate(types, 1)]
    again = "99|OWNER|4|20250604|edgar/data/99/0000000001-25-000003.txt"
    index = parse_master_index(master(*rows, again))
    assert [line.form_type for line in index.ownership_lines] == ["3", "3/A", "4", "4/A", "5", "5/A", "4", "4"]
    assert len(index.ownership_filings) == 7
    assert index.ownership_filings["0000000001-25-000003"].cik == "3"


def test_an_index_without_filings_is_an_index_and_a_web_page_is_not() -> None:
    assert parse_master_index(master(end="")).lines == ()
    page = b"<!DOCTYPE html><html><body>" + RULE.encode() + b"</body></html>"
    assert not looks_like_index(page)
    with pytest.raises(SourceDataError, match="not an EDGAR index"):
        parse_master_index(b"<html>Request Rate Threshold Exceeded</html>")


def test_form_index_rows_wider_than_their_header_are_read_from_the_right() -> None:
    header = "Form Type   Company Name           CIK         Date Filed  File Name\n" + RULE + "\n"
    rows = [
        "4                Acme  Two Blanks Inc   1234        20260604    edgar/data/1234/0000000001-26-000001.txt  ",
        "SCHEDULE 13G/A   FUND 2000 12           55          20260604    edgar/data/55/0000000001-26-000002.txt",
        "SCHEDULE 13D/A/XXNo Gap Corp            56          20260604    edgar/data/56/0000000001-26-000003.txt",
        "10-K405/A        24/7 Media             57          2026-06-04  edgar/data/57/0000000001-26-000004.txt",
    ]
    index = parse_form_index((header + "\n".join(rows)).encode())
    assert [(line.form_type, line.company_name, line.cik) for line in index.lines] == [
        ("4", "Acme  Two Blanks Inc", "1234"),
        ("SCHEDULE 13G/A", "FUND 2000 12", "55"),
        ("SCHEDULE 13D/A/XX", "No Gap Corp", "56"),
        ("10-K405/A", "24/7 Media", "57"),
    ]


@given(st.binary(max_size=400))
def test_no_bytes_below_the_header_are_lost(noise: bytes) -> None:
    wanted = sum(1 for line in noise.split(b"\n") if line.strip())
    for parse in (parse_master_index, parse_form_index):
        index = parse(RULE.encode() + b"\n" + noise)
        assert len(index.lines) + len(index.unreadable) == wanted


@pytest.mark.real
@pytest.mark.parametrize("name", ["master.20130104.idx", "master.20200103.idx", "master_fullindex_1993Q4_excerpt.idx"])
def test_captured_master_indexes_agree_with_a_csv_reader(real_data: Path, name: str) -> None:
    content = (real_data / "as_served/index" / name).read_bytes()
    table = content.decode("latin-1").split(RULE + "\n", 1)[1]
    rows = [tuple(row) for row in csv.reader(table.splitlines(), delimiter="|", quoting=csv.QUOTE_NONE)]
    index = parse_master_index(content)
    assert fields_of(index) == rows
    assert index.unreadable == ()
    expected = Counter(kind for kind, _ in {(row[2], row[4].rsplit("/")[-1]) for row in rows})
    assert filings_per_type(index) == expected
    assert len(index.ownership_filings) == sum(expected[kind] for kind in OWNERSHIP_FORM_TYPES)


@pytest.mark.real
def test_older_dates_inside_captured_days_are_kept(real_data: Path) -> None:
    for name, day in (("master.20130104.idx", "20130104"), ("master.20200103.idx", "20200103")):
        content = (real_data / "as_served/index" / name).read_bytes()
        older = len(re.findall(rf"^[^|\n]+\|.*\|(?!{day})\d{{8}}\|edgar.*$".encode(), content, re.MULTILINE))
        dates = Counter(line.date_filed for line in parse_master_index(content).lines)
        assert older > 100
        assert sum(count for date_filed, count in dates.items() if date_filed != day) == older


@pytest.mark.real
@pytest.mark.parametrize("name", ["form.20200318.idx", "bad_index_2021_excerpt.idx"])
def test_captured_form_indexes_agree_with_an_independent_pattern(real_data: Path, name: str) -> None:
    content = (real_data / "as_served/index" / name).read_bytes()
    index = parse_form_index(content)
    # In these two captures the form types do stand where their header says: that is the independent reading.
    body = content.decode("latin-1").split("---\n", 1)[1].splitlines()
    expected = Counter(
        kind for kind, _ in {(row[:12].strip(), re.findall(r"[0-9]{10}-[0-9]{2}-[0-9]{6}", row)[-1]) for row in body}
    )
    assert filings_per_type(index) == expected
    assert index.unreadable == ()
    assert len(index.lines) == len(body)
    # A name may overflow its column, so where it ends is told by the CIK behind it, not by a position.
    for line, row in zip(index.lines, body, strict=True):
        assert re.match(rf"{re.escape(line.company_name)} +{line.cik} ", row[12:]), row


@pytest.mark.real
def test_captured_company_and_crawler_indexes_of_one_day_agree(real_data: Path) -> None:
    folder = real_data / "as_served/index"
    company = parse_company_index((folder / "company.20230703.idx").read_bytes())
    crawler = parse_company_index((folder / "crawler.20230703.idx").read_bytes())
    assert company.unreadable == crawler.unreadable == ()
    assert filings_per_type(company) == filings_per_type(crawler)
    text = (folder / "company.20230703.idx").read_text("latin-1")
    ownership = re.findall(r" ([345](?:/A)?) +\d+ +20230703 +edgar/data/\d+/([0-9-]+)\.txt", text)
    assert len(company.ownership_lines) == len(ownership)
    assert set(company.ownership_filings) == {accession for _, accession in ownership}


@pytest.mark.real
def test_every_master_index_of_the_mirror_lists_the_same_filings_as_its_form_index(real_data: Path) -> None:
    folder = real_data / "edgar/Archives/edgar/daily-index"
    masters = sorted(folder.rglob("master.*.idx"))
    assert len(masters) == 316
    for path in masters:
        by_form = parse_form_index(path.with_name(path.name.replace("master", "form")).read_bytes())
        assert sorted(fields_of(parse_master_index(path.read_bytes()))) == sorted(fields_of(by_form)), path.name
