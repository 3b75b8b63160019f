"""Every method on one real liquid, side by side."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from mobcg.config import CoarseGrainedOptions, ObservableOptions
from mobcg.engines.registry import get_engine
from mobcg.engines.specification import RunResult, RunSpecification, enough_beads
from mobcg.engines.until import run_until
from mobcg.evaluation.candidates import Candidate
from mobcg.evaluation.metrics import mean_structure_error, mobility_error, replica_mean
from mobcg.evaluation.reference import Reference
from mobcg.outcomes import Outcome
from mobcg.seeds import derived_seed

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
    "mass_Da",
    "friction_per_ps",
    "beads",
    "box_nm",
    "box_AA_nm",
    "in_domain",
    "notes",
    "wall_s",
)


@dataclass
class Evaluation:
    """One row a method, and the curves behind it in long form (a column names the method)."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    curves: dict[str, list[pd.DataFrame]] = field(default_factory=lambda: {"rdf": [], "msd": [], "potential": []})

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
    def potential(self) -> pd.DataFrame:
        """method, r_nm, u_kj_per_mol."""
        return self._joined("potential", "r_nm", "u_kj_per_mol")

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

    S from the mean g on the target's bins, M from the mean D, S + M, and the pressure, all with errors over replicas; a method that ended
    badly keeps its outcome and reason in its row.
    """
    evaluation = Evaluation()
    evaluation.add("rdf", "atomistic", r_nm=reference.rdf.r_nm, g=reference.rdf.g, g_err=reference.rdf.g_error)
    evaluation.add("msd", "atomistic", time_ps=reference.time_ps, msd_nm2=reference.msd_nm2)
    for model in models:
        row: dict[str, Any] = {
            "liquid": reference.liquid,
            "method": model.method,
            "outcome": str(model.outcome),
            "reason": model.reason,
            "mass_Da": model.mass_Da,
            "friction_per_ps": model.friction_per_ps,
            "box_AA_nm": reference.box_nm,
            "in_domain": model.in_domain,
            "notes": "; ".join(model.notes),
            "diffusion_AA_nm2_per_ns": reference.diffusion.value,
            "diffusion_AA_error_nm2_per_ns": reference.diffusion.error,
        }
        if model.potential is not None:
            evaluation.add("potential", model.method, r_nm=model.potential.r_nm, u_kj_per_mol=model.potential.u_kj_per_mol)
            row |= _run(reference, model, replicas, run_options, observables, seed, evaluation)
        log.info("%s, %s: %s", reference.liquid, model.method, row["outcome"])
        evaluation.rows.append(row)
    return evaluation


def _run(
    reference: Reference,
    model: Candidate,
    replicas: int,
    run_options: CoarseGrainedOptions,
    observables: ObservableOptions,
    seed: int,
    evaluation: Evaluation,
) -> dict[str, Any]:
    assert model.potential is not None
    bins = observables.model_copy(update={"bin_width_nm": reference.rdf.bin_width_nm})
    r_max = float(reference.rdf.r_nm[-1]) + reference.rdf.bin_width_nm / 2
    options = enough_beads(run_options, reference.density_per_nm3, max(r_max, model.potential.cutoff_nm))
    specifications = [
        RunSpecification(
            model.potential,
            model.mass_Da,
            reference.density_per_nm3,
            reference.temperature_K,
            derived_seed(seed, "evaluation", reference.liquid, model.method, replica),
            "langevin" if model.friction_per_ps > 0 else "global",
            model.friction_per_ps,
            options,
            bins,
            r_max_nm=r_max,
        )
        for replica in range(replicas)
    ]
    results = run_until(get_engine(options.engine), specifications)
    row: dict[str, Any] = {"beads": options.beads, "box_nm": specifications[0].box_nm, "wall_s": sum(result.wall_s for result in results)}
    bad = [result for result in results if not result.ok]
    if bad:
        return row | {"outcome": str(bad[0].outcome), "reason": f"{len(bad)} of {replicas} replicas: {bad[0].reason}"}
    return row | _compare(reference, model, results, evaluation)


def _compare(reference: Reference, model: Candidate, results: Sequence[RunResult], evaluation: Evaluation) -> dict[str, Any]:
    curves = [result.rdf.on_grid(reference.rdf.r_nm) for result in results if result.rdf is not None]
    runs = [result.diffusion for result in results if result.diffusion is not None]
    structure = mean_structure_error([curve.g for curve in curves], reference.rdf.g, reference.rdf.g_error)
    diffusion = replica_mean([run.diffusion for run in runs])
    pressure = replica_mean([result.pressure_bar for result in results if result.pressure_bar is not None])
    mean_g = sum(curve.g for curve in curves) / len(curves)
    spread = sum(curve.g_error**2 for curve in curves) ** 0.5 / len(curves)
    evaluation.add("rdf", model.method, r_nm=reference.rdf.r_nm, g=mean_g, g_err=spread)
    lags = min(len(run.time_ps) for run in runs)
    evaluation.add("msd", model.method, time_ps=runs[0].time_ps[:lags], msd_nm2=sum(run.msd_nm2[:lags] for run in runs) / len(runs))
    row: dict[str, Any] = {
        "structure_error": structure.value,
        "structure_error_err": structure.error,
        "diffusion_nm2_per_ns": diffusion.value,
        "diffusion_error_nm2_per_ns": diffusion.error,
        "pressure_bar": pressure.value,
        "pressure_error_bar": pressure.error,
    }
    if diffusion.value <= 0:
        return row | {"outcome": str(Outcome.GLASS), "reason": f"D = {diffusion.value:.3g} nm2/ns is not positive: nothing diffused"}
    mobility = mobility_error(diffusion, reference.diffusion)
    return row | {
        "mobility_error": mobility.value,
        "mobility_error_err": mobility.error,
        "combined_error": structure.value + mobility.value,
        "combined_error_err": (structure.error**2 + mobility.error**2) ** 0.5,
    }
