.PHONY: generate generate-check constraints

generate: $(INSTALLED) ## Write CRDs, chart copies, RBAC, install manifest and API reference from the code
	$(BIN)/python -m hack.generate

generate-check: $(INSTALLED) ## Fail when a generated file is stale
	$(BIN)/python -m hack.generate --check

constraints: $(INSTALLED) ## Pin the newest versions that pyproject.toml allows into constraints.txt
	$(BIN)/python -m hack.constraints
