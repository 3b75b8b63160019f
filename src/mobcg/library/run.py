"""One library run: a row of the plan becomes a row of the database."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from mobcg.config import CoarseGrainedOptions, LibraryOptions, ObservableOptions
from mobcg.engines.registry import get_engine
from mobcg.engines.specification import RunResult, RunSpecification, enough_beads
from mobcg.engines.until import run_until
from mobcg.files import content_hash, versions
from mobcg.library.parent import Parent
from mobcg.library.synthetic import HIGHEST_KT, KIND, random_shape
from mobcg.outcomes import InputError, Outcome
from mobcg.potential.pair import PairPotential
from mobcg.potential.shaping import from_core, perturbed
from mobcg.seeds import generator
from mobcg.units import ReducedUnits, thermal_energy

Array = npt.NDArray[np.float64]
Result = TypeVar("Result")


PLANNED = ("run_id", "parent", "mass_Da", "reduced_friction", "scale", "perturbation_kT", "blend", "density_factor", "seed")
"""What a row of the plan says."""


def config_hash(library: LibraryOptions, run_options: CoarseGrainedOptions, observables: ObservableOptions, synthetic: bool) -> str:
    """The name of all options that decide a single run, of a drawn or of a synthetic parent."""
    return content_hash([library.of_a_run(synthetic), run_options.physics(), observables.model_dump()])


def grid(library: LibraryOptions, observables: ObservableOptions) -> Array:
    """The database's r in nm: bin centres from zero to `library.r_max_nm`."""
    bins = np.arange(int(library.r_max_nm / observables.bin_width_nm + 1e-9), dtype=np.float64)
    return (bins + 0.5) * observables.bin_width_nm


PERTURBATION_LENGTH = (0.12, 0.5)
"""Correlation length of a perturbation in reduced units, log-uniform."""

FOOT_KT = 2.0
"""Energy in kT down to which the core counts as such: perturbations begin outside."""


def random_potential(parent: Parent, row: Mapping[str, Any], library: LibraryOptions) -> PairPotential:
    """The row's potential: its parent's, blended with a random shape, scaled and smoothly perturbed.

    Raises InputError where the core no longer repels.
    """
    if parent.potential is None:
        raise ValueError(f"{parent.sample} has no potential")
    kT, length = thermal_energy(parent.temperature_K), parent.density_per_nm3 ** (-1 / 3)
    potential = parent.potential
    if row["blend"] > 0:
        shape = random_shape(library.synthetic, parent.density_per_nm3, parent.temperature_K, generator(int(row["seed"]), "blend"))
        end = max(potential.cutoff_nm, shape.cutoff_nm)
        r = np.linspace(0, end, round(end / potential.spacing_nm) + 1)[1:]
        mixed = (1 - row["blend"]) * potential.energy(r) + row["blend"] * shape.energy(r)
        potential = from_core(PairPotential(r, mixed), HIGHEST_KT * kT)
    potential = PairPotential(potential.r_nm, row["scale"] * potential.u_kj_per_mol)
    if row["perturbation_kT"] > 0:
        random = generator(int(row["seed"]), "perturbation")
        waves = length * float(np.exp(random.uniform(*np.log(PERTURBATION_LENGTH))))
        core = np.flatnonzero(potential.u_kj_per_mol > FOOT_KT * kT)
        foot = float(potential.r_nm[core[-1] if len(core) else 0])
        potential = perturbed(potential, row["perturbation_kT"] * kT, waves, foot, random)
    potential.check_core(parent.temperature_K)
    return potential


@dataclass(frozen=True)
class Prepared:
    """A row of the plan on its way to the database: what is known before it runs, and the run; None where nothing can be run."""

    record: dict[str, Any]
    specification: RunSpecification | None = None


def execute(
    rows: Sequence[Mapping[str, Any]],
    parents: Mapping[str, Parent],
    library: LibraryOptions,
    run_options: CoarseGrainedOptions,
    observables: ObservableOptions,
) -> list[dict[str, Any]]:
    """Run the liquids that `rows` plan, all in one batch, and return their rows of the database; what physics refuses is an outcome.

    Raises RuntimeError that names the run which failed.
    """
    prepared = [_named(row, prepare, row, parents[row["parent"]], library, run_options, observables) for row in rows]
    engine = get_engine(run_options.engine)
    specifications = [item.specification for item in prepared if item.specification is not None]
    try:
        results = iter(run_until(engine, specifications))
    except Exception:
        # once more one by one, to learn which it was
        running = [(row, item.specification) for row, item in zip(rows, prepared, strict=True) if item.specification is not None]
        results = iter([_named(row, run_until, engine, [specification])[0] for row, specification in running])
    r_nm = grid(library, observables)
    return [
        item.record if item.specification is None else item.record | _described(next(results), item.specification, r_nm)
        for item in prepared
    ]


