.PHONY: bench-estimation

bench-estimation: $(INSTALLED) ## Error of performance estimated without labels, ours beside NannyML's (three minutes)
	@$(BIN)/python -m benchmarks.estimation
	@$(BIN)/python -m benchmarks.estimation.publish
