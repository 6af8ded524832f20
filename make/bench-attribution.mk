.PHONY: bench-attribution

bench-attribution: $(INSTALLED) ## Processor time of Kernel SHAP at equal error, ours beside shap's (five minutes)
	@$(BIN)/python -m benchmarks.attribution
	@$(BIN)/python -m benchmarks.attribution.publish
