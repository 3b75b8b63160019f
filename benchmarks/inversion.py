"""Inversions side by side: ours (imc, ibi) and VOTCA's (ibi, iie) on one g(r), with one criterion, on one core.

    python benchmarks/inversion.py --votca --json inversion.json
    python benchmarks/inversion.py --rdf rdf.csv --mass 86.18 --density 4.63 --votca
    python benchmarks/inversion.py --recovery

Without --rdf the target is the g(r) of the benchmarks' soft liquid. Its potential is known, so the largest deviation of U where g > 0.1 is
printed too. Beads, lengths of an update's run, time between frames, time step and core are the same for all. Every trial counts as an
update, the initial guess and failed ones included. `first` is the first update whose own g(r), noise and all, has S within the limit: there
VOTCA is stopped. Ours goes on until S is within the limit with two standard errors to spare. S and pressure of every potential come from a
long run with our engine, which no wall time includes. --recovery makes up to 30 updates of our default method and a last run.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.bead_liquids import soft_liquid
from benchmarks.votca_inversion import run_votca, votca_available
from mobcg.config import CoarseGrainedOptions, InversionOptions, ObservableOptions
from mobcg.engines.registry import get_engine
from mobcg.engines.specification import Engine, RunResult, RunSpecification
from mobcg.files import write_text
from mobcg.inversion.invert import invert
from mobcg.inversion.target import InversionTarget, Measurement
from mobcg.observables.rdf import read_rdf
from mobcg.potential.pair import PairPotential
from mobcg.units import thermal_energy

SEED = 1
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
OURS: tuple[Literal["imc", "ibi"], ...] = ("imc", "ibi")
VOTCAS: tuple[Literal["ibi", "iie"], ...] = ("ibi", "iie")


@dataclass(frozen=True)
class Task:
    """What every program is asked for: the target (with its potential where known), run lengths, and where to stop."""

    target: InversionTarget
    known: PairPotential | None
    beads: int
    cutoff_nm: float
    timestep_fs: float
    equilibration_ps: float
    production_ps: float
    interval_ps: float
    updates: int
    structure_error: float
    check_ps: float

    @property
    def run_options(self) -> CoarseGrainedOptions:
        """Our long run."""
        return CoarseGrainedOptions(
            beads=self.beads,
            platform="CPU",
            maximum_timestep_fs=self.timestep_fs,
            equilibration_ps=20,
            production_ps=self.check_ps,
            sample_interval_ps=self.interval_ps,
        )

    def check(self, engine: Engine, potential: PairPotential) -> dict[str, Any]:
        """S, pressure and, where known, the deviation of U, of a potential in a long run."""
        target = self.target
        state = (target.mass_Da, target.density_per_nm3, target.temperature_K)
        window = ObservableOptions(bin_width_nm=target.rdf.bin_width_nm, fit_window_ps=(5, 20))
        reach = float(target.rdf.r_nm[-1]) + target.rdf.bin_width_nm / 2
        result = engine.run([RunSpecification(potential, *state, SEED, options=self.run_options, observables=window, r_max_nm=reach)])[0]
        row: dict[str, Any] = {"check_outcome": str(result.outcome), "check_reason": result.reason, "check_timestep_fs": result.timestep_fs}
        if result.rdf is not None and result.pressure_bar is not None:
            measured = Measurement.of(target, result)
            row |= {"structure_error": measured.structure_error, "structure_noise": measured.noise}
            row |= {"pressure_bar": measured.pressure_bar.value, "pressure_error_bar": measured.pressure_bar.error}
        if self.known is not None:
            row["deviation_kT"] = deviation(potential, self.known, target)
        return row


class Clocked:
    """An engine that notes when each call began and ended, in seconds of wall and of processor time."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.name = engine, engine.name
        self.began: list[tuple[float, float]] = []
        self.ended: list[tuple[float, float]] = []

    def run(self, specifications: Sequence[RunSpecification]) -> list[RunResult]:
        """Run them."""
        self.began.append((time.perf_counter(), time.process_time()))
        try:
            return self.engine.run(specifications)
        finally:
            self.ended.append((time.perf_counter(), time.process_time()))


def deviation(potential: PairPotential, known: PairPotential, target: InversionTarget) -> float:
    """Largest difference of two potentials in kT where g > 0.1, short of the last 0.1 nm below the cutoff."""
    r = target.rdf.r_nm[(target.rdf.g > 0.1) & (target.rdf.r_nm < known.cutoff_nm - 0.1)]
    return float(np.max(np.abs(potential.energy(r) - known.energy(r)))) / thermal_energy(target.temperature_K)


