"""What one would write instead of a warehouse: the 90-day buy/sell ratio, market and SIC, in pandas over the same zips.

It takes filings as they come: an amended trade counts twice, so does one that several owners report; no price is
checked, no plan, placement or exercise is left out; the SIC is today's, and a day's number changes with every later
filing.
"""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_COLUMNS = {
    "SUBMISSION": ["ACCESSION_NUMBER", "ISSUERCIK"],
    "REPORTINGOWNER": ["ACCESSION_NUMBER", "RPTOWNER_RELATIONSHIP"],
    "NONDERIV_TRANS": ["ACCESSION_NUMBER", "TRANS_DATE", "TRANS_CODE", "TRANS_SHARES", "TRANS_PRICEPERSHARE"],
}
WINDOW_DAYS = 90


def ratios_by_sic(zips: Sequence[Path], records: Path) -> pd.DataFrame:
    """Dollars bought over dollars sold by officers and directors in the last 90 days, by day.

    Args:
        zips: Quarterly sets.
        records: Folder of submissions JSON files, which know each issuer's SIC of today.

    Returns:
        A row per day, a column per SIC and one for the market, ``All``.
    """
    trades = pd.concat([_trades(path) for path in zips], ignore_index=True)
    trades["sic"] = trades["ISSUERCIK"].str.zfill(10).map(_sics(records)).fillna("none")
    daily = trades.pivot_table(index="day", columns=["TRANS_CODE", "sic"], values="usd", aggfunc="sum", fill_value=0.0)
    daily = daily.asfreq("D", fill_value=0.0)
    rolling: pd.DataFrame = daily.rolling(f"{WINDOW_DAYS}D").sum()
    bought, sold = pd.DataFrame(rolling["P"]), pd.DataFrame(rolling["S"])
    ratios = bought / sold.where(sold > 0)
    ratios["All"] = bought.sum(axis="columns") / sold.sum(axis="columns")
    return ratios


def _trades(path: Path) -> pd.DataFrame:
    with zipfile.ZipFile(path) as archive:
        submission, owners, lines = (_read(archive, table) for table in _COLUMNS)
    insiders = owners[owners["RPTOWNER_RELATIONSHIP"].str.contains("Officer|Director", na=False)]
    lines = lines[lines["TRANS_CODE"].isin(["P", "S"])]
    lines = lines[lines["ACCESSION_NUMBER"].isin(insiders["ACCESSION_NUMBER"])].merge(submission, on="ACCESSION_NUMBER")
    lines["day"] = pd.to_datetime(lines["TRANS_DATE"], format="%d-%b-%Y", errors="coerce")
    shares, prices = (pd.to_numeric(lines[name], errors="coerce") for name in ("TRANS_SHARES", "TRANS_PRICEPERSHARE"))
    lines["usd"] = shares * prices
    # Trade dates are typed by hand; those outside all history would stretch the calendar.
    return lines.loc[lines["day"].between("2000-01-01", "2030-12-31"), ["day", "TRANS_CODE", "ISSUERCIK", "usd"]]


def _read(archive: zipfile.ZipFile, table: str) -> pd.DataFrame:
    with archive.open(f"{table}.tsv") as file:
        return pd.read_csv(file, sep="\t", dtype=str, quoting=3, usecols=_COLUMNS[table])


def _sics(records: Path) -> dict[str, str]:
    found = {}
    for path in records.glob("CIK*.json"):
        sic = json.loads(path.read_bytes()).get("sic")
        if sic:
            found[path.stem.removeprefix("CIK")] = str(sic)
    return found
