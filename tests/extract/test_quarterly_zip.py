"""Quarterly sets: read by header, refused by name when something is wrong, never unpacked outside their folder."""

from __future__ import annotations

import gzip
import io
import re
import stat
import struct
import zipfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from extract import landing
from extract.quarterly_zip import (
    MAX_MEMBER_BYTES,
    read_header,
    remove_unpacked,
    unpack_quarter,
    unpack_zip,
    unpacked_dir,
)
from warehouse.errors import SourceDataError
from warehouse.raw_schema import FORM345, FORM345_TABLES
from warehouse.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", lock_dir=tmp_path / "locks")


def member(table: str, *, lines: int = 2) -> bytes:
    columns = FORM345[table].source_columns
    rows = [[f"{table} {number} {place}" for place in range(len(columns))] for number in range(lines)]
    rows = [[name.upper() for name in columns], *rows]
    return "".join("\t".join(row) + "\n" for row in rows).encode()


def members(**changes: bytes | None) -> dict[str, bytes]:
    """The members of a good set; a keyword replaces a table's, ``None`` leaves it out."""
    found = {table.member: changes.get(table.name, member(table.name)) for table in FORM345_TABLES}
    whole = {"FORM_345_metadata.json": b"{}", "FORM_345_readme.htm": b"<html>", **found}
    return {name: content for name, content in whole.items() if content is not None}