def ours(task: Task, engine: Engine, method: Literal["imc", "ibi"], **changes: Any) -> tuple[dict[str, Any], PairPotential | None]:
    """Our inversion, its clock stopped where its last run begins."""
    asked: dict[str, Any] = {
        "method": method,
        "cutoff_nm": task.cutoff_nm,
        "maximum_updates": task.updates,
        "structure_error": task.structure_error,
        "equilibration_ps": task.equilibration_ps,
        "production_ps": task.production_ps,
    }
    clocked, wall, cpu = Clocked(engine), time.perf_counter(), time.process_time()
    window = ObservableOptions(fit_window_ps=(5, 20))
    result = invert(task.target, clocked, InversionOptions(**asked | changes), task.run_options, window, SEED)
    ended = clocked.began[-1] if result.finals else clocked.ended[-1]
    errors = np.array(result.history.get("structure_error", np.full(result.updates, np.nan)), dtype=float)
    met = np.flatnonzero(errors <= task.structure_error)
    row: dict[str, Any] = {
        "method": method,
        "program": "mobcg",
        "reached": result.stopped.startswith("S below"),
        "stopped": result.stopped or f"{task.updates} updates were not enough",
        "updates": result.updates,
        "wall_s": ended[0] - wall,
        "cpu_s": ended[1] - cpu,
        "first_updates": int(met[0]) + 1 if len(met) else None,
        "first_wall_s": clocked.ended[met[0]][0] - wall if len(met) else None,
        "last_run_s": clocked.ended[-1][0] - ended[0],
        "structure_errors": [None if np.isnan(error) else float(error) for error in errors],
        "production_ps": result.history["production_ps"].tolist(),
    }
    return row, result.potential


def votcas(task: Task, method: Literal["ibi", "iie"]) -> tuple[dict[str, Any], PairPotential | None]:
    """VOTCA's inversion with LAMMPS. Where it fails, the row says why."""
    row: dict[str, Any] = {"method": method, "program": "VOTCA", "reached": False, "updates": 0}
    with tempfile.TemporaryDirectory() as folder:
        try:
            run = run_votca(
                task.target.rdf,
                task.target.mass_Da,
                task.target.density_per_nm3,
                task.target.temperature_K,
                method=method,
                iterations=task.updates,
                beads=task.beads,
                cutoff_nm=task.cutoff_nm,
                timestep_fs=task.timestep_fs,
                equilibration_ps=task.equilibration_ps,
                production_ps=task.production_ps,
                sample_interval_ps=task.interval_ps,
                structure_error=task.structure_error,
                directory=Path(folder) / "run",
            )
        except (RuntimeError, OSError, ValueError) as error:
            return row | {"stopped": f"failed: {error}"}, None
    reached = bool(run.structure_errors) and run.structure_errors[-1] <= task.structure_error
    stopped = f"S below {task.structure_error:g}" if reached else f"{task.updates} updates were not enough"
    row |= {"reached": reached, "stopped": f"failed: {run.failed}" if run.failed else stopped, "updates": run.iterations}
    row |= {"wall_s": run.wall_s, "cpu_s": run.cpu_s, "structure_errors": run.structure_errors}
    row |= {"first_updates": run.iterations if reached else None, "first_wall_s": run.wall_s if reached else None}
    return row, run.potential


def compare(task: Task, engine: Engine, votca: bool) -> Iterator[dict[str, Any]]:
    """One row a method."""
    for method in OURS:
        yield _checked(task, engine, *ours(task, engine, method))
    for other in VOTCAS if votca else ():
        yield _checked(task, engine, *votcas(task, other))


def _checked(task: Task, engine: Engine, row: dict[str, Any], potential: PairPotential | None) -> dict[str, Any]:
    per_update = {"wall_per_update_s": row["wall_s"] / row["updates"]} if row["updates"] else {}
    return row | per_update | (task.check(engine, potential) if potential is not None else {})


HEADER = (
    f"{'program':7s} {'method':6s} {'updates':>7s} {'wall s':>8s} {'each s':>7s} {'CPU s':>7s} {'first':>5s} {'after s':>8s} {'S':>8s} "
    f"{'P bar':>14s} {'dU kT':>6s}  stopped"
)


def line(row: dict[str, Any]) -> str:
    """A row of the table."""

    def shown(name: str, form: str) -> str:
        return "-" if row.get(name) is None else format(row[name], form)

    pressure = f"{row['pressure_bar']:.0f} +- {row['pressure_error_bar']:.1f}" if "pressure_bar" in row else "-"
    why = row["stopped"].strip().splitlines()[-1][:80]
    why += f"; long run: {row['check_outcome']}" if row.get("check_outcome", "ok") != "ok" else ""
    return (
        f"{row['program']:7s} {row['method']:6s} {row['updates']:7d} {shown('wall_s', '.2f'):>8s} {shown('wall_per_update_s', '.3f'):>7s} "
        f"{shown('cpu_s', '.2f'):>7s} {shown('first_updates', 'd'):>5s} {shown('first_wall_s', '.2f'):>8s} "
        f"{shown('structure_error', '.5f'):>8s} {pressure:>14s} {shown('deviation_kT', '.2f'):>6s}  {why}"
    )


