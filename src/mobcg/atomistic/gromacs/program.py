"""The program gmx: where it is, what it can do, and how it fails."""

from __future__ import annotations

import ctypes
import math
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from mobcg.atomistic.advance import box_too_small
from mobcg.outcomes import InputError, Outcome, PhysicalFailure
from mobcg.processes import processor_seconds

VARIABLE = "MOBCG_GMX"
"""Environment variable that names another program than `gmx`."""

OLDEST = 2021
"""First release with stochastic cell rescaling."""

SMALL_BOX = ("longer than half the shortest box vector", "shorter than twice the cut-off length", "smaller than the cut-off")
BLOWN_UP = re.compile(r"LINCS WARNING|LINCS warnings|not finite|extremely high|moved too far|[\s-](nan|inf)\b", re.IGNORECASE)
PATIENCE_S, LOOK_S, SLOWEST_ATOM_STEPS_PER_S = 60.0, 2.0, 1e4
"""A frame may take this long and its steps at this speed, a hundredth of one core's, before mdrun counts as hung; looked at every 2 s."""
SET_PARENT_DEATH_SIGNAL = 1
"""Number of the Linux prctl option PR_SET_PDEATHSIG."""


@dataclass(frozen=True)
class Program:
    """A usable gmx: its path, release, threads to run with, and whether it is built with GROMACS' own threads instead of an MPI library."""

    path: str
    version: str
    threads: int
    thread_mpi: bool

    @property
    def name(self) -> str:
        """GROMACS and its release."""
        return f"GROMACS {self.version}"

    def prepare(self, folder: Path, stage: str) -> None:
        """Run grompp in `folder`: segment.mdp, topol.top and start.g96 to segment.tpr.

        Raises PhysicalFailure for a box too small for the cutoff and its buffer, RuntimeError for anything else.
        """
        files = ("-f", "segment.mdp", "-c", "start.g96", "-p", "topol.top", "-o", "segment.tpr")
        self._run("grompp", *files, "-maxwarn", "10", folder=folder, stage=stage)  # of names left out and periods that the plan knows

    def simulate(self, folder: Path, stage: str, atom_steps: float = 0.0) -> None:
        """Run mdrun in `folder`: segment.tpr to segment.trr, segment.edr and end.g96; `atom_steps`: atoms times steps between two frames.

        Raises PhysicalFailure for a blow-up (also one that mdrun hangs in) and a box that became too small, RuntimeError for anything else.
        """
        threads = ("-ntomp", str(self.threads), "-pin", "off", *(("-ntmpi", "1") if self.thread_mpi else ()))
        patience = PATIENCE_S + atom_steps / SLOWEST_ATOM_STEPS_PER_S
        self._run("mdrun", "-deffnm", "segment", "-c", "end.g96", "-reprod", *threads, folder=folder, stage=stage, patience_s=patience)

    def energies(self, folder: Path, terms: tuple[str, ...], stage: str) -> str:
        """Text of the xvg file with `terms` of segment.edr, in double precision."""
        chosen = "\n".join((*(term.replace(" ", "-") for term in terms), "0", ""))
        self._run("energy", "-f", "segment.edr", "-o", "energy.xvg", "-dp", folder=folder, stage=stage, answers=chosen)
        return (folder / "energy.xvg").read_text(encoding="utf-8")

    def _run(self, tool: str, *arguments: str, folder: Path, stage: str, answers: str = "", patience_s: float = math.inf) -> None:
        with subprocess.Popen(
            [self.path, tool, *arguments],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=_environment(),
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,
        ) as process:
            try:
                said = _wait(process, answers, folder / "segment.trr", patience_s, stage)
            finally:
                process.kill()
        if process.returncode:
            raise _failure(tool, process.returncode, said, stage)


def _wait(process: subprocess.Popen[str], answers: str, frames: Path, patience_s: float, stage: str) -> str:
    """What the process said at its end. Atoms at enormous coordinates can keep mdrun busy for ever: no new frame for `patience_s`.

    That is processor time where it can be had: on a node that is busy with other work, or stopped, mdrun is slow and not hung.
    """
    since, size, words = 0.0, -1, answers or None
    while True:
        try:
            return process.communicate(words, timeout=LOOK_S)[0]
        except subprocess.TimeoutExpired:
            words = None  # sent once
            used = processor_seconds(process.pid)
            now = time.monotonic() if used is None else used
            grown = frames.stat().st_size if frames.exists() else -1
            if grown != size or not since:
                since, size = now, grown
            if now - since >= patience_s:
                raise PhysicalFailure(Outcome.BLOW_UP, f"GROMACS made no headway any more in stage {stage}") from None


def find_program(threads: int) -> Program:
    """The gmx on the PATH, or the one that the environment variable MOBCG_GMX names.

    Raises InputError where there is none or it is too old.
    """
    name = os.environ.get(VARIABLE, "gmx")
    path = shutil.which(name)
    if path is None:
        raise InputError(
            f"atomistic.engine: gromacs needs the program {name!r}, which is not on the PATH: install GROMACS {OLDEST} or newer "
            f"(conda-forge: gromacs), name it in the environment variable {VARIABLE}, or choose engine: openmm"
        )
    said = subprocess.run([path, "--version"], capture_output=True, text=True, errors="replace", env=_environment(), check=False)
    found = re.search(r"GROMACS version:\s*(\S*?(\d+)\.?\S*)", said.stdout)
    if said.returncode or found is None:
        raise InputError(f"atomistic.engine: {path} --version does not answer as GROMACS does: {_last_lines(said.stdout + said.stderr)}")
    if int(found[2]) < OLDEST:
        raise InputError(f"atomistic.engine: {path} is GROMACS {found[1]}; {OLDEST} or newer is needed")
    return Program(path, found[1], threads, re.search(r"MPI library:\s*thread_mpi", said.stdout) is not None)


def _failure(tool: str, code: int, text: str, stage: str) -> Exception:
    if any(mark in text for mark in SMALL_BOX):
        return box_too_small(stage)
    if tool == "mdrun" and code not in (-signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT) and BLOWN_UP.search(text):
        return PhysicalFailure(
            Outcome.BLOW_UP, f"energies or coordinates became infinite, or rigid bonds could not be held, in stage {stage}"
        )
    return RuntimeError(f"gmx {tool} ended with status {code} in stage {stage}: {_last_lines(text)}")


def _last_lines(text: str) -> str:
    error = text[text.rfind("Fatal error") :] if "Fatal error" in text else text
    return " | ".join(line.strip() for line in error.splitlines() if line.strip())[-800:]


def _environment() -> dict[str, str]:
    """Ours, without the number of threads, which is told to each program."""
    kept = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    return {**kept, "GMX_MAXBACKUP": "-1", "GMX_SUPPRESS_DUMP": "1", "GMX_NO_QUOTES": "1"}


def _die_with_parent() -> None:
    """A killed run shall not leave its gmx behind."""
    ctypes.CDLL(None).prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
