export CGO_ENABLED = 0

FUZZTIME ?= 10s
BENCH    ?= .

.DEFAULT_GOAL := help
.PHONY: help demo test lint fmt bench fuzz golden clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## run the gate on the example project: one change passes, one is refused
	@sh testdata/demo.sh

test: ## run every test, and check that the example traffic is what its generator writes
	@.ci/test

lint: ## run the linters (installs them into .bin the first time)
	@.ci/lint

fmt: ## format every Go file (gofumpt where it is installed)
	@if command -v gofumpt >/dev/null; then gofumpt -w cmd internal testdata; else gofmt -w cmd internal testdata; fi

bench: ## run the benchmarks (BENCH=regexp picks some), then count beside other tokenizers
	go test -run '^$$' -bench '$(BENCH)' -benchmem ./...
	cd testdata/bench && go run .

fuzz: ## run each fuzz target for FUZZTIME (10s)
	@for package in $$(go list ./...); do \
		for target in $$(go test -list '^Fuzz' $$package | grep '^Fuzz'); do \
			echo "$$package $$target"; \
			go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $$package || exit 1; \
		done; \
	done

golden: ## rewrite expected outputs; read the difference before committing it
	@for package in $$(grep -rlE --include='*_test.go' '"update"' internal | xargs -r -n 1 dirname | sort -u); do \
		go test ./$$package -update || exit 1; \
	done

clean: ## remove what the other targets made
	rm -rf .bin dist tokengate
