"""Inversion by VOTCA's `csg_inverse` with LAMMPS as its engine: iterations, wall time and structure error, to compare with ours.

    python benchmarks/votca_inversion.py --rdf rdf.csv --mass 86.18 --density 4.63 --method ibi --out folder

Each iteration is the work of one of ours: as many beads, the same equilibration, production, frames, time step and cores, continued from
the last iteration's end. Needs Debian's packages votca, python3-numpy (for `iie`) and lammps or the extra `benchmark`.
"""

from __future__ import annotations

import argparse
import logging
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.lammps_liquid import SUFFIX, executable
from benchmarks.votca_templates import INTERACTION, TABLE, VotcaSettings, read_lammps_table, read_table, write_inputs
from mobcg.observables.rdf import RadialDistribution, read_rdf
from mobcg.observables.rdf import structure_error as error_of
from mobcg.potential.pair import PairPotential

Method = Literal["ibi", "iie"]
log = logging.getLogger(__name__)

POLL_S = 0.02


@dataclass(frozen=True)
class VotcaRun:
    """What an inversion by VOTCA gave. structure_errors: S of each iteration's run, the first that of the initial guess; iterations: their
    number; wall_s: from the start of `csg_inverse` to the g(r) of the last iteration; per_iteration_s: mean time from one g(r) to the next;
    potential: that of the least S; log: the end of what VOTCA wrote; failed: why it stopped early, else empty; cpu_s: processor time,
    which other work on the machine lengthens little, without that of the script that was stopped.
    """

    method: str
    iterations: int
    wall_s: float
    structure_errors: list[float]
    per_iteration_s: float
    potential: PairPotential | None
    log: str
    failed: str = ""
    cpu_s: float = 0.0


def votca_available() -> str:
    """Empty where VOTCA can run here, else what is missing."""
    missing = [name for name in ("csg_inverse", "csg_stat", "csg_call", "perl") if shutil.which(name) is None]
    if executable() is None:
        missing.append("lmp")
    if missing:
        return f"not installed: {', '.join(missing)}"
    python = shutil.which("python3", path=_environment(1)["PATH"])
    if python is None or subprocess.run([python, "-c", "import numpy"], capture_output=True, check=False).returncode != 0:
        return "python3 beside csg_inverse lacks numpy (Debian: python3-numpy)"
    return ""


def run_votca(
    target: RadialDistribution,
    mass_Da: float,
    density_per_nm3: float,
    temperature_K: float,
    *,
    method: Method,
    iterations: int,
    beads: int = 500,
    cutoff_nm: float,
    timestep_fs: float,
    equilibration_ps: float,
    production_ps: float,
    sample_interval_ps: float,
    structure_error: float,
    directory: Path,
    cores: int = 1,
) -> VotcaRun:
    """Invert `target` in the empty folder `directory` until S = 1 - R2 of g on the target's bins is at most `structure_error`.

    S is read from each iteration's g(r) as soon as `csg_stat` has written it, and VOTCA is stopped there, before the update that its own
    check would wait for. Raises RuntimeError where VOTCA or LAMMPS is missing, ValueError for a folder that is not empty.
    """
    if missing := votca_available():
        raise RuntimeError(missing)
    directory.mkdir(parents=True, exist_ok=True)
    if any(directory.iterdir()):
        raise ValueError(f"{directory} is not empty")
    spacing = target.bin_width_nm
    half_box = (beads / density_per_nm3) ** (1 / 3) / 2
    span = spacing * int(min(half_box, float(target.r_nm[-1])) / spacing + 1e-6)
    settings = VotcaSettings(
        method,
        mass_Da,
        density_per_nm3,
        temperature_K,
        beads,
        spacing,
        span,
        cutoff_nm,
        timestep_fs,
        equilibration_ps,
        production_ps,
        sample_interval_ps,
        iterations,
        cores,
        _lammps(cores),
    )
    write_inputs(settings, target, directory)
    _let_lammps_run_iie(directory / "scripts")
    within = target.r_nm <= span + 1e-9
    seen = RadialDistribution(target.r_nm[within], target.g[within], target.g_error[within])
    before = _processor_time()
    errors, times, failed = _follow(directory, seen, iterations, structure_error, cores)
    gaps = np.diff(times)
    return VotcaRun(
        method,
        len(errors),
        times[-1],
        errors,
        float(gaps.mean()) if len(gaps) else times[-1],
        _potential(directory, errors),
        _tail(directory / "inverse.log"),
        failed,
        _processor_time() - before,
    )


