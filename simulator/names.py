"""Fictional names: companies, people, tickers, titles, places. None is meant to resemble anyone."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np

_WORDS = tomllib.loads(Path(__file__).with_name("names.toml").read_text("utf-8"))

COMPANY_FIRST = tuple(_WORDS["company_first"])
COMPANY_MIDDLE = tuple(_WORDS["company_middle"])
SECTOR_WORDS: dict[str, tuple[str, ...]] = {
    "Communication Services": ("Communications Inc", "Media Group Inc", "Broadcasting Corp", "Networks Inc"),
    "Consumer Discretionary": ("Stores Inc", "Motors Corp", "Brands Inc", "Restaurants Inc", "Homes Corp"),
    "Consumer Staples": ("Foods Inc", "Beverage Co", "Grocers Inc", "Household Products Co"),
    "Energy": ("Energy Corp", "Petroleum Inc", "Drilling Co", "Resources Inc"),
    "Financials": ("Bancorp", "Financial Corp", "Insurance Group Inc", "Capital Holdings Inc"),
    "Health Care": ("Therapeutics Inc", "Medical Corp", "Pharma Inc", "Health Systems Inc"),
    "Industrials": ("Industries Inc", "Aerospace Corp", "Logistics Inc", "Engineering Group Inc"),
    "Information Technology": ("Software Inc", "Semiconductor Corp", "Systems Inc", "Technologies Inc"),
    "Materials": ("Chemicals Inc", "Mining Corp", "Steel Co", "Materials Inc"),
    "Real Estate": ("Realty Trust Inc", "Properties Inc", "REIT Corp", "Land Co"),
    "Utilities": ("Electric Co", "Gas & Power Co", "Water Utilities Inc", "Energy Services Co"),
}
LAST_NAMES = tuple(_WORDS["last_names"])
FIRST_NAMES = tuple(_WORDS["first_names"])
CITIES = (
    ("HOUSTON", "TX", "77002"),
    ("NEW YORK", "NY", "10017"),
    ("CHICAGO", "IL", "60606"),
    ("DENVER", "CO", "80202"),
    ("BOSTON", "MA", "02110"),
    ("SAN JOSE", "CA", "95113"),
    ("ATLANTA", "GA", "30303"),
    ("SEATTLE", "WA", "98101"),
    ("COLUMBUS", "OH", "43215"),
    ("CHARLOTTE", "NC", "28202"),
    ("PHOENIX", "AZ", "85004"),
    ("MINNEAPOLIS", "MN", "55402"),
)
STREETS = ("Main Street", "Market Street", "Commerce Drive", "Harbor Road", "Park Avenue", "Industrial Parkway")

CEO_TITLES = ("Chief Executive Officer", "President and CEO", "CEO", "Chairman and CEO", "See Remarks")
CFO_TITLES = ("Chief Financial Officer", "EVP and CFO", "CFO & Treasurer", "Exec. V.P. & Chief Fin Officer")
COO_TITLES = ("Chief Operating Officer", "President and COO", "COO", "EVP, Operations")
COUNSEL_TITLES = ("General Counsel", "EVP, GC & Secretary", "SVP & General Counsel", "Chief Legal Officer")
OTHER_TITLES = (
    "Senior Vice President",
    "Chief Accounting Officer",
    "EVP, Human Resources",
    "VP & Controller",
    "Chief Technology Officer",
    "SVP, Sales",
    "Group President",
    "Chief Marketing Officer",
)
FUND_WORDS = ("Capital Partners LP", "Capital GP LLC", "Investment Management LLC", "Master Fund Ltd")


def company_names(sectors: np.ndarray, sector_names: tuple[str, ...], rng: np.random.Generator) -> list[str]:
    """One name per company that says its sector, no name twice.

    Args:
        sectors: Index into ``sector_names`` per company.
        sector_names: Names of the sectors.
        rng: Source of randomness.
    """
    pairs = len(COMPANY_FIRST) * len(COMPANY_MIDDLE)
    rounds = -(-len(sectors) // pairs)
    order = np.concatenate([rng.permutation(pairs) for _ in range(rounds)])[: len(sectors)]
    names = []
    for place, (sector, pair) in enumerate(zip(sectors, order, strict=True)):
        words = SECTOR_WORDS[sector_names[sector]]
        first, middle = divmod(int(pair), len(COMPANY_MIDDLE))
        repeat = place // pairs
        number = "" if repeat == 0 else f" {repeat + 1}"
        word = words[int(pair) % len(words)]
        names.append(f"{COMPANY_FIRST[first]} {COMPANY_MIDDLE[middle]}{number} {word}")
    return names


def person_names(count: int, rng: np.random.Generator) -> tuple[list[str], list[str]]:
    """Names as EDGAR files them (``Fenwick Clara J.``) and as they are signed (``Clara J. Fenwick``)."""
    last = rng.integers(len(LAST_NAMES), size=count)
    first = rng.integers(len(FIRST_NAMES), size=count)
    middle = rng.integers(26, size=count)
    filed, signed = [], []
    for a, b, c in zip(last, first, middle, strict=True):
        initial = chr(65 + int(c))
        filed.append(f"{LAST_NAMES[a]} {FIRST_NAMES[b]} {initial}.")
        signed.append(f"{FIRST_NAMES[b]} {initial}. {LAST_NAMES[a]}")
    return filed, signed


def tickers(count: int, rng: np.random.Generator) -> list[str]:
    """Four letters, the first always Z: no company needs to be confused with a listed one."""
    numbers = rng.permutation(26**3)[:count]
    return ["Z" + "".join(chr(65 + int(value) // 26**place % 26) for place in (2, 1, 0)) for value in numbers]