def zipped(contents: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def land(settings: Settings, content: bytes, quarter: str = "2024q3", day: int = 1) -> Path:
    fetched_at = datetime(2024, 10, day, tzinfo=UTC)
    return landing.store_quarterly_zip(
        quarter, settings, content, url="http://127.0.0.1/z", fetched_at=fetched_at, headers={}, is_simulated=True
    ).path


def refusal(settings: Settings, content: bytes) -> str:
    """The message a zip is refused with; names the zip, and nothing is left behind, and nothing is replaced."""
    land(settings, zipped(members()))
    before = {name: path.read_bytes() for name, path in unpack_quarter("2024q3", settings).items()}
    path = land(settings, content, day=2)
    with pytest.raises(SourceDataError) as caught:
        unpack_quarter("2024q3", settings)
    folder = unpacked_dir("2024q3", settings)
    assert {table.name: (folder / table.member).read_bytes() for table in FORM345_TABLES} == before
    assert [entry.name for entry in folder.parent.iterdir()] == ["2024q3"]
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_the_tables_are_unpacked_as_they_are(settings: Settings) -> None:
    contents = members()
    land(settings, zipped(contents))
    tables = unpack_quarter("2024q3", settings)
    assert set(tables) == set(FORM345)
    for table in FORM345_TABLES:
        assert tables[table.name] == unpacked_dir("2024q3", settings) / table.member
        assert tables[table.name].read_bytes() == contents[table.member]
    assert {path.name for path in unpacked_dir("2024q3", settings).iterdir()} == {t.member for t in FORM345_TABLES}


def test_the_newest_version_counts_and_unpacking_again_replaces(settings: Settings) -> None:
    land(settings, zipped(members()))
    unpack_quarter("2024q3", settings)
    land(settings, zipped(members(footnotes=member("footnotes", lines=5))), day=2)
    for _ in range(2):
        assert unpack_quarter("2024q3", settings)["footnotes"].read_bytes() == member("footnotes", lines=5)
    remove_unpacked("2024q3", settings)
    assert not unpacked_dir("2024q3", settings).exists()
    assert len(landing.quarterly_zips("2024q3", settings)) == 2


def test_a_quarter_that_is_not_landed(settings: Settings) -> None:
    with pytest.raises(SourceDataError, match=r"2031q1.*fetch the quarter first"):
        unpack_quarter("2031q1", settings)


# ------------------------------------------------------------------------------------------------- columns by header


def renamed(table: str, **names: str) -> bytes:
    header, rows = member(table).split(b"\n", 1)
    written = [names.get(name, name) for name in header.decode().split("\t")]
    return "\t".join(written).encode() + b"\n" + rows


TOLERATED = {
    "13 columns in SUBMISSION": ("submission", member("submission").replace(b"\tAFF10B5ONE", b"")),
    "14 columns in SUBMISSION": ("submission", member("submission")),
    "EQUITY_SWAP_INVOLVED_FN, as the metadata says": (
        "nonderiv_trans",
        renamed("nonderiv_trans", EQUITY_SWAP_TRANS_CD_FN="EQUITY_SWAP_INVOLVED_FN"),
    ),
    "EQUITY_SWAP_INVOLVED_FN of derivatives": (
        "deriv_trans",
        renamed("deriv_trans", EQUITY_SWAP_TRANS_CD_FN="EQUITY_SWAP_INVOLVED_FN"),
    ),
    "EXCERCISE_DATE spelt right": (
        "deriv_trans",
        renamed("deriv_trans", EXCERCISE_DATE="EXERCISE_DATE", EXCERCISE_DATE_FN="EXERCISE_DATE_FN"),
    ),
    "EXERCISE_DATE spelt wrong": (
        "deriv_holding",
        renamed("deriv_holding", EXERCISE_DATE="EXCERCISE_DATE", EXERCISE_DATE_FN="EXCERCISE_DATE_FN"),
    ),
    "lower case": ("reportingowner", member("reportingowner").replace(b"RPTOWNER", b"rptowner")),
    "reordered": ("owner_signature", b"OWNERSIGNATUREDATE\tACCESSION_NUMBER\tOWNERSIGNATURENAME\n1\t2\t3\n"),
    "byte order mark": ("footnotes", b"\xef\xbb\xbf" + member("footnotes")),
    "carriage returns": ("footnotes", member("footnotes").replace(b"\n", b"\r\n")),
    "header only": ("deriv_trans", member("deriv_trans", lines=0)),
}


@pytest.mark.parametrize("case", TOLERATED)
def test_tolerated_headers(settings: Settings, case: str) -> None:
    table, content = TOLERATED[case]
    land(settings, zipped(members(**{table: content})))
    assert unpack_quarter("2024q3", settings)[table].read_bytes() == content
    columns = read_header(content.split(b"\n")[0], table=table, where=case)
    assert set(FORM345[table].source_columns) - set(columns.values()) <= {"aff10b5one"}


def test_columns_are_matched_by_name_not_by_place() -> None:
    line = b"OWNERSIGNATUREDATE\tACCESSION_NUMBER\tOWNERSIGNATURENAME\r\n"
    assert read_header(line, table="owner_signature", where="here") == {
        "OWNERSIGNATUREDATE": "ownersignaturedate",
        "ACCESSION_NUMBER": "accession_number",
        "OWNERSIGNATURENAME": "ownersignaturename",
    }


REFUSED_HEADERS = {
    "SUBMISSION.tsv.*unknown column 'NOVELTY'": ("submission", renamed("submission", REMARKS="NOVELTY")),
    "SUBMISSION.tsv.*unknown column 'CONTACT_NAME'": (
        "submission",
        member("submission").replace(b"\tREMARKS", b"\tREMARKS\tCONTACT_NAME"),
    ),
    "FOOTNOTES.tsv.*column FOOTNOTE_TXT is missing": ("footnotes", b"ACCESSION_NUMBER\tFOOTNOTE_ID\n"),
    "FOOTNOTES.tsv.*'FOOTNOTE_ID' stands there twice": ("footnotes", renamed("footnotes", FOOTNOTE_TXT="FOOTNOTE_ID")),
    "DERIV_HOLDING.tsv.*unknown column ''": ("deriv_holding", b""),
    "FOOTNOTES.tsv.*unknown column": ("footnotes", b"x" * 200_000),
    "NONDERIV_HOLDING.tsv.*unknown column": ("nonderiv_holding", b"<html>Request Rate Threshold Exceeded</html>"),
}


@pytest.mark.parametrize("message", REFUSED_HEADERS)
def test_refused_headers_name_member_and_column(settings: Settings, message: str) -> None:
    table, content = REFUSED_HEADERS[message]
    said = refusal(settings, zipped(members(**{table: content})))
    assert re.search(message, said), said
    assert len(said) < 1000


# ---------------------------------------------------------------------------------------------------- hostile archives


def test_a_missing_table_is_named(settings: Settings) -> None:
    assert "DERIV_HOLDING.tsv is missing" in refusal(settings, zipped(members(deriv_holding=None)))


def test_an_unknown_table_is_not_lost_silently(settings: Settings) -> None:
    assert "'PLEDGES.tsv' is a table we do not know" in refusal(settings, zipped({**members(), "PLEDGES.tsv": b"A\n"}))


@pytest.mark.parametrize(
    "name",
    [
        "../FOOTNOTES.tsv",
        "/FOOTNOTES.tsv",
        "sub/FOOTNOTES.tsv",
        "..\\FOOTNOTES.tsv",
        "C:FOOTNOTES.tsv",
        "..",
        "folder/",
    ],
)
def test_path_tricks(settings: Settings, name: str) -> None:
    assert "no plain file name" in refusal(settings, zipped({**members(), name: b"x"}))
    anywhere = settings.data_dir.parent.rglob("FOOTNOTES.tsv")
    assert {path.parent for path in anywhere} == {unpacked_dir("2024q3", settings)}


def altered(change: Callable[[zipfile.ZipInfo], None]) -> bytes:
    """A good zip whose FOOTNOTES entry was made otherwise."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members(footnotes=None).items():
            archive.writestr(name, content)
        info = zipfile.ZipInfo("FOOTNOTES.tsv")
        change(info)
        archive.writestr(info, member("footnotes"))
    return buffer.getvalue()


def test_a_symbolic_link(settings: Settings) -> None:
    def link(info: zipfile.ZipInfo) -> None:
        info.create_system = 3
        info.external_attr = (stat.S_IFLNK | 0o777) << 16

    assert "symbolic link" in refusal(settings, altered(link))


def test_a_name_with_a_nul_byte(settings: Settings) -> None:
    content = zipped(members()).replace(b"FORM_345_readme.htm", b"FORM_345_re\0dme.htm")
    assert "no plain file name" in refusal(settings, content)


def test_a_table_that_stands_there_twice(settings: Settings) -> None:
    assert "twice" in refusal(settings, zipped({**members(), "footnotes.TSV": member("footnotes")}))


def test_an_encrypted_member(settings: Settings) -> None:
    content = bytearray(zipped(members()))
    at = content.index(b"PK\x01\x02")
    content[at + 8] |= 1
    assert "encrypted" in refusal(settings, bytes(content))


@pytest.mark.parametrize("part", ["end", "middle", "all", "none"])
def test_a_truncated_zip(settings: Settings, part: str) -> None:
    whole = zipped(members())
    content = {"end": whole[:-30], "middle": whole[: len(whole) // 2], "all": whole[:4], "none": b""}[part]
    assert "no whole zip" in refusal(settings, content)


def test_a_web_page_instead_of_a_zip(settings: Settings) -> None:
    assert "no whole zip" in refusal(settings, b"<html>Undeclared Automated Tool</html>")


def stored(name: str) -> tuple[bytes, int]:
    """A zip without compression, and where a member's bytes begin in it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for each, content in members().items():
            archive.writestr(each, content)
    data = buffer.getvalue()
    return data, data.index(members()[name])


def test_a_damaged_member_is_named(settings: Settings) -> None:
    content, start = stored("NONDERIV_TRANS.tsv")
    at = content.index(b"nonderiv_trans 1 5", start)
    damaged = content[:at] + b"N" + content[at + 1 :]
    said = refusal(settings, damaged)
    assert "NONDERIV_TRANS.tsv" in said
    assert "CRC" in said


def with_size(content: bytes, name: str, size: int) -> bytes:
    """The directory says that a member unpacks to so many bytes."""
    changed = bytearray(content)
    at = content.rindex(name.encode()) - 46
    assert changed[at : at + 4] == b"PK\x01\x02"
    changed[at + 24 : at + 28] = struct.pack("<I", size)
    return bytes(changed)


def test_a_member_that_would_fill_the_disk(settings: Settings) -> None:
    said = refusal(settings, with_size(zipped(members()), "FOOTNOTES.tsv", MAX_MEMBER_BYTES + 1))
    assert "FOOTNOTES.tsv" in said
    assert "at most" in said


def test_members_that_together_would_fill_the_disk(settings: Settings) -> None:
    content = zipped(members())
    for name in ("FOOTNOTES.tsv", "DERIV_TRANS.tsv", "REPORTINGOWNER.tsv"):
        content = with_size(content, name, MAX_MEMBER_BYTES - 1)
    assert "would unpack to" in refusal(settings, content)


def test_a_member_whose_size_is_a_lie_is_not_unpacked_beyond_it(settings: Settings) -> None:
    content = with_size(zipped(members(footnotes=member("footnotes", lines=5000))), "FOOTNOTES.tsv", 1000)
    assert "FOOTNOTES.tsv" in refusal(settings, content)


def test_any_changed_byte_gives_the_tables_or_an_error_of_ours(tmp_path: Path) -> None:
    content = zipped(members())
    path = tmp_path / "odd.zip"
    outcomes = set()
    for at in range(0, len(content), 13):
        path.write_bytes(content[:at] + bytes((content[at] ^ 0xFF,)) + content[at + 1 :])
        try:
            tables = unpack_zip(path, tmp_path / "out")
        except SourceDataError:
            outcomes.add("refused")
        else:
            outcomes.add("unpacked")
            assert {name: file.read_bytes() for name, file in tables.items()} == {
                table.name: members()[table.member] for table in FORM345_TABLES
            }
    assert outcomes == {"refused", "unpacked"}


# ----------------------------------------------------------------------------------------------------------- real sets


@pytest.mark.real
def test_all_real_sets_are_unpacked_with_every_column_matched(real_data: Path, tmp_path: Path) -> None:
    folder = real_data / "edgar/files/structureddata/data/insider-transactions-data-sets"
    paths = sorted(folder.glob("*_form345.zip"))
    assert len(paths) >= 39
    for path in paths:
        tables = unpack_zip(path, tmp_path / "quarter")
        with zipfile.ZipFile(path) as archive:
            for table, file in tables.items():
                info = archive.getinfo(FORM345[table].member)
                assert file.stat().st_size == info.file_size
                with file.open("rb") as lines:
                    columns = read_header(lines.readline(), table=table, where=path.name)
                lacking = set(FORM345[table].source_columns) - set(columns.values())
                assert lacking <= {"aff10b5one"}, (path.name, table)


@pytest.mark.real
def test_the_captured_tables_are_read_by_the_same_column_logic(real_data: Path) -> None:
    paths = sorted((real_data / "as_served/form345_2024q3").glob("*.tsv.gz"))
    assert len(paths) == 5
    for path in paths:
        table = path.name.split(".")[0].lower()
        with gzip.open(path) as file:
            columns = read_header(file.readline(), table=table, where=path.name)
        expected = FORM345[table].source_columns
        assert tuple(columns.values()) == tuple(name for name in expected if name != "aff10b5one")