def _follow(
    directory: Path, target: RadialDistribution, iterations: int, structure_error: float, cores: int
) -> tuple[list[float], list[float], str]:
    """S of each iteration, the seconds after which each was known (or VOTCA ended), and why VOTCA stopped early."""
    errors: list[float] = []
    times: list[float] = []
    started = time.perf_counter()
    command = ["csg_inverse", "--options", "settings.xml", "--nocolor"]
    with (directory / "screen.txt").open("w", encoding="utf-8") as screen:
        process = subprocess.Popen(
            command, cwd=directory, env=_environment(cores), stdout=screen, stderr=screen, stdin=subprocess.DEVNULL, start_new_session=True
        )
        try:
            while len(errors) < iterations and (not errors or errors[-1] > structure_error):
                ended = process.poll() is not None
                step = directory / f"step_{len(errors) + 1:03d}"
                if _measured(step):
                    times.append(time.perf_counter() - started)
                    errors.append(_error(step, target))
                    log.info("iteration %d: S = %.5f after %.1f s", len(errors), errors[-1], times[-1])
                elif ended:
                    return errors, times or [time.perf_counter() - started], _tail(directory / "screen.txt") or "csg_inverse ended early"
                else:
                    time.sleep(POLL_S)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    return errors, times, ""


def _processor_time() -> float:
    """Seconds of processor time of all children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _measured(step: Path) -> bool:
    """Whether VOTCA has marked this iteration's g(r) as complete."""
    marks = step / "restart_points.log"
    return marks.is_file() and "rdf_calculation done" in marks.read_text(encoding="utf-8")


def _error(step: Path, target: RadialDistribution) -> float:
    r, g = read_table(step / f"{INTERACTION}.dist.new")
    return error_of(RadialDistribution(r, g, np.zeros_like(g)).on_grid(target.r_nm).g, target.g)


def _potential(directory: Path, errors: list[float]) -> PairPotential | None:
    if not errors:
        return None
    r, u = read_lammps_table(directory / f"step_{int(np.argmin(errors)) + 1:03d}" / TABLE)
    return PairPotential(r, u)


def _let_lammps_run_iie(scripts: Path) -> None:
    """Put a copy of VOTCA's script that starts the engine before VOTCA's own: 2022.1 refuses `iie` with LAMMPS, though nothing in `iie`
    depends on the engine.
    """
    share = subprocess.run(["csg_call", "--show-share"], capture_output=True, text=True, check=True).stdout.strip()
    source = Path(share) / "scripts" / "inverse" / "run_genericsim.sh"
    scripts.mkdir()
    copy = scripts / source.name
    copy.write_text(source.read_text(encoding="utf-8").replace('"ibi imc optimizer re"', '"ibi iie imc optimizer re"'), encoding="utf-8")
    copy.chmod(0o755)


def _lammps(cores: int) -> str:
    program = str(executable())
    suffix = " ".join(SUFFIX) if "OPENMP" in subprocess.run([program, "-h"], capture_output=True, text=True, check=False).stdout else ""
    beside = Path(program).with_name("mpiexec")
    launcher = f"{beside if beside.is_file() else 'mpiexec'} -n {cores} " if cores > 1 else ""
    return f"{launcher}{program} {suffix}".strip()


def _environment(cores: int) -> dict[str, str]:
    """Python beside csg_inverse before others, since VOTCA's scripts are written for the numpy of their own time."""
    folder = Path(shutil.which("csg_inverse") or "").parent
    threads = {name: str(cores) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
    return {**os.environ, **threads, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


def _tail(path: Path, characters: int = 1500) -> str:
    return path.read_text(encoding="utf-8", errors="replace")[-characters:] if path.is_file() else ""


def main() -> int:
    """Invert one g(r) and print S of each iteration."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rdf", type=Path, required=True, help="target: csv with r_nm, g")
    parser.add_argument("--mass", type=float, required=True, help="Da")
    parser.add_argument("--density", type=float, required=True, help="beads per nm3")
    parser.add_argument("--temperature", type=float, default=298.15, help="K")
    parser.add_argument("--method", choices=["ibi", "iie"], default="ibi")
    parser.add_argument("--iterations", type=int, default=30)
    parser.add_argument("--cutoff", type=float, default=1.5, help="nm")
    parser.add_argument("--timestep", type=float, default=8.0, help="fs")
    parser.add_argument("--equilibration", type=float, default=5.0, help="ps")
    parser.add_argument("--production", type=float, default=40.0, help="ps")
    parser.add_argument("--interval", type=float, default=0.2, help="ps between frames")
    parser.add_argument("--structure-error", type=float, default=0.002)
    parser.add_argument("--out", type=Path, required=True, help="an empty folder")
    asked = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    run = run_votca(
        read_rdf(asked.rdf),
        asked.mass,
        asked.density,
        asked.temperature,
        method=asked.method,
        iterations=asked.iterations,
        cutoff_nm=asked.cutoff,
        timestep_fs=asked.timestep,
        equilibration_ps=asked.equilibration,
        production_ps=asked.production,
        sample_interval_ps=asked.interval,
        structure_error=asked.structure_error,
        directory=asked.out,
    )
    best = min(run.structure_errors, default=float("nan"))
    print(f"{run.method}: {run.iterations} iterations in {run.wall_s:.1f} s, {run.per_iteration_s:.2f} s each; least S = {best:.5f}")
    print(f"{run.cpu_s:.1f} s of processor time")
    if run.failed:
        print(run.failed)
    return 1 if run.failed else 0


if __name__ == "__main__":
    sys.exit(main())
