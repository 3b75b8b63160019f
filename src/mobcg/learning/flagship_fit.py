"""Fitting the flagship to library runs."""

from __future__ import annotations

import logging
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.optimize import least_squares, minimize

from mobcg.config import LearningOptions
from mobcg.learning.curves import core, fade, resample
from mobcg.learning.dataset import Rows
from mobcg.learning.flagship import FlagshipModel, FlagshipSettings
from mobcg.learning.gaussian_process import inducing_rows, inverse_factor, posterior_variance
from mobcg.learning.mobility import drag, friction_feature, log_diffusion, usual_drag
from mobcg.learning.regressor import Regressor, fitted_kernel, regress
from mobcg.learning.structure import StructureSpace
from mobcg.learning.wells import SPLINE_START, Wells
from mobcg.outcomes import InputError
from mobcg.seeds import derived_seed

Array = npt.NDArray[np.float64]
logger = logging.getLogger(__name__)

CORRECTIONS = 16
"""Principal components of W that are learned, at most."""

INDUCING = 400
"""Rows that carry the variances."""

LEAST_ERROR = 0.01
"""Relative error that every run's D has at least."""

MARGIN = 1.1
"""A target may be this much farther from the training runs than the outermost of them from the others."""

OUTERMOST = 0.95
"""Quantile of the training runs that counts as the outermost: beyond are those that stand alone."""

FOLDS = 5

NINETY = 1.645
"""Standard deviations within which 90 % of normally distributed errors lie."""


def reduced_g(rows: Rows, grid: Array) -> Array:
    """G of every row at the reduced distances `grid`. Raises InputError naming the run whose g ends too early."""
    curves = []
    for row in range(len(rows)):
        length, known = rows.units(row).length_nm, np.isfinite(rows.g[row])
        r = rows.r_nm[known]
        if (r[-1] + r[1] - r[0]) / length < grid[-1]:
            raise InputError(
                f"run {rows.run_id[row]}: g is known to r = {r[-1]:.4g} nm (x = r rho^(1/3) = {r[-1] / length:.3f}), "
                f"learning.x_max asks for x = {grid[-1]:g} ({grid[-1] * length:.4g} nm); lower x_max or use a longer grid and a larger box"
            )
        curves.append(resample(r / length, rows.g[row][known], grid))
    return np.array(curves)


def reduced_u(rows: Rows, row: int, x: Array) -> Array:
    """U/kT of a row at the reduced distances x; zero beyond the cutoff."""
    units = rows.units(row)
    u = np.interp(x * units.length_nm, rows.r_nm, rows.u_kj_per_mol[row], right=0.0) / units.energy_kj_per_mol
    return np.where(x * units.length_nm < rows.cutoff_nm[row], u, 0.0)


def fit_flagship(
    rows: Rows,
    folds: npt.NDArray[np.int64],
    options: LearningOptions,
    seed: int,
    create: Callable[[FlagshipSettings], FlagshipModel] = FlagshipModel,
) -> FlagshipModel:
    """Train on rows. folds: a fold number of each row, whole parents at a time, for the calibration of the error of D.

    create: makes the empty model, for variants with other inputs.

    Raises InputError where there are fewer than two rows or a run's g ends before `options.x_max`.
    """
    if len(rows) < 2:
        raise InputError(f"the flagship needs at least 2 runs with outcome ok to train on, found {len(rows)}; add runs or parents")
    lengths = np.array([rows.units(row).length_nm for row in range(len(rows))])
    x_out = float(min((rows.cutoff_nm / lengths).max(), (rows.r_nm[-1] / lengths).min()))
    grid = FlagshipModel(FlagshipSettings(1, 1, 1, 1, options.x_max, x_out)).grid
    g = reduced_g(rows, grid)
    space = StructureSpace.of(g, options.components, options.g_noise)
    corrections = min(CORRECTIONS, len(rows) - 1)
    settings = FlagshipSettings(space.components.shape[1], corrections, len(rows), min(INDUCING, len(rows)), options.x_max, x_out)
    model = create(settings)
    model.set(g_mean=space.mean, g_components=space.components, g_variance=space.variance, g_noise=space.noise)
    seen = space.see(g)
    features = model.features(seen.scores, rows.reduced_pressure)
    _fit_correction(model, rows, seen.g, features, seed)
    logger.info("flagship: correction of the potential fitted on %d runs, %d components of g", len(rows), features.shape[1])
    log_d = _fit_mobility(model, rows, features, folds, seed)
    variance, left_out = model.correction.variance(features), _left_out_variance(model.correction, features, folds)
    model.set(
        largest_variance=MARGIN**2 * max(np.quantile(left_out, OUTERMOST), np.quantile(variance, OUTERMOST)),
        largest_residual=2 * np.quantile(seen.residual, OUTERMOST),
        log_diffusion_range=[log_d.min(), log_d.max()],
    )
    return model


