"""Reads the DAG files with the real Airflow, with its home in a folder of the test run."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from ops.airflow.config import Secrets, local_environment

# Airflow writes its configuration where AIRFLOW_HOME says when it is first imported, so this comes first.
_HOME = tempfile.TemporaryDirectory(prefix="insider-tiers-dags-")
_VARIABLES = local_environment(Path(_HOME.name), port=1, task_port=2, shared=Secrets.generate(), environment={})
os.environ.update({name: value for name, value in _VARIABLES.items() if name.startswith("AIRFLOW")})


@pytest.fixture(scope="session")
def dags_folder() -> Path:
    return Path(_VARIABLES["AIRFLOW__CORE__DAGS_FOLDER"])
