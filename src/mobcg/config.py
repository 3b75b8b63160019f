"""The campaign's configuration: every key, its unit, default and allowed range, checked before any work is planned.

The same option classes serve the library without Snakemake; config/default.yaml lists every key with its default.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from mobcg.choices import EngineName, InversionMethod, PlatformName

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Fraction = Annotated[float, Field(gt=0, le=1)]
RelativeError = Annotated[float, Field(gt=0, lt=1)]
Range = Annotated[tuple[float, float], Field(description="[low, high], low <= high")]


EXECUTION = (
    "platform",
    "threads",
    "speed_atom_steps_per_s",
    "speed_bead_steps_per_s",
    "chunk_runs",
    "runs_per_job",
    "runs_at_a_time",
    "samples_per_job",
)
"""Keys that say where and how fast work is done, not what comes out: changing one reruns nothing."""

LEAST_REACH = 1.8
"""Distance in units of rho^(-1/3) up to which the flagship needs a target's g: beyond the second shell's rise. It completes the rest."""

LEAST_LAGS = 3
"""Lags that a straight line through the mean squared displacement needs."""

LEAST_BLOCK_PS = 1.0
"""Shortest stretch of an atomistic run that counts as a block of its own."""

LEAST_INVERSION_FRAMES = 10
"""Stored frames that one update of the inversion needs for its g(r)."""

DENSEST_PER_NM3 = 5.0
"""Number density up to which the database's grid has to reach the end of the reduced one; 5 ** (1/3) is 1.7."""

CHUNK_MARGIN, WALLTIME_PART = 3, 0.9
"""A chunk may take this many times as long as expected within this part of a worker's walltime."""


class Options(BaseModel):
    """Base of all option classes: unknown keys refused, values fixed once made."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, validate_default=True)

    def physics(self) -> dict[str, Any]:
        """The options that decide results: all but those of `EXECUTION`, which only say where and how fast."""
        return self.model_dump(exclude=set(EXECUTION))

    @model_validator(mode="after")
    def _ordered_ranges(self) -> Options:
        for name in type(self).model_fields:
            value = getattr(self, name)
            pair = isinstance(value, tuple) and len(value) == 2 and all(isinstance(item, float) for item in value)
            if pair and value[0] > value[1]:
                raise ValueError(f"{name}: the low end {value[0]} lies above the high end {value[1]}")
        return self


class DrawRanges(Options):
    """Uniform ranges of the random bonded parameters, the published ones by default.

    Energies follow OpenMM: 1/2 k (r-r0)2 and 1/2 k (theta-theta0)2, so k is twice the published K of K (r-r0)2;
    torsions are the three Fourier terms of V1/2 (1+cos phi) + V2/2 (1-cos 2phi) + V3/2 (1+cos 3phi).
    """

    bond_constant_kj_per_mol_nm2: Range = (16736.0, 830105.6)
    bond_length_CC_nm: Range = (0.100, 0.248)
    bond_length_CH_nm: Range = (0.062, 0.178)
    angle_constant_kj_per_mol_rad2: Range = (41.84, 836.8)
    angle_degree: Range = (70.0, 140.0)
    torsion_kj_per_mol: Range = (-8.368, 8.368)

    @model_validator(mode="after")
    def _physical(self) -> DrawRanges:
        for name in ("bond_constant_kj_per_mol_nm2", "bond_length_CC_nm", "bond_length_CH_nm", "angle_constant_kj_per_mol_rad2"):
            if getattr(self, name)[0] <= 0:
                raise ValueError(f"{name}: must be positive, found {getattr(self, name)[0]}")
        if self.angle_degree[0] < 1 or self.angle_degree[1] > 180:
            raise ValueError(f"angle_degree: must lie within 1 and 180, found {list(self.angle_degree)}")
        return self


class PartialDrawRanges(Options):
    """A template's own ranges; what is left out follows `draws`."""

    bond_constant_kj_per_mol_nm2: Range | None = None
    bond_length_CC_nm: Range | None = None
    bond_length_CH_nm: Range | None = None
    angle_constant_kj_per_mol_rad2: Range | None = None
    angle_degree: Range | None = None
    torsion_kj_per_mol: Range | None = None


class Template(Options):
    """A molecule whose bonded parameters are drawn at random."""

    liquid: str
    parameter_sets: int = Field(ge=0, le=1_000_000)
    ranges: PartialDrawRanges = PartialDrawRanges()


