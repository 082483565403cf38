"""The company models among the compiled models of the project."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.dbt_companies.company_models import CompanyModels

if TYPE_CHECKING:
    from tests.dbt.project_models import ProjectModels

# What the issuers' quarters are made of beside the models of the folders.
ALSO = ("int_signal_lines_grouped", "int_as_of_dates")


@pytest.fixture(scope="session")
def company_models(project_models: ProjectModels) -> CompanyModels:
    """The project's company models as dbt compiles them."""
    return CompanyModels(
        statements=tuple(
            # The database's own name is the test's, not the warehouse file's.
            (model.schema, model.name, re.sub(r'"warehouse"\.', "", model.select))
            for model in project_models.models
            if "companies" in model.folders or model.name in ALSO
        )
    )
