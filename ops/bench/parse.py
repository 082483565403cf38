"""What parsing a submission into rows costs, against a bare ``lxml.etree.fromstring`` of its XML in the same run.

Both are timed submission by submission, in turns, and the quickest of several rounds counts: other work on the machine
then slows neither more than the other.
"""

from __future__ import annotations

import csv
import os
import re
import tempfile
import time
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from lxml import etree
from rich.console import Console
from rich.table import Table

from extract.ownership import ParsedFiling, parse_filing
from extract.submission import split_submission
from simulator.build import build_world
from warehouse.errors import SourceDataError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LIMIT = 4.0
ROUNDS = 7
# Transactions and holdings per real filing, by decile.
_ROW_DECILES = (1, 1, 2, 2, 3, 4, 6, 9, 13, 21)
_ROW = re.compile(rb" *<nonDerivativeTransaction>.*?</nonDerivativeTransaction>\n", re.DOTALL)
_REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Sample:
    """One submission to measure.

    Attributes:
        content: The submission.
        xml: Its ownership XML.
        accession_number: Its accession number.
        filed_date: Its filing date.
    """

    content: bytes
    xml: bytes
    accession_number: str
    filed_date: date


@dataclass(frozen=True)
class ParseCost:
    """Time over all submissions of a set.

    Attributes:
        filing_count: Submissions measured.
        xml_bytes: Bytes of ownership XML.
        bare_seconds: ``lxml.etree.fromstring`` of the XML alone.
        parse_seconds: The whole submission into rows.
    """

    filing_count: int
    xml_bytes: int
    bare_seconds: float
    parse_seconds: float

    @property
    def ratio(self) -> float:
        """Parsing in multiples of the bare XML parse."""
        return self.parse_seconds / self.bare_seconds


def measure(samples: list[Sample], rounds: int = ROUNDS) -> ParseCost:
    """Time a bare XML parse and our parser over the same submissions.

    Args:
        samples: Submissions that parse.
        rounds: How often each is timed; the quickest counts.
    """
    bare = parse = 0.0
    for sample in samples:

        def to_rows(sample: Sample = sample) -> object:
            return parse_filing(sample.content, accession_number=sample.accession_number, filed_date=sample.filed_date)

        def to_tree(xml: bytes = sample.xml) -> object:
            return etree.fromstring(xml)

        if not isinstance(to_rows(), ParsedFiling):
            raise SourceDataError(f"{sample.accession_number} is quarantined: only filings with rows are timed")
        times = [(_seconds(to_tree), _seconds(to_rows)) for _ in range(rounds)]
        bare += min(pair[0] for pair in times)
        parse += min(pair[1] for pair in times)
    return ParseCost(len(samples), sum(len(sample.xml) for sample in samples), bare, parse)


def real_samples() -> list[Sample]:
    """The real submissions beside the checkout (or in ``REAL_DATA``); none where there are none."""
    folder = Path(os.environ.get("REAL_DATA", _REPOSITORY.parent / "shared" / "real"))
    manifest = folder / "manifest_filings.csv"
    if not manifest.is_file():
        return []
    with manifest.open(encoding="utf-8", newline="") as file:
        return list(_samples(folder / row["path"] for row in csv.DictReader(file)))


def generated_samples(issuers: int = 60) -> list[Sample]:
    """A quarter of the simulator's submissions, with as many transaction rows as real ones have.

    The simulator's own are small (3.6 kB of XML, real ones 16 kB on average), and would measure little but headers.
    """
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "edgar"
        build_world(
            root,
            start=date(2024, 1, 2),
            through=date(2024, 3, 28),
            daily_from=date(2024, 1, 2),
            issuers=issuers,
            with_cases=False,
        )
        copies = {path.stem: path for path in root.glob("Archives/edgar/data/*/*.txt")}
        return [
            _with_more_rows(sample, _ROW_DECILES[number % len(_ROW_DECILES)])
            for number, sample in enumerate(_samples(copies[accession] for accession in sorted(copies)))
        ]


def main() -> None:
    """Print the ratio over real submissions, where there are any, and over generated ones."""
    table = Table(title="Parsing a submission into rows, in multiples of a bare lxml parse of its XML")
    for heading in ("submissions", "number", "XML each", "bare lxml", "into rows", "ratio", f"limit {LIMIT:g}"):
        table.add_column(heading, justify="left" if heading == "submissions" else "right")
    for name, samples in (("real", real_samples()), ("generated", generated_samples())):
        if not samples:
            table.add_row(name, "0", "", "", "", "", "no REAL_DATA")
            continue
        cost = measure(samples)
        table.add_row(
            name,
            f"{cost.filing_count}",
            f"{cost.xml_bytes / cost.filing_count / 1000:.1f} kB",
            f"{cost.bare_seconds / cost.filing_count * 1e6:.0f} µs",
            f"{cost.parse_seconds / cost.filing_count * 1e6:.0f} µs",
            f"{cost.ratio:.2f}",
            "kept" if cost.ratio <= LIMIT else "EXCEEDED",
        )
    Console().print(table)


def _samples(paths: Iterator[Path]) -> Iterator[Sample]:
    for path in paths:
        content = path.read_bytes()
        split = split_submission(content)
        xml = next((document.xml for document in split.documents if document.xml), None)
        if xml is not None:
            yield Sample(content, xml, split.accession_number, date.fromisoformat(split.filed_date))


def _with_more_rows(sample: Sample, count: int) -> Sample:
    row = _ROW.search(sample.xml)
    if row is None:
        return sample
    xml = sample.xml.replace(row[0], row[0] * count, 1)
    return replace(sample, xml=xml, content=sample.content.replace(sample.xml, xml))


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