def _fit_correction(model: FlagshipModel, rows: Rows, g: Array, features: Array, seed: int) -> None:
    """The principal components of W = U* + ln g in splines, and the process that reads their weights from the features."""
    wells = model.wells
    x = np.arange(SPLINE_START, model.settings.x_out, 0.01)
    basis = wells.splines(x)
    bend = np.diff(np.eye(wells.size), 2, axis=0)
    smoothness = 1e-2 * bend.T @ bend + 1e-3 * np.eye(wells.size)
    fitted = []
    for row, curve in enumerate(g):
        target = reduced_u(rows, row, x) - wells.mean_force(curve, x)
        weight = _weight(wells, curve, x)
        fitted.append(np.linalg.solve(basis.T @ (weight[:, None] * basis) + smoothness, basis.T @ (weight * target)))
    splines = np.array(fitted)
    mean = splines.mean(0)
    axes = np.linalg.svd(splines - mean, full_matrices=False)[2][: model.settings.corrections].T
    model.set(w_mean=mean, w_components=axes)
    _fit_cores(model, rows, g)
    seed = derived_seed(seed, "learning", "correction")
    model.correction = regress(features, (splines - mean) @ axes, seed, model.settings.inducing)


def _weight(wells: Wells, g: Array, x: Array) -> Array:
    """How much U at x matters: not in the core, less where g is small, less where the potential is tapered."""
    shell = np.interp(x, wells.grid, g, right=1.0)
    inside = x >= wells.grid[wells.core_start(g)]
    return np.asarray(np.where(inside, shell / (shell + 0.2), 0.0) * (fade(x, wells.x_out - 0.15, wells.x_out) ** 2 + 0.01))


def _fit_cores(model: FlagshipModel, rows: Rows, g: Array) -> None:
    """The core's length from the library's own potentials, up to 8 kT above its outer end, and the usual slopes at that end."""
    wells, lengths, slopes = model.wells, [], []
    for row in range(len(rows)):
        start = float(wells.grid[wells.core_start(g[row])])
        x = np.linspace(start - 0.25, start, 51)
        u = reduced_u(rows, row, x)
        near = reduced_u(rows, row, np.array([start - 0.01, start + 0.01]))
        slope = max((near[0] - near[1]) / 0.02, 1e-3)
        low = (u >= u[-1]) & (u < u[-1] + 8)
        slopes.append(slope)
        if low.sum() > 5:
            fit = least_squares(
                lambda p, x=x, u=u, low=low, s=slope, c=start: (core(x, c, u[-1], s, float(np.exp(p[0]))) - u)[low], [np.log(0.1)]
            )
            lengths.append(float(np.exp(fit.x[0])))
    length = np.clip(np.median(lengths), 0.04, 0.5) if lengths else 0.1
    model.set(core_length=length, core_slopes=[0.5 * np.quantile(slopes, 0.05), 2 * np.quantile(slopes, 0.95)])


