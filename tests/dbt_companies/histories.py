"""Random signal lines of few issuers and busy insiders, with everything that makes knowing hard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from datetime import date

ROLES = ("ceo", "cfo", "director", "ten_percent_owner", "other_officer")


def random_lines(seed: int, count: int, days: int = 300, issuers: int = 5, insiders: int = 6) -> pd.DataFrame:
    """Signal lines, most of them purchases around the least amount of a cluster.

    A quarter is filed late, up to half a year; a quarter is superseded later, half of these by a line that restates
    the trade with other dollars or on another day, a fifth of them until the amendment is withdrawn; many trades are
    filled in lots; some prices are not valid.

    Args:
        seed: Of the random generator.
        count: Number of lines before amendments.
        days: Length of the history in days.
        issuers: Number of issuers.
        insiders: Number of insiders of each.

    Returns:
        Rows with the columns of ``int_signal_lines_detailed``, a second one for a line that counts again.
    """
    random = np.random.default_rng(seed)
    trades = max(count // 2, 1)
    trade = np.sort(random.integers(0, trades, count))
    issuer = random.integers(0, issuers, trades)[trade]
    insider = random.integers(0, insiders, trades)[trade]
    traded = random.integers(0, days, trades)[trade]
    is_buy = (random.random(trades) < 0.8)[trade]
    known = traded + np.where(random.random(count) < 0.25, random.integers(0, 180, count), random.integers(0, 3, count))
    value = np.where(random.random(count) < 0.05, np.nan, random.choice([4000.0, 5000.0, 10_000.0, 25_000.5], count))
    frame = pd.DataFrame(
        {
            "issuer": issuer,
            "insider": insider,
            "traded": traded,
            "known": known,
            "superseded": np.where(random.random(count) < 0.25, known + random.integers(1, 120, count), -1),
            "is_buy": is_buy,
            "value_usd": value,
        }
    )
    frame["is_restored"], frame["restored"], frame["restored_to"] = False, -1, -1
    restated = frame[(frame["superseded"] >= 0) & (random.random(count) < 0.5)].copy()
    restated["known"], restated["superseded"] = restated["superseded"], -1
    restated["traded"] -= random.integers(0, 2, len(restated)) * random.integers(0, 20, len(restated))
    restated["value_usd"] = random.choice([6000.0, 12_000.0, np.nan], len(restated))
    is_restored = ((frame["superseded"] >= 0) & (random.random(count) < 0.2)).to_numpy()
    counts_again = frame["superseded"] + random.integers(1, 60, count)
    ends_again = np.where(random.random(count) < 0.3, counts_again + random.integers(1, 60, count), -1)
    frame.loc[is_restored, "restored"] = counts_again[is_restored]
    frame.loc[is_restored, "restored_to"] = ends_again[is_restored]
    again = frame[is_restored].assign(
        known=counts_again[is_restored],
        superseded=ends_again[is_restored],
        is_restored=True,
        restored=-1,
        restored_to=-1,
    )
    frame["line"] = np.arange(count)
    again["line"] = np.flatnonzero(is_restored)
    restated["line"] = count + np.arange(len(restated))
    frame = pd.concat([frame, restated, again], ignore_index=True)
    epoch = pd.Timestamp("2019-01-07")
    owner = frame["issuer"] * 100 + frame["insider"]
    shares = np.where(frame["value_usd"].isna(), 100.0, frame["value_usd"] / 10)
    keys = [f"{seed}|{number}" for number in frame["line"]]

    def dates(column: str) -> list[date | None]:
        return [None if day < 0 else (epoch + pd.Timedelta(days=int(day))).date() for day in frame[column]]

    return pd.DataFrame(
        {
            "transaction_line_key": keys,
            "accession_number": keys,
            "issuer_cik": [f"{number:010d}" for number in frame["issuer"]],
            "insider_key": [f"{number:010d}" for number in owner],
            "lead_owner_cik": [f"{number:010d}" for number in owner],
            "owner_names": [f"Owner {number}" for number in owner],
            "role_code": [ROLES[number % len(ROLES)] for number in frame["insider"]],
            "is_officer_or_director": frame["insider"] % len(ROLES) != 3,
            "is_executive": frame["insider"] % len(ROLES) < 3,
            "is_opportunistic": frame["insider"] % 2 == 0,
            "insider_class": np.where(frame["insider"] % 3 == 0, "routine", "unclassified"),
            "rule_10b5_1_status": "unknown",
            "sector": np.where(frame["issuer"] % 2 == 0, "Energy", "Materials"),
            "direction": np.where(frame["is_buy"], "buy", "sell"),
            "transaction_date": (epoch + pd.to_timedelta(frame["traded"], "D")).dt.date,
            "known_from": dates("known"),
            "enters_on": dates("known"),
            "known_to": dates("superseded"),
            "is_restored": frame["is_restored"].astype(bool),
            "restored_from": dates("restored"),
            "restored_to": dates("restored_to"),
            "share_count": shares,
            "price_usd": np.where(frame["value_usd"].isna(), np.nan, 10.0),
            "value_usd": frame["value_usd"],
            "share_count_owned_after": shares * 3,
            "holding_key": "Common|D|",
            "filing_url": keys,
        }
    )


def as_known_on(lines: pd.DataFrame, day: date) -> pd.DataFrame:
    """The lines as the warehouse held them at the end of the day: what came later is not there yet."""
    known = lines[lines["known_from"] <= day].copy()
    for column in ("known_to", "restored_from", "restored_to"):
        known[column] = [None if on is None or on > day else on for on in known[column]]
    return known
