"""Keeps Airflow's own files out of the user's home folder."""

from __future__ import annotations

import os
import tempfile

# Airflow writes its configuration where AIRFLOW_HOME says when it is first imported.
_HOME = tempfile.TemporaryDirectory(prefix="insider-tiers-ops-")
os.environ["AIRFLOW_HOME"] = _HOME.name
