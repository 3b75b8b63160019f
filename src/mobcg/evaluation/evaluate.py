"""Every method on one real liquid, side by side."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from mobcg.config import CoarseGrainedOptions, ObservableOptions
from mobcg.engines.registry import get_engine
from mobcg.engines.specification import Engine, RunSpecification
from mobcg.evaluation.candidates import Candidate
from mobcg.evaluation.isotherm import find_density
from mobcg.evaluation.reference import Reference
from mobcg.evaluation.short_times import MSD_RATIOS, compare_velocities, displacement
from mobcg.observables.blocks import Estimate
from mobcg.prediction.liquid import WantedLiquid
from mobcg.prediction.verify import verify
from mobcg.seeds import derived_seed
from mobcg.units import mass_density

log = logging.getLogger(__name__)

COLUMNS = (
    "liquid",
    "method",
    "outcome",
    "reason",
    "structure_error",
    "structure_error_err",
    "mobility_error",
    "mobility_error_err",
    "combined_error",
    "combined_error_err",
    "diffusion_nm2_per_ns",
    "diffusion_error_nm2_per_ns",
    "diffusion_AA_nm2_per_ns",
    "diffusion_AA_error_nm2_per_ns",
    "pressure_bar",
    "pressure_error_bar",
    "density_at_pressure_g_per_cm3",
    "density_at_pressure_error_g_per_cm3",
    "density_AA_g_per_cm3",
    "compressibility_per_GPa",
    "compressibility_error_per_GPa",
    "compressibility_AA_per_GPa",
    "compressibility_AA_error_per_GPa",
    "velocity_error",
    "velocity_error_err",
    "mass_Da",
    "friction_per_ps",
    "thermostat",
    *MSD_RATIOS,
    "beads",
    "box_nm",
    "box_AA_nm",
    "in_domain",
    "notes",
    "wall_s",
    "cost_core_s",
)
"""density_at_pressure: the one at which the model has the liquid's own pressure, with the liquid's own mass; compressibility: there.
cost_core_s: what obtaining the model took (see `Candidate`); wall_s: what its runs here took, those at other densities included.
"""


@dataclass
class Evaluation:
    """One row a method, and the curves behind it in long form (a column names the method)."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    curves: dict[str, list[pd.DataFrame]] = field(default_factory=lambda: {"rdf": [], "msd": [], "vacf": [], "potential": []})

    @property
    def table(self) -> pd.DataFrame:
        """The rows with all columns in order."""
        return pd.DataFrame(self.rows, columns=list(COLUMNS))

    @property
    def rdf(self) -> pd.DataFrame:
        """method, r_nm, g, g_err; the method "atomistic" is the target."""
        return self._joined("rdf", "r_nm", "g", "g_err")

    @property
    def msd(self) -> pd.DataFrame:
        """method, time_ps, msd_nm2."""
        return self._joined("msd", "time_ps", "msd_nm2")

    @property
    def vacf(self) -> pd.DataFrame:
        """method, time_ps, vacf_nm2_per_ps2."""
        return self._joined("vacf", "time_ps", "vacf_nm2_per_ps2")

    @property
    def potential(self) -> pd.DataFrame:
        """method, r_nm, u_kj_per_mol, u_err_kj_per_mol (not a number where a method states no error)."""
        return self._joined("potential", "r_nm", "u_kj_per_mol", "u_err_kj_per_mol")

    def add(self, curve: str, method: str, **columns: Any) -> None:
        """Add a curve of a method."""
        self.curves[curve].append(pd.DataFrame({"method": method, **columns}))

    def _joined(self, curve: str, *columns: str) -> pd.DataFrame:
        frames = self.curves[curve]
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=["method", *columns])


def evaluate(
    reference: Reference,
    models: Sequence[Candidate],
    replicas: int,
    run_options: CoarseGrainedOptions,
    observables: ObservableOptions,
    seed: int,
) -> Evaluation:
    """Run each candidate `replicas` times from independent starts and compare with the atomistic run.

    S from the mean g on the target's bins, M from the mean D, S + M, and the pressure, all with errors over replicas; the ratios of
    mean squared displacements at `MSD_RATIOS`; V of the velocity autocorrelation, where the atomistic one was measured; density at the
    liquid's pressure and compressibility, from runs at other densities. A method that ended badly keeps its outcome and reason in its row,
    a density or V that was not found its reason in the notes.
    """
    evaluation = Evaluation()
    evaluation.add("rdf", "atomistic", r_nm=reference.rdf.r_nm, g=reference.rdf.g, g_err=reference.rdf.g_error)
    evaluation.add("msd", "atomistic", time_ps=reference.time_ps, msd_nm2=reference.msd_nm2)
    if reference.velocity is not None:
        evaluation.add("vacf", "atomistic", time_ps=reference.velocity.time_ps, vacf_nm2_per_ps2=reference.velocity.nm2_per_ps2)
    for model in models:
        row: dict[str, Any] = {
            "liquid": reference.liquid,
            "method": model.method,
            "outcome": str(model.outcome),
            "reason": model.reason,
            "mass_Da": model.mass_Da,
            "friction_per_ps": model.friction_per_ps,
            "thermostat": model.thermostat if model.friction_per_ps > 0 else "global",
            "cost_core_s": model.cost_s,
            "box_AA_nm": reference.box_nm,
            "in_domain": model.in_domain,
            "notes": "; ".join(model.notes),
            "diffusion_AA_nm2_per_ns": reference.diffusion.value,
            "diffusion_AA_error_nm2_per_ns": reference.diffusion.error,
            "density_AA_g_per_cm3": reference.density_g_per_cm3,
            **_pair("compressibility_AA_per_GPa", reference.compressibility_per_GPa, "compressibility_AA_error_per_GPa"),
        }
        if model.potential is not None:
            error = np.nan if model.potential_error_kj_per_mol is None else model.potential_error_kj_per_mol
            u = {"u_kj_per_mol": model.potential.u_kj_per_mol, "u_err_kj_per_mol": error}
            evaluation.add("potential", model.method, r_nm=model.potential.r_nm, **u)
            row |= _run(reference, model, replicas, run_options, observables, seed, evaluation)
        log.info("%s, %s: %s", reference.liquid, model.method, row["outcome"])
        evaluation.rows.append(row)
    return evaluation


