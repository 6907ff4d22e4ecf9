# On a fresh Debian 12 machine, as root, with Python 3.11+, git and make: `make demo` and `make test` do all set-up.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
.DEFAULT_GOAL := help
.PHONY: help setup demo test long check bench clean

help:
	@echo "make demo   a real fleet with real faults on this machine, audited"
	@echo "make test   everything: form, types, layers, tests, lab, molecule"
	@echo "make long   what test leaves out: a quarter of an hour on a real Ceph"
	@echo "make check  only form, types and layers"
	@echo "make bench  speed beside peers"

setup: $(VENV)/.done

# Packages of the system only where we may install them; without root the tests that need them say so.
$(VENV)/.done: pyproject.toml constraints.txt setup-system.sh
	sh setup-system.sh
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	$(BIN)/python -m tests.report.junit_schema
	touch $@

demo: setup
	$(BIN)/nr lab demo

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

# What needs no lab runs three at a time: many tests wait for a process of theirs. There is one lab, and its tests have it
# to themselves. Its images are built meanwhile: most of the others wait. What fails there is told by the lab itself.
test: check
	$(BIN)/python -m nornir_hygiene.lab.images & $(BIN)/pytest -m "not lab" -n 3; passed=$$?; wait; exit $$passed
	$(BIN)/pytest -m lab

# What takes a quarter of an hour: the runbook of an OSD killed at every write of its journal, and more of that sort.
long: setup
	$(BIN)/pytest -m long

bench: setup
	$(BIN)/python benchmarks/run.py

clean:
	rm -rf $(VENV) .reports dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
