"""The files around the filings: daily indexes, folder listings, submissions JSON, fund prices."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.days import from_number
from simulator.submission import Company, FilingRows, iso_date

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

_RULE = "-"


@dataclass(frozen=True, order=True)
class IndexLine:
    """One line of a daily index.

    Attributes:
        cik: Without leading zeros.
        name: Conformed name of the filer.
        form_type: Like ``424B2``.
        filed: YYYYMMDD.
        path: From ``edgar/`` on.
    """

    cik: str
    name: str
    form_type: str
    filed: str
    path: str


def index_lines(filing: FilingRows) -> list[IndexLine]:
    """One line per filer: the issuer and every owner."""
    filers = [(filing.company.cik, filing.company.name)]
    filers += [(owner["RPTOWNERCIK"], owner["RPTOWNERNAME"]) for owner in filing.rows("REPORTINGOWNER")]
    return [
        IndexLine(str(int(cik)), name, filing.form_type, filing.filed, data_path(cik, filing.accession))
        for cik, name in dict(filers).items()
    ]


def data_path(cik: str, accession: str) -> str:
    """Where EDGAR keeps a submission under one filer."""
    return f"edgar/data/{int(cik)}/{accession}.txt"


def master_index(day: date, lines: Iterable[IndexLine]) -> bytes:
    """A daily master index: pipe-separated, sorted by whole line, Latin-1."""
    head = [
        "Description:           Daily Index of EDGAR Dissemination Feed",
        f"Last Data Received:    {day:%b} {day.day:2d}, {day.year}",
        "Comments:              webmaster@sec.gov",
        "Anonymous FTP:         ftp://ftp.sec.gov/edgar/",
        " ",
        "CIK|Company Name|Form Type|Date Filed|File Name",
        _RULE * 80,
    ]
    body = sorted(f"{line.cik}|{line.name}|{line.form_type}|{line.filed}|{line.path}" for line in lines)
    return ("\n".join([*head, *body]) + "\n").encode("latin-1")


def form_index(day: date, lines: Iterable[IndexLine]) -> bytes:
    """A daily form index: the same lines in fixed widths, sorted by form type and name."""
    head = [
        "Description:           Daily Index of EDGAR Dissemination Feed by Form Type",
        f"Last Data Received:    {day:%b} {day.day:2d}, {day.year}",
        "Comments:              webmaster@sec.gov",
        "Anonymous FTP:         ftp://ftp.sec.gov/edgar/",
        " ",
        " ",
        " ",
        " ",
        f"{'Form Type':<12}{'Company Name':<62}{'CIK':<12}{'Date Filed':<12}File Name",
        _RULE * 141,
    ]
    body = sorted(f"{line.form_type:<12}{line.name:<62}{line.cik:<12}{line.filed:<12}{line.path:<52}" for line in lines)
    return ("\n".join([*head, *body]) + "\n").encode("latin-1")


def folder_listing(folder: str, files: Sequence[tuple[str, int, date]]) -> bytes:
    """A folder's ``index.json``.

    Args:
        folder: Path below ``edgar/``, with trailing slash.
        files: Name, size in bytes and day of each file.
    """
    items = [
        {
            "last-modified": f"{day:%m/%d/%Y} 10:03:05 PM",
            "name": name,
            "type": "file",
            "href": name,
            "size": f"{max(1, size // 1024)} KB",
        }
        for name, size, day in sorted(files)
    ]
    return json.dumps({"directory": {"item": items, "name": folder, "parent-dir": "../"}}).encode()


def submissions_json(
    company: Company,
    *,
    ticker: str | None,
    is_issuer: bool,
    recent: Sequence[FilingRows] = (),
    results: Sequence[ListedFiling] = (),
    former: Sequence[tuple[str, date, date]] = (),
) -> bytes:
    """What the submissions address says about one filer.

    Args:
        company: Name, CIK, SIC and address.
        ticker: Trading symbol; ``None`` for people.
        is_issuer: Whether filings are about it (an issuer) or by it (an owner).
        recent: Its ownership filings, newest first.
        results: Filings of other forms, which the listing names and the mirror does not hold.
        former: Former names with first and last day.
    """
    address: dict[str, Any] = {
        "street1": company.street.upper(),
        "street2": None,
        "city": company.city,
        "stateOrCountry": company.state,
        "zipCode": company.zip_code,
        "stateOrCountryDescription": company.state,
    }
    content = {
        "cik": company.cik,
        "entityType": "operating" if is_issuer else "other",
        "sic": company.sic,
        "sicDescription": company.sic_title.title(),
        "ownerOrg": "99 Simulated" if company.sic else None,
        "insiderTransactionForOwnerExists": 0 if is_issuer else 1,
        "insiderTransactionForIssuerExists": 1 if is_issuer else 0,
        "name": company.name,
        "tickers": [ticker] if ticker else [],
        "exchanges": ["NYSE"] if ticker else [],
        "ein": "000000000" if is_issuer else None,
        "lei": None,
        "description": "simulated",
        "website": "",
        "investorWebsite": "",
        "category": "Large accelerated filer" if is_issuer else "",
        "fiscalYearEnd": "1231" if is_issuer else None,
        "stateOfIncorporation": company.state if is_issuer else "",
        "stateOfIncorporationDescription": company.state if is_issuer else "",
        "addresses": {"mailing": address, "business": address},
        "phone": None,
        "flags": "",
        "formerNames": [
            {"name": name, "from": f"{first}T00:00:00.000Z", "to": f"{last}T00:00:00.000Z"}
            for name, first, last in former
        ],
        "filings": {"recent": _recent(recent, results), "files": []},
    }
    return json.dumps(content).encode()


@dataclass(frozen=True)
class ListedFiling:
    """A filing a listing names: 8-K, 10-Q or 10-K.

    Attributes:
        accession: Accession number.
        form_type: Form.
        filed: Filing day, YYYY-MM-DD.
        reported: End of the period, or day, reported on; may be empty.
        accepted: Acceptance time, New York.
        items: Items of an 8-K, comma-separated.
    """

    accession: str
    form_type: str
    filed: str
    reported: str
    accepted: datetime
    items: str = ""


def _recent(filings: Sequence[FilingRows], results: Sequence[ListedFiling]) -> dict[str, list[Any]]:
    listed = [
        ListedFiling(
            filing.accession,
            filing.form_type,
            _dashed(filing.filed),
            iso_date(filing.submission["PERIOD_OF_REPORT"]),
            filing.accepted,
        )
        for filing in filings
    ]
    # Newest first, as EDGAR lists them; ownership filings keep the order they come in.
    listed = sorted([*listed, *results], key=lambda filing: filing.filed, reverse=True)
    is_ownership = [not filing.items and filing.form_type[:1] in "345" for filing in listed]
    return {
        "accessionNumber": [filing.accession for filing in listed],
        "filingDate": [filing.filed for filing in listed],
        "reportDate": [filing.reported for filing in listed],
        # New York time with a Z on it, as EDGAR writes it for many companies.
        "acceptanceDateTime": [f"{filing.accepted:%Y-%m-%dT%H:%M:%S}.000Z" for filing in listed],
        "act": ["" if own else "34" for own in is_ownership],
        "form": [filing.form_type for filing in listed],
        "fileNumber": ["" for _ in listed],
        "filmNumber": ["" for _ in listed],
        "items": [filing.items for filing in listed],
        "size": [0 for _ in listed],
        "isXBRL": [0 for _ in listed],
        "isInlineXBRL": [0 for _ in listed],
        "primaryDocument": ["xslF345X05/ownership.xml" if own else "report.htm" for own in is_ownership],
        "primaryDocDescription": [
            f"FORM {filing.form_type}" if own else filing.form_type
            for filing, own in zip(listed, is_ownership, strict=True)
        ],
    }


def _dashed(day: str) -> str:
    return f"{day[:4]}-{day[4:6]}-{day[6:]}"


_PRICE_HEADER = "date,open,high,low,close,adj_close,volume,dividend,split_factor"
_EX_DAY = 15
_DIVIDEND_SHARE = 0.004


def price_csv(
    days: np.ndarray, closes: np.ndarray, since: date, rng: np.random.Generator, split: tuple[date, float] | None = None
) -> bytes:
    """Daily prices of a fund from its first trading day on, as its own price file and for the price shops.

    A dividend of 0.4% of the close before goes ex on the first trading day from the 15th of each quarter's last month.
    ``adj_close`` takes dividends and splits out going back in time, as of the last day.

    Args:
        days: Trading days, in day numbers.
        closes: Closes in shares of the last day, dividends paid out.
        since: First trading day of the fund.
        rng: For the prices around the close.
        split: First day in new shares, and new shares per old one; closes before it are as traded in old shares.
    """
    keep = days >= (since - date(1970, 1, 1)).days
    days, closes = days[keep], closes[keep]
    if not len(days):
        return (_PRICE_HEADER + "\n").encode()
    splits = np.ones(len(days))
    if split is not None and (split[0] - date(1970, 1, 1)).days in days[1:]:
        place = int(np.flatnonzero(days == (split[0] - date(1970, 1, 1)).days)[0])
        splits[place] = split[1]
        closes = np.where(np.arange(len(days)) < place, closes * split[1], closes)
    closes = closes.round(6)
    dividends = _dividends(days, closes, splits)
    spread = rng.random((3, len(days))) * 0.006
    opens = closes * (1 + (spread[0] - 0.003))
    highs = np.maximum(opens, closes) * (1 + spread[1])
    lows = np.minimum(opens, closes) * (1 - spread[2])
    # What a close is worth in shares of the day after and without its dividend; the last one is worth itself.
    steps = np.append((1 - dividends[1:] * splits[1:] / closes[:-1]) / splits[1:], 1.0)
    adjusted = closes * steps[::-1].cumprod()[::-1]
    volume = rng.integers(20, 200, len(days)) * 100_000
    columns = zip(days, opens, highs, lows, closes, adjusted, volume, dividends, splits, strict=True)
    rows = [
        f"{from_number(day)},{a:.6f},{b:.6f},{c:.6f},{d:.6f},{e:.6f},{v},{cash:.6f},{factor:g}"
        for day, a, b, c, d, e, v, cash, factor in columns
    ]
    return ("\n".join([_PRICE_HEADER, *rows]) + "\n").encode()


def _dividends(days: np.ndarray, closes: np.ndarray, splits: np.ndarray) -> np.ndarray:
    """Cash per share by ex-date, in shares of that day."""
    dates = days.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    is_late = (dates - months).astype(np.int64) >= _EX_DAY - 1
    is_quarterly = is_late & (months.astype(np.int64) % 3 == 2)
    first = is_quarterly.copy()
    first[1:] &= ~(is_quarterly[:-1] & (months[1:] == months[:-1]))
    first[0] = False  # nobody held it before
    cash: np.ndarray = np.zeros(len(days))
    cash[1:] = np.where(first[1:], _DIVIDEND_SHARE * closes[:-1] / splits[1:], 0.0)
    return cash.round(6)


def saturday_after(day: date) -> date:
    """The Saturday on which the indexes of that day are rebuilt."""
    return day + timedelta(days=(5 - day.weekday()) % 7 or 7)
