"""The funds whose prices are kept: one per sector and one for the market, from the sectors seed and nowhere else."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

SEED = Path(__file__).resolve().parent.parent / "dbt_project" / "seeds" / "sectors" / "sectors.csv"


@dataclass(frozen=True)
class Etf:
    """One fund.

    Attributes:
        ticker: Its symbol.
        first_date: Its first trading day.
        sector: The sector it stands for; ``All`` for the market.
    """

    ticker: str
    first_date: date
    sector: str


@lru_cache(maxsize=1)
def etfs() -> tuple[Etf, ...]:
    """Every fund of the seed, in its order."""
    with SEED.open(encoding="utf-8", newline="") as lines:
        return tuple(
            Etf(row["etf_symbol"], date.fromisoformat(row["etf_first_date"]), row["sector"])
            for row in csv.DictReader(lines)
            if row["etf_symbol"]
        )
