# `make help` lists what there is. Every target does its own set-up.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | LC_ALL=C sort -t : -k 1,1 | awk -F ':.*## ' '{printf "  \033[1m%-14s\033[0m %s\n", $$1, $$2}'

.PHONY: demo
demo: $(INSTALLED) ## The story of a real drift, in a terminal, without a cluster
	@$(BIN)/model-monitor demo --output demo-output

.PHONY: demo-cluster
demo-cluster: $(INSTALLED) tools ## The same story through a real control plane and the operator
	@$(BIN)/python -m tests.cluster.demo

.PHONY: test
test: $(INSTALLED) tools ## All tests, with a real control plane, S3 server and Helm
	@echo "==> tests"
	@$(BIN)/python -m pytest

.PHONY: test-unit
test-unit: $(INSTALLED) ## Tests without a cluster, in seconds
	@$(BIN)/python -m pytest tests/unit

.PHONY: lint
lint: $(INSTALLED) ## Style, types, and the arrows between the packages
	@echo "==> ruff"; $(BIN)/ruff check . && $(BIN)/ruff format --check .
	@echo "==> mypy"; $(BIN)/mypy && $(BIN)/mypy tests hack benchmarks
	@echo "==> import-linter"; $(BIN)/lint-imports

.PHONY: tools
tools: $(INSTALLED) ## Find or build etcd, Kubernetes, Helm and the S3 server (once, about 8 minutes)
	@echo "==> programs of the test cluster"
	@$(BIN)/python -m tests.cluster.tools > /dev/null

.PHONY: clean
clean: ## Remove what the other targets made here
	rm -rf $(VENV) demo-output .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(INSTALLED): pyproject.toml constraints.txt
	@echo "==> virtual environment ($(VENV))"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; say which with make PYTHON=python3.12 …"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "the module venv is missing: install python3-venv"; exit 1; }
	@{ $(BIN)/python -m pip install --quiet --upgrade pip \
	  && $(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'; } > $(VENV)/install.log 2>&1 \
	  || { cat $(VENV)/install.log; exit 1; }
	@touch $@

include make/*.mk
