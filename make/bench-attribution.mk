.PHONY: bench-attribution

bench-attribution: $(INSTALLED) ## Kernel SHAP at equal error beside shap's, and how often its rule is right (ten minutes)
	@$(BIN)/python -m benchmarks.attribution
	@$(BIN)/python -m benchmarks.attribution.publish
	@$(BIN)/python -m benchmarks.attribution.simulated
	@$(BIN)/python -m benchmarks.attribution.rule_publish
