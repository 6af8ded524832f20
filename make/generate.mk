PYTHON ?= .venv/bin/python

.PHONY: generate generate-check constraints

generate: ## Write CRDs, chart copies, RBAC, install manifest and API reference from the code
	$(PYTHON) -m hack.generate

generate-check: ## Fail when a generated file is stale
	$(PYTHON) -m hack.generate --check

constraints: ## Pin the newest versions that pyproject.toml allows into constraints.txt
	$(PYTHON) -m hack.constraints
