"""A generation made from the one before equals one written whole: rows, their order in a year, descriptions, hashes."""

from __future__ import annotations

import itertools
import json
import shutil
from hashlib import sha256
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from warehouse.database import write_connection
from warehouse.marts import SPLIT_FROM_ROWS
from warehouse.publish import NEWEST_STORAGE_NUMBER, publish, storage_number
from warehouse.raw_schema import SCHEMA
from warehouse.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

ROWS = SPLIT_FROM_ROWS + 40_000
LARGE = "marts.fct_lines"
RUNS = 12


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A large mart of ten years, a small one, and a first generation of them."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("first") / "data")
    with write_connection(settings) as connection:
        connection.execute("create schema marts")
        connection.execute(
            f"""
            create table {LARGE} as
            select
                'key-' || hash(n) as line_key,
                date '2015-01-01' + (n * 7919 % 3652)::int as filed_date,
                (n * 0.01)::decimal(18, 2) as dollars,
                if(n % 3 = 0, null, 'Owner ' || n % 977) as owner_name
            from range({ROWS}) as numbers(n)
            """
        )
        connection.execute("create table marts.dim_sectors as select 'Energy' as sector, 'XLE' as etf_symbol")
        connection.execute(f"comment on table {LARGE} is 'Lines. One row per line.'")
        connection.execute(f"comment on column {LARGE}.dollars is 'What it cost'")
        connection.execute(
            f"insert into {SCHEMA}.loads values "
            "('daily', '2024-12-30', 'x', 'submission', 1, true, '1', timestamp '2024-12-31 05:00')"
        )
    return settings.data_dir, publish(settings, code_version="v1")


@pytest.fixture
def published(settings: Settings, first: tuple[Path, dict[str, Any]]) -> dict[str, Any]:
    """The first generation, for this test alone."""
    shutil.copytree(first[0], settings.data_dir, symlinks=True)
    return first[1]


def change(settings: Settings, *statements: str) -> None:
    with write_connection(settings) as connection:
        for statement in statements:
            connection.execute(statement)


def in_order(connection: duckdb.DuckDBPyConnection, source: str, position: str) -> list[Any]:
    """How many rows, and a hash of them in the order they lie in; the place of the files does not matter."""
    return connection.execute(
        f"select count(*), md5(string_agg(line, '|' order by place)) from "
        f"(select hash(read)::varchar as line, row({position}) as place {source} as read)"
    ).fetchall()


def what_readers_see(folder: Path, manifest: dict[str, Any]) -> dict[str, Any]:
    """Everything of a generation but its name and times: rows as they lie in a year, descriptions, hashes, Parquet."""

    def position(name: str) -> str:
        mart = manifest["marts"][name]
        return f"year({mart['sort_columns'][0]}), rowid" if mart["years"] else "rowid"

    with duckdb.connect(str(folder / "insider_tiers.duckdb"), read_only=True) as connection:
        tables = [row[0] for row in connection.execute("select table_name from duckdb_tables() order by 1").fetchall()]
        rows = {name: in_order(connection, f"from {name}", position(name)) for name in tables if name != "publication"}
        described = connection.execute(
            """
            select table_name, column_name, data_type, is_nullable, comment, column_index from duckdb_columns()
            where table_name in (select table_name from duckdb_tables())
            union all
            select table_name, null, null, null, comment, null from duckdb_tables()
            order by all
            """
        ).fetchall()
        publication = connection.execute("select * exclude (published_at, generation) from publication").fetchall()
    parquet = {}
    for name, mart in manifest["marts"].items():
        files = sorted((folder / "parquet" / name).iterdir())
        assert [path.name for path in files] == sorted(mart["parquet"])
        for path in files:
            assert sha256(path.read_bytes()).hexdigest() == mart["parquet"][path.name]["sha256"]
            assert path.stat().st_mode & 0o222 == 0
        with duckdb.connect() as connection:
            files_read = f"from read_parquet('{folder}/parquet/{name}/*.parquet')"
            parquet[name] = in_order(connection, files_read, "filename, file_row_number")
        carried = {
            path.name: dict(
                duckdb.sql(f"select key::varchar, value::varchar from parquet_kv_metadata('{path}')").fetchall()
            )["content_hash"]
            for path in files
        }
        parts = {f"{int(year):04d}.parquet": part["content_hash"] for year, part in mart["years"].items()}
        assert carried == (parts or {"all.parquet": mart["content_hash"]})
    marts = {name: {**mart, "parquet": sorted(mart["parquet"])} for name, mart in manifest["marts"].items()}
    return {"rows": rows, "described": described, "publication": publication, "parquet": parquet, "marts": marts}


