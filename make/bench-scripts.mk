.PHONY: bench-scripts

bench-scripts: $(INSTALLED) ## What a record preprocessor costs; writes the figures in docs/scripts.md (a minute)
	@$(BIN)/python -m benchmarks.record_preprocessor
