"""One published copy for the tests of the pages, and one browser."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from ops.screenshots import find_browser, open_browser
from tests.reports.worlds import World, Worlds, publish_world

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

    from tests.dbt.project_models import ProjectModels
    from warehouse.settings import Settings


@pytest.fixture(scope="session")
def worlds(project_models: ProjectModels, tmp_path_factory: pytest.TempPathFactory) -> Worlds:
    """What published copies are made from."""
    return Worlds.of(project_models, tmp_path_factory.mktemp("no_rows"))


@pytest.fixture(scope="session")
def eight_years(worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Eight years of simulated ratios with prices, published."""
    return publish_world(worlds, tmp_path_factory.mktemp("eight_years"), World(first=date(2018, 1, 2)))


@pytest.fixture(scope="session")
def three_months(worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Three months that are not simulated, without prices, published long after their newest day; with pages."""
    world = World(first=date(2025, 10, 9), is_simulated=False, has_prices=False)
    return _with_pages(publish_world(worlds, tmp_path_factory.mktemp("three_months"), world))


@pytest.fixture(scope="session")
def first_days(worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Two days that lie in no complete month or quarter, simulated, without prices; with pages."""
    world = World(first=date(2026, 1, 8), has_prices=False)
    return _with_pages(publish_world(worlds, tmp_path_factory.mktemp("first_days"), world))


@pytest.fixture(scope="session")
def nothing(worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A warehouse without a single filing, published, with pages."""
    world = World(first=None, is_simulated=False)
    return _with_pages(publish_world(worlds, tmp_path_factory.mktemp("nothing"), world))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The machine's own browser, without a window; tests that need it are skipped where there is none."""
    if find_browser() is None:
        pytest.skip("no Chromium or Chrome on this machine")
    with open_browser() as opened:
        yield opened


@pytest.fixture(scope="session")
def pages(eight_years: Settings) -> Path:
    """The folder of both pages of the eight years."""
    return _with_pages(eight_years).reports_dir


def _with_pages(settings: Settings) -> Settings:
    from ops import steps

    steps.make_pages(settings)
    return settings
