# What a person does with this repository. `make` alone lists it.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
SQLWRIGHT := $(BIN)/sqlwright
WORKERS ?= auto
FOR ?= 600
ROWS ?= 10000000

.PHONY: help install up test check soak bench bench-large docs lock clean \
	db-init db-check db-current db-history db-upgrade db-downgrade db-reset

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

up: install  ## make the environment, start PostgreSQL, create the database, apply and seed
	@$(SQLWRIGHT) up

test: install  ## run the tests on PostgreSQL 18, and on 15 where it is installed (EVERY=1: all of them)
	@$(BIN)/python -m pytest -q -n $(WORKERS) $(if $(EVERY),--every-version)

check: install  ## lint, types and the floors of the house
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@PYRIGHT_PYTHON_IGNORE_WARNINGS=1 $(BIN)/pyright --pythonpath $(BIN)/python
	@$(BIN)/lint-imports

soak: install  ## break migrations off, apply them under traffic, and call queries, at random for FOR=600 seconds each
	@$(BIN)/python tests/soak.py --seconds $(FOR) $(if $(SEED),--seed $(SEED))
	@$(BIN)/python tests/soak_traffic.py --seconds $(FOR) $(if $(SEED),--seed $(SEED))
	@$(BIN)/python tests/random_calls.py --seconds $(FOR) $(if $(SEED),--seed $(SEED))
	@$(BIN)/python tests/soak_restore.py --times 20
	@$(BIN)/python tests/soak_failover.py --times 20

bench: install  ## measure what is promised beside what others do (QUICK=1; ONLY="select insert")
	@$(BIN)/python -m bench $(if $(QUICK),--quick) $(addprefix --only ,$(ONLY))

bench-large: install  ## fill tables of ROWS=10000000 rows, and measure queries on them
	@$(BIN)/python -m bench.latency --rows $(ROWS)

docs: install  ## run what the pages show, and write what it prints into them
	@$(BIN)/python tests/sessions.py README.md docs/*.md

lock: install  ## pin the newest versions that pyproject.toml allows
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --all-extras --upgrade \
		--generate-hashes --no-header --no-emit-index-url --output-file constraints.txt pyproject.toml

clean:  ## stop the server and remove what was built; the database stays
	@if [ -x $(SQLWRIGHT) ]; then $(SQLWRIGHT) server stop || true; fi
	@rm -rf .venv dist build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

install: .venv/installed  ## make the environment

# Every package is pinned with its hash; pip refuses any other.
.venv/installed: constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is wanted: make PYTHON=python3.13 …" if sys.version_info < (3, 11) else 0)'
	@echo "Making the environment in .venv …" >&2
	@$(PYTHON) -m venv .venv || { echo "Install the venv module of $(PYTHON) (Debian: apt install python3-venv)." >&2; exit 2; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r constraints.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# The names that users of the chat system know.
db-init: up  ## create the database, apply everything and seed
db-check: install  ## say whether the database answers and is up to date
	@$(SQLWRIGHT) status --check
db-current: install  ## show the newest applied migrations
	@$(SQLWRIGHT) current
db-history: install  ## show what was done when
	@$(SQLWRIGHT) history
db-upgrade: install  ## apply what is pending
	@$(SQLWRIGHT) apply
db-downgrade: install  ## roll back the newest migration
	@$(SQLWRIGHT) rollback
db-reset: install  ## drop the database and make it anew (says what would go; YES=1 does it)
	@$(SQLWRIGHT) reset $(if $(YES),--yes)
