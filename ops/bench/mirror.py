"""Writes a mirror of filing days of any size for the fetching measurements: one real-looking submission, many times."""

from __future__ import annotations

import json
import tempfile
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.build import build_world

if TYPE_CHECKING:
    from collections.abc import Mapping

_HEADER = "Daily Index of EDGAR Dissemination Feed\n \nCIK|Company Name|Form Type|Date Filed|File Name\n"
_CIK = "1000180"


def write_days(root: Path, days: Mapping[date, int], *, exhibit_bytes: int = 0) -> Path:
    """Write filing days with so many filings each.

    Args:
        root: Folder to write.
        days: Filing day to number of filings.
        exhibit_bytes: Size of an exhibit added to every submission.

    Returns:
        `root`.
    """
    accession, text = _submission()
    exhibit = f"<DOCUMENT>\n<TYPE>EX-99\n<TEXT>\n{'x' * exhibit_bytes}\n</TEXT>\n</DOCUMENT>\n" if exhibit_bytes else ""
    text = text.replace("</SEC-DOCUMENT>", f"{exhibit}</SEC-DOCUMENT>")
    listings: dict[Path, list[dict[str, str]]] = {}
    number = 0
    filings = root / "Archives/edgar/data" / _CIK
    filings.mkdir(parents=True)
    for day, count in days.items():
        lines = []
        for _ in range(count):
            number += 1
            own = f"0001234567-{day:%y}-{number:06d}"
            (filings / f"{own}.txt").write_text(text.replace(accession, own), encoding="utf-8")
            lines.append(f"{_CIK}|SAMPLE CORP|4|{day:%Y%m%d}|edgar/data/{_CIK}/{own}.txt\n")
        folder = root / f"Archives/edgar/daily-index/{day.year}/QTR{(day.month - 1) // 3 + 1}"
        folder.mkdir(parents=True, exist_ok=True)
        name = f"master.{day:%Y%m%d}.idx"
        (folder / name).write_text(_HEADER + "-" * 80 + "\n" + "".join(lines), encoding="utf-8")
        listings.setdefault(folder, []).append({"name": name, "type": "file"})
    for folder, items in listings.items():
        (folder / "index.json").write_text(json.dumps({"directory": {"item": items}}), encoding="utf-8")
    return root


def _submission() -> tuple[str, str]:
    """A simulated Form 4: its accession number and its text."""
    with tempfile.TemporaryDirectory() as scratch:
        world = Path(scratch) / "world"
        build_world(
            world,
            start=date(2025, 1, 2),
            through=date(2025, 4, 30),
            daily_from=date(2025, 4, 1),
            issuers=20,
            with_cases=False,
        )
        path = min((world / "Archives/edgar/data").glob("*/*.txt"), key=lambda file: file.stem)
        return path.stem, path.read_text(encoding="utf-8")
