"""The kinds of expectations the suites are made of, each an error unless it is made a warning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quality.suite import Expect

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from quality.suite import Severity


def not_null(name: str, column: str, reason: str, *, is_warning: bool = False) -> Expect:
    """``column`` is filled in every row."""
    return Expect(name, "ExpectColumnValuesToNotBeNull", {"column": column}, _severity(is_warning), reason)


def empty(name: str, column: str, reason: str, *, is_warning: bool = False) -> Expect:
    """``column`` holds only what is wrong, so it must be empty; a failing row shows the wrong value."""
    return Expect(name, "ExpectColumnValuesToBeNull", {"column": column}, _severity(is_warning), reason)


def unique(name: str, column: str, reason: str) -> Expect:
    """``column`` holds no value twice."""
    return Expect(name, "ExpectColumnValuesToBeUnique", {"column": column}, "error", reason)


def in_set(name: str, column: str, values: Sequence[str], reason: str, *, is_warning: bool = False) -> Expect:
    """``column`` holds nothing but these values."""
    arguments = {"column": column, "value_set": list(values)}
    return Expect(name, "ExpectColumnValuesToBeInSet", arguments, _severity(is_warning), reason)


def matches(name: str, column: str, pattern: str, reason: str, *, is_warning: bool = False) -> Expect:
    """Every value of ``column`` matches a regular expression."""
    arguments = {"column": column, "regex": pattern}
    return Expect(name, "ExpectColumnValuesToMatchRegex", arguments, _severity(is_warning), reason)


def between(
    name: str, column: str, low: float | None, high: float | None, reason: str, *, is_warning: bool = False
) -> Expect:
    """Every value of ``column`` lies between two bounds, both included; ``None`` is no bound."""
    bounds = {"min_value": low, "max_value": high}
    arguments: dict[str, Any] = {"column": column} | {key: bound for key, bound in bounds.items() if bound is not None}
    return Expect(name, "ExpectColumnValuesToBeBetween", arguments, _severity(is_warning), reason)


def _severity(is_warning: bool) -> Severity:
    return "warning" if is_warning else "error"
