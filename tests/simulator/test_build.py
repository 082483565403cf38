"""The builder: the same seed gives the same bytes, and the quarterly sets look like the SEC's."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
import zipfile
from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from simulator.build import build_world
from tests.simulator.conftest import ZIPS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.simulator.conftest import Mirror

_TINY: dict[str, Any] = {"start": date(2025, 10, 1), "through": date(2026, 1, 16), "issuers": 12}
_DATE = re.compile(r"\d\d-(?:JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)-\d{4}")
_NUMBER = re.compile(r"\d+\.(?:0|\d{0,3}[1-9])")


def _hashes(root: Path) -> dict[str, str]:
    return {
        str(file.relative_to(root)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(root.rglob("*"))
        if file.is_file()
    }


def test_same_seed_same_bytes(tmp_path: Path) -> None:
    build_world(tmp_path / "one", seed=3, **_TINY)
    build_world(tmp_path / "two", seed=3, **_TINY)
    one = _hashes(tmp_path / "one")
    assert len(one) > 100
    assert one == _hashes(tmp_path / "two")


def test_another_seed_gives_another_world_with_the_same_cases(tmp_path: Path) -> None:
    build_world(tmp_path / "one", seed=3, **_TINY)
    build_world(tmp_path / "two", seed=4, **_TINY)
    one, two = _hashes(tmp_path / "one"), _hashes(tmp_path / "two")
    assert one["answer_key.csv"] == two["answer_key.csv"]
    zips = [name for name in one if name.endswith(".zip")]
    assert zips
    assert all(one[name] != two[name] for name in zips)


def test_a_folder_that_holds_something_is_refused(tmp_path: Path) -> None:
    (tmp_path / "world").mkdir()
    (tmp_path / "world" / "precious.txt").write_text("keep me")
    with pytest.raises(FileExistsError, match="not empty"):
        build_world(tmp_path / "world", **_TINY)
    assert (tmp_path / "world" / "precious.txt").read_text() == "keep me"


@pytest.mark.parametrize(
    ("dates", "message"),
    [
        ({"daily_from": date(2026, 1, 12)}, "on no road"),
        ({"daily_from": date(2026, 2, 1)}, "in order"),
        ({"daily_from": date(2026, 1, 2)}, "the cases need 14 filing days"),
    ],
)
def test_dates_that_leave_filings_out_are_refused(tmp_path: Path, dates: dict[str, date], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build_world(tmp_path / "world", **(_TINY | dates))
    assert not (tmp_path / "world").exists()


def test_a_quarter_that_ends_on_a_weekend_is_complete_on_friday(tmp_path: Path) -> None:
    summary = build_world(
        tmp_path / "world",
        start=date(2023, 7, 3),
        through=date(2023, 9, 29),
        daily_from=date(2023, 9, 27),
        issuers=10,
        with_cases=False,
    )
    assert summary.quarters == ("2023q3",)
    assert summary.days == ("2023-09-27", "2023-09-28", "2023-09-29")
    assert summary.cases == 0


def test_it_says_that_it_is_simulated(mirror: Mirror) -> None:
    facts = json.loads((mirror.root / "simulated.json").read_text())
    assert facts["simulated"] is True
    assert facts["seed"] == 11
    ciks = {int(row["ISSUERCIK"]) for row in mirror.quarter("2024q1")["SUBMISSION"]}
    assert ciks
    assert min(ciks) >= 9_000_000  # the SEC has assigned no CIK above about two million


def test_every_quarter_has_its_set(mirror: Mirror) -> None:
    expected = [f"{year}q{quarter}" for year in range(2021, 2026) for quarter in range(1, 5)]
    assert sorted(file.name for file in (mirror.root / ZIPS).iterdir()) == [f"{name}_form345.zip" for name in expected]
    assert list(mirror.summary.quarters) == expected


def test_members_and_the_column_that_came_in_2023(mirror: Mirror) -> None:
    for name, count in (("2023q1", 13), ("2023q2", 14)):
        with zipfile.ZipFile(mirror.root / ZIPS / f"{name}_form345.zip") as archive:
            assert archive.testzip() is None
            assert sorted(archive.namelist()) == [
                "DERIV_HOLDING.tsv",
                "DERIV_TRANS.tsv",
                "FOOTNOTES.tsv",
                "FORM_345_metadata.json",
                "NONDERIV_HOLDING.tsv",
                "NONDERIV_TRANS.tsv",
                "OWNER_SIGNATURE.tsv",
                "REPORTINGOWNER.tsv",
                "SUBMISSION.tsv",
            ]
            header = archive.read("SUBMISSION.tsv").decode().splitlines()[0].split("\t")
            described = json.loads(archive.read("FORM_345_metadata.json"))
        assert len(header) == count
        assert ("AFF10B5ONE" in header) == (count == 14)
        (submission,) = [table for table in described["tables"] if table["url"] == "SUBMISSION.tsv"]
        assert [column["name"] for column in submission["tableSchema"]["columns"]] == header


def test_every_table_has_rows_and_every_row_its_submission(mirror: Mirror) -> None:
    tables = mirror.quarter("2024q1")
    accessions = [row["ACCESSION_NUMBER"] for row in tables["SUBMISSION"]]
    assert len(accessions) == len(set(accessions))
    for name, rows in tables.items():
        assert rows, name
        assert {row["ACCESSION_NUMBER"] for row in rows} <= set(accessions), name
        key = f"{name}_SK"
        if key in rows[0]:
            keys = [int(row[key]) for row in rows]
            assert keys == sorted(keys, reverse=True), f"{name} runs backwards, as the SEC's files do"
            assert len(set(keys)) == len(keys)
    assert {row["ACCESSION_NUMBER"] for row in tables["REPORTINGOWNER"]} == set(accessions)
    assert {row["ACCESSION_NUMBER"] for row in tables["OWNER_SIGNATURE"]} == set(accessions)


def test_dates_and_numbers_are_written_as_the_sec_writes_them(mirror: Mirror) -> None:
    tables = mirror.quarter("2024q1")
    seen = Counter[str]()
    for rows in tables.values():
        for row in rows:
            for column, text in row.items():
                if not text or column.endswith("_FN"):
                    continue
                if column.endswith("DATE"):
                    assert _DATE.fullmatch(text), (column, text)
                    seen["date"] += 1
                elif "SHARES" in column or "PRICE" in column or "OWND" in column:
                    assert _NUMBER.fullmatch(text), (column, text)
                    seen["number"] += 1
    assert seen["date"] > 1000
    assert seen["number"] > 1000


def test_footnotes_that_are_named_exist(mirror: Mirror) -> None:
    tables = mirror.quarter("2024q2")
    known = {(row["ACCESSION_NUMBER"], row["FOOTNOTE_ID"]) for row in tables["FOOTNOTES"]}
    assert len(known) == len(tables["FOOTNOTES"])
    named = {
        (row["ACCESSION_NUMBER"], note)
        for rows in tables.values()
        for row in rows
        for column, text in row.items()
        if column.endswith("_FN") and text
        for note in text.split(", ")
    }
    assert len(named) > 50
    assert named <= known


def test_the_code_mix_is_near_that_of_the_market(mirror: Mirror) -> None:
    codes = Counter[str]()
    for year in (2022, 2023, 2024):
        for quarter in range(1, 5):
            codes.update(row["TRANS_CODE"] for row in mirror.quarter(f"{year}q{quarter}")["NONDERIV_TRANS"])
    share = {code: count / codes.total() for code, count in codes.items()}
    for code, low, high in (
        ("S", 0.28, 0.44),
        ("A", 0.18, 0.31),
        ("M", 0.09, 0.19),
        ("F", 0.08, 0.17),
        ("P", 0.04, 0.14),
    ):
        assert low < share[code] < high, (code, share[code])


def test_shares_owned_follow_from_the_trades(mirror: Mirror) -> None:
    rows = mirror.quarter("2024q3")["NONDERIV_TRANS"][::-1]
    checked = 0
    for before, after in itertools.pairwise(rows):
        if before["ACCESSION_NUMBER"] != after["ACCESSION_NUMBER"] or not after["ACCESSION_NUMBER"].startswith(
            "000999000"
        ):
            continue
        sign = 1 if after["TRANS_ACQUIRED_DISP_CD"] == "A" else -1
        difference = float(after["SHRS_OWND_FOLWNG_TRANS"]) - float(before["SHRS_OWND_FOLWNG_TRANS"])
        if difference == 0:  # an amendment or a second report of the same trade moves nothing
            continue
        assert difference == pytest.approx(sign * float(after["TRANS_SHARES"]), abs=1e-3)
        checked += 1
    assert checked > 30


def test_headers_equal_those_of_real_sets(mirror: Mirror, real_data: Path) -> None:
    real = sorted((real_data / "edgar" / ZIPS).glob("2025q3_form345.zip"))
    assert real, "the real 2025q3 set"
    with zipfile.ZipFile(real[0]) as theirs, zipfile.ZipFile(mirror.root / ZIPS / "2025q3_form345.zip") as ours:
        assert sorted(theirs.namelist()) == sorted(ours.namelist())
        for member in ours.namelist():
            if member.endswith(".tsv"):
                assert ours.open(member).readline() == theirs.open(member).readline(), member
