"""A build knows when the code of the models has changed."""

from __future__ import annotations

from ops import dbt
from ops.checkout import ROOT


def test_every_file_that_computes_a_row_is_part_of_the_hash() -> None:
    project = ROOT / "dbt_project"
    found = {path.suffix for folder in ("macros", "models", "seeds") for path in (project / folder).rglob("*.*")}
    # Descriptions and tests change no row; what Python leaves behind is none of the project's.
    assert found - {".yml", ".md", ".pyc"} == dbt._SUFFIXES
    assert {".sql", ".py", ".csv"} <= found
