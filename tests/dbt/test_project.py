"""The dbt project keeps its own rules: it parses, every model and column is described, the yml tells the truth."""

from __future__ import annotations

import ast
import json
import re
import shutil
from datetime import date
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from extract.calendar import is_business_day
from ops.dictionary import PAGE, dictionary_text, warnings_of
from ops.holidays_seed import CLOSINGS_SEED, EXCHANGE_SEED, SEED, closing_rows, exchange_rows, seed_text
from tests.conftest import REPOSITORY
from tests.dbt.warehouse_of import DBT, run_dbt
from warehouse.marts import Mart
from warehouse.publish import publish
from warehouse.raw_schema import FORM345_TABLES, LEDGER_TABLES, PROVENANCE
from warehouse.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

STEMS = {"staging": ("stg_",), "intermediate": ("int_",), "marts": ("fct_", "dim_", "bridge_", "rpt_")}
MART_READ = re.compile(r"(?:\b(?:from|join)\s+|\A)((?:fct|dim|rpt|bridge)_[a-z0-9_]+)\b(?!\.)")
WITH_RULES = re.compile(r"\bcase\b|\bover \(|\bjoin\b|rolling_|last_known_value")


@pytest.fixture(scope="module")
def manifest(empty_build: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((empty_build / "dbt" / "target" / "manifest.json").read_bytes())
    return loaded


def reached_from(start: str, edges: dict[str, list[str]]) -> set[str]:
    """Every node that the edges lead to, however far."""
    reached: set[str] = set()
    ahead = [start]
    while ahead:
        new = set(edges[ahead.pop()]) - reached
        reached |= new
        ahead.extend(new)
    return reached


def depends_on(node: dict[str, Any], model: str) -> bool:
    return f"model.insider_tiers.{model}" in node["depends_on"]["nodes"]


def models(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    return [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]


def test_the_project_parses_without_a_warning(tmp_path: Path) -> None:
    result = run_dbt(tmp_path, "--warn-error", "parse", "--no-partial-parse")
    assert "WARNING" not in result.stdout.upper().replace("--WARN-ERROR", "")


def test_the_columns_of_the_yml_are_the_columns_the_sql_emits(manifest: dict[str, Any], empty_build: Path) -> None:
    with duckdb.connect(str(empty_build / "warehouse.duckdb"), read_only=True) as connection:
        emitted: dict[tuple[str, str], list[str]] = {}
        for schema, table, column in connection.execute(
            "select table_schema, table_name, column_name from information_schema.columns order by ordinal_position"
        ).fetchall():
            emitted.setdefault((schema, table), []).append(column)
    wrong = {
        node["name"]: set(node["columns"]) ^ set(emitted[node["schema"], node["name"]])
        for node in models(manifest)
        if set(node["columns"]) != set(emitted[node["schema"], node["name"]])
    }
    assert wrong == {}


def test_every_model_and_column_is_described_and_states_its_grain(manifest: dict[str, Any]) -> None:
    assert len(models(manifest)) > 40
    for node in models(manifest):
        assert re.search(r"One row per [^.]+\.?\s*$", node["description"]), f"{node['name']}: no grain at the end"
        undescribed = [name for name, column in node["columns"].items() if not column["description"].strip()]
        assert undescribed == [], f"{node['name']}: {undescribed}"


def test_seeds_and_sources_are_described(manifest: dict[str, Any]) -> None:
    described = [*manifest["sources"].values()]
    described += [node for node in manifest["nodes"].values() if node["resource_type"] == "seed"]
    assert len(described) > 15
    for node in described:
        assert node["description"].strip(), node["name"]
        assert node["columns"], node["name"]
        assert all(column["description"].strip() for column in node["columns"].values()), node["name"]


def test_the_sources_are_the_raw_schema(manifest: dict[str, Any]) -> None:
    declared = {node["name"]: list(node["columns"]) for node in manifest["sources"].values()}
    provenance = [name for name, _ in PROVENANCE]
    ours = {table.name: [*table.value_columns, *provenance] for table in FORM345_TABLES}
    ours |= {name: [column for column, _ in columns] for name, columns in LEDGER_TABLES.items()}
    assert declared == ours


def test_every_raw_table_has_a_staging_model(manifest: dict[str, Any]) -> None:
    read = {name for node in models(manifest) if node["schema"] == "staging" for _, name in node["sources"]}
    assert read == {node["name"] for node in manifest["sources"].values()}


def test_only_staging_reads_raw(manifest: dict[str, Any]) -> None:
    assert [node["name"] for node in models(manifest) if node["schema"] != "staging" and node["sources"]] == []


def test_tables_an_analyst_reads_say_what_to_mind_or_that_there_is_nothing(manifest: dict[str, Any]) -> None:
    facts = [node for node in models(manifest) if node["name"].startswith(("fct_", "rpt_"))]
    assert len(facts) > 15
    silent = [node["name"] for node in facts if "usage_warnings" not in node["config"]["meta"]]
    assert silent == [], (
        "usage_warnings below config: meta of the yml; an empty list says that there is nothing to mind"
    )
    assert [warning for node in facts for warning in warnings_of(node) if len(warning) < 20] == []


def test_the_data_dictionary_is_what_the_project_says(manifest: dict[str, Any]) -> None:
    written = PAGE.read_text(encoding="utf-8")
    assert written == dictionary_text(manifest), "run make docs"
    for node in models(manifest):
        if node["schema"] == "marts":
            assert f"### {node['name']}\n" in written
            assert all(f"\n| `{column}` | " in written for column in node["columns"])


def test_the_readme_names_every_mart(manifest: dict[str, Any]) -> None:
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    marts = [node["name"] for node in models(manifest) if node["schema"] == "marts"]
    assert [name for name in marts if f"`{name}`" not in readme] == []


def marts_read(path: Path) -> set[str]:
    """Marts a file reads: those its queries select from, and those it names alone, as a table to take."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        nodes = list(ast.walk(ast.parse(text)))
        docstrings = [node.value for node in nodes if isinstance(node, ast.Expr)]
        texts = [node.value for node in nodes if isinstance(node, ast.Constant) and node not in docstrings]
        return {name for value in texts if isinstance(value, str) for name in MART_READ.findall(value)}
    queries = re.findall(r"^```sql\n(.*?)^```$", text, re.M | re.S) if path.suffix == ".md" else []
    tables = re.findall(r"^table_name: (\w+)$", text, re.M)
    return {name for value in (*queries, *tables) for name in MART_READ.findall(value)}


def test_exposures_depend_on_the_marts_their_files_read(manifest: dict[str, Any]) -> None:
    seen: set[Path] = set()
    for exposure in manifest["exposures"].values():
        files = [path for pattern in exposure["config"]["meta"]["read_by"] for path in REPOSITORY.glob(pattern)]
        assert files, exposure["name"]
        seen |= set(files)
        read = {name for path in files for name in marts_read(path)}
        stated = {key.rsplit(".", 1)[-1] for key in exposure["depends_on"]["nodes"]}
        assert read == stated, f"{exposure['name']}: {sorted(read ^ stated)}"
    readers = {path for path in (REPOSITORY / "reports").rglob("*.py") if marts_read(path)}
    assert readers <= seen, "no exposure in models/exposures.yml is read_by these"


def test_marts_have_enforced_contracts(manifest: dict[str, Any]) -> None:
    loose = [
        node["name"]
        for node in models(manifest)
        if node["schema"] == "marts" and not node["config"]["contract"]["enforced"]
    ]
    assert loose == []


def test_marts_that_grow_with_the_filings_are_published_by_the_year(manifest: dict[str, Any]) -> None:
    # Whole, each would be written anew every night: those a build keeps and repairs, and the views and tables of them.
    growing = {node["name"] for node in models(manifest) if node["config"]["materialized"] == "incremental"}
    growing |= {"fct_insider_transactions", "bridge_filing_owners", "fct_sector_ratios_daily"}
    whole = [
        node["name"]
        for node in models(manifest)
        if node["schema"] == "marts" and node["name"] in growing
        if Mart(
            name=node["name"],
            description="",
            columns=tuple((name, column["data_type"].upper(), "") for name, column in node["columns"].items()),
            row_count=0,
            content_hash="",
            years={},
        ).year_column
        is None
    ]
    assert whole == []


def test_what_works_from_a_growing_list_comes_before_or_after_what_makes_it_grow(manifest: dict[str, Any]) -> None:
    # A model that selects by the shorter list and deletes by the longer one loses rows.
    for listing, grown_by in (
        ("int_changed_issuers", "int_transactions_flagged"),
        ("int_changed_days", "int_signal_lines_grouped"),
    ):
        around = {
            node
            for edges in (manifest["parent_map"], manifest["child_map"])
            for node in reached_from(f"model.insider_tiers.{grown_by}", edges)
        }
        readers = {node["unique_id"] for node in models(manifest) if depends_on(node, listing)}
        assert len(readers) > 5
        assert readers - around == {f"model.insider_tiers.{grown_by}"}


def test_names_say_the_layer(manifest: dict[str, Any]) -> None:
    wrong = [node["name"] for node in models(manifest) if not node["name"].startswith(STEMS[node["schema"]])]
    assert wrong == []


def test_every_model_has_a_yml_of_its_own_name_beside_it(manifest: dict[str, Any]) -> None:
    missing = [
        node["original_file_path"]
        for node in models(manifest)
        if not (DBT / node["original_file_path"]).with_suffix(".yml").is_file()
    ]
    assert missing == []


def test_every_intermediate_rule_has_a_unit_test(manifest: dict[str, Any]) -> None:
    tested = {test["model"] for test in manifest["unit_tests"].values()}
    untested = [
        node["name"]
        for node in models(manifest)
        if node["schema"] == "intermediate" and WITH_RULES.search(node["raw_code"]) and node["name"] not in tested
    ]
    assert untested == []


def test_unit_tests_say_which_input_matters(manifest: dict[str, Any]) -> None:
    silent = [test["name"] for test in manifest["unit_tests"].values() if len(test["description"] or "") < 20]
    assert silent == []


def relations(data_dir: Path) -> set[str]:
    with duckdb.connect(str(data_dir / "warehouse.duckdb"), read_only=True) as connection:
        found = connection.execute("select table_schema || '.' || table_name from information_schema.tables").fetchall()
    return {name for (name,) in found}


def test_what_the_project_no_longer_makes_is_dropped_after_a_run_without_failures(
    empty_build: Path, tmp_path: Path
) -> None:
    shutil.copy(empty_build / "warehouse.duckdb", tmp_path)
    before = relations(tmp_path)
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute("create table marts.fct_forgotten as select 1 as answer")
        connection.execute("create view intermediate.int_renamed as select 1 as answer")
        connection.execute("create schema mine")
        connection.execute("create table mine.notes as select 1 as answer")
        connection.execute("alter table raw.footnotes rename to footnotes_moved")
    with pytest.raises(AssertionError, match="footnotes"):
        run_dbt(tmp_path, "run", "--select", "stg_sec__footnotes")
    assert "marts.fct_forgotten" in relations(tmp_path)
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute("alter table raw.footnotes_moved rename to footnotes")

    said = run_dbt(tmp_path, "run", "--select", "stg_sec__footnotes").stdout

    assert relations(tmp_path) == before | {"mine.notes"}
    assert re.findall(r'Dropped .*"(\w+)": no model', said) == ["int_renamed", "fct_forgotten"]


def test_a_failed_test_of_many_rules_names_those_that_are_broken(empty_build: Path, tmp_path: Path) -> None:
    shutil.copy(empty_build / "warehouse.duckdb", tmp_path)
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        line_count = connection.execute("select count(*) from seeds.form4_corrections").fetchall()[0][0]
        connection.execute("update seeds.form4_corrections set reason = null, table_code = 'X', corrected_value = '?'")
    with pytest.raises(AssertionError, match="rows_of_form4_corrections") as raised:
        run_dbt(tmp_path, "test", "--select", "rows_of_form4_corrections")
    broken = re.findall(r"rows_of_form4_corrections: (.+) is broken by (\d+) rows", str(raised.value))
    assert line_count > 1
    assert broken == [
        (rule, str(line_count))
        for rule in ("reason is filled", "table_code is an accepted value", "corrected_values_can_be_read")
    ]


def test_every_mart_and_column_of_the_published_file_is_described(simulated_warehouse: Path) -> None:
    settings = Settings(data_dir=simulated_warehouse.parent)
    manifest = publish(settings)
    with duckdb.connect(str(settings.published_path), read_only=True) as connection:
        columns = connection.execute(
            "select table_name, column_name, comment from duckdb_columns() where not internal"
        ).fetchall()
        tables = dict(connection.execute("select table_name, comment from duckdb_tables()").fetchall())
    assert "One row per" in tables["fct_insider_transactions"]
    assert "Usage warnings:\n- Do not sum value_usd" in tables["fct_insider_transactions"]
    assert set(tables) == {*manifest["marts"], "publication"}
    assert [name for name, comment in tables.items() if not (comment or "").strip()] == []
    assert len(columns) > 200
    assert [(table, column) for table, column, comment in columns if not (comment or "").strip()] == []
    for name, mart in manifest["marts"].items():
        assert mart["description"] == tables[name]
        assert [(name, column["name"]) for column in mart["columns"] if not column["description"].strip()] == []


def test_no_model_reads_the_clock() -> None:
    clocks = re.compile(r"current_date|current_timestamp|\bnow\(|today\(|getdate", re.IGNORECASE)
    readers = [
        path.name
        for folder in ("models", "macros")
        for path in (DBT / folder).rglob("*.sql")
        if clocks.search(re.sub(r"--.*", "", path.read_text(encoding="utf-8")))
    ]
    assert readers == []


def test_the_holiday_seeds_are_what_the_library_says() -> None:
    assert SEED.read_text(encoding="utf-8") == seed_text()
    assert EXCHANGE_SEED.read_text(encoding="utf-8") == seed_text(exchange_rows())
    assert CLOSINGS_SEED.read_text(encoding="utf-8") == seed_text(closing_rows())
    assert SEED.is_relative_to(REPOSITORY / "dbt_project")


def test_business_days_are_those_of_the_fetching_calendar(empty_build: Path) -> None:
    with duckdb.connect(str(empty_build / "warehouse.duckdb"), read_only=True) as connection:
        days = connection.execute(
            "select calendar_date, is_business_day from intermediate.int_business_days order by calendar_date"
        ).fetchall()
    assert [day for day, is_open in days if is_open != is_business_day(day)] == []
    assert (days[0][0], days[-1][0]) == (date(1980, 1, 1), date(2035, 12, 25))
