"""What the pages in docs/bi tell to type works as it stands: Python, the DuckDB CLI, JDBC and Node."""

from __future__ import annotations

import importlib.util
import io
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import pytest
import yaml

from ops.superset import bundle
from tests.bi.published_by_hand import publish_by_hand
from tests.conftest import REPOSITORY
from tests.reports.report_marts import contract
from warehouse.copies import PUBLICATION_COLUMNS
from warehouse.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

PAGES = REPOSITORY / "docs" / "bi"
CLIENTS = ("duckdb", "duckdb-cli", "duckdb-engine", "pandas", "polars", "pyarrow", "sqlalchemy<2.1")
JDBC_VERSION = "1.4.1.0"
NODE_PACKAGE = "@duckdb/node-api@1.5.5-r.5"

opt_in = pytest.mark.skipif(
    os.environ.get("RUN_BI_CLIENTS") != "1", reason="installs database drivers from their registries: RUN_BI_CLIENTS=1"
)


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", (PAGES / page).read_text(encoding="utf-8"), re.M | re.S)


def run(*command: str | Path, folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


PYTHON = blocks("python.md", "python")


def test_the_page_has_a_block_for_every_library() -> None:
    text = "\n".join(PYTHON)
    assert all(f"import {library}" in text for library in ("duckdb", "pandas", "polars", "sqlalchemy"))


@pytest.mark.parametrize("number", range(len(PYTHON)))
def test_python_blocks_run_as_they_stand(number: int, reader_folder: Path) -> None:
    libraries = re.findall(r"^import (\w+)", PYTHON[number], re.M)
    if missing := [name for name in libraries if importlib.util.find_spec(name) is None]:
        pytest.skip(f"not in the lock: {', '.join(missing)}; RUN_BI_CLIENTS=1 tries it in an environment of its own")
    assert "Energy" in run(sys.executable, "-c", PYTHON[number], folder=reader_folder)


def test_the_shipped_dashboard_names_columns_that_are_there() -> None:
    datasets = [yaml.safe_load(path.read_text()) for path in (PAGES / "superset" / "datasets").rglob("*.yaml")]
    assert len(datasets) == 4
    for dataset in datasets:
        table = dataset["table_name"]
        known = set(PUBLICATION_COLUMNS) if table == "publication" else {name for name, _ in contract(table)[0]}
        assert {column["column_name"] for column in dataset["columns"]} <= known, table
    packed = zipfile.ZipFile(io.BytesIO(bundle(PurePosixPath("/srv/published.duckdb"))))
    database = packed.read("insider_tiers/databases/insider_tiers.yaml").decode()
    assert "sqlalchemy_uri: duckdb:////srv/published.duckdb\n" in database
    assert yaml.safe_load(database)["extra"]["engine_params"]["connect_args"] == {"read_only": True}


@pytest.fixture(scope="session")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of an environment with every Python client, and the DuckDB CLI."""
    folder = tmp_path_factory.mktemp("clients")
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    programs = folder / "venv" / "bin"
    subprocess.run([programs / "python", "-m", "pip", "install", "--quiet", *CLIENTS], check=True)
    return programs


@opt_in
@pytest.mark.timeout(900)
def test_every_python_block_runs_where_all_libraries_are_installed(clients: Path, reader_folder: Path) -> None:
    for block in PYTHON:
        assert "Energy" in run(clients / "python", "-c", block, folder=reader_folder), block


@opt_in
@pytest.mark.timeout(900)
def test_the_duckdb_cli_answers(clients: Path, reader_folder: Path) -> None:
    (command,) = blocks("sql_clients.md", "sh")
    assert "Energy" in run("sh", "-c", f'PATH="{clients}:$PATH"; {command}', folder=reader_folder)


POOLED = """
import sys, sqlalchemy
engine = sqlalchemy.create_engine("duckdb:///data/published/insider_tiers.duckdb", connect_args={"read_only": True},
                                  poolclass=sqlalchemy.pool.NullPool)
newest = sqlalchemy.text("select cast(max(as_of_date) as varchar) from fct_sector_ratios_daily")
with engine.connect() as held:
    print(held.execute(newest).scalar(), flush=True)
    sys.stdin.readline()
    print(held.execute(newest).scalar(), flush=True)
with engine.connect() as renewed:
    print(renewed.execute(newest).scalar(), flush=True)
"""


@opt_in
@pytest.mark.timeout(900)
def test_sqlalchemy_survives_a_publish_and_sees_it_with_its_next_connection(clients: Path, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    publish_by_hand(settings, 1)
    with subprocess.Popen(
        [clients / "python", "-c", POOLED], cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as reader:
        assert reader.stdout is not None
        first = reader.stdout.readline().strip()
        publish_by_hand(settings, 4)
        rest, _ = reader.communicate("go\n", timeout=60)
    assert [first, *rest.split()] == ["2025-12-31", "2025-12-31", "2026-01-03"]


JAVA = """
import java.sql.*;
import java.util.Properties;

public class Read {
    public static void main(String[] arguments) throws Exception {
        Properties properties = new Properties();
        properties.setProperty("duckdb.read_only", "true");
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:" + arguments[0], properties);
             Statement statement = connection.createStatement();
             ResultSet rows = statement.executeQuery("select sector, tier from fct_sector_tiers_quarterly")) {
            while (rows.next()) System.out.println(rows.getString(1) + " " + rows.getString(2));
        }
    }
}
"""


def jdbc_driver(folder: Path) -> str:
    """The driver's jar: ``JDBC_JAR``, or from Maven Central; the test is skipped where neither is to be had."""
    if given := os.environ.get("JDBC_JAR"):
        return given
    if not (shutil.which("mvn") and shutil.which("java")):
        pytest.skip("no Maven and Java on this machine; JDBC_JAR names a driver")
    options = (f"-Dartifact=org.duckdb:duckdb_jdbc:{JDBC_VERSION}", f"-DoutputDirectory={folder}")
    done = subprocess.run(
        ["mvn", "-q", "-B", "dependency:copy", *options], cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode and "Could not transfer artifact" in done.stdout:
        pytest.skip("Maven Central is out of reach; JDBC_JAR names a driver")
    assert done.returncode == 0, done.stdout
    (jar,) = folder.glob("duckdb_jdbc-*.jar")
    return str(jar)


@opt_in
@pytest.mark.timeout(900)
def test_jdbc_reads_with_the_settings_of_the_page(reader_folder: Path, tmp_path: Path) -> None:
    page = (PAGES / "sql_clients.md").read_text(encoding="utf-8")
    assert all(said in page for said in ("`org.duckdb:duckdb_jdbc`", "`jdbc:duckdb:/", "`duckdb.read_only` = `true`"))
    jar = jdbc_driver(tmp_path)
    (tmp_path / "Read.java").write_text(JAVA)
    published = reader_folder / "data" / "published" / "insider_tiers.duckdb"
    assert "Energy" in run("java", "-cp", jar, "Read.java", published, folder=tmp_path)


@opt_in
@pytest.mark.timeout(900)
def test_node_reads_as_the_page_says(reader_folder: Path, tmp_path: Path) -> None:
    if not (shutil.which("npm") and shutil.which("node")):
        pytest.skip("no Node on this machine")
    (block,) = blocks("sql_clients.md", "js")
    run("npm", "install", "--no-audit", "--no-fund", "--silent", NODE_PACKAGE, folder=tmp_path)
    (tmp_path / "read.mjs").write_text(block)
    (tmp_path / "data").symlink_to(reader_folder / "data")
    assert "Energy" in run("node", "read.mjs", folder=tmp_path)