def _named(row: Mapping[str, Any], call: Callable[..., Result], *arguments: Any) -> Result:
    try:
        return call(*arguments)
    except Exception as error:
        raise RuntimeError(f"library run {row['run_id']} of parent {row['parent']} failed: {type(error).__name__}: {error}") from error


def prepare(
    row: Mapping[str, Any], parent: Parent, library: LibraryOptions, run_options: CoarseGrainedOptions, observables: ObservableOptions
) -> Prepared:
    """The run that a row plans, or the outcome that forbids it."""
    record: dict[str, Any] = {name: row[name] for name in PLANNED}
    record |= {"template": parent.template, "liquid": parent.liquid, "engine": run_options.engine, "versions": json.dumps(versions())}
    record["config_hash"] = config_hash(library, run_options, observables, parent.liquid == KIND)
    if parent.potential is None:
        return Prepared(record | {"outcome": str(Outcome.NO_PARENT), "reason": parent.reason})
    density = row["density_factor"] * parent.density_per_nm3
    units = ReducedUnits(row["mass_Da"], parent.temperature_K, density)
    friction = row["reduced_friction"] * units.friction_per_ps
    record |= {"temperature_K": parent.temperature_K, "density_per_nm3": density, "friction_per_ps": friction}
    r_nm = grid(library, observables)
    try:
        potential = random_potential(parent, row, library)
    except InputError as error:
        return Prepared(record | {"outcome": str(Outcome.UNUSABLE_POTENTIAL), "reason": str(error)})
    reach = max(float(r_nm[-1]) + observables.bin_width_nm, potential.cutoff_nm)
    if library.reference_mass_Da is not None:
        slower = (row["mass_Da"] / library.reference_mass_Da) ** 0.5
        run_options, observables = stretched(run_options, observables, slower)
    specification = RunSpecification(
        potential,
        row["mass_Da"],
        density,
        parent.temperature_K,
        int(row["seed"]),
        "langevin" if friction > 0 else "global",
        friction,
        enough_beads(run_options, density, reach),
        observables,
    )
    return Prepared(record, specification)


def stretched(
    run_options: CoarseGrainedOptions, observables: ObservableOptions, factor: float
) -> tuple[CoarseGrainedOptions, ObservableOptions]:
    """The same options with every time multiplied by `factor`: heavier beads are the same liquid in slow motion."""
    times = ("equilibration_ps", "production_ps", "sample_interval_ps", "thermostat_time_ps", "maximum_timestep_fs")
    longest = None if run_options.maximum_production_ps is None else factor * run_options.maximum_production_ps
    changes = {name: factor * getattr(run_options, name) for name in times} | {"maximum_production_ps": longest}
    start, end = observables.fit_window_ps
    return run_options.model_copy(update=changes), observables.model_copy(update={"fit_window_ps": (factor * start, factor * end)})


def _described(result: RunResult, specification: RunSpecification, r_nm: Array) -> dict[str, Any]:
    options = specification.options
    return {
        "engine": result.engine,
        "outcome": str(result.outcome),
        "reason": result.reason or None,
        "u_kj_per_mol": specification.potential.energy(r_nm).tolist(),
        "cutoff_nm": specification.potential.cutoff_nm,
        "beads": options.beads,
        "box_nm": result.box_nm,
        "timestep_fs": result.timestep_fs,
        "production_ps": result.production_ps or options.production_ps,
        "sample_interval_ps": options.sample_interval_ps,
        "wall_s": result.wall_s,
    } | _measured(result, r_nm)


def _measured(result: RunResult, r_nm: Array) -> dict[str, Any]:
    if not result.ok or result.rdf is None or result.diffusion is None or result.pressure_bar is None or result.temperature_K is None:
        return {}
    rdf = result.rdf.on_grid(r_nm)
    return {
        "g": rdf.g.tolist(),
        "g_error": rdf.g_error.tolist(),
        "diffusion_nm2_per_ns": result.diffusion.diffusion.value,
        "diffusion_error_nm2_per_ns": result.diffusion.diffusion.error,
        "pressure_bar": result.pressure_bar.value,
        "pressure_error_bar": result.pressure_bar.error,
        "temperature_measured_K": result.temperature_K.value,
    }
