"""Numbers and days as the pages write them; what is missing is a dash, everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reports.published import long_date

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

NOTHING = "\N{EN DASH}"
_MINUS = "\N{MINUS SIGN}"


def number(value: float | None, decimals: int = 2) -> str:
    """``-0.5`` with two decimals: ``-0.50`` with a real minus sign."""
    return NOTHING if value is None else f"{_rounded(value, decimals):,.{decimals}f}".replace("-", _MINUS)


def signed(value: float | None, decimals: int = 2) -> str:
    """Like `number`, with a plus where it is above zero."""
    if value is None:
        return NOTHING
    rounded = _rounded(value, decimals)
    return f"{rounded:{'+' if rounded else ''},.{decimals}f}".replace("-", _MINUS)


def share(value: float | None, decimals: int = 0) -> str:
    """A fraction of one as per cent: ``0.314`` is ``31%``."""
    return NOTHING if value is None else f"{number(value * 100, decimals)}%"


def usd(value: float | None) -> str:
    """Dollars, short: ``$1.2m``."""
    if value is None:
        return NOTHING
    amount = float(value)
    sign = _MINUS if amount < 0 else ""
    for size, unit in ((1e12, "tn"), (1e9, "bn"), (1e6, "m"), (1e3, "k")):
        # 999,950 rounds to a million, not to a thousand thousands.
        if abs(amount) >= size * 0.99995:
            scaled = abs(amount) / size
            return f"{sign}${scaled:.{1 if scaled < 100 else 0}f}{unit}"
    return f"{sign}${abs(amount):,.0f}"


def count(value: float | None) -> str:
    """A whole number with thousands separators."""
    return NOTHING if value is None else f"{int(value):,}".replace("-", _MINUS)


def day(value: date | None) -> str:
    """``9 January 2026``."""
    return NOTHING if value is None else long_date(value)


def short_day(value: date | None) -> str:
    """``9 Jan 2026``."""
    return NOTHING if value is None else f"{value.day} {value:%b %Y}"


def quarter(value: date | None) -> str:
    """``2025 Q4``."""
    return NOTHING if value is None else f"{value.year} Q{(value.month + 2) // 3}"


def ordinal(value: float | None) -> str:
    """``31st``."""
    if value is None:
        return NOTHING
    whole = int(value + 0.5)
    ending = "th" if whole % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(whole % 10, "th")
    return f"{whole}{ending}"


def plural(value: int, one: str, many: str | None = None) -> str:
    """``1 issuer``, ``2 issuers``."""
    return f"{count(value)} {one if value == 1 else many or f'{one}s'}"


def listed(words: list[str]) -> str:
    """``Energy, Health Care and Utilities``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""


def _rounded(value: float, decimals: int) -> float:
    # No minus zero.
    return round(float(value), decimals) + 0.0


FILTERS: dict[str, Callable[..., Any]] = {
    "number": number,
    "signed": signed,
    "share": share,
    "usd": usd,
    "count": count,
    "day": day,
    "short_day": short_day,
    "quarter": quarter,
    "ordinal": ordinal,
    "plural": plural,
    "listed": listed,
}
