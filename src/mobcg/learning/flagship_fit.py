"""Fitting the reduced model to library runs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from scipy.interpolate import BSpline
from scipy.optimize import least_squares

from mobcg.config import LearningOptions
from mobcg.learning.curves import core, fade, resample
from mobcg.learning.dataset import Mask, Rows
from mobcg.learning.ensemble import optimise
from mobcg.learning.flagship import SPLINE_START, FlagshipModel, FlagshipSettings
from mobcg.learning.mobility import log_diffusion
from mobcg.outcomes import InputError
from mobcg.seeds import derived_seed

Array = npt.NDArray[np.float64]

DIFFUSION_FLOOR = 0.03
"""Relative error of D below which all runs count alike."""


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
    rows: Rows, testing: Mask, member_folds: npt.NDArray[np.int64], options: LearningOptions, seed: int
) -> tuple[FlagshipModel, pd.DataFrame]:
    """Train on the rows outside `testing`; those inside only enter the learning curve. Returns the model and the curve."""
    training = rows.take(~testing)
    lengths = np.array([rows.units(row).length_nm for row in range(len(rows))])[~testing]
    cutoffs = np.minimum(training.cutoff_nm, rows.r_nm[-1]) / lengths
    x_out = float(cutoffs.max() if (training.cutoff_nm <= rows.r_nm[-1]).all() else (rows.r_nm[-1] / lengths).min())
    grid = FlagshipModel(FlagshipSettings(1, 1, 1, 1, options.x_max, x_out)).grid
    g = reduced_g(rows, grid)
    mean, axes, count = _components(g[~testing], options)
    settings = FlagshipSettings(
        options.members, count, min(options.components, len(training) - 1, 12) or 1, len(training), options.x_max, x_out
    )
    model = FlagshipModel(settings, derived_seed(seed, "learning", "flagship", "weights"))
    _set(model, g_mean=mean, g_components=axes)
    structure = model.see(g)
    raw = model.raw_features(structure)
    scale = np.sqrt(raw[~testing].var(0) + np.append(np.full(count, options.g_noise**2), 0.02**2) + 1e-12)
    noise = np.append(np.full(count, options.g_noise), 0.02) / scale
    _set(model, feature_mean=raw[~testing].mean(0), feature_scale=scale, feature_noise=noise)
    _domain(model, structure.scores[~testing], structure.residual[~testing], training)
    curves = [
        _fit_structure(model, rows, structure.g, testing, member_folds, options, seed),
        _fit_mobility(model, rows, model.features(structure), testing, member_folds, options, seed),
    ]
    return model, pd.concat(curves, ignore_index=True)


def _components(g: Array, options: LearningOptions) -> tuple[Array, Array, int]:
    mean = g.mean(0)
    _, singular, axes = np.linalg.svd(g - mean, full_matrices=False)
    above_noise = int((singular**2 / len(g) > max(options.g_noise, 1e-6) ** 2).sum())
    count = max(1, min(options.components, above_noise, len(g) - 1))
    return mean, axes[:count].T, count


def _set(model: torch.nn.Module, **values: npt.ArrayLike) -> None:
    for name, value in values.items():
        getattr(model, name).copy_(torch.as_tensor(np.asarray(value, dtype=float)))


def _domain(model: FlagshipModel, scores: Array, residual: Array, training: Rows) -> None:
    """Allow a target as far from the library as its own parents are from each other (nearest run of another parent, largest over runs)."""
    _set(model, library_scores=scores, library_residual=np.sqrt((residual**2).mean()))
    distances = model.distances(scores, residual)
    other = training.parent[:, None] != training.parent[None, :]
    largest = np.where(other, distances, np.inf).min(1).max() if other.any() else 0.05
    log_d = np.log(training.reduced_diffusion)
    _set(model, largest_distance=max(1.25 * largest, 0.01), log_diffusion_range=[log_d.min(), log_d.max()])


def _member_masks(member_folds: npt.NDArray[np.int64], members: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Training and validation weights (members, rows): member m leaves fold m out; with a single fold nobody leaves anything out."""
    if member_folds.max() == 0:
        ones = torch.ones(members, len(member_folds), dtype=torch.float64)
        return ones, torch.zeros_like(ones)
    out = torch.as_tensor(np.array([member_folds == member % (member_folds.max() + 1) for member in range(members)]))
    return (~out).double(), out.double()