def _check_target(options: AtomisticOptions | CoarseGrainedOptions) -> None:
    """Raise ValueError unless a run that goes on until D is good enough has an end, and only such a run."""
    target, maximum = options.target_relative_error, options.maximum_production_ps
    if (target is None) != (maximum is None):
        raise ValueError("target_relative_error and maximum_production_ps: give both (go on until D is that good) or none (fixed length)")
    if maximum is not None and maximum < options.production_ps:
        raise ValueError(f"maximum_production_ps: found {maximum:g}; must be at least production_ps, {options.production_ps:g}")


class AtomisticOptions(Options):
    """The atomistic runs: engine, size, protocol, time step, cost."""

    engine: Literal["openmm", "gromacs"] = "openmm"
    molecules: int = Field(500, ge=27, le=100_000)
    cutoff_nm: float = Field(1.0, gt=0.3, le=2.0)
    electrostatics: Literal["pme", "reaction-field"] = "pme"
    hydrogen_mass_Da: float = Field(1.008, ge=1.0, le=4.0)
    constrain_below_period_fs: float = Field(25.0, ge=0, le=100)
    steps_per_period: float = Field(10.0, ge=5, le=100)
    maximum_timestep_fs: float = Field(4.0, gt=0, le=5)
    npt_ps: Positive = 500.0
    nvt_ps: Positive = 100.0
    production_ps: Positive = 3000.0
    target_relative_error: RelativeError | None = None
    maximum_production_ps: Positive | None = None
    sample_interval_ps: Positive = 0.5
    checkpoint_ps: Positive = 50.0
    short_time_ps: float = Field(0.0, ge=0)
    short_time_interval_ps: Positive = 0.02
    thermostat_time_ps: Positive = 1.0
    evaporated_below_g_per_cm3: float = Field(0.2, ge=0)
    store_full_trajectory: bool = False
    platform: PlatformName = "auto"
    threads: int = Field(1, ge=1, le=256)
    runs_per_job: int = Field(1, ge=1, le=10_000)
    runs_at_a_time: int = Field(1, ge=1, le=256)
    speed_atom_steps_per_s: Positive = 8e4

    @model_validator(mode="after")
    def _target(self) -> AtomisticOptions:
        _check_target(self)
        return self

    @model_validator(mode="after")
    def _side_by_side(self) -> AtomisticOptions:
        if self.runs_at_a_time > self.runs_per_job:
            raise ValueError(f"runs_at_a_time: found {self.runs_at_a_time}; must not exceed runs_per_job, {self.runs_per_job}")
        return self

    @model_validator(mode="after")
    def _short_time(self) -> AtomisticOptions:
        if 0 < self.short_time_ps < 10 * self.short_time_interval_ps:
            raise ValueError(
                f"short_time_ps: found {self.short_time_ps:g}; must be 0 (no such stretch) or at least ten times short_time_interval_ps, "
                f"{10 * self.short_time_interval_ps:g}"
            )
        return self


class ObservableOptions(Options):
    """How g(r) and D are measured, the same for atomistic and coarse-grained runs."""

    bin_width_nm: float = Field(0.005, gt=0, le=0.05)
    fit_window_ps: Range = (5.0, 20.0)
    blocks: int = Field(5, ge=3, le=100)

    @model_validator(mode="after")
    def _window(self) -> ObservableOptions:
        if not 0 <= self.fit_window_ps[0] < self.fit_window_ps[1]:
            raise ValueError(f"fit_window_ps: needs 0 <= start < end, found {list(self.fit_window_ps)}")
        return self


class CoarseGrainedOptions(Options):
    """The coarse-grained runs: engine, size, step and length."""

    engine: EngineName = "auto"
    platform: PlatformName = "auto"
    threads: int = Field(1, ge=1, le=256)
    beads: int = Field(500, ge=64, le=1_000_000)
    steps_per_period: float = Field(20.0, ge=8, le=1000)
    maximum_timestep_fs: float = Field(40.0, gt=0, le=100)
    equilibration_ps: Positive = 100.0
    production_ps: Positive = 1000.0
    target_relative_error: RelativeError | None = None
    maximum_production_ps: Positive | None = None
    sample_interval_ps: Positive = 0.5
    thermostat_time_ps: Positive = 1.0
    speed_bead_steps_per_s: Positive = 3e6

    @model_validator(mode="after")
    def _target(self) -> CoarseGrainedOptions:
        _check_target(self)
        return self

    def run_seconds(self, picoseconds: float | None = None) -> float:
        """Seconds that a run of the usual size is expected to take at most, for `picoseconds` or the usual length."""
        usual = self.equilibration_ps + (self.maximum_production_ps or self.production_ps)
        length = usual if picoseconds is None else picoseconds
        return self.beads * 1000 * length / (self.maximum_timestep_fs / 2) / self.speed_bead_steps_per_s


