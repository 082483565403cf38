"""The compiled company models, once per test session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.dbt_companies.company_models import CompanyModels, compile_company_models

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def company_models(tmp_path_factory: pytest.TempPathFactory) -> CompanyModels:
    """The project's company models as dbt compiles them."""
    folder: Path = tmp_path_factory.mktemp("company_models")
    return compile_company_models(folder)
