"""Run the compiled line models on raw rows made by a test, in a database of their own.

The SQL is the project's, compiled by dbt; running it here rather than by ``dbt build`` makes a run cost a second, so
that properties can be tried on many histories.
"""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import duckdb

from tests.dbt.warehouse_of import run_dbt
from warehouse.database import ensure_warehouse
from warehouse.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path


class LineModels:
    """Everything from raw to ``int_signal_lines`` as compiled SQL.

    A plain class, because Hypothesis prints all of a data class where an example fails.
    """

    def __init__(self, empty: Path, statements: Sequence[tuple[str, str, str, str]]) -> None:
        """Keep what a run needs.

        Args:
            empty: A warehouse file with the raw tables, empty, and the seeds.
            statements: (relation kind, schema, name, select) of each model, in the order of their references.
        """
        self.empty = empty
        self.statements = tuple(statements)

    def run(self, rows: Mapping[str, Iterable[Mapping[str, Any]]], folder: Path) -> duckdb.DuckDBPyConnection:
        """Build every line model from the given raw rows.

        Args:
            rows: Raw table to its rows; columns left out are null.
            folder: An empty folder for the database file, whose name the compiled SQL knows.

        Returns:
            An open connection to it.
        """
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(self.empty, folder / self.empty.name)
        connection = duckdb.connect(str(folder / self.empty.name), config={"threads": 1})
        connection.begin()
        for table, values in rows.items():
            for row in values:
                names, marks = ", ".join(row), ", ".join("?" * len(row))
                connection.execute(f"insert into raw.{table} ({names}) values ({marks})", list(row.values()))  # noqa: S608
        connection.commit()
        for kind, schema, name, select in self.statements:
            connection.execute(f"create schema if not exists {schema}")
            connection.execute(f"create {kind} {schema}.{name} as {select}")
        return connection


def compile_line_models(folder: Path) -> LineModels:
    """Compile the models with dbt and load the seeds.

    Args:
        folder: Where dbt may write.
    """
    ensure_warehouse(Settings(data_dir=folder))
    run_dbt(folder, "seed")
    run_dbt(folder, "compile", "--select", "+int_signal_lines")
    manifest = json.loads((folder / "dbt" / "target" / "manifest.json").read_text(encoding="utf-8"))
    nodes = manifest["nodes"]
    models = {key: node for key, node in nodes.items() if node["resource_type"] == "model" and "compiled_code" in node}
    ordered: list[str] = []
    while len(ordered) < len(models):
        ready = [
            key
            for key, node in models.items()
            if key not in ordered
            and all(parent in ordered or parent not in models for parent in node["depends_on"]["nodes"])
        ]
        assert ready, "the models reference each other in a circle"
        ordered.extend(ready)
    return LineModels(
        empty=folder / "warehouse.duckdb",
        statements=tuple(
            (
                "view" if models[key]["config"]["materialized"] == "view" else "table",
                models[key]["schema"],
                models[key]["name"],
                models[key]["compiled_code"],
            )
            for key in ordered
        ),
    )
