"""Writes small EDGAR mirrors for the simulator's server, and settings that point at it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from extract.http import Patience
from warehouse.quarters import Quarter
from warehouse.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from simulator.server import RunningServer

HEADER = (
    "Description:           Daily Index of EDGAR Dissemination Feed\n"
    "Comments:              webmaster@sec.gov\n"
    " \n"
    "CIK|Company Name|Form Type|Date Filed|File Name\n" + "-" * 80 + "\n"
)

# As patient as in earnest in the number of attempts, but quick about it.
QUICK = Patience(first_wait_seconds=0.01, longest_wait_seconds=0.05)


@dataclass(frozen=True)
class Listed:
    """One line of an index, and the filing behind it."""

    accession_number: str
    form_type: str = "4"
    cik: str = "1000180"
    company_name: str = "SANDISK CORP"

    @property
    def file_name(self) -> str:
        """Path below ``Archives/``."""
        return f"edgar/data/{self.cik}/{self.accession_number}.txt"


def accessions(count: int) -> list[str]:
    return [f"0001234567-25-{number:06d}" for number in range(1, count + 1)]


def submission(accession: str, size: int = 600) -> bytes:
    """A submission that begins and ends as EDGAR's do, with the accession in it and about `size` bytes."""
    head = f"<SEC-DOCUMENT>{accession}.txt : 20250604\n<SEC-HEADER>\nACCESSION NUMBER:\t\t{accession}\n</SEC-HEADER>\n"
    filler = f"{accession} " * max(0, (size - len(head)) // 21)
    return f"{head}{filler}\n</SEC-DOCUMENT>\n".encode()


def index_file(lines: Sequence[Listed], day: date) -> bytes:
    rows = [f"{row.cik}|{row.company_name}|{row.form_type}|{day:%Y%m%d}|{row.file_name}\n" for row in lines]
    return (HEADER + "".join(rows)).encode("latin-1")


def folder_of(day: date) -> str:
    return f"Archives/edgar/daily-index/{day.year}/QTR{Quarter.of(day).number}"


def index_path(day: date) -> str:
    return f"/{folder_of(day)}/master.{day:%Y%m%d}.idx"


def write_mirror(root: Path, days: Mapping[date, Sequence[Listed]], *, size: int = 600) -> Path:
    """Write indexes, folder listings and one copy of every filing listed."""
    for day, lines in days.items():
        put(root, index_path(day), index_file(lines, day))
        for line in lines:
            put(root, f"/Archives/{line.file_name}", submission(line.accession_number, size))
    for folder in {folder_of(day) for day in days}:
        names = sorted(path.name for path in (root / folder).glob("*.idx"))
        listing = {"directory": {"item": [{"name": name, "type": "file", "size": "1 KB"} for name in names]}}
        put(root, f"/{folder}/index.json", json.dumps(listing).encode())
    return root


def put(root: Path, path: str, content: bytes) -> None:
    file = root / path.lstrip("/")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)


def settings_for(server: RunningServer, folder: Path, *, rate: float = 10.0, pause: float = 1.0) -> Settings:
    return settings_at(server.url, folder, rate=rate, pause=pause)


def settings_at(url: str, folder: Path, *, rate: float = 10.0, pause: float = 1.0) -> Settings:
    return Settings(
        data_dir=folder / "data",
        sec_www_url=url,
        sec_data_url=url,
        sec_max_requests_per_second=rate,
        lock_dir=folder / "limits",
        throttle_pause_seconds=pause,
    )
