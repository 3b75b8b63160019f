"""The models of one liquid that the evaluation compares: potential, bead mass and friction of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mobcg.evaluation.reference import Reference
from mobcg.files import read_json
from mobcg.learning.storage import Model
from mobcg.outcomes import InputError, Outcome
from mobcg.potential.pair import PairPotential, read_potential

METHODS = ("inversion", "mass-scaled", "network", "network+friction")
"""In the order of the tables."""


@dataclass(frozen=True)
class Candidate:
    """A coarse-grained model to be run; without a potential `reason` says why there is none.

    in_domain and notes: whether a network's training runs cover the target, and what is amiss.
    """

    method: str
    mass_Da: float
    potential: PairPotential | None = None
    friction_per_ps: float = 0.0
    outcome: Outcome = Outcome.OK
    reason: str = ""
    in_domain: bool = True
    notes: tuple[str, ...] = ()


def candidates(reference: Reference, inversion: Path, models: Mapping[str, Model]) -> list[Candidate]:
    """The models to compare, in the order of `METHODS`.

    The inversion as it is; the same with the mass scaled by (D_CG/D_AA)2, so that D is right by the exact
    1/sqrt(m) law; the published network's conservative potential; the flagship's potential with its friction. `models` maps
    "published" and "flagship" to trained models.
    """
    return [
        *_inverted(reference, inversion),
        _predicted("network", reference, models["published"]),
        _predicted("network+friction", reference, models["flagship"]),
    ]


def _inverted(reference: Reference, folder: Path) -> list[Candidate]:
    mass = reference.mass_Da
    summary = read_json(folder / "summary.json")
    diffusion = summary["diffusion_nm2_per_ns"]
    if summary["outcome"] not in (Outcome.OK, Outcome.NOT_CONVERGED) or diffusion is None:
        reason = f"the inversion ended as {summary['outcome']}: {summary['reason']}"
        return [Candidate(method, mass, outcome=Outcome.NO_PARENT, reason=reason) for method in METHODS[:2]]
    potential = read_potential(folder / "potential.csv")
    acceleration = diffusion / reference.diffusion.value
    return [Candidate("inversion", mass, potential), Candidate("mass-scaled", mass * acceleration**2, potential)]


def _predicted(method: str, reference: Reference, model: Model) -> Candidate:
    try:
        prediction = model.predict(
            reference.mass_Da,
            reference.rdf.r_nm,
            reference.rdf.g,
            reference.diffusion.value,
            reference.density_per_nm3,
            reference.temperature_K,
        )
        potential = PairPotential(prediction.r_nm, prediction.u_kj_per_mol)
        potential.check_core(reference.temperature_K)
    except InputError as error:
        return Candidate(method, reference.mass_Da, outcome=Outcome.UNUSABLE_POTENTIAL, reason=str(error))
    return Candidate(
        method, reference.mass_Da, potential, prediction.friction_per_ps, in_domain=prediction.in_domain, notes=prediction.notes
    )
