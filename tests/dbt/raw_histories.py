"""Random filings with all that could let the future speak: joint and amended reports, wild prices, withdrawals."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

FIRST_DAY = date(2021, 1, 4)
# SIC, and the one the SEC assigns instead in the middle of the history.
ISSUERS = (("1311", "1311"), ("6021", "6021"), ("7372", "7372"), ("2834", "3841"), ("6770", "1311"))
OWNERS = (
    ("Director", None),
    ("Director,Officer", "Chief Executive Officer"),
    ("Officer", "Chief Financial Officer"),
    ("Officer", "Treasurer"),
    ("TenPercentOwner", None),
    ("Director,TenPercentOwner", None),
)
NOTES = (
    "Executed under a Rule 10b5-1 trading plan adopted by the reporting person.",
    "The reporting persons may be deemed to share beneficial ownership of these shares.",
    "Purchased in a private placement from the issuer.",
    "Price to be supplied by amendment.",
)


@dataclass(frozen=True)
class Line:
    """One line of the non-derivative table."""

    code: str
    traded: date
    shares: float
    price: float | None
    owned_after: float
    note: int | None = None


@dataclass(frozen=True)
class Filing:
    """One submission of the daily road.

    Attributes:
        number: Makes the accession number.
        filed: Filing day.
        issuer: Index into ``ISSUERS``.
        owners: Indexes into ``OWNERS``.
        lines: Its lines.
        amends: Filing day of the original a 4/A names.
        withdrawn_on: Day on which an index without it was fetched.
    """

    number: int
    filed: date
    issuer: int
    owners: tuple[int, ...]
    lines: tuple[Line, ...] = field(default=())
    amends: date | None = None
    withdrawn_on: date | None = None

    @property
    def accession(self) -> str:
        """Its accession number."""
        return f"0000000001-{self.filed.year % 100:02d}-{self.number:06d}"


def random_filings(seed: int, count: int = 260, days: int = 1250, withdrawn_share: float = 0.15) -> list[Filing]:
    """Filings of a few issuers and owners, in the order of their numbers.

    Args:
        seed: Of the random generator.
        count: How many trading decisions there are; joint reports and amendments come on top.
        days: Length of the history in days.
        withdrawn_share: How many filings leave the index again.
    """
    dice = random.Random(seed)  # noqa: S311 - histories, not secrets
    filings: list[Filing] = []
    for _ in range(count):
        issuer, owner = dice.randrange(len(ISSUERS)), dice.randrange(len(OWNERS))
        traded = _open_day(FIRST_DAY + timedelta(days=dice.randrange(days)))
        filed = _open_day(traded + timedelta(days=dice.choice((0, 1, 2, 2, 3, 40, 120))))
        market = 20.0 * (issuer + 1) * (1 + 0.3 * dice.random())
        lines = tuple(_line(dice, traded, market) for _ in range(dice.choice((1, 1, 2, 4))))
        original = Filing(len(filings), filed, issuer, (owner,), lines)
        filings.append(original)
        if dice.random() < 0.2:
            other = (owner + 1 + dice.randrange(len(OWNERS) - 1)) % len(OWNERS)
            later = _open_day(filed + timedelta(days=dice.choice((0, 0, 1, 15))))
            filings.append(replace(original, number=len(filings), filed=later, owners=(other,)))
        if dice.random() < 0.2:
            later = _open_day(filed + timedelta(days=dice.choice((0, 1, 10, 60))))
            changed = tuple(
                replace(
                    line, price=market if dice.random() < 0.5 else line.price, shares=line.shares + dice.choice((0, 10))
                )
                for line in lines
            )
            filings.append(replace(original, number=len(filings), filed=later, lines=changed, amends=filed))
    return [
        replace(filing, withdrawn_on=filing.filed + timedelta(days=dice.choice((2, 7, 45, 200))))
        if dice.random() < withdrawn_share
        else filing
        for filing in filings
    ]


def raw_rows(filings: Iterable[Filing], known_on: date | None = None) -> dict[str, list[dict[str, Any]]]:
    """Rows of the raw tables as they were at the end of a day; with every filing when no day is given."""
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    by_day: defaultdict[date, list[Filing]] = defaultdict(list)
    for filing in filings:
        if known_on is None or filing.filed <= known_on:
            by_day[filing.filed].append(filing)
    for day, filed in sorted(by_day.items()):
        stamp = {"_road": "daily", "_partition": day.isoformat()}
        rows["loads"].append(
            {**stamp, "source_sha256": day.isoformat(), "table_name": "submission", "row_count": len(filed)}
            | {"is_simulated": True, "_parser_version": "1"}
        )
        for filing in filed:
            _add_filing(rows, filing, stamp)
        _add_index(rows, day, filed, known_on)
    return dict(rows)


def _line(dice: random.Random, traded: date, market: float) -> Line:
    price: float | None = round(market * (0.95 + 0.1 * dice.random()), 2)
    shares = float(dice.choice((100, 100, 250, 1000, 4000)))
    if dice.random() < 0.06:
        price = dice.choice((None, 0.0, round(market * shares, 2), round(market * 1000, 2), round(market / 100, 2)))
    code = dice.choices(("P", "S", "M", "F"), (5, 6, 1, 1))[0]
    note = dice.randrange(len(NOTES)) if dice.random() < 0.15 else None
    day = traded - timedelta(days=dice.choice((0, 0, 0, 1, 5)))
    return Line(code, day, shares, price, float(dice.choice((0, 5000, 12000))), note)


def _add_filing(rows: dict[str, list[dict[str, Any]]], filing: Filing, stamp: dict[str, str]) -> None:
    accession = {"accession_number": filing.accession}
    before, after = ISSUERS[filing.issuer]
    rows["submission"].append(
        accession
        | {
            "filing_date": filing.filed.isoformat(),
            "document_type": "4/A" if filing.amends else "4",
            "date_of_orig_sub": filing.amends.isoformat() if filing.amends else None,
            "issuercik": f"{filing.issuer + 101:010d}",
            "issuername": f"ISSUER {filing.issuer}",
            "assigned_sic": before if filing.filed < FIRST_DAY + timedelta(days=600) else after,
        }
        | stamp
    )
    for owner in filing.owners:
        relationship, title = OWNERS[owner]
        rows["reportingowner"].append(
            accession
            | {
                "rptownercik": f"{owner + 901:010d}",
                "rptownername": f"Surname{owner} First{owner}",
                "rptowner_relationship": relationship,
                "rptowner_title": title,
            }
            | stamp
        )
    for number, line in enumerate(filing.lines, start=1):
        rows["nonderiv_trans"].append(
            accession
            | {
                "nonderiv_trans_sk": str(number),
                "security_title": "Common Stock",
                "trans_date": line.traded.isoformat(),
                "trans_code": line.code,
                "trans_shares": str(line.shares),
                "trans_shares_fn": f"F{number}" if line.note is not None else None,
                "trans_pricepershare": None if line.price is None else str(line.price),
                "trans_acquired_disp_cd": "A" if line.code in "PM" else "D",
                "shrs_ownd_folwng_trans": str(line.owned_after),
                "direct_indirect_ownership": "D",
            }
            | stamp
        )
        if line.note is not None:
            rows["footnotes"].append(
                accession | {"footnote_id": f"F{number}", "footnote_txt": NOTES[line.note]} | stamp
            )


def _add_index(rows: dict[str, list[dict[str, Any]]], day: date, filed: list[Filing], known_on: date | None) -> None:
    """The day's index, and one more for each day on which filings were found to have left it."""
    left = sorted({filing.withdrawn_on for filing in filed if filing.withdrawn_on})
    versions: list[date | None] = [None, *(when for when in left if known_on is None or when <= known_on)]
    for version, fetched in enumerate(versions, start=1):
        listed = [
            filing for filing in filed if not (fetched and filing.withdrawn_on and filing.withdrawn_on <= fetched)
        ]
        moment = f"{fetched} 16:00:00" if fetched else f"{day + timedelta(days=1)} 05:00:00"
        rows["filing_index_files"].append(
            {
                "status": "published",
                "_index_version": version,
                "fetched_at": moment,
                "line_count": 2 * len(listed),
                "ownership_line_count": 2 * len(listed),
                "unreadable_line_count": 0,
                "_partition": day.isoformat(),
            }
        )
        for filing in listed:
            for filer in (filing.issuer + 101, filing.owners[0] + 901):
                rows["filing_index"].append(
                    {
                        "cik": str(filer),
                        "company_name": "-",
                        "form_type": "4/A" if filing.amends else "4",
                        "date_filed": f"{day:%Y%m%d}",
                        "file_name": f"edgar/data/{filer}/{filing.accession}.txt",
                        "line_number": len(rows["filing_index"]) + 1,
                        "_index_version": version,
                        "_partition": day.isoformat(),
                    }
                )


def _open_day(day: date) -> date:
    """The day itself or, on a weekend, the Monday after."""
    return day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() >= 5 else 0)