def published_whole(settings: Settings, tmp_path: Path) -> dict[str, Any]:
    """What readers would see if there had never been a generation before."""
    warehouse = tmp_path / "whole" / settings.warehouse_path.name
    warehouse.parent.mkdir()
    warehouse.write_bytes(settings.warehouse_path.read_bytes())
    manifest = publish(Settings(data_dir=warehouse.parent), code_version="v2")
    assert manifest["duckdb"]["made_from"] is None
    return what_readers_see(warehouse.parent / "published", manifest)


CHANGES = {
    "newest year": ([f"update {LARGE} set dollars = dollars + 1 where filed_date = '2024-05-06'"], "newer"),
    "older year": ([f"delete from {LARGE} where filed_date = '2021-03-04'"], "newer"),
    "new year": ([f"insert into {LARGE} values ('a', '2026-01-05', 1, 'b'), ('a', '2025-01-05', 1, 'b')"], "newer"),
    "last year gone": ([f"delete from {LARGE} where filed_date >= '2024-01-01'"], "newer"),
    "year in the middle gone": ([f"delete from {LARGE} where year(filed_date) = 2022"], "newer"),
    "most years": ([f"update {LARGE} set dollars = 0 where filed_date > '2017-05-05'"], "whole"),
    "small mart": (["update marts.dim_sectors set etf_symbol = 'XLF'"], "newer"),
    "mart gone": (["drop table marts.dim_sectors"], "newer"),
    "new mart": (["create table marts.dim_new as select 1 as one, 'x' as other"], "newer"),
    "descriptions": (
        [
            f"comment on table {LARGE} is null",
            f"comment on column {LARGE}.dollars is null",
            f"comment on column {LARGE}.owner_name is 'Who''s it'",
            f"update {LARGE} set dollars = dollars + 1 where filed_date = '2024-05-06'",
        ],
        "newer",
    ),
    "column added": ([f"alter table {LARGE} add column note varchar"], "whole"),
    "type": ([f"alter table {LARGE} alter dollars type double"], "whole"),
    "day of a row lost": ([f"update {LARGE} set filed_date = null where filed_date = '2024-05-06'"], "whole"),
    "mart becomes small": ([f"delete from {LARGE} where filed_date >= '2016-01-01'"], "whole"),
    "nothing but the code": ([], "newer"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_copy_brought_up_to_date_equals_one_written_whole(
    settings: Settings, published: dict[str, Any], tmp_path: Path, what: str
) -> None:
    statements, expected = CHANGES[what]
    change(settings, *statements)
    manifest = publish(settings, code_version="v2")
    assert manifest["outcome"] == "published"
    assert manifest["duckdb"]["made_from"] == (published["generation"] if expected == "newer" else None)
    assert storage_number(settings.published_path) <= NEWEST_STORAGE_NUMBER
    assert what_readers_see(settings.published_dir, manifest) == published_whole(settings, tmp_path)
    folder = settings.published_path.resolve().parent
    assert {path.name for path in folder.iterdir()} == {"insider_tiers.duckdb", "parquet", "manifest.json"}


def test_unchanged_years_keep_their_files_and_changed_ones_get_new_ones(
    settings: Settings, published: dict[str, Any]
) -> None:
    def inodes() -> dict[str, int]:
        return {path.name: path.stat().st_ino for path in (settings.published_dir / "parquet/fct_lines").iterdir()}

    before = inodes()
    assert sorted(before) == [f"{year}.parquet" for year in range(2015, 2025)]
    change(settings, f"update {LARGE} set dollars = dollars + 1 where filed_date = '2022-05-06'")
    manifest = publish(settings, code_version="v1")
    after = inodes()
    assert {name for name in before if before[name] != after[name]} == {"2022.parquet"}
    files = manifest["marts"]["fct_lines"]["parquet"]
    assert {name for name in files if files[name] != published["marts"]["fct_lines"]["parquet"][name]} == {
        "2022.parquet"
    }


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("damage", ["database", "year", "year gone", "manifest", "layout", "engine", "simulated"])
def test_nothing_is_taken_from_a_generation_that_is_damaged_or_of_another_kind(
    settings: Settings, tmp_path: Path, damage: str
) -> None:
    path = {"database": "insider_tiers.duckdb", "year": "parquet/fct_lines/2017.parquet"}.get(damage, "manifest.json")
    file = (settings.published_dir / path).resolve()
    file.chmod(0o644)
    if damage in {"layout", "engine"}:
        manifest = json.loads(file.read_text())
        manifest["layout" if damage == "layout" else "duckdb_version"] = 0
        file.write_text(json.dumps(manifest))
    elif damage == "year gone":
        (settings.published_dir / "parquet" / "fct_lines" / "2017.parquet").unlink()
    elif damage == "simulated":
        change(settings, f"update {SCHEMA}.loads set is_simulated = false")
    else:
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 1
        file.write_bytes(content if damage != "manifest" else content[:-20])
    change(settings, f"update {LARGE} set dollars = dollars + 1 where filed_date = '2024-05-06'")
    old = {path.stat().st_ino for path in (settings.published_dir / "parquet").resolve().rglob("*.parquet")}
    manifest = publish(settings, code_version="v2")
    new = {path.stat().st_ino for path in (settings.published_dir / "parquet").resolve().rglob("*.parquet")}
    assert manifest["duckdb"]["made_from"] is None
    assert not old & new
    assert what_readers_see(settings.published_dir, manifest) == published_whole(settings, tmp_path)


def test_a_file_that_does_not_hold_what_its_manifest_says_is_written_whole(
    settings: Settings, published: dict[str, Any], tmp_path: Path
) -> None:
    file = settings.published_path.resolve()
    file.chmod(0o644)
    with duckdb.connect(str(file)) as connection:
        connection.execute("delete from fct_lines where filed_date = '2016-02-03'")
    manifest = json.loads((settings.published_dir / "manifest.json").read_text())
    manifest["duckdb"]["sha256"] = sha256(file.read_bytes()).hexdigest()
    (settings.published_dir / "manifest.json").resolve().chmod(0o644)
    (settings.published_dir / "manifest.json").write_text(json.dumps(manifest))
    again = publish(settings, code_version="v2")
    assert again["marts"]["fct_lines"]["years"] == published["marts"]["fct_lines"]["years"]
    assert again["duckdb"]["made_from"] is None
    assert what_readers_see(settings.published_dir, again) == published_whole(settings, tmp_path)


def test_the_file_does_not_grow_however_often_rows_are_replaced(settings: Settings, published: dict[str, Any]) -> None:
    sizes, made_from = [], []
    for run in range(RUNS):
        year = 2024 - run % 4
        change(settings, f"update {LARGE} set dollars = dollars + 1 where filed_date >= '{year}-05-06'")
        manifest = publish(settings, code_version="v1")
        sizes.append(manifest["duckdb"]["byte_count"])
        assert manifest["outcome"] == "published"
        made_from.append(manifest["duckdb"]["made_from"])
    # A quarter and four blocks more than in a file written whole; some nights write it whole to keep that.
    whole = published["duckdb"]["byte_count"]
    assert max(sizes) <= whole * 5 / 4 + 4 * 262_144
    assert made_from.count(None) in range(1, RUNS // 2)


def test_each_year_lies_together_and_in_order_so_that_a_query_for_it_skips_the_others(
    settings: Settings, published: dict[str, Any]
) -> None:
    change(settings, f"update {LARGE} set dollars = dollars + 1 where filed_date = '2018-05-06'")
    assert publish(settings)["duckdb"]["made_from"] == published["generation"]
    with duckdb.connect(str(settings.published_path), read_only=True) as connection:
        found = connection.execute("select year(filed_date), filed_date, line_key from fct_lines order by rowid")
        rows = found.fetchall()
    assert len(rows) == ROWS
    years = [year for year, _ in itertools.groupby(rows, key=itemgetter(0))]
    assert years == [2015, 2016, 2017, 2019, 2020, 2021, 2022, 2023, 2024, 2018]
    parts = [list(part) for _, part in itertools.groupby(rows, key=itemgetter(0))]
    assert parts == [sorted(part) for part in parts]
