"""How fast engines step: workers pinned to cores, set-up and compilation left out, engines in turn so that a slow minute hits all."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

from benchmarks.bead_liquids import soft_liquid
from benchmarks.lammps_liquid import executable, execute, run_lammps, steps_per_second
from mobcg.config import CoarseGrainedOptions, ObservableOptions
from mobcg.engines.registry import get_engine
from mobcg.engines.specification import RunSpecification, Thermostat

TIMESTEP_FS = 4.0
FRAMES = 12
SHORT_STEPS = 2 * FRAMES
FRICTION_PER_PS = 5.0


@dataclass(frozen=True)
class Arrangement:
    """How an engine uses cores: `copies` processes at once, each with `replicas` liquids, each liquid over `processes` MPI ranks."""

    engine: str
    threads: int
    copies: int = 1
    replicas: int = 1
    processes: int = 1

    @property
    def mode(self) -> str:
        """In words."""
        if self.replicas > 1:
            return f"{self.replicas} liquids, {self.threads} threads"
        if self.copies > 1:
            return f"{self.copies} liquids, {self.copies} processes"
        return f"one liquid, {self.processes} MPI ranks" if self.processes > 1 else "one liquid"


@dataclass(frozen=True)
class Speed:
    """Steps per second of all liquids together, one value per round."""

    arrangement: Arrangement
    beads: int
    rounds: tuple[float, ...]

    @property
    def steps_per_s(self) -> float:
        """Median over the rounds."""
        return statistics.median(self.rounds)

    @property
    def ns_per_day(self) -> float:
        """Simulated time of all liquids together."""
        return self.steps_per_s * TIMESTEP_FS * 1e-6 * 86400


def arrangements(engine: str, threads: int) -> list[Arrangement]:
    """The sensible ways to keep that many cores busy."""
    if threads == 1:
        return [Arrangement(engine, 1)]
    if engine == "lammps":
        return [Arrangement(engine, threads, processes=threads), Arrangement(engine, threads, copies=threads)]
    if engine == "openmm":
        return [Arrangement(engine, threads, copies=threads)]
    return [Arrangement(engine, threads, replicas=threads)]


def equilibrated(beads: int, thermostat: Thermostat) -> RunSpecification:
    """The liquid to time, started from an equilibrated configuration that all engines share."""
    liquid = soft_liquid()
    options = CoarseGrainedOptions(
        beads=beads, platform="CPU", steps_per_period=8, maximum_timestep_fs=TIMESTEP_FS, equilibration_ps=10, sample_interval_ps=0.1
    )
    friction = FRICTION_PER_PS if thermostat in ("langevin", "dpd") else 0.0
    base = RunSpecification(
        potential=liquid.potential,
        mass_Da=liquid.mass_Da,
        density_per_nm3=liquid.density_per_nm3,
        temperature_K=liquid.temperature_K,
        seed=1,
        thermostat=thermostat,
        friction_per_ps=friction,
        options=options,
        r_max_nm=liquid.potential.cutoff_nm,
    )
    if base.timestep_fs != TIMESTEP_FS:
        raise ValueError(f"the step is {base.timestep_fs} fs instead of {TIMESTEP_FS}")
    asked = with_steps(base, SHORT_STEPS, 10.0)
    calm = replace(asked, thermostat="global", friction_per_ps=0.0)
    result = run_lammps(calm).result if executable() else get_engine("openmm").run([calm])[0]
    return replace(base, start_nm=result.final_nm)


def with_steps(base: RunSpecification, steps: int, equilibration_ps: float = 0.2) -> RunSpecification:
    """The same run over `steps` steps, always with `FRAMES` frames: what is spent on frames drops out of differences."""
    interval = steps // FRAMES * TIMESTEP_FS / 1000
    lengths = {"equilibration_ps": equilibration_ps, "production_ps": FRAMES * interval, "sample_interval_ps": interval}
    observables = ObservableOptions(bin_width_nm=0.05, fit_window_ps=(2 * interval, 5 * interval), blocks=3)
    return replace(base, options=base.options.model_copy(update=lengths), observables=observables)


def measure_speeds(base: RunSpecification, chosen: Sequence[Arrangement], rounds: int, seconds: float) -> list[Speed]:
    """Speeds of all arrangements: in each round all of them, one after another, each for about `seconds`."""
    contestants = [_Contestant(arrangement, base, seconds) for arrangement in chosen]
    try:
        values = [[contestant.steps_per_second() for contestant in contestants] for _ in range(rounds)]
    finally:
        for contestant in contestants:
            contestant.close()
    return [Speed(arrangement, base.options.beads, tuple(row[i] for row in values)) for i, arrangement in enumerate(chosen)]


class _Contestant:
    """One arrangement with its worker processes, kept over the rounds so that compiled code stays."""

    def __init__(self, arrangement: Arrangement, base: RunSpecification, seconds: float) -> None:
        self.arrangement, self.base = arrangement, base
        cores = sorted(os.sched_getaffinity(0))[: arrangement.threads] if hasattr(os, "sched_getaffinity") else []
        shares = [cores[i : i + 1] for i in range(arrangement.copies)] if arrangement.copies > 1 else [cores]
        spawn = get_context("spawn")
        self.pools = [ProcessPoolExecutor(1, mp_context=spawn, initializer=_pin, initargs=(share,)) for share in shares]
        self.steps = SHORT_STEPS
        self._all(SHORT_STEPS)
        self.steps = 10 * SHORT_STEPS
        while (spent := max(self._all(self.steps)) * self.steps) < 0.7 * seconds:
            self.steps = round(self.steps * min(20.0, seconds / max(spent, 1e-9))) // FRAMES * FRAMES

    def steps_per_second(self) -> float:
        """Of all liquids together."""
        return sum(self.arrangement.replicas / spent for spent in self._all(self.steps))

    def close(self) -> None:
        for pool in self.pools:
            pool.shutdown()

    def _all(self, steps: int) -> list[float]:
        futures = [pool.submit(_seconds_per_step, self.arrangement, self.base, steps) for pool in self.pools]
        return [future.result() for future in futures]


def _pin(cores: Sequence[int]) -> None:
    if cores:
        os.sched_setaffinity(0, cores)


def _seconds_per_step(arrangement: Arrangement, base: RunSpecification, steps: int) -> float:
    """Seconds per step of each liquid: LAMMPS by its own loop time, others by the difference between a long and a short run."""
    if arrangement.engine == "lammps":
        with tempfile.TemporaryDirectory() as folder:
            return 1 / steps_per_second(execute(with_steps(base, steps), Path(folder), arrangement.processes))
    short = _run_seconds(arrangement, base, SHORT_STEPS)
    return (_run_seconds(arrangement, base, steps) - short) / max(1, steps - SHORT_STEPS)


def _run_seconds(arrangement: Arrangement, base: RunSpecification, steps: int) -> float:
    engine = get_engine(arrangement.engine)
    one = with_steps(base, steps)
    one = replace(one, options=one.options.model_copy(update={"threads": arrangement.replicas}))
    asked = [replace(one, seed=seed) for seed in range(1, arrangement.replicas + 1)]
    started = time.perf_counter()
    engine.run(asked)
    return time.perf_counter() - started
