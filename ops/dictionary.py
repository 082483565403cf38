"""docs/data_dictionary.md from the dbt manifest: every published table with its grain, warnings and columns."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ops.checkout import ROOT
from ops.markdown import one_line, table
from warehouse.copies import PUBLICATION, PUBLICATION_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Node = Mapping[str, Any]

PAGE = ROOT / "docs" / "data_dictionary.md"

_HEAD = """\
# Data dictionary

Every table of the published file, `data/published/insider_tiers.duckdb`: one row per what, what to mind, every column.
The same words are comments in the file itself (`duckdb_columns()`, the tree of a database tool) and in its manifest.

This page is written by `make docs` from the descriptions beside the models in `dbt_project/models/marts`; edit those,
never this page. `make docs` also writes the lineage of every table down to the filings as a page for the browser.
Questions with their SQL are in the [cookbook](sql_cookbook.md), the words behind the columns in [method.md](method.md).
"""
# Folders below models/marts to headings, in order; a new folder comes after them and its name is its heading.
_TOPICS = {
    "sectors": "Sectors",
    "companies": "Companies",
    "prices": "Prices",
    "evidence": "Evidence",
    "reports": "Reports",
    "": "Filings, lines, names",
}
_GRAIN = re.compile(r"One row per ([^.]+)\.?\s*$")


def dictionary_text(manifest: Mapping[str, Any]) -> str:
    """The page.

    Args:
        manifest: dbt's ``manifest.json``, parsed; ``dbt parse`` is enough.
    """
    marts = sorted(_marts(manifest), key=lambda node: (*_place(_topic(node)), node["name"]))
    readers = _readers(manifest)
    parts = [_HEAD.strip(), _contents(marts)]
    topic = None
    for node in marts:
        if _topic(node) != topic:
            topic = _topic(node)
            parts.append(f"## {_heading(topic)}")
        parts.append(_mart(node, readers.get(node["name"], [])))
    parts += [_publication(), _sources(manifest), _seeds(manifest)]
    return "\n\n".join(parts) + "\n"


def _marts(manifest: Mapping[str, Any]) -> list[Node]:
    nodes = manifest["nodes"].values()
    return [node for node in nodes if node["resource_type"] == "model" and node["schema"] == "marts"]


def _topic(node: Node) -> str:
    folders = node["fqn"][2:-1]
    return folders[0] if folders else ""


def _place(topic: str) -> tuple[int, str]:
    known = list(_TOPICS)
    return (known.index(topic) if topic in _TOPICS else len(known), topic)


def _heading(topic: str) -> str:
    return _TOPICS.get(topic, topic.replace("_", " ").capitalize())


def _readers(manifest: Mapping[str, Any]) -> dict[str, list[str]]:
    """Mart to the labels of the exposures that read it."""
    found: dict[str, list[str]] = {}
    for exposure in sorted(manifest["exposures"].values(), key=lambda exposure: str(exposure["label"])):
        for key in exposure["depends_on"]["nodes"]:
            found.setdefault(key.rsplit(".", 1)[-1], []).append(exposure["label"])
    return found


def _contents(marts: Iterable[Node]) -> str:
    rows = [[f"[`{node['name']}`](#{node['name']})", grain(node)] for node in marts]
    return table(("table", "one row per"), [*rows, [f"[`{PUBLICATION}`](#{PUBLICATION})", "published file"]])


def grain(node: Node) -> str:
    """What one row of a model stands for: the end of its description."""
    found = _GRAIN.search(one_line(node["description"]))
    return found[1] if found else ""


def warnings_of(node: Node) -> list[str]:
    """Usage warnings of a model, in order."""
    return [one_line(warning) for warning in node["config"]["meta"].get("usage_warnings", [])]


def _mart(node: Node, readers: list[str]) -> str:
    paragraphs = [one_line(paragraph) for paragraph in node["description"].strip().split("\n\n")]
    paragraphs[-1] = _GRAIN.sub("", paragraphs[-1]).strip()
    parts = [f"### {node['name']}", f"**One row per** {grain(node)}.", *filter(None, paragraphs)]
    if warnings := warnings_of(node):
        parts.append("**Mind:**")
        parts.append("\n".join(f"- {warning}" for warning in warnings))
    if readers:
        parts.append(f"Read by: {', '.join(readers)}.")
    columns = [
        [f"`{column['name']}`", column["data_type"], column["description"]] for column in node["columns"].values()
    ]
    return "\n\n".join([*parts, table(("column", "type", "meaning"), columns)])


def _publication() -> str:
    rows = [[f"`{name}`", data_type, description] for name, (data_type, description) in PUBLICATION_COLUMNS.items()]
    intro = (
        f"## The file itself\n\n### {PUBLICATION}\n\n**One row per** published file: what it is, and as of when.\n\n"
    )
    return intro + table(("column", "type", "meaning"), rows)


def _sources(manifest: Mapping[str, Any]) -> str:
    rows = [
        [f"`{node['name']}`", str(len(node["columns"])), node["description"]]
        for node in sorted(manifest["sources"].values(), key=lambda node: str(node["name"]))
    ]
    intro = (
        "## What it is made of\n\nSchema `raw` of the writer's file, `data/warehouse.duckdb`, holds what was fetched, "
        "as text and as served. It is not in the published file.\n\n"
    )
    return intro + table(("raw table", "columns", "holds"), rows)


def _seeds(manifest: Mapping[str, Any]) -> str:
    seeds = [node for node in manifest["nodes"].values() if node["resource_type"] == "seed"]
    rows = [[f"`{node['name']}`", node["description"]] for node in sorted(seeds, key=lambda node: str(node["name"]))]
    intro = "Lists that people keep, CSV files below `dbt_project/seeds`:\n\n"
    return intro + table(("list", "holds"), rows)
