# Every target does its own set-up: a fresh machine needs Python 3.11 or newer and make, nothing else.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
NOTEBOOK := $(VENV)/notebook
JUPYTER := $(VENV)/jupyter
BIN := $(VENV)/bin
# What is installed is compiled when it is first imported: most of it never is.
INSTALL := install --quiet --no-compile
CHECK_PYTHON := import sys; sys.exit(sys.version_info < (3, 11) and "dicommap needs Python 3.11 or newer")

# Tests start hundreds of processes: without bytecode each of them would compile all that it imports.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test long lowest docs outputs screens bench fuzz lint types contract wheel clean help

help: ## list the targets
	@grep -E '^[a-z/.-]+:.*## ' Makefile | sed 's/:.*## /\t/'

demo: $(VENV)/installed ## the whole job on the real P10 files that pydicom ships
	rm -rf demo
	$(BIN)/dicommap demo -o demo
	$(BIN)/dicommap validate demo/package --inventory demo/inventory.db

COVERAGE ?=
# Coverage may fail to trace a thread that starts at the same time as another one; CPython then ignores the error.
MEASURE_COVERAGE := --cov --cov-report=term -W 'ignore:Exception ignored in thread started by:pytest.PytestUnraisableExceptionWarning'

# A worker gets neighbouring tests, which share what a module prepares; one that is done takes from those of others.
WORKERS := -n auto --maxprocesses 8 --dist worksteal

test: $(VENV)/developing $(NOTEBOOK)/ready ## all tests but the long ones, and the notebooks; COVERAGE=1 measures branch coverage, which takes twice as long
	JUPYTER_PATH='$(CURDIR)/$(NOTEBOOK)/share/jupyter' $(BIN)/python -m pytest $(WORKERS) --durations 10 \
		$(if $(COVERAGE),$(MEASURE_COVERAGE)) --nbmake --nbmake-kernel=dicommap-notebook --nbmake-timeout=60 notebooks tests

EXAMPLES ?= 100

long: $(VENV)/developing $(JUPYTER)/ready ## the tests that take long: the largest inputs, and all examples of each law; EXAMPLES=1000 for ten times as many
	DICOMMAP_EXAMPLES='$(EXAMPLES)' $(BIN)/python -m pytest $(WORKERS) -m 'long or hypothesis'

lowest: $(VENV)/lowest/ready ## the unit and command tests with the lowest versions that pyproject.toml allows
	$(VENV)/lowest/bin/python -m pytest $(WORKERS) tests/unit tests/cli tests/property tests/bad_input

docs: $(VENV)/documenting ## the site, into build/site; warnings and links that lead nowhere are errors
	rm -rf build/site build/doctrees
	$(BIN)/python -m sphinx -q -W --keep-going -c docs -d build/doctrees -b html . build/site
	$(BIN)/python -m tests.built_site build/site

screens: $(VENV)/developing ## pictures of all that notebooks show, into build/screens, and those of the start page; needs Chromium
	$(BIN)/python -m tests.screens build/screens --start-page docs

bench: $(VENV)/developing ## measure beside peers, and write docs/benchmarks.md; CORPUS=DIR adds real files, FULL=1 a million, BEFORE=DIR another checkout
	$(BIN)/python -m tests.benchmarks $(if $(CORPUS),--corpus '$(CORPUS)') $(if $(FULL),--full) $(if $(BEFORE),--before '$(BEFORE)')

RUNS ?= 1000000
SECONDS_OF_DOCUMENTS ?= 600

fuzz: $(VENV)/fuzzing ## documents of every kind for some minutes, then RUNS inputs for the header reader, guided by coverage if atheris can be installed
	$(BIN)/python -m tests.fuzz --documents $(SECONDS_OF_DOCUMENTS)
	$(BIN)/python -m tests.fuzz --runs $(RUNS)

lint: $(VENV)/developing ## ruff
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(VENV)/developing ## mypy --strict over src and tests
	$(BIN)/mypy

contract: $(VENV)/developing ## the direction of imports
	$(BIN)/lint-imports --no-cache

outputs: $(VENV)/developing ## run the commands of all pages and of the README, and write their present outputs into the pages
	DICOMMAP_WRITE_PAGES=1 $(BIN)/python -m pytest -q -p no:xdist tests/test_docs.py tests/test_readme.py -k 'runs_as_it_is_shown or troubleshooting or transcript'

docs/issue-codes.md: $(VENV)/developing FORCE ## the catalogue of issue codes, from the code
	$(BIN)/python -c 'from dicommap.issues import CATALOGUE; from dicommap.display.issue_report import format_codes_markdown; print("".join(format_codes_markdown(CATALOGUE.values())), end="")' > $@

docs/architecture.md: $(VENV)/developing FORCE ## the list of modules, from their docstrings
	$(BIN)/python -m tests.support.module_list

.PHONY: FORCE
FORCE:

wheel: $(VENV)/developing ## build the wheel into dist/
	rm -rf dist
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

clean: ## remove what the other targets made
	rm -rf $(VENV) demo dist build .coverage .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache

$(VENV)/bin/python:
	@$(PYTHON) -c '$(CHECK_PYTHON)'
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip $(INSTALL) --editable .
	touch $@

$(VENV)/developing: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip $(INSTALL) --editable '.[dev]'
	touch $@ $(VENV)/installed

$(VENV)/documenting: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip $(INSTALL) --editable '.[docs]'
	touch $@ $(VENV)/installed

# What a reader of the notebooks has: nothing but dicommap with its notebook extra.
$(NOTEBOOK)/ready: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m venv --clear --without-pip $(NOTEBOOK)
	$(BIN)/python -m pip --python $(NOTEBOOK)/bin/python $(INSTALL) --editable '.[notebook]'
	$(NOTEBOOK)/bin/python -m ipykernel install --prefix $(NOTEBOOK) --name dicommap-notebook > /dev/null
	touch $@

# JupyterLab and Notebook 7, in which the tests of tests/screens display a notebook in Chromium.
$(JUPYTER)/ready: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m venv --clear --without-pip $(JUPYTER)
	$(BIN)/python -m pip --python $(JUPYTER)/bin/python $(INSTALL) --editable '.[notebook]' 'jupyterlab>=4.4' 'notebook>=7.4'
	touch $@

$(VENV)/lowest/ready: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip $(INSTALL) uv
	$(BIN)/python -m uv venv --quiet --allow-existing --python $(BIN)/python $(VENV)/lowest
	$(BIN)/python -m uv pip install --quiet --python $(VENV)/lowest/bin/python --resolution lowest-direct --editable '.[dev]'
	touch $@

$(VENV)/fuzzing: $(VENV)/developing
	$(BIN)/python -m pip $(INSTALL) --only-binary atheris --editable '.[dev,fuzz]' || echo 'no atheris: at random'
	touch $@
