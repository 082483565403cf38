"""The answers of docs/sql_cookbook.md: the demo's file gives those the page shows, and each is like an answer.

The second half keeps a page that was filled in from a broken file from passing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ops.bench import cookbook
from warehouse.database import read_connection

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Rows = list[dict[str, Any]]

MEASURES = ("dollars", "capped_dollars", "trades", "breadth")
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
    "Which tiers was one": lambda rows: (
        len(rows) == 11
        and {str(row["quarter_end"]) for row in rows} == {"2024-06-30"}
        and _descends(rows, "percentile")
    ),
    "Which issuer is behind": lambda rows: (
        len(rows) == 11 and all(row["largest_issuer"] and 0 < row["share_of_dollars"] <= 1 for row in rows)
    ),
    "Is a sector's number": lambda rows: (
        len(rows) == 11 and rows[0]["beyond_the_season"] > rows[-1]["beyond_the_season"]
    ),
    "Do the other measures": lambda rows: (
        len(rows) == 11
        and {row["by_dollars"] for row in rows} <= TIERS
        and all(row["all_agree"] == (len({row[f"by_{name}"] for name in MEASURES}) == 1) for row in rows)
    ),
    # Frozen or not, nothing of the demo changes afterwards.
    "Has a published tier": lambda rows: rows == [],
    "Which cluster buys": lambda rows: (
        len(rows) > 5
        and _descends(rows, "known_from")
        and all(row["latest_owner_count"] >= row["owner_count"] >= 3 for row in rows)
    ),
    "Which clusters are in": lambda rows: len(rows) > 5 and all(0 < row["conviction_score"] <= 100 for row in rows),
    "How have the ratios": lambda rows: len(rows) > 8 and all(-1 <= row["npr_usd"] <= 1 for row in rows),
    "Where have insiders kept": lambda rows: (
        len(rows) > 2
        and all(row["sell_buy_below_one_quarters"] >= 3 and row["bought_usd"] > row["sold_usd"] for row in rows)
    ),
    "Do routine traders": lambda rows: (
        [row["insider_class"] for row in rows] == ["opportunistic", "routine", "unclassified"]
        and all(row["buy_lines"] and row["sell_lines"] for row in rows)
    ),
    "How much of the selling": lambda rows: (
        {"yes", "no"} <= {row["rule_10b5_1_status"] for row in rows}
        and abs(sum(row["share_of_sold_usd"] for row in rows) - 1) < 0.01
    ),
    "What would the ratios be": lambda rows: (
        rows[0]["lines_put_back"] > 0
        # Only purchases are put back.
        and all(row["npr_usd_with"] >= row["npr_usd"] for row in rows if row["npr_usd"] is not None)
    ),
    "Which amendments": lambda rows: (
        len(rows) > 5 and _descends(rows, "first_value_usd") and all(row["days_believed"] >= 0 for row in rows)
    ),
    "Who files late": lambda rows: (
        len(rows) > 5
        and all(0 < row["late_lines"] <= row["checked_lines"] and row["longest_delay_days"] > 2 for row in rows)
    ),
    "Which prices are not": lambda rows: len(rows) > 5 and rows[0]["price_reason_code"] == "total_in_price",
    "What became of every": lambda rows: (
        rows[0]["line_count"] - sum(row["line_count"] for row in rows if row["step"].startswith("lost"))
        == rows[-1]["line_count"]
        > 0
    ),
    "How much of the trades": lambda rows: len(rows) > 5 and all(0 < row["mapped_line_share"] <= 1 for row in rows),
    "Which flags touch": lambda rows: (
        len(rows) > 5
        and all(abs(row["line_share"] - row["line_share_year_before"] - row["change"]) < 0.001 for row in rows)
    ),
    "What did sectors earn": lambda rows: (
        {row["horizon_months"] for row in rows} == {3, 6, 9, 12}
        and all(row["observations"] > 5 and 0 <= row["share_above_spy"] <= 1 for row in rows)
    ),
    "Is what followed": lambda rows: (
        [row["horizon_months"] for row in rows] == [3, 6, 9, 12]
        and sum(row["is_headline"] for row in rows) == 1
        and all(row["ic"] is not None and row["control_ic"] is not None for row in rows)
    ),
    "What would following": lambda rows: (
        {"tier", "contrarian", "equal_weight", "market"} <= {row["portfolio"] for row in rows}
        and all(row["max_drawdown"] <= 0 < row["volatility_pa"] for row in rows)
    ),
    "Where do insiders and": lambda rows: len(rows) == 11 and {"diverges"} <= {row["confirmation"] for row in rows},
    "What is this file": lambda rows: [row["is_simulated"] for row in rows] == [True],
}


def check_cookbook(published: Path) -> None:
    """Ask every question: the answer is the one the page shows, and like the answer it should be."""
    recipes = cookbook.recipes()
    assert len(recipes) == len(EXPECTED)
    stale = []
    with read_connection(published) as connection:
        for recipe in recipes:
            cursor = connection.execute(recipe.sql)
            names = [column[0] for column in cursor.description or ()]
            rows = [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]
            (holds,) = (check for words, check in EXPECTED.items() if recipe.question.startswith(words))
            assert holds(rows), (recipe.question, rows[:5])
            if (answer := cookbook.answer(connection, recipe)) != recipe.answer:
                stale.append(f"{recipe.question}\n{answer}")
    assert not stale, "\n\n".join(
        [
            "Answers changed: make demo, then python -m ops.bench.cookbook data/demo/published/insider_tiers.duckdb",
            *stale,
        ]
    )
