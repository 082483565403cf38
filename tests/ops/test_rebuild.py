"""A backfill ends in published tiers; the warehouse can be deleted: what is landed makes the same marts again."""

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
SAID = "backfill.txt"
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
        # The command itself; its set-up, which would install packages, counts as done.
        make = ("make", "--no-print-directory", "-o", ".venv/run.stamp", f"RUN={sys.executable}")
        (root / SAID).write_text(run(settings, *make, "backfill", f"FROM={QUARTER}"))
    return settings


def run(settings: Settings, *command: str) -> str:
    """Run a command and return what it said, progress bars and all."""
    done = subprocess.run(
        command,
        cwd=REPOSITORY,
        env=os.environ
        | {
            "DATA_DIR": str(settings.data_dir),
            "SEC_WWW_URL": settings.sec_www_url,
            "SEC_DATA_URL": settings.sec_data_url,
            "SEC_MAX_REQUESTS_PER_SECOND": f"{settings.sec_max_requests_per_second:g}",
            "RATE_LIMIT_DIR": str(settings.lock_dir),
            "COLUMNS": "200",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:]
    return done.stdout


def rebuild(settings: Settings, *command: str) -> str:
    """Run the rebuild; the server it could ask is stopped."""
    return run(settings, sys.executable, *command)


def content(settings: Settings) -> dict[str, tuple[int, str]]:
    """Mart to row count and hash of its rows."""
    with read_connection(settings.warehouse_path) as connection:
        return {mart.name: (mart.row_count, mart.content_hash) for mart in read_marts(connection)}


def fetches(settings: Settings) -> int:
    return sum(len(path.read_bytes().splitlines()) for path in settings.landing_dir.rglob("outcomes/*/*.jsonl"))


def test_a_backfill_ends_in_published_tiers_with_progress_on_the_way(built: Settings) -> None:
    said = (built.data_dir.parent / SAID).read_text()
    assert f"{QUARTER}: fetched" in said
    assert re.search(r"issuer records: \d+ kept", said)
    assert "Published: " in said
    for bar in ("quarter/s", "record/s", "day/s"):
        assert bar in said
    with read_connection(built.published_path) as connection:
        tiers = connection.execute(
            "select count(*) from fct_sector_tiers_quarterly where quarter_end = '2024-06-30' and is_headline"
        ).fetchone()
    assert tiers == (11,)


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
