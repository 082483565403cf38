"""The queries of docs/sql_cookbook.md: read from the page, run on a published file, their answers written back.

``python -m ops.bench.cookbook <published file>`` fills in the tables of the page.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ops.checkout import ROOT
from ops.markdown import table
from warehouse.database import read_connection

if TYPE_CHECKING:
    import duckdb

PAGE = ROOT / "docs" / "sql_cookbook.md"
SHOWN_ROWS = 14

# A question, what to mind, the query, and the answer where there is one.
_RECIPE = re.compile(
    r"^## (?P<question>.+)\n\n(?P<text>(?:.+\n)+)\n```sql\n(?P<sql>[^`]+?)\n```\n(?P<answer>(?:\n\|.*(?:\n\|.*)*\n?)?)",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Recipe:
    """One question of the page.

    Attributes:
        question: Its heading.
        sql: Its query.
        answer: The table below the query as it stands on the page, '' without one.
    """

    question: str
    sql: str
    answer: str


def recipes(page: Path = PAGE) -> list[Recipe]:
    """Every question of the page, in order."""
    found = _RECIPE.finditer(page.read_text(encoding="utf-8"))
    return [Recipe(match["question"], match["sql"], match["answer"].strip()) for match in found]


def answer(connection: duckdb.DuckDBPyConnection, recipe: Recipe) -> str:
    """The first rows a query gives, as the table of the page."""
    cursor = connection.execute(recipe.sql)
    names = [column[0] for column in cursor.description or ()]
    return table(names, [[_text(value) for value in row] for row in cursor.fetchmany(SHOWN_ROWS)])


def fill_in(published: Path, page: Path = PAGE) -> None:
    """Write the answers a published file gives into the page."""
    with read_connection(published) as connection:

        def with_answer(match: re.Match[str]) -> str:
            recipe = Recipe(match["question"], match["sql"], "")
            whole = match[0][: match.start("answer") - match.start()]
            return f"{whole}\n{answer(connection, recipe)}\n"

        text = _RECIPE.sub(with_answer, page.read_text(encoding="utf-8"))
    page.write_text(text, encoding="utf-8")


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.0f}" if value.is_integer() and abs(value) >= 1000 else f"{value:g}"
    return str(value)


if __name__ == "__main__":
    fill_in(Path(sys.argv[1]))
