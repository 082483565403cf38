"""Write what is generated from the project: the data dictionary, and dbt's lineage as one page: ``make docs``.

Both come from the dbt project alone, compiled in a folder of its own: no data is read, no warehouse locked, nothing
downloaded.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from ops.dbt import run_dbt
from ops.dictionary import PAGE, dictionary_text
from warehouse.database import ensure_warehouse, write_connection
from warehouse.errors import InsiderTiersError
from warehouse.settings import Settings, load_settings

LINEAGE = Path("docs") / "lineage.html"


def compile_docs(scratch: Path, lineage: Path) -> dict[str, Any]:
    """Let dbt document the project as one self-contained page.

    Args:
        scratch: An empty folder for dbt to work in.
        lineage: File to write; it appears by rename.

    Returns:
        dbt's manifest.

    Raises:
        RunError: dbt failed; the message names the file.
    """
    settings = Settings(data_dir=scratch)
    ensure_warehouse(settings)
    target = scratch / "dbt" / "target"
    # Some macros read code lists while they are compiled.
    _run_dbt(settings, "seed")
    _make_empty_marts(settings, _read_manifest(target))
    _run_dbt(settings, "docs", "generate", "--static")
    lineage.parent.mkdir(parents=True, exist_ok=True)
    made = lineage.with_suffix(".tmp")
    shutil.copy(target / "static_index.html", made)
    made.replace(lineage)
    return _read_manifest(target)


def _run_dbt(settings: Settings, *arguments: str) -> None:
    run_dbt(settings, *arguments, on_line=lambda _line: None)


def _read_manifest(target: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    return manifest


def _make_empty_marts(settings: Settings, manifest: dict[str, Any]) -> None:
    """Make the tables the contracts promise: dbt's page takes the types of columns from a database."""
    with write_connection(settings) as connection:
        connection.execute("create schema if not exists marts")
        for node in manifest["nodes"].values():
            if node["resource_type"] == "model" and node["schema"] == "marts":
                columns = ", ".join(f"{column['name']} {column['data_type']}" for column in node["columns"].values())
                connection.execute(f"create table marts.{node['name']} ({columns})")


@click.command()
def main() -> None:
    """Write docs/data_dictionary.md and DATA_DIR/docs/lineage.html."""
    console = Console(highlight=False)
    lineage = load_settings().data_dir / LINEAGE
    try:
        with tempfile.TemporaryDirectory() as scratch:
            manifest = compile_docs(Path(scratch), lineage)
    except InsiderTiersError as error:
        raise click.ClickException(f"{type(error).__name__}: {error}") from error
    PAGE.write_text(dictionary_text(manifest), encoding="utf-8")
    console.print(f"Data dictionary: {PAGE}", soft_wrap=True)
    console.print(f"Lineage, open it in a browser: {lineage}", soft_wrap=True)


if __name__ == "__main__":
    main()
