"""What must hold for the prices in raw before they are committed.

A source is wrong in ways of its own: it loses a day, applies a split to half of a history, or serves another fund. What
would make returns false is an error; what leaves a hole that the marts flag is a warning.
"""

from __future__ import annotations

from quality.expectations import between, empty
from quality.suite import FrameSuite, GateSuite

# No sector fund has moved so much in a day since 1998: the most is -20% (Energy, 2020-03-09), and trading halts for the
# day when the market falls by 20%. A split by 3 for 2 that one side of the series does not know looks like -33%.
UNUSUAL_RETURN = 0.25
IMPOSSIBLE_RETURN = 0.30
# Dividends and splits explain an adjustment to within the rounding of the served closes.
ADJUSTMENT_TOLERANCE = 0.001


_SERIES = FrameSuite(
    "price_series",
    "fund of the sectors seed, and any other that has prices",
    ("ticker", "source", "row_count", "first_date", "last_date"),
    (
        empty(
            "price_series_present",
            "missing_series",
            "A fund without prices leaves its sector without returns; the other sectors have theirs.",
            is_warning=True,
        ),
        empty("price_funds_known", "unknown_ticker", "Only the funds of the sectors seed stand for a sector."),
        empty("price_days_unique", "first_repeated_date", "Two closes of one day make two returns of one day."),
        empty(
            "price_values_readable",
            "first_unreadable",
            "A day whose date or closes are no positive numbers is left out by staging and counted.",
            is_warning=True,
        ),
        between(
            "price_values_readable_mostly",
            "unreadable_share",
            None,
            0.01,
            "More than 1% unreadable means that the source has changed its format.",
        ),
        between(
            "price_history_complete",
            "days_after_first_trading_day",
            None,
            10,
            "The history begins with the fund; one that begins later leaves early quarters without returns. A user's "
            "own file may.",
            is_warning=True,
        ),
        between(
            "price_series_level",
            "trading_days_behind",
            None,
            1,
            "The exchange closes all funds together; one day may be on its way.",
            is_warning=True,
        ),
        empty(
            "price_days_gap_free",
            "first_missing_day",
            "The exchange traded and the source has no close; a return over the hole is right, one that begins or ends "
            "in it is moved to the next close and flagged.",
            is_warning=True,
        ),
        between(
            "price_days_gap_free_mostly",
            "missing_day_share",
            None,
            0.02,
            "A source loses a day now and then; above 2% the series is another fund's or a weekly one.",
        ),
        empty(
            "price_days_are_trading_days",
            "first_closed_day",
            "The exchange was closed: a copied close or a shifted date.",
            is_warning=True,
        ),
        between(
            "price_days_are_trading_days_mostly",
            "closed_day_share",
            None,
            0.01,
            "Above 1% the dates are shifted by a day (a time zone), and every return with them.",
        ),
    ),
)

_JUMPS = FrameSuite(
    "price_jumps",
    f"day on which an adjusted close moved by more than {UNUSUAL_RETURN:.0%}",
    ("ticker", "price_date", "adj_close_before", "adj_close"),
    (
        empty(
            "price_moves_usual",
            "unusual_return",
            "No sector fund has moved by a quarter in a day since 1998 (the most is -20%, Energy on 2020-03-09).",
            is_warning=True,
        ),
        empty(
            "price_moves_possible",
            "impossible_return",
            "More than 30% in a day is a split that only one side of the series knows: every return across it would be "
            "wrong by as much. Fetch the whole history again: python -m extract prices --refresh.",
        ),
    ),
)

_ADJUSTMENTS = FrameSuite(
    "price_adjustments",
    "day on which the adjusted close moved otherwise than the close, where the source states dividends and splits",
    ("ticker", "price_date", "dividend", "split_factor", "served_step", "stated_step"),
    (
        empty(
            "price_adjustments_explained",
            "unexplained_step",
            "The dividend and split the source states account for its adjusted close (CRSP's method) to within 0.1%; "
            "where not, one of them is missing or wrong, and total returns with it.",
            is_warning=True,
        ),
    ),
)

PRICES = GateSuite("prices", "All prices in raw, before they are committed.", (_SERIES, _JUMPS, _ADJUSTMENTS))
