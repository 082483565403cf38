"""Random histories of signal lines with everything that makes as-of numbers hard."""

from __future__ import annotations

import numpy as np
import pandas as pd

SECTORS = ("Energy", "Financials", "Unmapped")


def random_lines(seed: int, count: int, days: int = 400, first_day: str = "2019-01-07") -> pd.DataFrame:
    """Signal lines of a few issuers and insiders who trade often.

    A fifth is filed late, up to beyond every window, and some before the trade date they state; a fifth is superseded
    later, some on the day they were filed; a tenth carries another sector than the issuer's; many trades are filled
    in lots; some prices are not valid; some amounts are equal.

    Args:
        seed: Of the random generator.
        count: Number of lines.
        days: Length of the history in days.
        first_day: Its first trade date.

    Returns:
        Rows with the columns of ``int_signal_lines``; dollars and shares with four decimals.
    """
    random = np.random.default_rng(seed)
    trade_count = max(count // 2, 1)
    trade = np.sort(random.integers(0, trade_count, count))
    issuer = random.integers(0, 12, trade_count)[trade]
    insider = random.integers(0, 20, trade_count)[trade]
    traded = random.integers(0, days, trade_count)[trade]
    is_buy = (random.random(trade_count) < 0.4)[trade]
    is_late = random.random(count) < 0.2
    known_from = traded + np.where(is_late, random.integers(-3, 150, count), random.integers(0, 4, count))
    known_from = np.maximum(known_from, 0)
    is_superseded = random.random(count) < 0.2
    known_to = known_from + random.integers(0, 120, count)
    sector = np.array(SECTORS)[issuer % len(SECTORS)]
    moved = random.random(count) < 0.1
    sector[moved] = np.array(SECTORS)[random.integers(0, len(SECTORS), int(moved.sum()))]
    shares = np.where(random.random(count) < 0.5, 100.0, np.round(random.lognormal(5, 2, count), 4))
    price = np.round(random.lognormal(3, 1, count), 2)
    value = np.where(random.random(count) < 0.05, np.nan, np.round(shares * price, 4))
    role = insider % 4
    epoch = pd.Timestamp(first_day)
    lines = pd.DataFrame(
        {
            "transaction_line_key": [f"{seed}|{number}" for number in range(count)],
            "insider_key": [f"{number:010d}" for number in insider],
            "issuer_cik": [f"{number:010d}" for number in issuer],
            "sector": sector,
            "transaction_date": epoch + pd.to_timedelta(traded, "D"),
            "known_from": epoch + pd.to_timedelta(known_from, "D"),
            "known_to": epoch + pd.to_timedelta(known_to, "D"),
            "direction": np.where(is_buy, "buy", "sell"),
            "share_count": shares,
            "value_usd": value,
            "is_officer_or_director": role < 3,
            "is_executive": role < 2,
            "is_opportunistic": (role < 3) & (random.random(count) < 0.5),
        }
    )
    lines.loc[~is_superseded, "known_to"] = pd.NaT
    return lines
