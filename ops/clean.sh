#!/bin/sh
# Remove what make created. Fetched data costs hours of requests, so only what says that it is simulated is removed.
set -eu
cd "$(dirname "$0")/.."
rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis data/demo dbt_project/target dbt_project/logs logs
find . -name __pycache__ -type d -prune -exec rm -rf {} +
rm -rf "${TMPDIR:-/tmp}/insider-tiers"
if [ -d data ] && ! rmdir data 2>/dev/null; then
    echo "Kept data/: it holds data you fetched. Delete it by hand if you mean to."
fi
if [ -f .env ]; then
    echo "Kept .env: it holds your settings and secrets."
fi
