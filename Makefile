# `make demo` and `make test` do everything, set-up included. `make help` lists the rest.
SHELL := /bin/sh
BIN := .venv/bin
# Tests run in so many processes: more than two cores, for tests wait for browsers and timers.
WORKERS ?= 3
.DEFAULT_GOAL := help

.PHONY: help setup web browser browsers demo test test-page test-fast test-heavy check check-python check-page release size bench screenshots dist packages integration strip reference format clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "%-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# The first Python that is 3.11 or 3.12 and really starts.
.venv/installed: requirements.lock
	@for python in $(PYTHON) python3 python3.12 python3.11; do \
	  if $$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' 2>/dev/null; \
	  then found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "error: no Python 3.11 or 3.12 was found: install one, or name one by PYTHON=..." >&2; \
	  exit 1; \
	fi; \
	echo "installing Python packages into .venv (some minutes the first time)"; \
	$$found -m venv .venv && $(BIN)/python -m pip install --quiet -r requirements.lock
	@touch $@

web_demo/node_modules/installed: web_demo/package-lock.json
	@command -v npm >/dev/null || { echo "error: npm was not found: install Node.js 20.19 or newer" >&2; exit 1; }
	@echo "installing the page's packages"
	@# Not `npm ci`: it stops where the lock file lacks another system's build of the linter.
	@npm --prefix web_demo install --no-save --no-audit --no-fund --loglevel=error
	@touch $@

setup: .venv/installed web_demo/node_modules/installed ## Install everything but a browser

web: web_demo/node_modules/installed ## Build the browser page
	@npm --prefix web_demo run build --silent

browser: .venv/installed ## Find a Chromium, or install one
	@$(BIN)/python -m export.install_browser

browsers: .venv/installed ## Find or install all browsers that tests use
	@$(BIN)/python -m export.install_browser --tests

demo: setup web browser ## Train, distil, export and compare on sample photos (4 minutes)
	@$(BIN)/python -m export.demo

# What needs one core, or the network, runs beside other such things.
test: ## Lint, type-check and test, in real browsers too
	@$(MAKE) --no-print-directory -j2 setup
	@$(MAKE) --no-print-directory -j2 browsers check-python web check-page test-page
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not heavy"
	@npm --prefix web_demo run size --silent

test-page: web
	@npm --prefix web_demo test --silent

test-fast: setup ## Run the tests that take no browser, process or seconds (under a minute)
	@$(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal -m "not (browser or process or slow or heavy)"

test-heavy: setup web browsers ## Run the tests that take minutes or gigabytes, before a release
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m heavy

check: check-python check-page ## Lint and type-check

check-python: .venv/installed
	@$(BIN)/ruff check . && $(BIN)/ruff format --check --quiet .
	@$(BIN)/python -m tools.markdown --check
	@$(BIN)/pyright

check-page: web_demo/node_modules/installed
	@npm --prefix web_demo run check --silent

release: setup ## Train what is released: PHOTOS=dir BUDGET=gpu|cpu|rehearsal BENCHMARKS="dir ..."
	@test -n "$(PHOTOS)" || { echo "error: name a folder of photos by PHOTOS=..." >&2; exit 2; }
	@$(BIN)/python -m export.release --photos "$(PHOTOS)" --budget $(or $(BUDGET),gpu) \
	  $(if $(BENCHMARKS),--benchmarks $(BENCHMARKS)) $(if $(LICENCES),--licences "$(LICENCES)")

size: web ## Print what a reader downloads; fails above the promised limits
	@npm --prefix web_demo run size --silent

bench: setup web browser ## Time halfsize and UpscalerJS in the same browser (many minutes)
	@$(BIN)/python -m tools.bench
	@$(BIN)/python -m tools.bench_runtimes
	@$(BIN)/python -m tools.bench_runtimes --backend webgl2 --sides 128 --repeats 5
	@$(BIN)/python -m tools.bench_runtimes --backend webgpu --sides 128 --repeats 5
	@$(BIN)/python -m tools.engine_bench

screenshots: setup web browser ## Photograph the page, phone and desktop, light and dark
	@$(BIN)/python -m tools.screenshots

dist: setup web ## Write sdist, wheel, npm packages and the zip of the last commit into dist/
	@$(BIN)/python -m tools.dist

packages: web ## Pack the npm packages halfsize and halfsize-tfjs into build/
	@node web_demo/scripts/pack.mjs

integration: setup web browser ## Install the npm package in sites of the docs, build and open them
	@$(BIN)/python -m tools.integration
	@$(BIN)/python -m tools.sites.recipes

strip: setup ## Make the README's picture strip
	@$(BIN)/python -m tools.pictures.strip

reference: setup ## Rewrite docs/reference/commands.md from the commands' --help
	@$(BIN)/python -m tools.command_reference

format: setup ## Reformat Python and Markdown
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .
	@$(BIN)/python -m tools.markdown

clean: ## Delete what was built (not runs/)
	rm -rf .venv web_demo/node_modules web_demo/dist web_demo/models/demo
