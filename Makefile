# make demo       the whole way on the bundled sample, pages in demo-output/
# make serve      pages and API over what the demo made
# make test       lint, types, tests
# make test-all   the same with the long tests
# PYTHON=python3.12 make ... takes another Python; VENV=path another environment.

PYTHON ?= python3
VENV ?= .venv
STAMP := $(VENV)/.installed
BIN := $(VENV)/bin

.PHONY: demo serve test test-all clean env
.DEFAULT_GOAL := demo

env: $(STAMP)

$(STAMP): pyproject.toml
	@echo "installing into $(VENV) (once; some minutes, mostly torch)"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -qq --disable-pip-version-check -e ".[dev]"
	@touch $@

demo: $(STAMP)
	@$(BIN)/causewire demo --out demo-output

serve: $(STAMP) demo-output/causewire.toml
	@$(BIN)/causewire --config demo-output/causewire.toml serve

demo-output/causewire.toml:
	@$(MAKE) --no-print-directory demo

test: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest

test-all: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -m ""

clean:
	rm -rf $(VENV) demo-output .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
