.DEFAULT_GOAL := help
.PHONY: help demo check quick test fmt setup clean

help: ## show the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST)

demo: ## fix the bundled leaky repository and show every step
	@scripts/demo

check: ## format, lint, types, import layers, tests, end-to-end tests
	@scripts/check

quick: ## the same without the end-to-end tests
	@scripts/check quick

test: ## the tests without an engine
	@scripts/check tests

fmt: setup ## format the code, and fix what ruff can fix
	@.venv/bin/ruff format .
	@.venv/bin/ruff check --fix .

setup: ## make .venv
	@scripts/setup

clean: ## remove what the tools leave behind
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist build
