# `make` lists the targets. They need only make and Python >= 3.11.
PYTHON ?= python3
ARGS ?=

.PHONY: help run check test faults soak lint types docs lock bench-import bench-viewers bench-lighthouse
help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 21

run: ## run the app on http://localhost:8080 (or PORT) with a local Postgres
	@$(PYTHON) -m local run

check: ## lint, run the unit tests, and check the real stack once (2 minutes)
	@$(PYTHON) -m local check $(ARGS)

test: ## run all tests except the faults (ARGS="-k word" selects some)
	@$(PYTHON) -m local test $(ARGS)

faults: ## inject each fault of docs/faults.md into a running stack, short version
	@$(PYTHON) -m local faults $(ARGS)

soak: ## inject each fault for the full time, one line per fault
	@$(PYTHON) -m local faults --soak $(ARGS)

lint: ## run the linters and type checkers
	@$(PYTHON) -m local lint

types: ## generate the frontend's types from the backend's API
	@$(PYTHON) -m local types

docs: ## generate the tables and pictures in the docs
	@$(PYTHON) -m local docs

lock: ## pin and hash the requirements from the *.in files (needs uv)
	@sh local/lock.sh

bench-import: ## compare import-sqlite with pgloader, which must be installed (minutes)
	@$(PYTHON) -m local bench import $(ARGS)

bench-viewers: ## measure the database load of 2,000 viewers of one poll
	@$(PYTHON) -m local bench viewers $(ARGS)

bench-lighthouse: ## run Lighthouse on every page of the built image (needs Docker; minutes)
	@$(PYTHON) -m local bench lighthouse $(ARGS)
