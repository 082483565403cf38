"""What every answer of docs/sql_cookbook.md must be like on the demo's published file, whatever its exact numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ops.bench import cookbook
from warehouse.database import read_connection

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Rows = list[dict[str, Any]]

TIERS = {"Overweight", "Neutral", "Underweight", "Insufficient history"}


def _descends(rows: Rows, column: str) -> bool:
    values = [row[column] for row in rows]
    return values == sorted(values, reverse=True)


# A question's first words to what must hold of its rows.
EXPECTED: dict[str, Callable[[Rows], bool]] = {
    "Which sectors are in which tier": lambda rows: (
        len(rows) == 11 and {row["tier"] for row in rows} <= TIERS and len({row["tier"] for row in rows}) >= 2
    ),
    "Which tiers changed": lambda rows: (
        0 < len(rows) <= 11
        and all(row["tier"] != row["previous_quarter_tier"] and 0 < row["top_issuer_share"] <= 1 for row in rows)
    ),
    "How has the market's": lambda rows: (
        len(rows) == 24 and _descends(rows, "as_of_date") and all(-1 <= row["npr_usd"] <= 1 for row in rows)
    ),
    "What were the largest": lambda rows: (
        len(rows) > 5 and _descends(rows, "value_usd") and all(row["value_usd"] > 0 for row in rows)
    ),
    "Where do several insiders": lambda rows: (
        len(rows) > 3 and all(row["buyer_count"] >= 2 and row["first_trade"] <= row["last_trade"] for row in rows)
    ),
    "What has one company's": lambda rows: len(rows) > 5 and _descends(rows, "filed_date"),
    "What does each exclusion": lambda rows: (
        rows[0]["reason"] == "signal trade" and {"superseded", "joint_duplicate"} <= {row["reason"] for row in rows}
    ),
    "What was known": lambda rows: (
        len(rows) > 5 and len({row["sector"] for row in rows}) == len(rows) and all(row["line_count"] for row in rows)
    ),
    "Who buys": lambda rows: {"ceo", "cfo", "director"} <= {row["role_code"] for row in rows},
    "Did anything get lost": lambda rows: (
        len(rows) > 3
        and all(0 < row["signal_line_count"] <= row["transaction_line_count"] for row in rows)
        and all(row["headline_line_count"] <= row["signal_line_count"] for row in rows)
    ),
    "Which insiders sit": lambda rows: rows[0]["issuer_count"] >= 2 and _descends(rows, "issuer_count"),
}


def check_cookbook(published: Path) -> None:
    """Ask every question; the columns are those the page shows, and the rows are like the answer they should be."""
    recipes = cookbook.recipes()
    assert len(recipes) == len(EXPECTED)
    with read_connection(published) as connection:
        for recipe in recipes:
            cursor = connection.execute(recipe.sql)
            names = [column[0] for column in cursor.description or ()]
            rows = [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]
            assert recipe.answer.splitlines()[0] == f"| {' | '.join(names)} |", recipe.question
            (holds,) = (check for words, check in EXPECTED.items() if recipe.question.startswith(words))
            assert holds(rows), (recipe.question, rows[:5])
