"""What a gate expects, as data: frames, expectations on them, each with its severity and its reason.

The suites (``raw_suite``, ``marts_suite``) are built from these classes; ``gate`` runs them in Great Expectations
and ``handbook`` writes them out as ``docs/quality.md``, so what is checked and what is documented are one thing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

Severity = Literal["error", "warning"]


def _between(low: object, high: object) -> str:
    if low == high:
        return f"is {low}"
    if high is None:
        return f"at least {low}"
    return f"at most {high}" if low is None else f"from {low} to {high}"


_PHRASES: dict[str, Callable[[dict[str, Any]], str]] = {
    "ExpectColumnValuesToBeInSet": lambda a: f"`{a['column']}` is one of {', '.join(map(str, a['value_set']))}",
    "ExpectColumnValuesToNotBeNull": lambda a: f"`{a['column']}` is filled",
    "ExpectColumnValuesToBeNull": lambda a: f"`{a['column']}` is empty (it holds only what is wrong)",
    "ExpectColumnValuesToBeUnique": lambda a: f"`{a['column']}` is unique",
    "ExpectCompoundColumnsToBeUnique": lambda a: f"{', '.join(f'`{name}`' for name in a['column_list'])} are unique",
    "ExpectColumnValuesToMatchRegex": lambda a: f"`{a['column']}` matches `{a['regex']}`",
    "ExpectColumnPairValuesToBeEqual": lambda a: f"`{a['column_A']}` equals `{a['column_B']}`",
    "ExpectColumnValuesToBeBetween": lambda a: f"`{a['column']}` {_between(a.get('min_value'), a.get('max_value'))}",
    "ExpectTableRowCountToBeBetween": lambda a: f"the row count {_between(a['min_value'], a['max_value'])}",
}


@dataclass(frozen=True)
class Expect:
    """One expectation on one frame.

    Attributes:
        name: Unique in its gate; what messages, results and accepted exceptions call it.
        expectation: Class name in ``great_expectations.expectations``.
        arguments: Its arguments, without ``mostly``, ``severity`` and ``meta``.
        severity: ``error`` fails the gate; ``warning`` is reported and lets it pass.
        reason: Why this must hold, and why the number is the number it is.
        tolerated_rows: This many failing rows are let through however small the frame is.
        tolerated_share: This share of the frame's rows is let through (the larger of the two counts).
    """

    name: str
    expectation: str
    arguments: dict[str, Any]
    severity: Severity
    reason: str
    tolerated_rows: int = 0
    tolerated_share: float = 0.0

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns looked at; none for an expectation on the whole frame."""
        named = [self.arguments[key] for key in ("column", "column_A", "column_B") if key in self.arguments]
        return (*named, *self.arguments.get("column_list", ()))

    @property
    def column(self) -> str:
        """The columns looked at, as text."""
        return ", ".join(self.columns)

    @property
    def requirement(self) -> str:
        """What must hold, in words."""
        phrase = _PHRASES[self.expectation](self.arguments)
        if not self.tolerates:
            return phrase
        parts = [f"{self.tolerated_rows} rows"] if self.tolerated_rows else []
        parts += [f"{self.tolerated_share:.0%} of the rows"] if self.tolerated_share else []
        return f"{phrase}; {' or '.join(parts)} may fail"

    @property
    def tolerates(self) -> bool:
        """Whether some failing rows are let through."""
        return self.tolerated_rows > 0 or self.tolerated_share > 0

    def tolerated_of(self, row_count: int) -> int:
        """Failing rows let through among ``row_count``."""
        return min(row_count, max(self.tolerated_rows, int(self.tolerated_share * row_count)))


@dataclass(frozen=True)
class FrameSuite:
    """The expectations on one data frame.

    Attributes:
        frame: Name of the frame.
        one_row_per: What a row stands for, in words.
        keys: Columns that name a row in messages.
        expectations: What must hold.
    """

    frame: str
    one_row_per: str
    keys: tuple[str, ...]
    expectations: tuple[Expect, ...]


@dataclass(frozen=True)
class GateSuite:
    """Everything one gate expects.

    Attributes:
        gate: Name of the gate, as in results and file names.
        title: One sentence for people.
        frames: Its frames, in the order they are checked.
    """

    gate: str
    title: str
    frames: tuple[FrameSuite, ...] = field(default=())

    def __post_init__(self) -> None:
        names = [expectation.name for frame in self.frames for expectation in frame.expectations]
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise ValueError(f"gate {self.gate} uses a name twice: {', '.join(repeated)}")


def rarely(expect: Expect, *, rows: int, share: float, reason: str) -> tuple[Expect, Expect]:
    """Warn about every failing row, and fail the gate when there are more than a filer's slips can explain.

    Args:
        expect: The expectation, as it is reported for any failing row.
        rows: Failing rows let through however small the frame is.
        share: Share of the rows let through.
        reason: Why more than that is an error.

    Returns:
        The warning and the error, the latter named ``<name>_mostly``.
    """
    error = replace(
        expect,
        name=f"{expect.name}_mostly",
        severity="error",
        reason=reason,
        tolerated_rows=rows,
        tolerated_share=share,
    )
    return replace(expect, severity="warning"), error
