"""Finds the flags, statuses and reasons of the line mart by name and type, counts each value, and draws examples.

A column added to the mart appears by itself when its name says what it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from warehouse.marts import MARTS_SCHEMA
from warehouse.sql_text import identifier

if TYPE_CHECKING:
    import duckdb

LINES = f"{MARTS_SCHEMA}.fct_insider_transactions"

_FLAG = re.compile(r"^(is|has)_")
_VERDICT = re.compile(
    r"_(status|reason|reason_code|class|confidence|match|sign|sign_code|grade|source|type)$"
    r"|^(role_code|transaction_code|table_code|direction|road|acquired_disposed_code|direct_indirect_code)$"
)
# Examples drawn per filing seen, so that enough filings remain when one has many lines with the same value.
_SPARE_DRAWS = 12


@dataclass(frozen=True)
class Value:
    """One value of a facet.

    Attributes:
        text: ``true`` and ``false`` for flags; ``None`` where the column is null.
        line_count: Lines of the mart that carry it.
        line_share: Of all lines, as a fraction of 1.
        open_market_count: Lines with code P or S in the non-derivative table that carry it.
        open_market_share: Of all those lines; ``None`` when there are none.
        example_keys: ``transaction_line_key`` of the lines drawn, each of another filing, the roads by turns.
    """

    text: str | None
    line_count: int
    line_share: float
    open_market_count: int
    open_market_share: float | None
    example_keys: tuple[str, ...]


@dataclass(frozen=True)
class Facet:
    """One flag, status, reason or class of the line mart, with its values, the rarest first."""

    column: str
    values: tuple[Value, ...]


def facet_columns(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The columns of the line mart that are flags, statuses, reasons, classes and the like, in the mart's order."""
    columns = connection.execute(f"describe {LINES}").fetchall()
    return [
        name
        for name, data_type, *_ in columns
        if (data_type == "BOOLEAN" and _FLAG.search(name)) or (data_type == "VARCHAR" and _VERDICT.search(name))
    ]


def other_columns(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The columns that are not listed value by value: keys, names, amounts, dates."""
    listed = set(facet_columns(connection))
    return [name for name, *_ in connection.execute(f"describe {LINES}").fetchall() if name not in listed]


def read_facet(connection: duckdb.DuckDBPyConnection, column: str, *, examples: int, where: str = "true") -> Facet:
    """Count every value of a column and draw examples; the same data gives the same examples.

    Args:
        connection: An open warehouse.
        column: One of `facet_columns`.
        examples: How many lines to draw for each value.
        where: Which lines are counted and drawn from, as a condition in SQL.
    """
    total, open_market_total = connection.execute(
        f"select count(*), count(direction) from {LINES} where {where}"
    ).fetchall()[0]
    drawn: dict[str | None, list[list[str]]] = {}
    counts: dict[str | None, list[int]] = {}
    # The lines with the lowest hashes: a sample that neither the order of the rows nor a new filing reshuffles.
    for text, lines, open_market, keys in connection.execute(
        f"""
        select
            cast({identifier(column)} as varchar) as value,
            count(*),
            count(direction),
            min_by(transaction_line_key, md5(concat(transaction_line_key, ?)), ?)
        from {LINES}
        where {where}
        group by value, road
        order by value, road
        """,
        [column, max(examples * _SPARE_DRAWS, 1)],
    ).fetchall():
        counts.setdefault(text, [0, 0])
        counts[text][0] += lines
        counts[text][1] += open_market
        drawn.setdefault(text, []).append(keys)
    values = [
        Value(
            text=text,
            line_count=lines,
            line_share=lines / total,
            open_market_count=open_market,
            open_market_share=open_market / open_market_total if open_market_total else None,
            example_keys=tuple(_by_turns([_one_per_filing(keys) for keys in drawn[text]])[:examples]),
        )
        for text, (lines, open_market) in counts.items()
    ]
    return Facet(column, tuple(sorted(values, key=lambda value: (value.line_count, value.text or ""))))


def _one_per_filing(keys: list[str]) -> list[str]:
    first: dict[str, str] = {}
    for key in keys:
        first.setdefault(key.split("|")[0], key)
    return list(first.values())


def _by_turns(lists: list[list[str]]) -> list[str]:
    longest = max(map(len, lists), default=0)
    return [keys[turn] for turn in range(longest) for keys in lists if turn < len(keys)]