def _mean(values: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    return (values * weights).sum(-1) / weights.sum(-1)


def _fit_structure(
    model: FlagshipModel, rows: Rows, g: Array, testing: Mask, member_folds: npt.NDArray[np.int64], options: LearningOptions, seed: int
) -> pd.DataFrame:
    x = np.arange(SPLINE_START, model.settings.x_out, 0.02)
    basis = BSpline.design_matrix(x, model.knots, 3).toarray()
    starts = np.array([model.grid[model.core_start(row)] for row in g])
    target = np.array([reduced_u(rows, row, x) - model.mean_force(g[row], x) for row in range(len(rows))])
    shells = np.array([np.interp(x, model.grid, row, right=1.0) for row in g])
    weight = np.where(x >= starts[:, None], shells / (shells + 0.2), 0.0)
    weight *= fade(x, model.settings.x_out - 0.15, model.settings.x_out) ** 2 + 0.01
    bend = np.diff(np.eye(basis.shape[1]), 2, axis=0)
    splines = np.array(
        [
            np.linalg.solve(basis.T @ (w[:, None] * basis) + 1e-3 * bend.T @ bend, basis.T @ (w * t))
            for w, t in zip(weight, target, strict=True)
        ]
    )
    mean = splines[~testing].mean(0)
    axes = np.linalg.svd(splines[~testing] - mean, full_matrices=False)[2][: model.settings.corrections].T
    scores = (splines - mean) @ axes
    _set(model, w_mean=mean, w_components=axes, w_scale=scores[~testing].std(0) + 1e-6)
    _fit_cores(model, rows.take(~testing), g[~testing])

    features = model.features(model.see(reduced_g(rows, model.grid)))
    inside, outside = _member_masks(member_folds, options.members)
    train, test = torch.as_tensor(~testing), torch.as_tensor(testing)
    for member in range(options.members):
        _set_member_ridge(model, member, features[train], torch.as_tensor(scores[~testing]), inside[member], len(x))
    design, wanted = basis @ axes, target - basis @ mean
    share = weight / weight.sum(1, keepdims=True)
    square = torch.as_tensor(np.einsum("pk,np,pl->nkl", design, share, design, optimize=True))
    cross = torch.as_tensor((share * wanted) @ design)
    constant = torch.as_tensor((share * wanted**2).sum(1))

    def errors(inputs: torch.Tensor, chosen: torch.Tensor) -> torch.Tensor:
        """Mean squared error of W over the points outside the core, as a quadratic form in the weights of the components."""
        found = model.correction_scores(inputs)
        curved = torch.einsum("mnk,nkl->mnl", found, square[chosen])
        return ((curved - 2 * cross[chosen]) * found).sum(-1) + constant[chosen]

    numbers = torch.arange(len(rows))
    training_numbers, test_numbers = numbers[train], numbers[test]

    def loss(chosen: torch.Tensor, random: torch.Generator) -> torch.Tensor:
        inputs = _noisy(model, features[training_numbers[chosen]], random)
        return (errors(inputs, training_numbers[chosen]) * inside[:, chosen]).sum(-1) / inside.sum(-1) * len(training_numbers) / len(chosen)

    def evaluate() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        values = errors(features[training_numbers].expand(options.members, -1, -1), training_numbers)
        tested = errors(features[test_numbers].expand(options.members, -1, -1), test_numbers).mean(-1)
        return _mean(values, inside), _mean(values, outside), tested

    return optimise(
        list(model.structure.parameters()), loss, evaluate, len(training_numbers), options.epochs, options.learning_rate,
        options.weight_decay, options.batch_rows, derived_seed(seed, "learning", "flagship", "structure"), "structure",
    )  # fmt: skip


def _noisy(model: FlagshipModel, features: torch.Tensor, random: torch.Generator) -> torch.Tensor:
    shape = (model.settings.members, *features.shape)
    return features + model.feature_noise * torch.randn(shape, generator=random, dtype=torch.float64)


def _set_member_ridge(
    model: FlagshipModel, member: int, features: torch.Tensor, scores: torch.Tensor, inside: torch.Tensor, points: int
) -> None:
    """Ridge regression of W's weights; the penalty is what noise of the features' size would add to the squared error."""
    inputs = torch.cat([torch.ones_like(features[:, :1]), features], 1)
    penalty = torch.cat([torch.zeros(1, dtype=torch.float64), model.feature_noise**2 + 1e-4]) * inside.sum()
    weighted = inputs * inside[:, None]
    model.w_linear[member] = torch.linalg.solve(weighted.T @ inputs + torch.diag(penalty + 1e-9), weighted.T @ scores)


def _fit_cores(model: FlagshipModel, training: Rows, g: Array) -> None:
    """The core's length from the library's own potentials, up to 8 kT above its outer end, and the usual slopes at that end."""
    lengths, slopes = [], []
    for row in range(len(training)):
        start = float(model.grid[model.core_start(g[row])])
        x = np.linspace(start - 0.25, start, 51)
        u = reduced_u(training, row, x)
        near = reduced_u(training, row, np.array([start - 0.01, start + 0.01]))
        slope = max((near[0] - near[1]) / 0.02, 1e-3)
        low = (u >= u[-1]) & (u < u[-1] + 8)
        slopes.append(slope)
        if low.sum() > 5:
            fit = least_squares(
                lambda p, x=x, u=u, low=low, s=slope, c=start: (core(x, c, u[-1], s, float(np.exp(p[0]))) - u)[low], [np.log(0.1)]
            )
            lengths.append(float(np.exp(fit.x[0])))
    length = np.clip(np.median(lengths), 0.04, 0.5) if lengths else 0.1
    _set(model, core_length=length, core_slopes=[0.5 * np.quantile(slopes, 0.05), 2 * np.quantile(slopes, 0.95)])


def _set_member_rule(model: FlagshipModel, member: int, features: Array, friction: Array, log_d: Array, weights: Array) -> None:
    """Start from the excess-entropy rule ln zeta = a + b s2 and common friction terms; the networks learn the departure from it."""

    def coefficients(values: Array) -> torch.Tensor:
        common = torch.as_tensor(np.tile(values[2:], (len(features), 1)))
        return torch.cat([torch.as_tensor(values[0] + values[1] * features[:, -1:]), common], 1)

    def residual(values: Array) -> Array:
        expected = log_diffusion(coefficients(values), torch.as_tensor(friction)).numpy()
        prior = 0.03 * (values - np.array([values[0], 0.0, 0.5, -1.0, -1.0, -1.0]))
        return np.concatenate([np.sqrt(weights) * (expected - log_d), prior])

    start = np.array([np.median(np.log(np.maximum(np.exp(-log_d) / (1 + friction), 1e-2))), 0.0, 0.5, -1.0, -1.0, -1.0])
    values = least_squares(residual, start).x
    with torch.no_grad():
        model.mobility.biases[-1][member, 0] = torch.as_tensor(np.delete(values, 1))
        model.mobility_linear[member, -1, 0] = values[1]


def _fit_mobility(
    model: FlagshipModel,
    rows: Rows,
    features: torch.Tensor,
    testing: Mask,
    member_folds: npt.NDArray[np.int64],
    options: LearningOptions,
    seed: int,
) -> pd.DataFrame:
    friction, log_d = torch.as_tensor(rows.reduced_friction), torch.as_tensor(np.log(rows.reduced_diffusion))
    relative = rows.diffusion_error_nm2_per_ns / rows.diffusion_nm2_per_ns
    weights = torch.as_tensor(1 / (1 + (relative / DIFFUSION_FLOOR) ** 2))
    inside, outside = _member_masks(member_folds, options.members)
    numbers = torch.arange(len(rows))
    training, test = numbers[torch.as_tensor(~testing)], numbers[torch.as_tensor(testing)]
    chosen_rows = training.numpy()
    for member in range(options.members):
        _set_member_rule(model, member, features[training].numpy(), friction.numpy()[chosen_rows], log_d.numpy()[chosen_rows],
                         (inside[member] * weights[training]).numpy())  # fmt: skip

    def squares(inputs: torch.Tensor, chosen: torch.Tensor) -> torch.Tensor:
        expected = log_diffusion(model.mobility_coefficients(inputs), friction[chosen].expand(len(inputs), -1))
        return (expected - log_d[chosen]) ** 2

    def loss(chosen: torch.Tensor, random: torch.Generator) -> torch.Tensor:
        picked = training[chosen]
        kept = inside[:, chosen] * weights[picked]
        return (
            (squares(_noisy(model, features[picked], random), picked) * kept).sum(-1)
            / (inside * weights[training]).sum(-1)
            * len(training)
            / len(chosen)
        )

    def evaluate() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        values = squares(features[training].expand(options.members, -1, -1), training)
        tested = squares(features[test].expand(options.members, -1, -1), test)
        return (
            _mean(values, inside * weights[training]),
            _mean(values, outside * weights[training]),
            _mean(tested, weights[test].expand_as(tested)),
        )

    parameters = [model.mobility_linear, *model.mobility.parameters()]
    curve = optimise(
        parameters, loss, evaluate, len(training), options.epochs, 3 * options.learning_rate, options.weight_decay,
        options.batch_rows, derived_seed(seed, "learning", "flagship", "mobility"), "mobility",
    )  # fmt: skip
    with torch.no_grad():
        validation = evaluate()[1]
    known = validation[torch.isfinite(validation)]
    _set(model, log_diffusion_error=float(known.mean().sqrt()) if len(known) else DIFFUSION_FLOOR)
    return curve
