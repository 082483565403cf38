# Every target does its own set-up: Python 3.11+ and make are all a machine needs.
.DEFAULT_GOAL := help
SHELL := /bin/sh

# The first interpreter on the PATH that the locks support.
PYTHON ?= $(shell for candidate in python3 python3.13 python3.12 python3.11; do \
	$$candidate -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $$candidate && break; done)
VENV := .venv
RUN := $(VENV)/bin/python

# No tool of the stack calls home.
export DO_NOT_TRACK := 1
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export GX_ANALYTICS_ENABLED := false
export AIRFLOW__USAGE_DATA_COLLECTION__ENABLED := false
export SCARF_ANALYTICS := false
# Commands are started from the checkout, so its packages are importable without being installed.
export PYTHONPATH := $(CURDIR)
# dbt, airflow and the rest of the tools are found here.
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

.PHONY: help demo test lint build rebuild backfill airflow env docs screenshots bench bench-scale lock clean

help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/run.stamp ## See it work: simulated EDGAR, real Airflow, tiers at the end (3 minutes, no SEC access)
	@$(RUN) -m ops.demo

test: $(VENV)/dev.stamp ## Run every test: fast ones first, then the end-to-end ones
	$(RUN) -m pytest -m "not e2e" -n 2 --dist loadfile --no-loadscope-reorder
	$(RUN) -m pytest -m e2e -n 2 --dist loadfile

lint: $(VENV)/dev.stamp ## Check style, types, import layers, SQL and that dbt can parse the project
	$(RUN) -m ops.lint

build: $(VENV)/run.stamp ## Load what is landed, run dbt and the quality gates, publish (current DATA_DIR)
	@$(RUN) -m ops.build

rebuild: $(VENV)/run.stamp ## Make the warehouse again from the landing zone, without network
	@$(RUN) -m ops.rebuild

backfill: $(VENV)/run.stamp ## Load history from the SEC's quarterly sets: make backfill FROM=2019q1
	@test -n "$(FROM)" || { echo "Say from which quarter: make backfill FROM=2019q1"; exit 2; }
	@$(RUN) -m extract quarter --from $(FROM)
	@$(RUN) -m ops.build --load-only
	-@$(RUN) -m extract issuers
	@$(RUN) -m ops.build

airflow: $(VENV)/run.stamp ## Start Airflow on this machine (loopback only; prints address and password)
	@$(RUN) -m ops.airflow.local

env: $(VENV)/run.stamp ## Write .env with generated secrets; an existing one is left alone
	@$(RUN) -m ops.env

docs: $(VENV)/run.stamp ## Write the data dictionary and the lineage page from the dbt project (offline, reads no data)
	@$(RUN) -m ops.docs

screenshots: $(VENV)/dev.stamp ## Take the pictures of the README from the demo's pages (needs Chromium or Chrome)
	@$(RUN) -m ops.screenshots

bench: $(VENV)/dev.stamp ## Measure parsing, fetching and memory as ratios against a reference in the same run
	@$(RUN) -m ops.bench

bench-scale: $(VENV)/dev.stamp ## Measure twenty years of a market in SCALE_DIR (default data/scale; 25 GB, half an hour)
	@$(RUN) -m ops.bench.scale

lock: ## Resolve the dependencies again and write the hashed locks (needs uv)
	python3 ops/lock.py

clean: ## Remove the virtual environment, caches and simulated data; data you fetched is never touched
	@sh ops/clean.sh

$(RUN):
	@test -n "$(PYTHON)" || { echo "No Python 3.11, 3.12 or 3.13 found. Install one, or say PYTHON=/path/to/python3 make ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)

# Stamps are written last, so an interrupted installation is taken up again.
$(VENV)/run.stamp: requirements.lock | $(RUN)
	@echo "Installing into $(VENV) (once, one to three minutes) ..."
	$(RUN) -m pip install --disable-pip-version-check --quiet --progress-bar on --require-hashes -r requirements.lock
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock | $(RUN)
	@echo "Installing into $(VENV) (once, one to three minutes) ..."
	$(RUN) -m pip install --disable-pip-version-check --quiet --progress-bar on --require-hashes -r requirements-dev.lock
	@touch $@ $(VENV)/run.stamp
