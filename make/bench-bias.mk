.PHONY: bench-bias

bench-bias: $(INSTALLED) ## What bias costs, beside fairlearn's, and how often its rule is right (four minutes)
	@$(BIN)/python -m benchmarks.bias
	@$(BIN)/python -m benchmarks.bias.simulated
	@$(BIN)/python -m benchmarks.bias.rule_publish
