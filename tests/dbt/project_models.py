"""Run every compiled model of the project on raw rows made by a test, in the order dbt would.

The SQL is the project's, compiled once by dbt; running it here costs seconds, so that what happens from one day to the
next can be tried many times.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from tests.dbt.warehouse_of import run_dbt
from warehouse.database import ensure_warehouse, write_connection
from warehouse.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from typing import Any

    import duckdb


@dataclass(frozen=True)
class Model:
    """One compiled model.

    Attributes:
        schema: Where it is built.
        name: Its name.
        folders: Folders it lies in, below ``models``.
        kind: ``table`` or ``view``.
        select: Its SQL, or its program.
        parents: Names of the models it reads.
        is_python: Whether it is a program and not SQL.
    """

    schema: str
    name: str
    folders: tuple[str, ...]
    kind: str
    select: str
    parents: frozenset[str]
    is_python: bool = False

    def make(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Create it in a database that holds its parents."""
        if not self.is_python:
            connection.execute(f"create {self.kind} {self.schema}.{self.name} as {self.select}")
            return
        # What dbt-duckdb does with a Python model: run the compiled file, give it its parents, store what it returns.
        program: dict[str, Any] = {"__name__": self.name}
        exec(compile(self.select, self.name, "exec"), program)  # noqa: S102 - our own model
        made = program["model"](program["dbtObj"](connection.table), connection)
        connection.register("made", made)
        connection.execute(f"create table {self.schema}.{self.name} as select * from made")  # noqa: S608 - our own names
        connection.unregister("made")


@dataclass(frozen=True)
class ProjectModels:
    """The project as compiled SQL.

    Attributes:
        empty: A warehouse file with the raw tables, empty, and the seeds.
        models: Every model, in the order of their references.
    """

    empty: Path
    models: tuple[Model, ...]

    def build(
        self, settings: Settings, raw: Mapping[str, Sequence[Mapping[str, Any]]], *, only: str | None = None
    ) -> None:
        """Make the warehouse of a data folder anew from raw rows; what was frozen there is loaded, too.

        Args:
            settings: Where the warehouse is.
            raw: Raw table to its rows, as column to value; columns left out are null.
            only: Build this model and what it is made of; all models when ``None``.
        """
        from warehouse.frozen import frozen_quarters, load_frozen

        settings.data_dir.mkdir(parents=True, exist_ok=True)
        shutil.copy(self.empty, settings.warehouse_path)
        with write_connection(settings) as connection:
            for table, rows in raw.items():
                if rows:
                    connection.register("rows", pd.DataFrame(list(rows)))
                    connection.execute(f"insert into raw.{table} by name select * from rows")  # noqa: S608
                    connection.unregister("rows")
            for quarter in frozen_quarters(settings):
                load_frozen(connection, quarter, settings)
            self.run(connection, *([only] if only else [model.name for model in self.models]))

    def run(self, connection: duckdb.DuckDBPyConnection, *names: str) -> None:
        """Make models, and what they are made of, of what is loaded."""
        for model in self.with_parents(*names):
            model.make(connection)

    def with_parents(self, *names: str) -> tuple[Model, ...]:
        """Models and all they are made of, in the order of their references."""
        wanted = set(names)
        # Parents come before their children, so one look from the end finds all.
        for model in reversed(self.models):
            if model.name in wanted:
                wanted |= model.parents
        return tuple(model for model in self.models if model.name in wanted)


def compile_project(folder: Path) -> ProjectModels:
    """Compile the project with dbt and load its seeds.

    Args:
        folder: Where dbt may write.
    """
    ensure_warehouse(Settings(data_dir=folder))
    run_dbt(folder, "seed")
    run_dbt(folder, "compile")
    manifest = json.loads((folder / "dbt" / "target" / "manifest.json").read_text(encoding="utf-8"))
    models = {key: node for key, node in manifest["nodes"].items() if node["resource_type"] == "model"}
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
    with write_connection(Settings(data_dir=folder)) as connection:
        for schema in sorted({models[key]["schema"] for key in ordered}):
            connection.execute(f"create schema if not exists {schema}")
    return ProjectModels(
        empty=folder / "warehouse.duckdb",
        models=tuple(
            Model(
                schema=node["schema"],
                name=node["name"],
                folders=tuple(node["fqn"][1:-1]),
                kind="view" if node["config"]["materialized"] == "view" else "table",
                select=node["compiled_code"],
                parents=frozenset(models[key]["name"] for key in node["depends_on"]["nodes"] if key in models),
                is_python=node["language"] == "python",
            )
            for node in (models[key] for key in ordered)
        ),
    )
