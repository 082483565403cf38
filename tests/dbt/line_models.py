"""Run the compiled line models on raw rows made by a test, in a database of their own.

The SQL is the project's, compiled by dbt; running it here rather than by ``dbt build`` makes a run cost a second, so
that properties can be tried on many histories.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import duckdb

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from tests.dbt.project_models import ProjectModels


class LineModels:
    """Everything from raw to ``int_signal_lines`` as compiled SQL.

    A plain class, because Hypothesis prints all of a data class where an example fails.
    """

    def __init__(self, project: ProjectModels) -> None:
        """Take the line models, and the empty warehouse they run in, from the compiled project."""
        self.empty = project.empty
        self.models = project.with_parents("int_signal_lines")

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
        for model in self.models:
            model.make(connection)
        return connection
