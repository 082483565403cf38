"""The compiled sector models, once per test session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.dbt_sectors.sector_models import SectorModels, compile_sector_models

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def sector_models(tmp_path_factory: pytest.TempPathFactory) -> SectorModels:
    """The project's sector models as dbt compiles them."""
    folder: Path = tmp_path_factory.mktemp("sector_models")
    return compile_sector_models(folder)
