.PHONY: bench-labels

bench-labels: $(INSTALLED) ## What labels cost beside a profile of the same records (some minutes; SCALE=quick, full)
	@$(BIN)/python -m benchmarks.labels --scale $(SCALE)
