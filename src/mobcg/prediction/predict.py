"""Prediction: the trained model's potential and friction for a liquid, refined and verified as asked for."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace

import pandas as pd

from mobcg.engines.specification import Engine
from mobcg.learning.flagship import FlagshipModel
from mobcg.learning.prediction import Prediction
from mobcg.learning.storage import Model
from mobcg.observables.blocks import Estimate
from mobcg.outcomes import InputError, Outcome
from mobcg.potential.pair import PairPotential
from mobcg.potential.shaping import from_core
from mobcg.prediction.liquid import CoarseModel, WantedLiquid
from mobcg.prediction.refine import RefinementOptions, refine
from mobcg.prediction.verify import Verification, verify

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Predicted:
    """What was found for a liquid: the coarse-grained model, what the trained model said of it (None where it could say nothing), one row a
    run of the refinement, and the verification where one was made.
    """

    model: CoarseModel
    prediction: Prediction | None
    history: pd.DataFrame = field(default_factory=pd.DataFrame)
    verification: Verification | None = None

    def measured(self, diffusion: Estimate) -> Predicted:
        """The same with the D that a run of this very model had, in the place of the one expected of it."""
        assert self.prediction is not None
        value, error = diffusion
        return replace(self, prediction=replace(self.prediction, diffusion_nm2_per_ns=value, diffusion_error_nm2_per_ns=error))


def predict(wanted: WantedLiquid, trained: Model) -> Predicted:
    """The trained model's answer. A structure that no potential gives (an ideal gas, say) is an outcome with its reason."""
    state = wanted.structure
    try:
        prediction = trained.predict(
            state.mass_Da,
            state.rdf.r_nm,
            state.rdf.g,
            wanted.diffusion.value,
            state.density_per_nm3,
            state.temperature_K,
            wanted.pressure_bar,
        )
        potential = PairPotential(prediction.r_nm, prediction.u_kj_per_mol)
        potential.check_core(state.temperature_K)
    except InputError as error:
        return Predicted(CoarseModel(None, 0.0, Outcome.UNUSABLE_POTENTIAL, str(error)), None)
    return Predicted(CoarseModel(from_core(potential, wanted.highest_kj_per_mol), prediction.friction_per_ps), prediction)


def refined(
    wanted: WantedLiquid, found: Predicted, mobility: FlagshipModel, engine: Engine, options: RefinementOptions, runs: int, seed: int
) -> Predicted:
    """The same after `runs` runs of refinement (see `refine`); a prediction without a potential is returned as it is.

    The pressure that the trained model was asked for is held: g(r) alone hardly tells it, and corrections would carry it off by hundreds
    of bar.
    """
    if found.model.potential is None or runs == 0:
        return found
    result = refine(wanted.with_pressure, found.model, mobility, engine, options, runs, seed)
    return Predicted(result.model, found.prediction, result.history)


def verified(wanted: WantedLiquid, found: Predicted, engine: Engine, options: RefinementOptions, replicas: int, seed: int) -> Predicted:
    """The same with independent runs of the model compared with the liquid wanted (see `verify`)."""
    if found.model.potential is None:
        return found
    plan = options.plan(wanted, found.model.potential)
    log.info("verification: %d runs of %g to %g ps", replicas, options.production_ps, options.maximum_ps)
    return Predicted(found.model, found.prediction, found.history, verify(wanted, found.model, engine, plan, replicas, seed))
