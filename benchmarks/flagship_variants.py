"""The flagship with other inputs: plain units in place of reduced ones, the state as further inputs, no pressure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from mobcg.config import LearningOptions
from mobcg.learning.dataset import Rows
from mobcg.learning.flagship import FlagshipModel, FlagshipSettings
from mobcg.learning.flagship_fit import fit_flagship
from mobcg.learning.metrics import ACCESSIBLE_G
from mobcg.learning.mobility import friction_feature, log_diffusion
from mobcg.learning.structure import Seen
from mobcg.library.synthetic import synthetic_index
from mobcg.units import ReducedUnits

Array = npt.NDArray[np.float64]
StateInput = Literal["mass", "log_mass", "log_density"]


@dataclass(frozen=True)
class Variant:
    """What a model is given. reduced: every row in its own reduced units, or all in common ones; pressure: P as an input; state: further
    inputs.
    """

    name: str
    reduced: bool = True
    pressure: bool = True
    state: tuple[StateInput, ...] = ()


FULL = Variant("full model")
PLAIN = Variant("plain units, m an input", reduced=False, state=("mass",))
PLAIN_STATE = Variant("plain units, ln m and ln rho inputs", reduced=False, state=("log_mass", "log_density"))
NO_PRESSURE = Variant("no pressure", pressure=False)


class StateModel(FlagshipModel):
    """A flagship that also reads `state`, (rows, inputs): that of the rows it is asked about, set before each question."""

    def __init__(self, settings: FlagshipSettings, state: Array) -> None:
        super().__init__(settings)
        self.state = state

    def features(self, scores: Array, reduced_pressure: npt.ArrayLike) -> Array:
        """The flagship's features and the state."""
        return np.column_stack([super().features(scores, reduced_pressure), self.state])


@dataclass(frozen=True)
class FittedVariant:
    """A trained variant: the common units (of a plain one), mean and spread of the state over the training rows."""

    variant: Variant
    model: StateModel
    common: ReducedUnits
    state_mean: Array
    state_spread: Array

    def errors(self, rows: Rows) -> pd.DataFrame:
        """One line a row: run_id, parent, synthetic; u_square_kT2, the mean square error of U over the accessible range in units of the
        row's own kT; log_diffusion, the error of ln D at the row's own friction; log_diffusion_noise, the row's own error of it.
        """
        given = as_given(self.variant, rows, self.common)
        self.model.state = (state_of(self.variant, rows) - self.state_mean) / self.state_spread
        seen = _seen(self.model, given)
        potentials = self.model.potentials(seen, given.reduced_pressure)
        inputs = np.column_stack([self.model.features(seen.scores, given.reduced_pressure), friction_feature(given.reduced_friction)])
        log_d = log_diffusion(self.model.mobility.predict(inputs)[:, 0], given.reduced_friction)
        return pd.DataFrame(
            {
                "run_id": rows.run_id,
                "parent": rows.parent,
                "synthetic": synthetic(rows),
                "u_square_kT2": [self._u_square(rows, given.units(row), row, u) for row, u in enumerate(potentials)],
                "log_diffusion": log_d - np.log(given.reduced_diffusion),
                "log_diffusion_noise": rows.diffusion_error_nm2_per_ns / rows.diffusion_nm2_per_ns,
            }
        )

    def _u_square(self, rows: Rows, units: ReducedUnits, row: int, u: Array) -> float:
        known = np.isfinite(rows.g[row])
        r, g, truth = rows.r_nm[known], rows.g[row][known], rows.u_kj_per_mol[row][known]
        chosen = (r >= r[np.argmax(g >= ACCESSIBLE_G)]) & (r < rows.cutoff_nm[row])
        predicted = np.interp(r[chosen], self.model.wells.x * units.length_nm, u * units.energy_kj_per_mol, right=0.0)
        return float(np.mean((predicted - truth[chosen]) ** 2)) / rows.units(row).energy_kj_per_mol ** 2


