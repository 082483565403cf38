"""A published file that every connection of the pages in docs/bi is tried on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.bi.published_by_hand import publish_by_hand
from warehouse.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def reader_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``data/published`` as the pages take it for granted."""
    folder = tmp_path_factory.mktemp("reader")
    publish_by_hand(Settings(data_dir=folder / "data"))
    return folder
