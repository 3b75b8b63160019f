"""The models of one liquid that the evaluation compares: potential, bead mass and friction of each."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mobcg.choices import FrictionThermostat
from mobcg.config import EVALUATION_METHODS, CoarseGrainedOptions, EvaluationMethod, InversionOptions, ObservableOptions
from mobcg.engines.registry import get_engine
from mobcg.engines.specification import Engine, enough_beads
from mobcg.evaluation.reference import Reference
from mobcg.inversion.boltzmann import direct_inversion
from mobcg.inversion.invert import invert
from mobcg.learning.flagship import FlagshipModel
from mobcg.learning.storage import Model
from mobcg.library.parent import USABLE
from mobcg.outcomes import InputError, Outcome
from mobcg.potential.pair import PairPotential, read_potential
from mobcg.prediction.conservative import refine_conservative
from mobcg.prediction.friction import find_friction
from mobcg.prediction.liquid import CoarseModel, WantedLiquid
from mobcg.prediction.predict import Predicted, predict, refined
from mobcg.prediction.refine import RefinementOptions
from mobcg.results import read_result
from mobcg.seeds import derived_seed

log = logging.getLogger(__name__)

Array = npt.NDArray[np.float64]

RUNS = 3
"""Runs that a method may spend on correcting its first model."""

CONSERVATIVE_WEIGHT = 1.0
"""Weight of M against S in choosing a model without friction: the evaluation's own sum S + M."""


@dataclass(frozen=True)
class Candidate:
    """A coarse-grained model to be run; without a potential `reason` says why there is none.

    in_domain and notes: whether a network's training runs cover the target, and what is amiss; thermostat: what makes the friction;
    cost_s: core-seconds (processor time of all threads) that simulations and prediction took to obtain the model;
    potential_error_kj_per_mol: one standard error of the potential at its distances, where a trained model states it.
    """

    method: str
    mass_Da: float
    potential: PairPotential | None = None
    friction_per_ps: float = 0.0
    outcome: Outcome = Outcome.OK
    reason: str = ""
    in_domain: bool = True
    notes: tuple[str, ...] = ()
    thermostat: FrictionThermostat = "langevin"
    cost_s: float = 0.0
    potential_error_kj_per_mol: Array | None = None

    @property
    def model(self) -> CoarseModel:
        """Potential and friction."""
        return CoarseModel(self.potential, self.friction_per_ps, self.outcome, self.reason, self.thermostat)


@dataclass(frozen=True)
class Means:
    """What models are made from: the liquid, the campaign's inversion (a folder), trained models ("published" and "flagship") and options.

    refinement: the runs of those methods that correct a model; by default with the evaluation's beads.
    """

    reference: Reference
    inversion: Path
    trained: Mapping[str, Model]
    inversion_options: InversionOptions
    run_options: CoarseGrainedOptions
    observables: ObservableOptions
    seed: int
    refinement: RefinementOptions = field(default_factory=RefinementOptions)

    @property
    def wanted(self) -> WantedLiquid:
        """Structure and diffusion that a model shall have."""
        return WantedLiquid(self.reference.target, self.reference.diffusion)

    @property
    def engine(self) -> Engine:
        """Where the runs are made."""
        return get_engine(self.run_options.engine)

    @property
    def flagship(self) -> FlagshipModel:
        """The model that knows friction."""
        model = self.trained["flagship"]
        assert isinstance(model, FlagshipModel)
        return model

    def seed_of(self, method: str) -> int:
        """Seed of the runs that make a method's model."""
        return derived_seed(self.seed, "candidate", self.reference.liquid, method)


def candidates(means: Means, methods: Sequence[EvaluationMethod] = EVALUATION_METHODS) -> list[Candidate]:
    """The models of these methods, in the order of `EVALUATION_METHODS`, each with what it cost.

    A target or potential that a method cannot use is its outcome.
    """
    found = []
    for method in EVALUATION_METHODS:
        if method not in methods:
            continue
        started = time.process_time()
        try:
            candidate = MAKERS[method](means, method)
        except InputError as error:
            candidate = Candidate(method, means.reference.mass_Da, outcome=Outcome.UNUSABLE_POTENTIAL, reason=str(error))
        spent = time.process_time() - started
        log.info("%s, %s: model made in %.0f core-seconds", means.reference.liquid, method, spent)
        found.append(replace(candidate, cost_s=candidate.cost_s + spent))
    return found


def _direct(means: Means, method: str) -> Candidate:
    """The potential of mean force, -kT ln g."""
    reference, options = means.reference, means.inversion_options
    cutoff = min(options.cutoff_nm, float(reference.rdf.r_nm[-1]))
    potential = direct_inversion(reference.rdf, reference.temperature_K, cutoff, options.smoothing_nm)
    return Candidate(method, reference.mass_Da, potential)


