# What a newcomer and CI run. Every target installs what it needs; `make help` lists them.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help install demo test unit check format bench docs image test-matrix clean-room debian debian-tests clean

PYTHON ?= /usr/bin/python3
VENV   := .venv
BIN    := $(VENV)/bin
PACKAGES := python3-venv ca-certificates curl procps dcmtk orthanc orthanc-python orthanc-dicomweb
# Further ones that tests alone need: Spark's Java, R, and dciodvfy, which checks objects.
TEST_PACKAGES := default-jre-headless r-base-core dicom3tools

# One test more at once than there are cores, since many wait for a server; those marked `alone` one by one.
WORKERS ?= -n $(shell expr $$(nproc) + 1) --maxprocesses 4 --dist worksteal

# Passed on: `make demo OPTIONS='--http-port 8099'`, `make test OPTIONS='-k plugin'`.
OPTIONS ?=

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

install: $(VENV)/.installed ## Debian packages and the virtual environment, nothing else

debian:
	@scripts/debian-packages $(PACKAGES)

debian-tests: | debian
	@scripts/debian-packages $(TEST_PACKAGES)

$(VENV)/.installed: pyproject.toml | debian
	@scripts/python-environment $(VENV) $(PYTHON) dev $@
	@touch $(VENV)/.runs

# What the demo needs: a fifth of what tests need.
$(VENV)/.runs: pyproject.toml | debian
	@scripts/python-environment $(VENV) $(PYTHON) demo $@

demo: $(VENV)/.runs ## a real Orthanc with a generated study, on free loopback ports, until Ctrl-C
	@exec $(BIN)/orthanc-cohorts demo $(OPTIONS)

test: $(VENV)/.installed debian-tests ## all tests: unit, integration, and with real Orthanc processes
	$(BIN)/python -m pytest $(WORKERS) tests/unit tests/integration tests/orthanc $(OPTIONS)

unit: $(VENV)/.installed ## the tests that take seconds
	$(BIN)/python -m pytest $(WORKERS) tests/unit $(OPTIONS)

check: $(VENV)/.installed ## format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	@mkdir -p build/types && ln -sfn ../../sql build/types/orthanc_cohorts_sql
	MYPYPATH=indexer:plugin:build/types $(BIN)/mypy
	PYTHONPATH=scripts $(BIN)/lint-imports

format: $(VENV)/.installed ## rewrite the sources in the format that `check` wants
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(VENV)/.installed ## regenerate what is generated from code: references and JSON Schemas
	$(BIN)/python scripts/configuration.py
	$(BIN)/python scripts/tables.py
	$(BIN)/orthanc-cohorts convert table --schema > docs/conversion/table-mapping.schema.json
	$(BIN)/orthanc-cohorts convert nifti schema > docs/conversion/nifti-labels.schema.json

$(VENV)/.bench: $(VENV)/.installed
	$(BIN)/python -m pip install -q --disable-pip-version-check -e '.[bench]'
	@touch $@

bench: $(VENV)/.bench ## measure against peers in the same run; writes docs/performance.md
	$(BIN)/python tests/benchmarks $(OPTIONS)

image: ## build the container image with buildah, start it, store one report and count it
	@scripts/image $(OPTIONS)

test-matrix: ## tests/orthanc against Debian 13's Orthanc, in a root made by debootstrap
	@scripts/test-matrix $(WORKERS) $(OPTIONS)

clean-room: ## the README's commands on a clean Debian 12, in a root made by debootstrap
	@scripts/clean-room $(OPTIONS)

clean: ## remove what the targets made, the cached Debian roots excepted
	rm -rf $(VENV) .demo build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis indexer/*.egg-info *.egg-info
