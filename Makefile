# Every target makes its own environment first when there is none; nothing else needs to be installed by hand.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
RUN ?= study
ARGS ?=

.PHONY: run test bench check docs format clean

run: $(STAMP)
	$(BIN)/python -m compress.run --run $(RUN) $(ARGS)

# Side by side on up to 4 cores, a file at a time, since tests of one file share what they make.
test: $(STAMP)
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile $(ARGS)

# Saves each run and compares it with the last saved one.
bench: $(STAMP)
	$(BIN)/python -m pytest bench/ --benchmark-only --benchmark-autosave \
		$$(ls .benchmarks/*/*.json >/dev/null 2>&1 && echo --benchmark-compare) $(ARGS)

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy docs/made/*.py
	$(BIN)/python -m pytest -q tests/house/test_wings.py tests/house/test_kinds.py tests/house/test_safe_code.py tests/house/test_docs.py

# The variable silences the theme's announcement of its successor; what is left to warn of ends the build.
docs: $(STAMP)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(STAMP): pyproject.toml setup.py constraints.txt $(wildcard exports/kernel/*.[ch])
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) build dist site *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
