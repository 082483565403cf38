"""The sector models among the compiled models of the project."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.dbt_sectors.sector_models import SectorModels

if TYPE_CHECKING:
    from tests.dbt.project_models import ProjectModels


@pytest.fixture(scope="session")
def sector_models(project_models: ProjectModels) -> SectorModels:
    """The project's sector models as dbt compiles them."""
    return SectorModels(
        seeds=project_models.empty,
        statements=tuple(
            (model.schema, model.name, model.select) for model in project_models.models if "sectors" in model.folders
        ),
    )
