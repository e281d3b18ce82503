# The project's commands. `make demo` and `make test` are all a new checkout needs.

PYTHON ?= python3
VENV ?= .venv
# Test files that run side by side: many wait, so one more than there are processors. Labs of the kernel come afterwards
# and one by one: they judge what programs see of networks, and a computer that is too busy changes that.
JOBS ?= $(shell echo $$(($$(nproc 2>/dev/null || echo 2) + 1)))
# More for pytest, such as TESTS=tests/wire or TESTS=--ignore=tests/sim.
TESTS ?=
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check --no-input

.DEFAULT_GOAL := help
.PHONY: help venv demo test check fmt docs bench dist clean

help:
	@echo 'make venv    create $(VENV) and install natscope with its development tools'
	@echo 'make demo    netchecks on three hosts of a small lab, which lines are right, and why two of them are relayed'
	@echo 'make test    all tests; those whose programs are missing are skipped with the reason'
	@echo 'make check   ruff, format, mypy, import arrows, house rules'
	@echo 'make fmt     format and sort imports'
	@echo 'make docs    write the generated pages and the schema again'
	@echo 'make bench   benchmarks (needs root, coturn and the Go peers for the comparisons)'
	@echo 'make dist    sdist and wheel in dist/'
	@echo 'make clean   remove everything that these commands made'

venv: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo '$(PYTHON) is missing: apt install python3' >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo 'Python 3.11 or later is needed: make venv PYTHON=python3.11' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	  || { echo 'venv is missing: apt install python3-venv' >&2; exit 1; }
	@command -v git >/dev/null || { echo 'git is missing: apt install git' >&2; exit 1; }
	@echo 'installing into $(VENV) …'
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install --editable '.[dev]'
	@touch $@

demo: venv
	@$(BIN)/python -m natscope.lab.demo

test: venv
	@$(BIN)/python -m pytest -q -n $(JOBS) --dist loadfile -m 'not kernel and not interop' $(TESTS)
	@$(BIN)/python -m pytest -q -m 'kernel or interop' $(TESTS)

check: venv
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/house

fmt: venv
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

docs: venv
	$(BIN)/python docs/generate.py

bench: venv
	$(BIN)/python benchmarks/stun.py
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/status.py
	$(BIN)/python benchmarks/netcheck.py
	$(BIN)/python benchmarks/derp.py

dist: venv
	@rm -rf dist
	@$(BIN)/python -m build --outdir dist .

clean:
	rm -rf $(VENV) dist build natscope-demo .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
