.DEFAULT_GOAL := help
.PHONY: help build images demo demo-down test test-long soak fuzz bench bench-quick bench-record format \
	sbom update-locks clean

BENCH := bench/bin/Release/net10.0/sshgateway-bench.dll

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1|\2/p' $(MAKEFILE_LIST) | awk -F '|' '{ printf "%-18s %s\n", $$1, $$2 }'

build: ## Build everything (Release)
	@scripts/build

images: ## Build the container images as OCI archives in .images
	@scripts/images

# SOURCE=kubernetes: with a real API server. SOURCE=cluster: all of it in pods.
demo: ## Run three sessions, an operator and two proxies (needs root)
	@scripts/demo-up

demo-down: ## End the demo
	@scripts/demo-down

test: ## Run all tests that do not take minutes
	@scripts/test

test-long: ## Run the tests that take minutes: outages, real cluster
	@scripts/test-long

# SOAK_FOR=600: for so many seconds.
soak: ## Run everything under load for an hour; show what grows
	@scripts/soak

# FUZZ_FOR=300: for so many seconds. FUZZ_INPUT=.fuzz/FILE: a kept input again.
fuzz: ## Give damaged input to every parser, until one breaks
	@scripts/fuzz

bench: ## Measure everything beside direct connections (10 minutes)
	@scripts/bench traffic && for part in table fan-out; do dotnet $(BENCH) $$part || exit; done && bench/operator-scale

bench-quick: ## Measure less in 2 minutes; compare with docs/performance.json
	@scripts/bench traffic-quick

bench-record: ## Write the results of make bench into docs/performance.md
	@dotnet $(BENCH) page docs

format: ## Format the code
	@dotnet format SshGateway.sln

sbom: ## Write a software bill of materials of each program to .sbom
	@scripts/sbom

update-locks: ## Write the packages.lock.json files anew
	@scripts/update-locks

clean: ## End the demo; remove everything that was built
	@scripts/clean
