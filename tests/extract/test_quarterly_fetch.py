"""The SEC's quarterly sets: found where they are linked or known to lie, fetched only when they changed."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import pytest

from extract import landing
from extract.quarterly_fetch import (
    FOLDERS,
    LANDING_PAGE,
    fetch_quarter,
    linked_quarters,
    linked_sets,
    parse_quarter,
    quarter_range,
    update_quarters,
)
from simulator.server import serve
from tests.extract.mirrors import QUICK, put, settings_for
from warehouse.errors import FetchError, NotPublishedYet, SettingsError

if TYPE_CHECKING:
    from pathlib import Path

    from warehouse.settings import Settings

OLD, NEW = FOLDERS


def zip_of(text: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        # A fixed time: the same text always gives the same bytes.
        archive.writestr(zipfile.ZipInfo("SUBMISSION.tsv", (2025, 1, 1, 0, 0, 0)), text)
    return packed.getvalue()


@pytest.mark.parametrize("folder", [OLD, NEW])
def test_a_quarter_is_found_through_the_page_that_links_it(tmp_path: Path, folder: str) -> None:
    put(tmp_path / "mirror", f"{folder}/2024q3_form345.zip", zip_of("a"))
    with serve(tmp_path / "mirror") as server:
        settings = settings_for(server, tmp_path)
        fetched = fetch_quarter("2024Q3", settings)
        assert server.stats()["by_path"] == {LANDING_PAGE: 1, f"{folder}/2024q3_form345.zip": 1}
    assert (fetched.quarter, fetched.status) == ("2024q3", "fetched")
    assert fetched.version.path.read_bytes() == zip_of("a")
    assert landing.quarterly_zips("2024q3", settings) == [fetched.version]
    rows = landing.read_outcomes("2024q3", settings)
    assert [(row["kind"], row["outcome"]) for row in rows] == [("page", "fetched"), ("quarterly", "fetched")]


@pytest.mark.parametrize("folder", [OLD, NEW])
def test_the_known_addresses_serve_when_the_page_cannot_be_had(tmp_path: Path, folder: str) -> None:
    put(tmp_path / "mirror", f"{folder}/2024q3_form345.zip", zip_of("a"))
    rules = [{"match": "data-research", "action": "503", "times": None}]
    with serve(tmp_path / "mirror", rules=rules) as server:
        settings = settings_for(server, tmp_path)
        assert fetch_quarter("2024q3", settings, patience=QUICK).status == "fetched"


def test_an_unchanged_quarter_is_neither_sent_nor_stored_again(tmp_path: Path) -> None:
    path = f"{OLD}/2024q3_form345.zip"
    put(tmp_path / "mirror", path, zip_of("a"))
    with serve(tmp_path / "mirror") as server:
        settings = settings_for(server, tmp_path)
        first = fetch_quarter("2024q3", settings)
        server.reset_stats()
        again = fetch_quarter("2024q3", settings)
        assert (server.stats()["requests"], server.stats()["body_bytes"]) == (1, 0)
        assert (again.status, again.version) == ("unchanged", first.version)
        put(tmp_path / "mirror", path, zip_of("a corrected set"))
        changed = fetch_quarter("2024q3", settings)
    assert changed.status == "fetched"
    assert landing.quarterly_zips("2024q3", settings) == [first.version, changed.version]
    assert changed.version.path.read_bytes() == zip_of("a corrected set")


def test_a_quarter_that_moved_with_the_same_bytes_is_unchanged(tmp_path: Path) -> None:
    root = tmp_path / "mirror"
    put(root, f"{OLD}/2024q3_form345.zip", zip_of("a"))
    with serve(root) as server:
        settings = settings_for(server, tmp_path)
        fetch_quarter("2024q3", settings)
        (root / f"{OLD}/2024q3_form345.zip".lstrip("/")).unlink()
        put(root, f"{NEW}/2024q3_form345.zip", zip_of("a"))
        assert fetch_quarter("2024q3", settings).status == "unchanged"
    assert len(landing.quarterly_zips("2024q3", settings)) == 1


def test_a_truncated_zip_or_a_page_in_its_place_is_fetched_again_and_never_stored(tmp_path: Path) -> None:
    put(tmp_path / "mirror", f"{OLD}/2024q3_form345.zip", zip_of("a" * 1_000))
    rules = [{"match": "zip", "action": "truncate"}, {"match": "zip", "action": "html200"}]
    with serve(tmp_path / "mirror", rules=rules) as server:
        settings = settings_for(server, tmp_path, pause=0.1)
        assert fetch_quarter("2024q3", settings, patience=QUICK).version.path.read_bytes() == zip_of("a" * 1_000)
        server.set_manners(rules=[{"match": "zip", "action": "truncate", "times": None}])
        put(tmp_path / "mirror", f"{OLD}/2024q3_form345.zip", zip_of("b" * 1_000))
        with pytest.raises(FetchError, match="after 8 attempts"):
            fetch_quarter("2024q3", settings, patience=QUICK)
    assert len(landing.quarterly_zips("2024q3", settings)) == 1


def test_a_quarter_that_is_nowhere_is_not_published_yet(tmp_path: Path) -> None:
    put(tmp_path / "mirror", f"{OLD}/2024q3_form345.zip", zip_of("a"))
    with serve(tmp_path / "mirror") as server, pytest.raises(NotPublishedYet, match="2024q4"):
        fetch_quarter("2024q4", settings_for(server, tmp_path))


def statuses(settings: Settings) -> list[tuple[str, str]]:
    return [(fetched.quarter, fetched.status) for fetched in update_quarters(settings, patience=QUICK)]


def test_what_is_new_or_changed_since_the_first_quarter_landed_is_found(tmp_path: Path) -> None:
    root = tmp_path / "mirror"
    for quarter in ("2024q1", "2024q2", "2024q3"):
        put(root, f"{OLD}/{quarter}_form345.zip", zip_of(quarter))
    put(root, f"{NEW}/2024q4_form345.zip", zip_of("2024q4"))
    with serve(root) as server:
        settings = settings_for(server, tmp_path)
        for quarter in ("2024q2", "2024q3"):
            fetch_quarter(quarter, settings)
        put(root, f"{OLD}/2024q3_form345.zip", zip_of("a corrected set"))
        assert statuses(settings) == [("2024q2", "unchanged"), ("2024q3", "fetched"), ("2024q4", "fetched")]
        server.reset_stats()
        assert statuses(settings) == [(f"2024q{number}", "unchanged") for number in (2, 3, 4)]
        # The page, and a question without an answer's body per set.
        assert server.stats()["requests"] == 4
    assert landing.landed_quarters(settings) == ["2024q2", "2024q3", "2024q4"]


def test_nothing_landed_is_nothing_to_bring_up_to_date(tmp_path: Path) -> None:
    put(tmp_path / "mirror", f"{OLD}/2024q1_form345.zip", zip_of("a"))
    with serve(tmp_path / "mirror") as server:
        assert statuses(settings_for(server, tmp_path)) == []
        assert server.stats()["requests"] == 0


@pytest.mark.parametrize("is_out", [True, False])
def test_without_the_page_the_next_quarter_is_tried_at_its_known_address(tmp_path: Path, *, is_out: bool) -> None:
    root = tmp_path / "mirror"
    put(root, f"{OLD}/2024q4_form345.zip", zip_of("a"))
    rules = [{"match": "data-research", "action": "503", "times": None}]
    with serve(root, rules=rules) as server:
        settings = settings_for(server, tmp_path)
        fetch_quarter("2024q4", settings, patience=QUICK)
        if is_out:
            put(root, f"{NEW}/2025q1_form345.zip", zip_of("b"))
        assert statuses(settings) == [("2024q4", "unchanged"), *([("2025q1", "fetched")] if is_out else [])]


def test_links_are_read_however_the_page_writes_them() -> None:
    page = b"""<a href="/files/x/2024q3_form345.zip">Q3</a> <A HREF='../2024Q3_form345.zip'>again</A>
    <a class=z href="https://www.sec.gov/y/2024q3_form345.zip" >elsewhere</a>
    <a href="/files/x/2024q2_form345.zip">Q2</a>
    <a href="/files/x/2024q3_form13f.zip">another set</a>"""
    assert linked_sets(page, "http://127.0.0.1:8/data/page", "2024q3") == [
        "http://127.0.0.1:8/files/x/2024q3_form345.zip",
        "http://127.0.0.1:8/2024Q3_form345.zip",
        "https://www.sec.gov/y/2024q3_form345.zip",
    ]
    assert linked_quarters(page) == ["2024q2", "2024q3"]


def test_quarters_are_read_strictly_and_ranges_cross_years() -> None:
    assert list(quarter_range("2019Q3", "2020q2")) == ["2019q3", "2019q4", "2020q1", "2020q2"]
    for wrong in ("2024q5", "24q1", "2024-q1", "", "../q1"):
        with pytest.raises(SettingsError, match="is no quarter"):
            parse_quarter(wrong)
    with pytest.raises(SettingsError, match="later than"):
        quarter_range("2020q1", "2019q4")


@pytest.mark.real
def test_a_real_set_arrives_as_it_is(real_data: Path, tmp_path: Path) -> None:
    folder = real_data / "edgar" / OLD.lstrip("/")
    with serve(real_data / "edgar") as server:
        fetched = fetch_quarter("2005q1", settings_for(server, tmp_path))
    assert fetched.version.path.read_bytes() == (folder / "2005q1_form345.zip").read_bytes()