def _inverted(means: Means, method: str) -> Candidate:
    """The campaign's inversion, which ran on one core."""
    mass, summary = means.reference.mass_Da, read_result(means.inversion, "potential.csv")
    cost = summary["wall_s"]
    if summary["outcome"] not in USABLE or summary["diffusion_nm2_per_ns"] is None:
        reason = f"the inversion ended as {summary['outcome']}: {summary['reason']}"
        return Candidate(method, mass, outcome=Outcome.NO_PARENT, reason=reason, cost_s=cost)
    potential = read_potential(means.inversion / "potential.csv")
    return Candidate(method, mass, potential, notes=_unconverged(summary["outcome"], summary["reason"]), cost_s=cost)


def _mass_scaled(means: Means, method: str) -> Candidate:
    """The inversion with the mass scaled by (D_CG/D_AA)2: D is right by the exact 1/sqrt(m) law."""
    inverted = _inverted(means, method)
    if inverted.potential is None:
        return inverted
    acceleration = read_result(means.inversion)["diffusion_nm2_per_ns"] / means.reference.diffusion.value
    return replace(inverted, mass_Da=inverted.mass_Da * acceleration**2)


def _with_friction(means: Means, method: str, thermostat: FrictionThermostat) -> Candidate:
    """The inversion with the friction that makes its D right."""
    inverted = _inverted(means, method)
    if inverted.potential is None:
        return inverted
    found = find_friction(means.wanted, inverted.potential, thermostat, means.engine, means.refinement, RUNS, means.seed_of(method))
    if found.outcome is not Outcome.OK:
        return replace(inverted, potential=None, outcome=found.outcome, reason=found.reason)
    return replace(inverted, friction_per_ps=found.friction_per_ps.value, thermostat=thermostat)


def _with_pressure(means: Means, method: str) -> Candidate:
    """An inversion that meets the liquid's own pressure as well."""
    reference = means.reference
    target = replace(reference.target, pressure_bar=reference.pressure_bar)
    farthest = float(reference.rdf.r_nm[-1]) + reference.rdf.bin_width_nm
    runs = enough_beads(means.run_options, reference.density_per_nm3, farthest)
    result = invert(target, means.engine, means.inversion_options, runs, means.observables, means.seed_of(method))
    if result.outcome not in USABLE or result.potential is None:
        return Candidate(method, reference.mass_Da, outcome=result.outcome, reason=result.reason)
    return Candidate(method, reference.mass_Da, result.potential, notes=_unconverged(result.outcome, result.reason))


def _unconverged(outcome: str, reason: str) -> tuple[str, ...]:
    return () if outcome == Outcome.OK else (f"the inversion did not converge: {reason}",)


def _conservative(means: Means, method: str) -> Candidate:
    found = refine_conservative(
        means.wanted, means.flagship, means.engine, means.refinement, RUNS, CONSERVATIVE_WEIGHT, means.seed_of(method)
    )
    return _of_prediction(means, method, found)


def _network(means: Means, method: str, trained: str) -> Candidate:
    found = predict(means.wanted, means.trained[trained])
    candidate, said = _of_prediction(means, method, found), found.prediction
    if said is None or candidate.potential is None:
        return candidate
    error = np.interp(candidate.potential.r_nm, said.r_nm, said.u_error_kj_per_mol)
    return replace(candidate, potential_error_kj_per_mol=error)


def _refined(means: Means, method: str) -> Candidate:
    first = predict(means.wanted, means.flagship)
    found = refined(means.wanted, first, means.flagship, means.engine, means.refinement, RUNS, means.seed_of(method))
    return _of_prediction(means, method, found)


def _of_prediction(means: Means, method: str, found: Predicted) -> Candidate:
    model, prediction = found.model, found.prediction
    candidate = Candidate(method, means.reference.mass_Da, model.potential, model.friction_per_ps, model.outcome, model.reason)
    candidate = replace(candidate, thermostat=model.thermostat)
    return candidate if prediction is None else replace(candidate, in_domain=prediction.in_domain, notes=prediction.notes)


MAKERS: Mapping[EvaluationMethod, Callable[[Means, str], Candidate]] = {
    "direct": _direct,
    "inversion": _inverted,
    "inversion+pressure": _with_pressure,
    "mass-scaled": _mass_scaled,
    "inversion+langevin": partial(_with_friction, thermostat="langevin"),
    "inversion+dpd": partial(_with_friction, thermostat="dpd"),
    "network": partial(_network, trained="published"),
    "conservative": _conservative,
    "network+friction": partial(_network, trained="flagship"),
    "refined": _refined,
}
"""How each method makes its model."""
