.PHONY: bench bench-operator

SCALE ?= default

bench: $(INSTALLED) tools ## What profiles cost beside floors and other libraries (a quarter of an hour; SCALE=quick, small, full)
	@$(BIN)/python -m benchmarks.profiles --scale $(SCALE)

bench-operator: $(INSTALLED) tools ## How long a restarted operator takes over 2,000 schedules (some minutes)
	@$(BIN)/python -m benchmarks.operator_restart