def ratios(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Our wall time over VOTCA's, for each pair of methods."""
    for mine in (row for row in rows if row["program"] == "mobcg"):
        for other in (row for row in rows if row["program"] == "VOTCA" and row.get("wall_s")):
            note = "" if mine["reached"] and other["reached"] else "; not both reached S"
            found = f"wall {mine['wall_s'] / other['wall_s']:.4f}, processor {mine['cpu_s'] / other['cpu_s']:.4f}"
            yield f"mobcg {mine['method']} / VOTCA {other['method']}: {found}{note}"


def recovery(task: Task, engine: Engine) -> None:
    """Print how long 30 updates and a last run take, and how near they come."""
    started = time.perf_counter()
    changes = {"maximum_updates": 30, "structure_error": 1e-9, "longest_production_ps": task.production_ps}
    row, potential = ours(task, engine, "imc", **changes)
    seconds = time.perf_counter() - started
    assert potential is not None
    off = "" if task.known is None else f"; U off by at most {deviation(potential, task.known, task.target):.2f} kT"
    least = min(error for error in row["structure_errors"] if error is not None)
    print(f"{row['updates']} updates and the last run: {seconds:.1f} s; least S of an update {least:.5f}{off}")


def soft_target(engine: Engine, beads: int, interval_ps: float) -> tuple[InversionTarget, PairPotential]:
    """The g(r) of the soft liquid from a run of 1 ns, and its potential."""
    liquid = soft_liquid()
    options = CoarseGrainedOptions(
        beads=beads, platform="CPU", maximum_timestep_fs=8, equilibration_ps=20, production_ps=1000, sample_interval_ps=interval_ps
    )
    state = (liquid.mass_Da, liquid.density_per_nm3, liquid.temperature_K)
    window = ObservableOptions(fit_window_ps=(5, 20))
    result = engine.run([RunSpecification(liquid.potential, *state, SEED + 1, options=options, observables=window)])[0]
    assert result.rdf is not None
    return InversionTarget(result.rdf, liquid.density_per_nm3, liquid.temperature_K, liquid.mass_Da), liquid.potential


def on_one_core() -> None:
    """Start this program again on one core and with one thread in every library, unless it already is so."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    if any(os.environ.get(name) != "1" for name in THREADS):
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | dict.fromkeys(THREADS, "1"))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rdf", type=Path, help="target: csv with r_nm, g; without it the soft liquid's")
    parser.add_argument("--mass", type=float, help="Da, with --rdf")
    parser.add_argument("--density", type=float, help="beads per nm3, with --rdf")
    parser.add_argument("--temperature", type=float, default=298.15, help="K, with --rdf")
    parser.add_argument("--votca", action="store_true", help="VOTCA too: several minutes a method")
    parser.add_argument("--recovery", action="store_true", help="time 30 updates and a last run of 200 ps, nothing else")
    parser.add_argument("--structure-error", type=float, default=0.002, help="S to reach")
    parser.add_argument("--updates", type=int, default=30, help="at most")
    parser.add_argument("--beads", type=int, default=500)
    parser.add_argument("--cutoff", type=float, default=1.5, help="nm")
    parser.add_argument("--timestep", type=float, default=8.0, help="fs; ours takes a shorter one where the potential asks for it")
    parser.add_argument("--equilibration", type=float, default=5.0, help="ps an update")
    parser.add_argument("--production", type=float, default=40.0, help="ps an update")
    parser.add_argument("--interval", type=float, default=0.2, help="ps between frames")
    parser.add_argument("--check", type=float, default=1000.0, help="ps of the long run that every final potential gets")
    parser.add_argument("--json", type=Path, help="write the rows to this file")
    asked = parser.parse_args()
    if asked.rdf and (asked.mass is None or asked.density is None):
        parser.error("--rdf needs --mass and --density")
    if asked.votca and (missing := votca_available()):
        parser.error(f"--votca: {missing}")
    return asked


def main() -> int:
    """Print the table, or the recovery's line."""
    asked = _arguments()
    on_one_core()
    engine = get_engine("ensemble")
    known: PairPotential | None = None
    if asked.rdf:
        target = InversionTarget(read_rdf(asked.rdf), asked.density, asked.temperature, asked.mass)
    else:
        target, known = soft_target(engine, asked.beads, asked.interval)
    lengths = (asked.beads, asked.cutoff, asked.timestep, asked.equilibration, asked.production, asked.interval)
    task = Task(target, known, *lengths, asked.updates, asked.structure_error, 200.0 if asked.recovery else asked.check)
    ours(replace(task, check_ps=60), engine, "imc", maximum_updates=1)  # compiles what is timed below
    if asked.recovery:
        recovery(task, engine)
        return 0
    print(HEADER)
    rows: list[dict[str, Any]] = []
    for row in compare(task, engine, asked.votca):
        rows.append({"target": asked.rdf.name if asked.rdf else "soft"} | row)
        print(line(row), flush=True)
        if asked.json:
            write_text(asked.json, json.dumps(rows, indent=2) + "\n")
    for ratio in ratios(rows):
        print(ratio)
    return 0


if __name__ == "__main__":
    sys.exit(main())
