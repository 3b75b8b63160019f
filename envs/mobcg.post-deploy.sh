#!/usr/bin/env bash
# Runs in the new environment, in the folder that snakemake was started from: the repository.
set -euo pipefail
python -m pip install --no-deps --editable .
