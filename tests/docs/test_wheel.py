"""`pip install mobcg`, the library alone: the wheel, installed in an environment of its own, predicts outside of the repository."""

import email
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT

RDF = ROOT / "data/references/atomistic/3-methylpentane-reference/rdf.csv"


def run(*command, cwd, **more):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")} | more
    done = subprocess.run([str(part) for part in command], cwd=cwd, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-3000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """Built from a copy, by the setuptools that is here or that pip brings."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    shutil.copytree(ROOT / "src", source / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, source, cwd=folder)
    (built,) = folder.glob("mobcg-*.whl")
    return built


@pytest.fixture(scope="module")
def environment(wheel, tmp_path_factory) -> Path:
    """A new environment with the wheel in it; what it depends on comes from the one that runs the tests."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    (packages,) = folder.glob("lib/python*/site-packages")
    run(sys.executable, "-m", "pip", "--python", folder / "bin/python", "install", "--quiet", "--no-deps", "--no-index", wheel, cwd=folder)
    # Not a .pth file: that would also run the running environment's own, and the editable mobcg in it.
    (packages / "sitecustomize.py").write_text(
        f"import sys\nsys.path += {[path for path in sys.path if path.endswith(('site-packages', 'dist-packages'))]}\n"
    )
    return folder


def test_it_holds_what_the_library_needs_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as file:
        names = file.namelist()
        metadata = email.message_from_bytes(file.read(next(name for name in names if name.endswith("/METADATA"))))
    held = set(names)
    for path in ("models/flagship/weights.pt", "models/flagship/model.json", "models/published/weights.pt", "py.typed"):
        assert f"mobcg/{path}" in held
    for source in (*(ROOT / "src/mobcg").rglob("*.py"), *(ROOT / "src/mobcg").rglob("*.yaml"), *(ROOT / "src/mobcg").rglob("*.j2")):
        assert f"mobcg/{source.relative_to(ROOT / 'src/mobcg').as_posix()}" in held
    assert {name.split("/")[0].split("-")[0] for name in names} == {"mobcg"}
    assert wheel.stat().st_size < 20e6
    assert metadata["License-Expression"] == "MIT"
    assert metadata.get_all("Classifier")
    assert metadata["Keywords"]
    assert metadata["Description-Content-Type"] == "text/markdown"


def test_it_predicts_outside_of_the_repository(environment, tmp_path):
    from importlib.metadata import version

    program = environment / "bin/mobcg"
    assert run(program, "--version", cwd=tmp_path).strip() == f"mobcg {version('mobcg')}"
    where = run(environment / "bin/python", "-c", "import mobcg; print(mobcg.__file__)", cwd=tmp_path)
    assert where.startswith(str(environment)), "the wheel's library, not the one under test"
    state = ["--mass", "86.18", "--diffusion", "2.74", "--density", "4.63", "--temperature", "298.15"]
    said = run(program, "predict", "--rdf", RDF, *state, "--out", "model", cwd=tmp_path, MPLCONFIGDIR=str(tmp_path))
    assert "friction" in said
    assert {"potential.csv", "summary.json", "prediction.png", "exports"} <= {path.name for path in (tmp_path / "model").iterdir()}
