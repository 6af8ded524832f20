.PHONY: bench-trust

bench-trust: $(INSTALLED) ## False alerts and power of our rule and of others, by simulation (ten minutes; QUICK=1: one)
	@$(BIN)/python -m benchmarks.trust $(if $(QUICK),--quick --output build/trust-quick.json)