def fit_variant(variant: Variant, rows: Rows, options: LearningOptions, seed: int) -> FittedVariant:
    """Train a variant on rows; the error of D is not calibrated. Raises InputError as `fit_flagship` does."""
    common = mean_units(rows)
    state = state_of(variant, rows)
    mean, spread = state.mean(0), state.std(0) + 1e-6
    given = as_given(variant, rows, common)
    folds = np.zeros(len(rows), dtype=np.int64)
    model = fit_flagship(given, folds, options, seed, lambda settings: StateModel(settings, (state - mean) / spread))
    assert isinstance(model, StateModel)
    return FittedVariant(variant, model, common, mean, spread)


def mean_units(rows: Rows) -> ReducedUnits:
    """Common units: the mean mass, temperature and rho^(-1/3) of rows."""
    length = float(np.mean(rows.density_per_nm3 ** (-1 / 3)))
    return ReducedUnits(float(rows.mass_Da.mean()), float(rows.temperature_K.mean()), length**-3)


def as_given(variant: Variant, rows: Rows, common: ReducedUnits) -> Rows:
    """Rows as a variant is given them; plain: in `common` units whatever their own state, D as friction sees it.

    The flagship learns zeta = 1/D - gamma in reduced units. In plain ones this is Einstein's kT/(mD) - gamma in 1/ps, so D stands times
    m/kT in units of the common m/kT: a known factor, which leaves the error of ln D as it is.
    """
    if not variant.pressure:
        rows = replace(rows, pressure_bar=np.zeros(len(rows)))
    if variant.reduced:
        return rows
    factor = rows.mass_Da / common.mass_Da * common.temperature_K / rows.temperature_K
    same = np.ones(len(rows))
    return replace(
        rows,
        mass_Da=common.mass_Da * same,
        temperature_K=common.temperature_K * same,
        density_per_nm3=common.density_per_nm3 * same,
        diffusion_nm2_per_ns=factor * rows.diffusion_nm2_per_ns,
        diffusion_error_nm2_per_ns=factor * rows.diffusion_error_nm2_per_ns,
    )


def state_of(variant: Variant, rows: Rows) -> Array:
    """The state that a variant is given, (rows, inputs)."""
    values = {"mass": rows.mass_Da, "log_mass": np.log(rows.mass_Da), "log_density": np.log(rows.density_per_nm3)}
    return np.column_stack([np.empty((len(rows), 0)), *(values[name] for name in variant.state)])


def at_temperature(rows: Rows, temperature_K: float) -> Rows:
    """The same liquids at another temperature: U and P times T'/T, D and friction times sqrt(T'/T); g, mass and density stay. Exact."""
    factor = temperature_K / rows.temperature_K
    return replace(
        rows,
        temperature_K=factor * rows.temperature_K,
        u_kj_per_mol=factor[:, None] * rows.u_kj_per_mol,
        pressure_bar=factor * rows.pressure_bar,
        friction_per_ps=np.sqrt(factor) * rows.friction_per_ps,
        diffusion_nm2_per_ns=np.sqrt(factor) * rows.diffusion_nm2_per_ns,
        diffusion_error_nm2_per_ns=np.sqrt(factor) * rows.diffusion_error_nm2_per_ns,
    )


def synthetic(rows: Rows) -> npt.NDArray[np.bool_]:
    """Which rows have a synthetic parent; the others' come from an atomistic run."""
    return np.array([synthetic_index(str(name)) is not None for name in rows.parent], dtype=bool)


def _seen(model: FlagshipModel, rows: Rows) -> Seen:
    curves = []
    for row in range(len(rows)):
        known = np.isfinite(rows.g[row])
        curves.append(model.read(rows.r_nm[known] / rows.units(row).length_nm, rows.g[row][known]))
    return Seen(*(np.concatenate([getattr(one, name) for one in curves]) for name in ("scores", "g", "residual")))
