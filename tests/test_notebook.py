"""The notebooks of the documentation run from top to bottom."""

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

TUTORIALS = Path(__file__).parents[1] / "docs/tutorials"
NOTEBOOKS = sorted(TUTORIALS.glob("*.ipynb"))


def test_there_is_one():
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_stored_without_results(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert all(not cell.outputs and cell.execution_count is None for cell in notebook.cells if cell.cell_type == "code")


def test_five_lines_run_from_top_to_bottom(tmp_path):
    """Its cells in one fresh Python, one after the other, as a kernel runs them; figures are drawn, not shown."""
    path = TUTORIALS / "five-lines.ipynb"
    cells = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert len([line for line in cells[1].splitlines() if line.strip()]) == 5
    script = tmp_path / "cells.py"
    script.write_text("\n\n".join(cells) + "\nprint(len(figure.axes), sorted(map(str, Path('lammps').iterdir())))\n")
    root = TUTORIALS.parents[1]
    (tmp_path / "data").symlink_to(root / "data")
    environment = os.environ | {"MPLBACKEND": "Agg", "PYTHONPATH": f"{root / 'src'}"}
    done = subprocess.run([sys.executable, script], cwd=tmp_path, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    found = re.search(r"S = ([\d.]+), D = ([\d.]+) \+- ([\d.]+) nm2/ns", done.stdout)
    assert found, done.stdout
    structure_error, diffusion, error = map(float, found.groups())
    assert structure_error < 0.01
    # the prediction is right within 5 %, the run within its error
    assert abs(diffusion - 2.68) < 4 * error + 0.05 * 2.68
    assert "in the domain of the training: True" in done.stdout
    assert "2 ['lammps/bead.table', 'lammps/liquid.in.example', 'lammps/summary.json']" in done.stdout