def _fit_mobility(model: FlagshipModel, rows: Rows, features: Array, folds: npt.NDArray[np.int64], seed: int) -> Array:
    """The process that reads the drag, and the calibration of its error; returned ln D* of the rows."""
    friction, diffusion = rows.reduced_friction, rows.reduced_diffusion
    error = np.hypot(rows.diffusion_error_nm2_per_ns / rows.diffusion_nm2_per_ns, LEAST_ERROR)
    zeta = np.maximum(drag(diffusion, friction), 0.02 * usual_drag(friction))
    outputs = np.log(zeta / usual_drag(friction))[:, None]
    variance = (error / diffusion / zeta) ** 2
    inputs = np.column_stack([features, friction_feature(friction)])
    seed = derived_seed(seed, "learning", "mobility")
    kernel, noise = fitted_kernel(inputs, outputs, seed, variance)
    scale = float(outputs.std())
    machine = Regressor(len(inputs), inputs.shape[1], 1, model.settings.inducing)
    model.mobility = machine.fill(inputs, outputs, kernel, noise, variance)
    residual, spread = np.zeros(len(rows)), np.zeros(len(rows))
    for fold in range(int(folds.max()) + 1 if folds.max() > 0 else 0):
        out = folds == fold
        left = Regressor(int((~out).sum()), inputs.shape[1], 1, min(INDUCING, int((~out).sum())))
        left.fill(inputs[~out], outputs[~out], kernel, noise * scale / (float(outputs[~out].std()) + 1e-12), variance[~out])
        share = 1 - friction[out] * diffusion[out]
        residual[out] = log_diffusion(left.predict(inputs[out])[:, 0], friction[out]) - np.log(diffusion[out])
        spread[out] = np.sqrt(left.variance(inputs[out])) * float(left.array("scale")[0]) * np.abs(share)
    model.set(diffusion_calibration=_calibrate(residual, error, spread) if folds.max() > 0 else [0.03, 1.0])
    return np.log(diffusion)


def _calibrate(residual: Array, error: Array, spread: Array) -> Array:
    """(floor, factor) of greatest likelihood for residuals of variance error2 + floor2 + factor2 spread2, then widened or narrowed so
    that 90 % of the residuals lie within `NINETY` standard deviations.
    """

    def cost(p: Array) -> float:
        variance = error**2 + np.exp(2 * p[0]) + np.exp(2 * p[1]) * spread**2
        return float(np.mean(np.log(variance) + np.minimum(residual**2 / variance, 16.0)))

    floor, factor = np.exp(minimize(cost, [np.log(0.01), 0.0], method="Nelder-Mead").x)
    variance = error**2 + floor**2 + factor**2 * spread**2
    excess = (np.quantile(np.abs(residual) / np.sqrt(variance), 0.9) / NINETY) ** 2
    logger.info("flagship: ln D of parents left out: error %.3f of which %.3f their own", residual.std(), np.sqrt(np.mean(error**2)))
    # the runs' own errors are as stated: what is missing or too much belongs to the model
    lacking = max(float(np.median(excess * variance - error**2)) / float(np.median(floor**2 + factor**2 * spread**2)), 0.1)
    return np.asarray(np.array([floor, factor]) * np.sqrt(lacking), dtype=float)


def _left_out_variance(machine: Regressor, features: Array, folds: npt.NDArray[np.int64]) -> Array:
    """Posterior variance of each row from the other folds' rows; zero with a single fold."""
    found = np.zeros(len(features))
    kernel, noise = machine.kernel, float(np.median(machine.array("noise")))
    for fold in range(int(folds.max()) + 1 if folds.max() > 0 else 0):
        out = folds == fold
        inducing = features[~out][inducing_rows(kernel, features[~out], len(machine.array("inducing")))]
        factor = inverse_factor(kernel, inducing, features[~out], noise)
        found[out] = posterior_variance(kernel, factor, inducing, features[out])
    return found
