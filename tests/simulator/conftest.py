"""One small world for all tests of the simulator, and readers of its files that share no code with their writer."""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import pytest

from simulator.build import BuildSummary, build_world

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SMALL = {"seed": 11, "start": date(2021, 1, 4), "through": date(2026, 1, 16), "issuers": 40}
ZIPS = "files/structureddata/data/insider-transactions-data-sets"


@dataclass(frozen=True)
class Mirror:
    """A built world on disk."""

    root: Path
    summary: BuildSummary

    def quarter(self, name: str) -> dict[str, list[dict[str, str]]]:
        """The tables of a quarterly set as the csv module reads them, in file order."""
        with zipfile.ZipFile(self.root / ZIPS / f"{name}_form345.zip") as archive:
            return {
                member.removesuffix(".tsv"): list(
                    csv.DictReader(
                        io.TextIOWrapper(archive.open(member), "utf-8", newline=""),
                        delimiter="\t",
                        quoting=csv.QUOTE_NONE,
                    )
                )
                for member in archive.namelist()
                if member.endswith(".tsv")
            }

    def key(self) -> list[dict[str, str]]:
        """The answer key."""
        with (self.root / "answer_key.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def indexes(self, kind: str) -> Iterator[tuple[str, list[str]]]:
        """Every daily index of a kind: its day (YYYYMMDD) and its lines."""
        for file in sorted((self.root / "Archives/edgar/daily-index").glob(f"*/QTR*/{kind}.*.idx")):
            yield file.name.split(".")[1], file.read_text("latin-1").splitlines()

    def master(self) -> list[list[str]]:
        """The fields of every line of every daily master index."""
        return [line.split("|") for _, lines in self.indexes("master") for line in lines[7:]]


@pytest.fixture(scope="session")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Mirror:
    """Five years of forty companies, with every case."""
    root = tmp_path_factory.mktemp("simulator") / "world"
    return Mirror(root, build_world(root, **SMALL))  # type: ignore[arg-type]
