# On a fresh Debian 12 machine, as root, with Python 3.11+, git and make: `make demo` and `make test` do all set-up.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BESIDE := $(addprefix tests/,content diagnose fleet history models month parse real_work remediate report) \
	$(wildcard $(addprefix tests/cli/test_,history_* notify_* report_* schedule_*))
export PATH := $(CURDIR)/$(BIN):$(PATH)
.DEFAULT_GOAL := help
.PHONY: help setup demo test test-machine test-lab long check bench clean

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

# First what looks at this machine itself, on all CPUs; then the lab, which its tests have to themselves. The images of
# the lab are built meanwhile, at a low priority: whoever comes too early waits for his.
test: setup
	$(BIN)/python -m nornir_hygiene.lab.images & images=$$!; trap 'kill $$images' INT TERM; \
		$(MAKE) --no-print-directory check test-machine test-lab; passed=$$?; wait $$images; exit $$passed

test-machine: setup
	$(BIN)/pytest -m "not lab" -n auto $(addprefix --ignore=,$(BESIDE))

# What only computes, or waits for servers of its own, runs beside the lab.
test-lab: setup
	mkdir -p .reports
	nice -n 5 $(BIN)/pytest -m "not lab" -n 1 $(BESIDE) >.reports/beside.txt 2>&1 & beside=$$!; \
		trap 'kill $$beside' INT TERM; $(BIN)/pytest -m lab; lab=$$?; wait $$beside; passed=$$?; \
		cat .reports/beside.txt; [ $$lab -eq 0 ] && [ $$passed -eq 0 ]

# What takes a quarter of an hour: the runbook of an OSD killed at every write of its journal, and more of that sort.
long: setup
	$(BIN)/pytest -m long

bench: setup
	$(BIN)/python benchmarks/run.py

clean:
	rm -rf $(VENV) .reports dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