def _run(
    reference: Reference,
    candidate: Candidate,
    replicas: int,
    run_options: CoarseGrainedOptions,
    observables: ObservableOptions,
    seed: int,
    evaluation: Evaluation,
) -> dict[str, Any]:
    assert candidate.potential is not None
    wanted = WantedLiquid(replace(reference.target, mass_Da=candidate.mass_Da), reference.diffusion)
    plan = wanted.plan(candidate.potential, run_options, observables)
    method_seed = derived_seed(seed, "evaluation", reference.liquid, candidate.method)
    engine = get_engine(run_options.engine)
    found = verify(wanted, candidate.model, engine, plan, replicas, method_seed)
    row: dict[str, Any] = {"beads": plan.options.beads, "box_nm": plan.box_nm, "wall_s": found.wall_s}
    if found.rdf is None:
        return row | {"outcome": str(found.outcome), "reason": found.reason}
    evaluation.add("rdf", candidate.method, r_nm=found.rdf.r_nm, g=found.rdf.g, g_err=found.rdf.g_error)
    assert found.time_ps is not None
    assert found.msd_nm2 is not None
    evaluation.add("msd", candidate.method, time_ps=found.time_ps, msd_nm2=found.msd_nm2)
    row |= {
        name: displacement(found.time_ps, found.msd_nm2, time) / displacement(reference.time_ps, reference.msd_nm2, time)
        for name, time in MSD_RATIOS.items()
    }
    row |= _pair("structure_error", found.structure_error, "structure_error_err")
    row |= _pair("diffusion_nm2_per_ns", found.diffusion, "diffusion_error_nm2_per_ns")
    row |= _pair("pressure_bar", found.pressure, "pressure_error_bar")
    if found.mobility_error is None or found.structure_error is None:
        return row | {"outcome": str(found.outcome), "reason": found.reason}
    combined = Estimate(
        found.structure_error.value + found.mobility_error.value, math.hypot(found.structure_error.error, found.mobility_error.error)
    )
    row |= _pair("mobility_error", found.mobility_error, "mobility_error_err") | _pair("combined_error", combined, "combined_error_err")
    others = _beyond(reference, wanted, candidate, engine, plan, replicas, method_seed, evaluation)
    return row | others | {"wall_s": found.wall_s + others["wall_s"]}


def _beyond(
    reference: Reference,
    wanted: WantedLiquid,
    candidate: Candidate,
    engine: Engine,
    plan: RunSpecification,
    replicas: int,
    seed: int,
    evaluation: Evaluation,
) -> dict[str, Any]:
    """Columns of the liquid at other densities and at short times, the wall time of their runs, and all notes."""
    notes, model = list(candidate.notes), candidate.model
    isotherm = find_density(wanted, model, engine, plan, reference.pressure_bar, derived_seed(seed, "isotherm"))
    row: dict[str, Any] = _pair("compressibility_per_GPa", isotherm.compressibility_per_GPa, "compressibility_error_per_GPa")
    if isotherm.density_per_nm3 is None:
        notes.append(isotherm.reason)
    else:
        density = Estimate(*(mass_density(value, reference.mass_Da) for value in isotherm.density_per_nm3))
        row |= _pair("density_at_pressure_g_per_cm3", density, "density_at_pressure_error_g_per_cm3")
    wall = isotherm.wall_s
    if reference.velocity is not None:
        moved = compare_velocities(wanted, model, engine, plan, reference.velocity, replicas, derived_seed(seed, "velocity"))
        row |= _pair("velocity_error", moved.velocity_error, "velocity_error_err")
        wall += moved.wall_s
        if moved.velocity is None:
            notes.append(f"no velocity autocorrelation: {moved.reason}")
        else:
            times, values = moved.velocity.time_ps, moved.velocity.nm2_per_ps2
            evaluation.add("vacf", candidate.method, time_ps=times, vacf_nm2_per_ps2=values)
    return row | {"notes": "; ".join(notes), "wall_s": wall}


def _pair(name: str, estimate: Estimate | None, error_name: str) -> dict[str, float]:
    return {} if estimate is None else {name: estimate.value, error_name: estimate.error}
