# Needs Python 3.11 or newer and make; everything else is set up in .venv.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test sweep lint format setup clean

demo: setup
	$(BIN)/python -m tests.demo

test: setup
	$(BIN)/python -m pytest -n auto --dist worksteal

# Faults, kills and applies at once, in full, and laws on new examples; `test` has a part of them. Prints its
# counts.
sweep: setup
	AGENTOPS_SWEEP=full $(BIN)/python -m pytest -n auto --dist worksteal tests/sweep tests/cli/test_clones.py tests/laws

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

setup: .venv/ready

.venv/ready: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "agentops needs Python 3.11 or newer: make PYTHON=python3.11")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "pip>=25.1"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable . --group dev
	touch .venv/ready

clean:
	rm -rf .venv .mypy_cache .ruff_cache .hypothesis build *.egg-info
