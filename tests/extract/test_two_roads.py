"""The same filings by both roads: what the simulator flattens as the SEC does, our parser gets out of submissions."""

from __future__ import annotations

import zipfile
from collections import Counter, defaultdict
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from extract.ownership import ParsedFiling, parse_filing
from extract.quarterly_zip import read_header, unpack_zip
from simulator.build import build_world
from tests.extract.filings import named
from warehouse.raw_schema import FORM345

if TYPE_CHECKING:
    from pathlib import Path

Rows = list[dict[str, str | None]]
# The SEC numbers rows over a whole quarter, we within a filing.
KEYS = {f"{table}_sk" for table in ("nonderiv_trans", "nonderiv_holding", "deriv_trans", "deriv_holding")}


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two quarters, the second one's last two months by both roads."""
    root = tmp_path_factory.mktemp("mirror") / "edgar"
    build_world(
        root,
        start=date(2024, 4, 1),
        through=date(2024, 10, 4),
        daily_from=date(2024, 8, 1),
        issuers=40,
        with_cases=False,
    )
    return root


@pytest.fixture(scope="module")
def quarterly(mirror: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Rows]]:
    """Accession to table to rows."""
    path = next(mirror.rglob("2024q3_form345.zip"))
    assert zipfile.is_zipfile(path)
    found: dict[str, dict[str, Rows]] = defaultdict(lambda: {table: [] for table in FORM345})
    for table, file in unpack_zip(path, tmp_path_factory.mktemp("unpacked") / "2024q3").items():
        header, *lines = file.read_bytes().removesuffix(b"\n").split(b"\n")
        columns = list(read_header(header, table=table, where=str(file)).values())
        for line in lines:
            row = dict(zip(columns, (field or None for field in line.decode().split("\t")), strict=True))
            found[str(row["accession_number"])][table].append(row)
    return dict(found)


def ordered(table: str, rows: Rows) -> Rows:
    """Rows in document order where they are numbered, else (owners, footnotes, signatures) by their first columns."""
    return sorted(rows, key=lambda row: (int(row.get(f"{table}_sk") or 0), *[text or "" for text in row.values()][:3]))


def normal(text: str | None) -> object:
    """Dates and numbers of either road in one form, everything else as written."""
    if text is None:
        return None
    for form in ("%d-%b-%Y", "%Y-%m-%d"):
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 - a calendar day
        except ValueError:
            continue
    try:
        return Decimal(text)
    except ArithmeticError:
        return text


def test_both_roads_tell_the_same_of_every_filing_in_every_column(
    mirror: Path, quarterly: dict[str, dict[str, Rows]]
) -> None:
    compared: Counter[str] = Counter()
    for path in sorted(set(mirror.glob("Archives/edgar/data/*/*.txt"))):
        theirs = quarterly.get(path.stem)
        if theirs is None:
            continue  # filed after the quarter's end
        filed = normal(theirs["submission"][0]["filing_date"])
        assert isinstance(filed, date)
        result = parse_filing(path.read_bytes(), accession_number=path.stem, filed_date=filed)
        assert isinstance(result, ParsedFiling), result
        assert result.notices == {}
        for table in FORM345:
            ours = ordered(table, named(result, table))
            assert len(ours) == len(theirs[table]), (path.stem, table)
            for our_row, their_row in zip(ours, ordered(table, theirs[table]), strict=True):
                for column in their_row.keys() - KEYS:
                    assert normal(our_row[column]) == normal(their_row[column]), (path.stem, table, column)
                compared[table] += 1
    assert compared["submission"] > 100
    assert set(compared) == set(FORM345), "every table was compared"
