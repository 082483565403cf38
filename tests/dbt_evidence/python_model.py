"""The project's Python model as a module, so that tests call the functions dbt runs."""

from __future__ import annotations

import importlib.util
import sys
from typing import TYPE_CHECKING, Any

from tests.dbt.warehouse_of import DBT

if TYPE_CHECKING:
    from types import ModuleType

PATH = DBT / "models" / "intermediate" / "evidence" / "int_signal_statistics.py"


def load_model() -> ModuleType:
    """Import the model's file; there is one copy of it, whoever asks."""
    name = "int_signal_statistics"
    if name not in sys.modules:
        spec: Any = importlib.util.spec_from_file_location(name, PATH)
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]
