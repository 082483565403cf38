"""Reads the small data frames the gate over prices looks at: one row per fund, and the odd days."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from quality.price_suite import ADJUSTMENT_TOLERANCE, IMPOSSIBLE_RETURN, UNUSUAL_RETURN
from warehouse.etfs import etfs
from warehouse.exchange_calendar import trading_days

if TYPE_CHECKING:
    from datetime import date

    import duckdb

_ROWS = """
select
    ticker,
    source,
    price_date,
    try_cast(price_date as date) as day,
    try_cast(close as double) as close_value,
    try_cast(adj_close as double) as adj_close_value,
    try_cast(dividend as double) as dividend,
    try_cast(split_factor as double) as split_factor
from raw.etf_prices
order by ticker, day, price_date
"""

_SERIES_TYPES = {
    "ticker": "object",
    "source": "object",
    "row_count": "int64",
    "first_date": "object",
    "last_date": "object",
    "missing_series": "object",
    "unknown_ticker": "object",
    "first_repeated_date": "object",
    "first_unreadable": "object",
    "unreadable_share": "float64",
    "days_after_first_trading_day": "float64",
    "trading_days_behind": "float64",
    "first_missing_day": "object",
    "missing_day_share": "float64",
    "first_closed_day": "object",
    "closed_day_share": "float64",
}


def price_frames(connection: duckdb.DuckDBPyConnection) -> dict[str, pd.DataFrame]:
    """The frames of the gate, by name.

    Args:
        connection: Open connection, inside the transaction that loaded the prices.
    """
    rows = connection.execute(_ROWS).df()
    is_readable = rows["day"].notna() & (rows["close_value"] > 0) & (rows["adj_close_value"] > 0)
    good = rows[is_readable].copy()
    good["day"] = good["day"].dt.date
    newest: date | None = good["day"].max() if len(good) else None
    tickers = dict.fromkeys([*(fund.ticker for fund in etfs()), *sorted(rows["ticker"].dropna().unique())])
    series = [
        _series(str(ticker), rows[rows["ticker"] == ticker], good[good["ticker"] == ticker], newest)
        for ticker in tickers
    ]
    moves = _moves(good)
    return {
        "price_series": pd.DataFrame(series, columns=list(_SERIES_TYPES)).astype(_SERIES_TYPES),
        "price_jumps": _jumps(moves),
        "price_adjustments": _adjustments(moves),
    }


def _series(ticker: str, rows: pd.DataFrame, good: pd.DataFrame, newest: date | None) -> dict[str, object]:
    first_dates = {fund.ticker: fund.first_date for fund in etfs()}
    found: dict[str, object] = {
        "ticker": ticker,
        "row_count": len(rows),
        "unknown_ticker": None if ticker in first_dates else ticker,
        "missing_series": None if len(good) else ticker,
    }
    if not len(rows):
        return found
    repeated = rows.loc[rows["price_date"].duplicated(), "price_date"]
    unreadable = rows.loc[~rows.index.isin(good.index), "price_date"]
    found |= {
        "source": rows["source"].iloc[-1],
        "first_repeated_date": repeated.iloc[0] if len(repeated) else None,
        "first_unreadable": (unreadable.iloc[0] or "(no date)") if len(unreadable) else None,
        "unreadable_share": len(unreadable) / len(rows),
    }
    if not len(good) or newest is None:
        return found
    days = set(good["day"])
    first, last = min(days), max(days)
    expected = trading_days(first, last)
    missing, closed = sorted(set(expected) - days), sorted(days - set(expected))
    return found | {
        "first_date": first.isoformat(),
        "last_date": last.isoformat(),
        "days_after_first_trading_day": (first - first_dates[ticker]).days if ticker in first_dates else None,
        "trading_days_behind": len(trading_days(last, newest)) - len(trading_days(last, last)),
        "first_missing_day": missing[0].isoformat() if missing else None,
        "missing_day_share": len(missing) / max(1, len(expected)),
        "first_closed_day": closed[0].isoformat() if closed else None,
        "closed_day_share": len(closed) / len(days),
    }


def _moves(good: pd.DataFrame) -> pd.DataFrame:
    """Each day beside the one before it."""
    before = good.groupby("ticker")[["close_value", "adj_close_value"]].shift()
    moves = good.assign(close_before=before["close_value"], adj_close_before=before["adj_close_value"])
    return moves[moves["adj_close_before"].notna()]


def _jumps(moves: pd.DataFrame) -> pd.DataFrame:
    returns = moves["adj_close_value"] / moves["adj_close_before"] - 1
    odd = moves[returns.abs() > UNUSUAL_RETURN]
    percent = (returns[odd.index] * 100).round(1).astype(str) + "%"
    is_impossible = returns[odd.index].abs() > IMPOSSIBLE_RETURN
    return pd.DataFrame(
        {
            "ticker": odd["ticker"],
            "price_date": odd["price_date"],
            "adj_close_before": odd["adj_close_before"],
            "adj_close": odd["adj_close_value"],
            "unusual_return": percent,
            "impossible_return": percent.where(is_impossible, None).astype(object),
        }
    )


def _adjustments(moves: pd.DataFrame) -> pd.DataFrame:
    """Days whose adjustment differs from what dividend and split say."""
    stated = moves[moves["dividend"].notna() & moves["split_factor"].notna() & (moves["split_factor"] > 0)]
    served = (stated["adj_close_before"] / stated["close_before"]) / (stated["adj_close_value"] / stated["close_value"])
    expected = (1 - stated["dividend"] * stated["split_factor"] / stated["close_before"]) / stated["split_factor"]
    difference = served / expected - 1
    odd = stated[difference.abs() > ADJUSTMENT_TOLERANCE]
    return pd.DataFrame(
        {
            "ticker": odd["ticker"],
            "price_date": odd["price_date"],
            "dividend": odd["dividend"],
            "split_factor": odd["split_factor"],
            "served_step": served[odd.index],
            "stated_step": expected[odd.index],
            "unexplained_step": difference[odd.index],
        }
    )
