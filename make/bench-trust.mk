.PHONY: bench-trust

bench-trust: $(INSTALLED) ## False alerts and power of our rule and of others, by simulation (three minutes; QUICK=1: half a minute)
	@$(BIN)/python -m benchmarks.trust $(if $(QUICK),--quick --output build/trust-quick.json)
	@$(if $(QUICK),true,$(BIN)/python -m benchmarks.trust.publish)
