"""Run compiled company models on tables made by a test, in the order dbt would, in a database in memory.

The SQL is the project's, compiled by dbt; only the tables it starts from are the test's. Running it here rather than
by ``dbt build`` makes a run cost a second, so that properties can be tried on many histories.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from tests.dbt.warehouse_of import DBT, read_csv

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd


@dataclass(frozen=True)
class CompanyModels:
    """The company models as compiled SQL.

    Attributes:
        statements: (schema, name, select) of each table, in the order of their references.
    """

    statements: tuple[tuple[str, str, str], ...]

    def run(self, tables: Mapping[str, pd.DataFrame], wanted: set[str]) -> duckdb.DuckDBPyConnection:
        """Build the wanted tables from the given ones.

        Args:
            tables: ``schema.name`` of each table the models start from to its rows. ``seeds.role_codes`` is there.
            wanted: Names of the models to build.

        Returns:
            An open connection to a database in memory.
        """
        connection = duckdb.connect(config={"threads": 2})
        for schema in ("seeds", "staging", "intermediate", "marts"):
            connection.execute(f"create schema {schema}")
        connection.execute("create table seeds.role_codes (role_code varchar, role_rank integer)")
        connection.executemany(
            "insert into seeds.role_codes values (?, ?)",
            [[row["role_code"], row["role_rank"]] for row in read_csv(DBT / "seeds" / "role_codes.csv")],
        )
        for name, rows in tables.items():
            connection.register("rows", rows)
            connection.execute(f"create table {name} as select * from rows")  # noqa: S608 - our own names
            connection.unregister("rows")
        for schema, name, select in self.statements:
            if name in wanted:
                connection.execute(f"create table {schema}.{name} as {select}")
        return connection
