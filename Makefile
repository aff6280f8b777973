.DEFAULT_GOAL := help
.PHONY: help build images demo demo-down test test-long fuzz bench bench-quick bench-record format clean

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1|\2/p' $(MAKEFILE_LIST) | awk -F '|' '{ printf "%-16s %s\n", $$1, $$2 }'

build: ## Build everything (Release)
	@scripts/build

images: ## Both container images, as OCI archives in .images (needs buildah)
	@scripts/images

demo: ## Three sessions, an operator and two proxies, in the background (needs root); SOURCE=kubernetes: with a real API server; SOURCE=cluster: all of it in pods
	@scripts/demo-up

demo-down: ## End the demo
	@scripts/demo-down

test: ## Everything that does not take minutes, installing the Debian packages that it needs; ends with "N passed, N failed, N skipped"
	@scripts/test

test-long: ## The tests that take minutes: outages, long transfers; ends with such a line too
	@scripts/test-long

fuzz: ## Damaged input to every parser, without end or for FUZZ_FOR=300 seconds, until one breaks; FUZZ_INPUT=.fuzz/FILE gives it a kept input again
	@scripts/fuzz

bench: ## Transfers, logins and latency through the gateway and past it, passthrough beside HAProxy, in the same run; the inner pieces; the table of a million sessions and its synchronization; the operator with 10,000 sessions and 100 proxies
	@scripts/bench traffic && dotnet bench/bin/Release/net10.0/sshgateway-bench.dll table && bench/operator-scale

bench-quick: ## The first two with less data, in a few minutes, and what moved since the last results that are committed
	@scripts/bench traffic-quick

bench-record: ## Writes what make bench measured into docs/performance.md
	@dotnet bench/bin/Release/net10.0/sshgateway-bench.dll page .bench/traffic.json docs

format: ## Format the code
	@dotnet format SshGateway.sln

clean: ## End the demo; remove its files and everything that was built
	@scripts/clean