class InversionOptions(Options):
    """From g(r) to a pair potential. Runs of the updates last `production_ps` and are doubled near the end, up to `longest_ps`."""

    method: InversionMethod = "imc"
    cutoff_nm: float = Field(1.5, gt=0.5, le=5)
    maximum_updates: int = Field(20, ge=1, le=500)
    structure_error: float = Field(0.001, gt=0, lt=1)
    damping: float = Field(0.8, gt=0, le=1)
    smoothing_nm: float = Field(0.015, ge=0, le=0.1)
    knot_spacing_nm: float = Field(0.03, gt=0.005, le=0.2)
    equilibration_ps: Positive = 20.0
    production_ps: Positive = 100.0
    longest_production_ps: Positive | None = None
    pressure_bar: float | None = None
    samples_per_job: int = Field(1, ge=1, le=10_000)

    @property
    def longest_ps(self) -> float:
        """Length in ps up to which the updates' runs are doubled near the end: by default four times `production_ps`."""
        return 4 * self.production_ps if self.longest_production_ps is None else self.longest_production_ps

    @model_validator(mode="after")
    def _lengths(self) -> InversionOptions:
        if self.longest_ps < self.production_ps:
            raise ValueError(f"longest_production_ps: found {self.longest_ps:g}; must be at least production_ps, {self.production_ps:g}")
        return self


class SyntheticOptions(Options):
    """Potentials drawn from scratch, Mie's form in reduced units (x = r rho^(1/3), U* = U/kT) with a random smooth change."""

    runs: int = Field(0, ge=0, le=10_000_000)
    runs_per_potential: int = Field(2, ge=1, le=1000)
    density_per_nm3: Range = (3.5, 7.5)
    core: Range = (0.66, 0.94)
    depth_kT: Range = (0.05, 1.6)
    repulsion: Range = (5.0, 26.0)
    attraction: Range = (1.5, 6.5)
    cutoff: float = Field(2.5, gt=1.2, le=6)

    @model_validator(mode="after")
    def _possible(self) -> SyntheticOptions:
        for name in ("density_per_nm3", "core", "depth_kT", "attraction"):
            if getattr(self, name)[0] <= 0:
                raise ValueError(f"{name}: must be positive, found {getattr(self, name)[0]}")
        if self.repulsion[0] <= self.attraction[0]:
            raise ValueError(f"repulsion: must begin above attraction, {self.attraction[0]}, found {self.repulsion[0]}")
        if self.core[1] >= self.cutoff:
            raise ValueError(f"core: must end before cutoff, {self.cutoff}, found {self.core[1]}")
        return self


class LibraryOptions(Options):
    """The mobility library: random potential x random mass x random friction."""

    runs: int = Field(3000, ge=0, le=10_000_000)
    chunk_runs: int = Field(20, ge=1, le=10_000)
    mass_Da: Range = (20.0, 200.0)
    reference_mass_Da: Positive | None = None
    reduced_friction: Range = (0.5, 100.0)
    zero_friction_fraction: float = Field(0.25, ge=0, le=1)
    scale: Range = (0.4, 1.0)
    perturbation_kT: float = Field(0.3, ge=0, le=5)
    blend: float = Field(0.0, ge=0, le=1)
    density_factor: Range = (1.0, 1.0)
    r_max_nm: float = Field(2.0, gt=0.6, le=5)
    synthetic: SyntheticOptions = SyntheticOptions()

    @property
    def all_runs(self) -> int:
        """Runs of drawn and of synthetic parents."""
        return self.runs + self.synthetic.runs

    def of_a_run(self, synthetic: bool = False) -> dict[str, Any]:
        """The options that decide a single run, of a drawn or of a synthetic parent: not how many there are."""
        others = {"runs", "scale", "blend", "density_factor"} if synthetic else {"runs"}
        options = {name: value for name, value in self.physics().items() if name not in others}
        return options | {"synthetic": {name: value for name, value in options["synthetic"].items() if name != "runs"}}

    @model_validator(mode="after")
    def _positive(self) -> LibraryOptions:
        for name in ("mass_Da", "reduced_friction", "scale", "density_factor"):
            if getattr(self, name)[0] <= 0:
                raise ValueError(f"{name}: must be positive, found {getattr(self, name)[0]}")
        if self.all_runs == 0:
            raise ValueError("runs: found 0, and no synthetic.runs; a library needs at least one run")
        return self


