# `make` lists the targets. All that is needed is make and a Python >= 3.11.
PYTHON ?= python3
ARGS ?=

.PHONY: help run check test faults soak lint types docs lock bench-import bench-viewers bench-lighthouse
help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 21

run: ## the app on http://localhost:8080 (or PORT), beside an embedded Postgres
	@$(PYTHON) -m local run

check: ## lint, types, unit tests and one pass through the real stack (2 minutes)
	@$(PYTHON) -m local check $(ARGS)

test: ## all tests that can run here, but for the faults (ARGS="-k word" for some of them)
	@$(PYTHON) -m local test $(ARGS)

faults: ## what a running stack survives: the table of faults, in short
	@$(PYTHON) -m local faults $(ARGS)

soak: ## the table of faults in full, a line a row
	@$(PYTHON) -m local faults --soak $(ARGS)

lint: ## linters and type checkers
	@$(PYTHON) -m local lint

types: ## the frontend's types anew from the backend's API
	@$(PYTHON) -m local types

docs: ## the tables in the docs that are generated from the code
	@$(PYTHON) -m local docs

lock: ## the requirements pinned and hashed anew from the *.in files (needs uv)
	@sh local/lock.sh

bench-import: ## import-sqlite against pgloader, which must be installed (minutes)
	@$(PYTHON) -m local bench import $(ARGS)

bench-viewers: ## what 2,000 viewers of one poll cost the database
	@$(PYTHON) -m local bench viewers $(ARGS)

bench-lighthouse: ## Lighthouse on every page of the built image (needs Docker; minutes)
	@$(PYTHON) -m local bench lighthouse $(ARGS)
