# Everything runs from a fresh clone: the first target you call makes the virtual environment and fetches Node and the CDK CLI.
PYTHON ?= python3
ENV ?= dev
VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
export PATH := $(BIN):$(CURDIR)/node_modules/.bin:$(PATH)
export PYTHONDONTWRITEBYTECODE :=
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help setup demo test unit synth e2e check format docs bench privilege deploy diff destroy lock picture clean

help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.ready node_modules/.ready ## Virtual environment, Node and the pinned CDK command line

$(VENV)/.ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Pipewarden needs Python 3.11 or newer, this is %s: make PYTHON=python3.13 ..." % sys.version.split()[0])'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[local,dev]'
	@touch $@

node_modules/.ready: package.json package-lock.json $(VENV)/.ready
	npm ci --loglevel=error --no-audit --no-fund
	@touch $@

demo: setup ## Deploy the example to the embedded AWS, break it, watch it recover
	@pipewarden demo

test: setup ## Every test: unit, synth, end to end
	@python -m pytest -n 2 --dist loadfile

unit: setup
	@python -m pytest -q -n 2 tests/unit

synth: setup
	@python -m pytest -q tests/synth

e2e: setup
	@python -m pytest -q tests/e2e

check: setup ## Format, lint, strict types, unit tests: under a minute
	@ruff format --check --quiet . && ruff check --quiet .
	@mypy
	@python -m pytest -q -n 2 tests/unit

format: $(VENV)/.ready ## Format and fix imports
	@ruff format --quiet . && ruff check --fix --quiet .

picture: setup ## The README's picture: run the demo and take a screenshot of its page (needs Chromium)
	@pipewarden demo --report .pipewarden/demo.html
	@profile=$$(mktemp -d) && chromium --headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking \
	  --hide-scrollbars --user-data-dir=$$profile --window-size=1280,1850 --screenshot=docs/images/demo.png \
	  "file://$(CURDIR)/.pipewarden/demo.html" 2>/dev/null && rm -rf $$profile

privilege: setup ## Take each right of our functions away in turn and see what misses it: half an hour
	@python -m tests.e2e.privilege.removal

bench: setup ## Print the tables of benchmarks/
	@python benchmarks/run.py

deploy: setup ## Deploy to the account of config/environments/$(ENV).yaml
	cdk deploy --all -c env=$(ENV)

diff: setup ## What a deploy would change
	cdk diff --all -c env=$(ENV)

destroy: setup ## Remove the stacks of one environment
	cdk destroy --all -c env=$(ENV)

lock: ## Refresh constraints.txt from the virtual environment
	@$(BIN)/python -m pip freeze --exclude-editable | LC_ALL=C sort -f > constraints.txt

clean:
	rm -rf $(VENV) node_modules cdk.out .pipewarden
