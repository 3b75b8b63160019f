"""A folder in which a page's commands are run: the parts of the repository that campaigns need, and a liquid to work on."""

import contextlib
import io
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mobcg.cli import app
from tests.docs.blocks import ROOT, Block
from tests.observables import files

LIQUID = "3-methylpentane-reference"

READ = ("workflow", "config", "scripts", "envs", "profiles", "docs", "benchmarks", "Makefile", "pyproject.toml")


class Place:
    """A reader's folder. planned: dry runs that other pages asked for already; none of them leaves anything."""

    def __init__(self, folder: Path, trajectory: Path, planned: set[str]) -> None:
        self.folder, self.trajectory, self.planned = folder, trajectory, planned
        for name in READ:
            if name == "config":
                shutil.copytree(ROOT / name, folder / name)
            else:
                (folder / name).symlink_to(ROOT / name)
        (folder / "slurm").symlink_to("profiles/slurm")
        (folder / "data").mkdir()
        for path in (ROOT / "data").iterdir():  # a written file takes a link's place, and leaves the repository's as it is
            (folder / "data" / path.name).symlink_to(path)

    def lay(self) -> None:
        """The files that pages take for granted: a trajectory, what was measured of it, a potential."""
        data = ROOT / "data/references"
        for name in ("measured", "model"):
            (self.folder / name).mkdir(exist_ok=True)
        for source, names in (
            (data / "atomistic" / LIQUID / "rdf.csv", ("measured/rdf.csv", "rdf.csv")),
            (data / "inversion" / LIQUID / "potential.csv", ("model/potential.csv", "potential.csv")),
            (self.trajectory / "conf.gro", ("conf.gro",)),
            (self.trajectory / "traj.xtc", ("traj.xtc",)),
        ):
            for name in names:
                shutil.copy(source, self.folder / name)

    def do(self, block: Block) -> None:
        """Write a titled block to its file; run one that is to be run. Raises AssertionError with the output where it fails."""
        self.lay()
        if block.title and not block.is_code:
            path = self.folder / block.title
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text)
        elif block.runs and block.language == "python":
            self._python(block)
        elif block.runs:
            self._shell(block)

    def _python(self, block: Block) -> None:
        with contextlib.chdir(self.folder), contextlib.redirect_stdout(io.StringIO()):
            exec(compile(block.reduced(), f"{block.page}:{block.line}", "exec"), {"__name__": "__main__"})

    def _shell(self, block: Block) -> None:
        text = block.reduced()
        commands = Block(block.page, block.line, block.language, text).commands
        if all(words[0] == "mobcg" for words in commands):  # in this process: torch is imported once
            with contextlib.chdir(self.folder):
                for words in commands:
                    done = CliRunner().invoke(app, words[1:])
                    assert done.exit_code == 0, f"{block.page}:{block.line}: {' '.join(words)}\n{done.output}\n{done.exception!r}"
            return
        is_plan = all(words[0] == "snakemake" and "-n" in words for words in commands)
        if is_plan and text in self.planned:
            return
        environment = os.environ | {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": f"{ROOT / 'src'}:{os.environ.get('PYTHONPATH', '')}",
        }
        command = ["bash", "-e", "-u", "-o", "pipefail", "-c", text]
        with subprocess.Popen(
            command, cwd=self.folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
        ) as process:
            try:
                said, _ = process.communicate(timeout=600)
            except BaseException:  # what the commands started ends with them
                os.killpg(process.pid, signal.SIGKILL)
                raise
        assert process.returncode == 0, f"{block.page}:{block.line}\n{text}\n{said[-5000:]}"
        if is_plan:
            self.planned.add(text)


@pytest.fixture(scope="session")
def trajectory(tmp_path_factory) -> Path:
    """conf.gro and traj.xtc of molecules of water that walk at random."""
    folder = tmp_path_factory.mktemp("trajectory")
    read = files.trajectory(files.wrapped(files.paths(molecules=60, frames=400)))
    read[0].save(str(folder / "conf.gro"))
    read.save(str(folder / "traj.xtc"))
    return folder


@pytest.fixture(scope="session")
def planned() -> set[str]:
    return set()


@pytest.fixture
def place(tmp_path, trajectory, planned) -> Place:
    return Place(tmp_path, trajectory, planned)
