"""Run every linter and say at the end which failed: style, types, import layers, SQL, dbt parse."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

from ops.checkout import ROOT

DBT_FOLDERS = ["--project-dir", "dbt_project", "--profiles-dir", "dbt_project"]

CHECKS: dict[str, list[str]] = {
    "ruff": ["ruff", "check", "."],
    "ruff format": ["ruff", "format", "--check", "."],
    "mypy": ["mypy"],
    "mypy of the Python model": ["mypy", "dbt_project/models"],
    "import layers": ["lint-imports", "--no-cache"],
    "dbt parse": ["dbt", "--quiet", "parse", "--no-partial-parse", "--warn-error", *DBT_FOLDERS],
    "sqlfluff": ["sqlfluff", "lint", "--disable-progress-bar", "dbt_project/models", "dbt_project/tests"],
}


def main() -> int:
    """Run the checks in order; return 1 when any failed."""
    failed = []
    with tempfile.TemporaryDirectory() as scratch:
        # dbt's profile needs a DATA_DIR to compile against; linting must not touch the user's.
        environment = os.environ | {"DATA_DIR": scratch}
        for name, command in CHECKS.items():
            print(f"── {name}: {' '.join(command)}", flush=True)
            if subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode:  # noqa: S603
                failed.append(name)
    print(f"lint: {'failed: ' + ', '.join(failed) if failed else 'all clean'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