class PoolOptions(Options):
    """Who executes the library: dask workers on this machine or Slurm jobs."""

    kind: Literal["local", "slurm"] = "local"
    workers: int = Field(2, ge=1, le=10_000)
    threads_per_worker: int = Field(1, ge=1, le=256)
    memory_mb: int = Field(2000, ge=256)
    walltime_minutes: int = Field(240, ge=10)
    partition: str | None = None
    account: str | None = None
    directives: tuple[str, ...] = ()

    def within(self, threads: int) -> PoolOptions:
        """The same with no more local workers than that many threads allow; workers on Slurm have cores of their own."""
        if self.kind == "slurm":
            return self
        return self.model_copy(update={"workers": max(1, min(self.workers, threads // self.threads_per_worker))})


class LearningOptions(Options):
    """Training of the models.

    x_max: reach of the g that the flagship is trained on, in units of rho^(-1/3); r_max_nm: that of the published network.
    components: principal components of g(x) that the flagship reads, at most. g_noise: what of a point of g it takes for noise.
    members, epochs, batch_rows, learning_rate, weight_decay: of the published network.
    """

    test_fraction: float = Field(0.15, gt=0, lt=1)
    members: int = Field(5, ge=1, le=100)
    epochs: int = Field(400, ge=1, le=1_000_000)
    batch_rows: int = Field(512, ge=8, le=1_000_000)
    learning_rate: Positive = 1e-3
    weight_decay: float = Field(1e-4, ge=0)
    components: int = Field(16, ge=2, le=64)
    g_noise: float = Field(0.02, gt=0, le=0.5)
    x_max: float = Field(2.4, gt=1.2, le=6)
    r_max_nm: float = Field(1.4, gt=0.6, le=5)
    threads: int = Field(2, ge=1, le=256)


EvaluationMethod = Literal[
    "direct",
    "inversion",
    "inversion+pressure",
    "mass-scaled",
    "inversion+langevin",
    "inversion+dpd",
    "network",
    "conservative",
    "network+friction",
    "refined",
]

EVALUATION_METHODS: tuple[EvaluationMethod, ...] = get_args(EvaluationMethod)
"""In the order of the tables."""


class EvaluationOptions(Options):
    """Real liquids, and the methods that are tried on each.

    models: where the trained models come from, the campaign's own training or the package.
    """

    liquids: tuple[str, ...] = ()
    models: Literal["campaign", "shipped"] = "campaign"
    methods: tuple[EvaluationMethod, ...] = Field(EVALUATION_METHODS, min_length=1)
    replicas: int = Field(3, ge=1, le=100)

    @model_validator(mode="after")
    def _once(self) -> EvaluationOptions:
        twice = [name for name in self.methods if self.methods.count(name) > 1]
        if twice:
            raise ValueError(f"methods: {twice[0]!r} stands there twice; each may stand there once: {', '.join(EVALUATION_METHODS)}")
        return self


Orphans = Literal["wait", "cancel", "refuse"]
"""What to do about jobs that a former driver of the campaign left in Slurm's queue."""


class Config(Options):
    """The whole campaign."""

    seed: int = Field(2026, ge=0)
    results: str = Field("results", min_length=1)
    liquids: str = Field("config/liquids", min_length=1)
    orphans: Orphans = "wait"
    templates: tuple[Template, ...] = ()
    draws: DrawRanges = DrawRanges()
    atomistic: AtomisticOptions = AtomisticOptions()
    observables: ObservableOptions = ObservableOptions()
    coarse_grained: CoarseGrainedOptions = CoarseGrainedOptions()
    inversion: InversionOptions = InversionOptions()
    library: LibraryOptions = LibraryOptions()
    pool: PoolOptions = PoolOptions()
    learning: LearningOptions = LearningOptions()
    evaluation: EvaluationOptions = EvaluationOptions()

    @model_validator(mode="after")
    def _consistent(self) -> Config:
        problems = [*self._length_problems(), *self._reach_problems(), *self._pool_problems()]
        if problems:
            raise ValueError("\n".join(problems))
        return self

    def _length_problems(self) -> Iterator[str]:
        (start, end), blocks = self.observables.fit_window_ps, self.observables.blocks
        for name, shortest in (("atomistic", LEAST_BLOCK_PS), ("coarse_grained", 0.0)):
            options: AtomisticOptions | CoarseGrainedOptions = getattr(self, name)
            length, interval = options.production_ps, options.sample_interval_ps
            block = max(shortest, interval)
            if length < 2 * end:
                yield f"{name}.production_ps: found {length:g}; must be at least {2 * end:g}, twice the end of observables.fit_window_ps"
            if length < blocks * block * (1 - 1e-9):
                yield (
                    f"{name}.production_ps: found {length:g}; must be at least {blocks * block:g}, "
                    f"observables.blocks ({blocks}) stretches of {block:g} ps"
                )
            lags = math.floor(end / interval + 1e-9) - math.ceil(start / interval - 1e-9) + 1
            if lags < LEAST_LAGS:
                yield (
                    f"{name}.sample_interval_ps: found {interval:g}, which leaves {lags} lags in observables.fit_window_ps "
                    f"[{start:g}, {end:g}]; at least {LEAST_LAGS} are needed: {(end - start) / LEAST_LAGS:g} or less gives them"
                )
        needed = LEAST_INVERSION_FRAMES * self.coarse_grained.sample_interval_ps
        if self.inversion.production_ps < needed * (1 - 1e-9):
            yield (
                f"inversion.production_ps: found {self.inversion.production_ps:g}; must be at least {needed:g}, "
                f"{LEAST_INVERSION_FRAMES} times coarse_grained.sample_interval_ps"
            )

    def _reach_problems(self) -> Iterator[str]:
        database, reduced = self.library.r_max_nm, self.learning.x_max
        if database < self.learning.r_max_nm:
            yield (
                f"learning.r_max_nm: found {self.learning.r_max_nm:g}; must not exceed library.r_max_nm, {database:g}, "
                "where the database ends"
            )
        molecules = self.atomistic.molecules
        half_box = molecules ** (1 / 3) / 2
        needed = min(LEAST_REACH, reduced)
        if half_box < needed * (1 - 1e-9):
            yield (
                f"atomistic.molecules: found {molecules}; must be at least {math.ceil((2 * needed) ** 3 - 1e-6)}: half their box is "
                f"{_below(half_box):g} rho^(-1/3), and the flagship reads g(r) to {needed:g} rho^(-1/3) at least"
            )
        reached = round(DENSEST_PER_NM3 ** (1 / 3), 1) * database
        if reduced > reached * (1 + 1e-9):
            yield (
                f"learning.x_max: found {reduced:g}; must not exceed {_below(reached):g}, 1.7 times library.r_max_nm ({database:g}): "
                f"at {DENSEST_PER_NM3:g} molecules/nm3 the database would end before"
            )

    def _pool_problems(self) -> Iterator[str]:
        if self.pool.kind != "slurm":
            return
        seconds, walltime = self.coarse_grained.run_seconds(), self.pool.walltime_minutes
        fitting = math.floor(WALLTIME_PART * walltime * 60 / (CHUNK_MARGIN * seconds) + 1e-9)
        if fitting < 1:
            needed = math.ceil(CHUNK_MARGIN * seconds / (WALLTIME_PART * 60))
            yield (
                f"pool.walltime_minutes: found {walltime}; must be at least {needed}: one run of the library is expected to take "
                f"{seconds / 60:.0f} minutes, and {CHUNK_MARGIN} times that shall fit"
            )
        elif self.library.chunk_runs > fitting:
            yield (
                f"library.chunk_runs: found {self.library.chunk_runs}; must be at most {fitting} for pool.walltime_minutes ({walltime}): "
                f"a run is expected to take {seconds / 60:.1f} minutes, and {CHUNK_MARGIN} times a chunk's runs shall fit"
            )


def _below(limit: float) -> float:
    """`limit` cut to two decimals, so that the number told is itself allowed."""
    return math.floor(limit * 100 + 1e-6) / 100
