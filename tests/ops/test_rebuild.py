"""The warehouse can be deleted: what is landed makes the same marts again, without a network."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from datetime import date
from typing import TYPE_CHECKING

import pytest

from ops import steps
from simulator.build import build_world
from simulator.server import serve
from tests.conftest import REPOSITORY
from tests.extract.mirrors import settings_for
from warehouse.database import read_connection
from warehouse.generations import read_manifest
from warehouse.marts import read_marts

if TYPE_CHECKING:
    from warehouse.settings import Settings

pytestmark = pytest.mark.e2e

QUARTER = "2024q2"
DAYS = ("2024-06-27", "2024-06-28", "2024-07-01", "2024-07-02")

# The command itself, with a parser that says it is a newer one.
NEWER_PARSER = """
import extract.ownership as ownership
ownership.PARSER_VERSION = "of-this-test"
from ops.rebuild import main
main()
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A quarter and four filing days, fetched and built step by step as the DAGs do it; the server is gone."""
    root = tmp_path_factory.mktemp("rebuild")
    build_world(
        root / "mirror",
        start=date(2024, 4, 1),
        through=date.fromisoformat(DAYS[-1]),
        daily_from=date.fromisoformat(DAYS[0]),
        issuers=60,
        with_cases=False,
    )
    with serve(root / "mirror") as server:
        settings = settings_for(server, root, rate=10)
        # The days first, the quarter last: the other way round than a rebuild loads them.
        for day in DAYS:
            steps.load_and_check(steps.fetch_and_parse(date.fromisoformat(day), settings), settings)
        steps.load_quarters(steps.fetch_quarters([QUARTER], settings), settings)
    steps.dbt_build(settings, on_line=lambda _: None)
    steps.check_marts(settings)
    assert steps.publish(settings)["outcome"] == "published"
    return settings


def rebuild(settings: Settings, *command: str) -> str:
    """Run the rebuild; the server it could ask is stopped."""
    done = subprocess.run(
        [sys.executable, *command],
        cwd=REPOSITORY,
        env=os.environ
        | {
            "DATA_DIR": str(settings.data_dir),
            "SEC_WWW_URL": settings.sec_www_url,
            "SEC_DATA_URL": settings.sec_data_url,
            "RATE_LIMIT_DIR": str(settings.lock_dir),
            "COLUMNS": "200",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def content(settings: Settings) -> dict[str, tuple[int, str]]:
    """Mart to row count and hash of its rows."""
    with read_connection(settings.warehouse_path) as connection:
        return {mart.name: (mart.row_count, mart.content_hash) for mart in read_marts(connection)}


def fetches(settings: Settings) -> int:
    return sum(len(path.read_bytes().splitlines()) for path in settings.landing_dir.rglob("outcomes/*/*.jsonl"))


def test_a_deleted_warehouse_comes_back_with_the_same_marts(built: Settings) -> None:
    before, asked, manifest = content(built), fetches(built), read_manifest(built.published_dir)
    assert manifest is not None
    assert before["fct_insider_transactions"][0] > 100
    assert before["fct_road_reconciliation"][0] > 100
    built.warehouse_path.unlink()
    shutil.rmtree(built.parsed_dir)

    said = rebuild(built, "-m", "ops.rebuild")

    after, again = content(built), read_manifest(built.published_dir)
    assert after == before
    assert again is not None
    assert again["content_hash"] == manifest["content_hash"]
    # Whoever commits while this runs changes the version of the code, and rightly gets a new copy.
    assert again["code_version"] != manifest["code_version"] or (again == manifest and "unchanged: generation" in said)
    assert fetches(built) == asked
    assert re.search(r"Rebuilt in \d+ s, of which \d+ s for the raw tables", said)


def test_a_new_parser_reads_the_archived_bytes_again_without_fetching(built: Settings) -> None:
    before, asked = content(built), fetches(built)

    rebuild(built, "-c", NEWER_PARSER)

    with read_connection(built.warehouse_path) as connection:
        versions = connection.execute(
            "select distinct _partition, _parser_version from raw.submission where _road = 'daily' order by all"
        ).fetchall()
    assert versions == [(day, "of-this-test") for day in DAYS]
    assert content(built) == before
    assert fetches(built) == asked
