"""Say how far the sector map agrees with a list of issuers whose GICS sector is known, and where it does not.

Both files are the reader's own: a list of constituents (columns ``cik``, ``name``, ``gics_sector``, ``first_seen``,
``last_seen``) and the SIC code of each CIK (columns ``cik``, ``sic`` and, where a CIK has several, ``source``, most
reliable first, and ``last_seen``). The map is the project's seeds. An issuer is compared on the last day of its last
row: what the list said then with what the map says of that day.

    python -m ops.sector_agreement CONSTITUENTS.csv CIK_SIC.csv --disagreements
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

SEEDS = Path(__file__).resolve().parent.parent / "dbt_project" / "seeds" / "sectors"
UNMAPPED = "Unmapped"

# Until September 2018 the index providers called the sector of the telephone companies by these names.
_OLD_NAMES = {
    "Telecommunication Services": "Communication Services",
    "Telecommunications Services": "Communication Services",
}
# Who says what a company's SIC is, most reliable first: the filing itself, the SEC's issuer files, anybody else.
_SOURCES = ("sec_header", "sec_submissions")


@dataclass(frozen=True)
class Period:
    """A sector that holds from one day, inclusive, to another, exclusive."""

    valid_from: date
    valid_to: date
    sector: str


@dataclass(frozen=True)
class SectorMap:
    """The seeds: sector periods by SIC code and by issuer."""

    by_sic: Mapping[str, Sequence[Period]]
    by_issuer: Mapping[str, Sequence[Period]]

    def sector_by_rule(self, sic: str | None, day: date) -> str:
        """Sector of a SIC code on a day; ``Unmapped`` for none or an unknown one."""
        return _sector_on(self.by_sic.get(sic or "", ()), day) or UNMAPPED

    def sector(self, cik: str, sic: str | None, day: date) -> str:
        """Sector of an issuer on a day: its override where it has one, else the rule."""
        return _sector_on(self.by_issuer.get(cik, ()), day) or self.sector_by_rule(sic, day)


@dataclass(frozen=True)
class Compared:
    """One issuer beside its known sector."""

    cik: str
    name: str
    sic: str | None
    day: date
    known: str
    by_rule: str
    mapped: str
    is_overridden: bool


def load_sector_map(seeds: Path = SEEDS) -> SectorMap:
    """Read the two seeds that map codes and issuers to sectors."""
    return SectorMap(
        by_sic=_periods(seeds / "sic_sectors.csv", "sic_code"),
        by_issuer=_periods(seeds / "issuer_sector_overrides.csv", "issuer_cik"),
    )


def best_sic(path: Path) -> dict[str, str]:
    """The SIC code of each CIK: from the most reliable source, the newest of several.

    Raises:
        click.ClickException: A column is missing.
    """
    candidates: dict[str, tuple[tuple[int, int], str]] = {}
    for number, row in enumerate(_rows(path, {"cik", "sic"})):
        if not row["sic"]:
            continue
        sources = (row.get("source") or "").split("|")
        rank = min((_SOURCES.index(source) for source in sources if source in _SOURCES), default=len(_SOURCES))
        seen = (row.get("last_seen") or "").replace("-", "")
        order = (rank, -int(seen) if seen.isdigit() else number)
        cik = row["cik"].zfill(10)
        if cik not in candidates or order < candidates[cik][0]:
            candidates[cik] = (order, row["sic"].zfill(4))
    return {cik: sic for cik, (_, sic) in candidates.items()}


def compare(constituents: Path, sic_of: Mapping[str, str], sectors: SectorMap) -> list[Compared]:
    """Put every issuer of the list beside what the map says of it.

    Raises:
        click.ClickException: A column is missing.
    """
    last: dict[str, dict[str, str]] = {}
    for row in _rows(constituents, {"cik", "gics_sector"}):
        cik = row["cik"].zfill(10)
        if cik not in last or (row.get("last_seen") or "9") >= (last[cik].get("last_seen") or "9"):
            last[cik] = row
    compared = []
    for cik, row in sorted(last.items()):
        day = date.fromisoformat(row["last_seen"]) if row.get("last_seen") else date.max
        sic = sic_of.get(cik)
        known = _OLD_NAMES.get(row["gics_sector"], row["gics_sector"])
        compared.append(
            Compared(
                cik=cik,
                name=row.get("name") or row.get("symbol") or cik,
                sic=sic,
                day=day,
                known=known,
                by_rule=sectors.sector_by_rule(sic, day),
                mapped=sectors.sector(cik, sic, day),
                is_overridden=cik in sectors.by_issuer,
            )
        )
    return compared


@click.command(help=__doc__)
@click.argument("constituents", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("cik_sic", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--disagreements", is_flag=True, help="List every issuer the map puts elsewhere.")
def main(constituents: Path, cik_sic: Path, disagreements: bool) -> None:
    """Print the agreement and a confusion table."""
    compared = compare(constituents, best_sic(cik_sic), load_sector_map())
    with_sic = [issuer for issuer in compared if issuer.sic]
    console = Console(width=200, highlight=False)
    console.print(f"{len(compared)} issuers, {len(with_sic)} with a known SIC code")
    for label, issuers in (("all issuers", compared), ("issuers with a SIC code", with_sic)):
        rule = _agreement(issuers, "by_rule")
        mapped = _agreement(issuers, "mapped")
        console.print(f"{label}: {rule:.1%} by the SIC rule alone, {mapped:.1%} with overrides")
    # An override was written by somebody who knew the company; these were left to the rule, for better or worse.
    left = [issuer for issuer in with_sic if not issuer.is_overridden]
    console.print(f"{len(left)} issuers with a SIC code and no override: {_agreement(left, 'by_rule'):.1%}")
    console.print(_confusion(compared))
    if disagreements:
        for issuer in compared:
            if issuer.known != issuer.mapped:
                console.print(f"{issuer.cik} {issuer.sic} {issuer.name}: {issuer.known}, mapped to {issuer.mapped}")


def _agreement(issuers: Sequence[Compared], column: str) -> float:
    agreeing = [issuer for issuer in issuers if issuer.known == str(getattr(issuer, column))]
    return len(agreeing) / max(len(issuers), 1)


def _confusion(compared: Sequence[Compared]) -> Table:
    pairs = Counter((issuer.known, issuer.mapped) for issuer in compared)
    names = [*sorted({name for pair in pairs for name in pair} - {UNMAPPED}), UNMAPPED]
    table = Table(title="Known sector (rows) and mapped sector (columns), issuers")
    table.add_column("")
    for name in names:
        table.add_column(name, justify="right", max_width=13)
    for known in names:
        table.add_row(known, *(str(pairs[known, mapped] or "") for mapped in names))
    return table


def _periods(path: Path, key: str) -> dict[str, list[Period]]:
    periods: defaultdict[str, list[Period]] = defaultdict(list)
    for row in _rows(path, {key, "valid_from", "valid_to", "sector"}):
        valid_to = date.fromisoformat(row["valid_to"]) if row["valid_to"] else date.max
        periods[row[key]].append(Period(date.fromisoformat(row["valid_from"]), valid_to, row["sector"]))
    return dict(periods)


def _sector_on(periods: Iterable[Period], day: date) -> str | None:
    for period in periods:
        if period.valid_from <= day < period.valid_to or (day == date.max and period.valid_to == date.max):
            return period.sector
    return None


def _rows(path: Path, columns: set[str]) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines)
        missing = columns - set(reader.fieldnames or ())
        if missing:
            raise click.ClickException(f"{path} has no column {', '.join(sorted(missing))}.")
        return list(reader)


if __name__ == "__main__":
    main()
