"""Fitting the published model to library runs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from mobcg.config import LearningOptions
from mobcg.learning.curves import resample
from mobcg.learning.dataset import Mask, Rows
from mobcg.learning.ensemble import optimise
from mobcg.learning.published import ENERGY_CAP, PublishedModel, PublishedSettings
from mobcg.outcomes import InputError
from mobcg.seeds import derived_seed

Array = npt.NDArray[np.float64]


def fit_published(
    rows: Rows, testing: Mask, member_folds: npt.NDArray[np.int64], options: LearningOptions, seed: int
) -> tuple[PublishedModel, pd.DataFrame]:
    """Train on the rows outside `testing`; those inside only enter the learning curve. Returns the model and the curve."""
    training = rows.take(~testing)
    settings = _settings(rows, training, options)
    model = PublishedModel(settings, derived_seed(seed, "learning", "published", "weights"))
    g = _plain_g(rows, model.grid)
    u = np.array([np.interp(model.output_grid, rows.r_nm, np.minimum(curve, ENERGY_CAP), right=0.0) for curve in rows.u_kj_per_mol])
    raw = np.concatenate([training.mass_Da[:, None], training.diffusion_nm2_per_ns[:, None], g[~testing]], axis=1)
    fixed = {
        "input_mean": raw.mean(0),
        "input_scale": np.append(raw.std(0)[:2] + 1e-6, np.hypot(raw.std(0)[2:], options.g_noise + 1e-3)),
        "u_mean": u[~testing].mean(0),
        "u_scale": (u[~testing] - u[~testing].mean(0)).std() + 1e-6,
        "library": g[~testing],
        "largest_distance": _largest_distance(g[~testing], training),
        "ranges": [
            [values.min(), values.max()]
            for values in (training.mass_Da, training.diffusion_nm2_per_ns, training.density_per_nm3, training.temperature_K)
        ],
    }
    for name, value in fixed.items():
        getattr(model, name).copy_(torch.as_tensor(np.asarray(value, dtype=np.float32)))

    inputs = model.standardise(rows.mass_Da, rows.diffusion_nm2_per_ns, g)
    wanted = (torch.as_tensor(u, dtype=torch.float32) - model.u_mean) / model.u_scale
    train, test = torch.as_tensor(np.flatnonzero(~testing)), torch.as_tensor(np.flatnonzero(testing))
    several = member_folds.max() > 0
    out = torch.as_tensor(np.array([(member_folds == m % (member_folds.max() + 1)) & several for m in range(options.members)])).float()

    def squares(values: torch.Tensor, chosen: torch.Tensor) -> torch.Tensor:
        difference: torch.Tensor = model(values) - wanted[chosen]
        return (difference**2).mean(-1)

    def loss(chosen: torch.Tensor, random: torch.Generator) -> torch.Tensor:
        picked = train[chosen]
        values = inputs[picked].expand(options.members, -1, -1)
        return (squares(values, picked) * (1 - out[:, chosen])).sum(-1) / (1 - out).sum(-1) * len(train) / len(chosen)

    def evaluate() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        values = squares(inputs[train].expand(options.members, -1, -1), train)
        tested = squares(inputs[test].expand(options.members, -1, -1), test).mean(-1)
        return (values * (1 - out)).sum(-1) / (1 - out).sum(-1), (values * out).sum(-1) / out.sum(-1), tested

    curve = optimise(
        list(model.network.parameters()), loss, evaluate, len(train), options.epochs, options.learning_rate,
        options.weight_decay, options.batch_rows, derived_seed(seed, "learning", "published", "batches"), "potential",
    )  # fmt: skip
    return model, curve


def _settings(rows: Rows, training: Rows, options: LearningOptions) -> PublishedSettings:
    step = float(rows.r_nm[1] - rows.r_nm[0])
    used = rows.r_nm[(rows.r_nm <= options.r_max_nm + 1e-9) & (rows.r_nm >= 0.1)]
    known = rows.r_nm[(training.u_kj_per_mol < ENERGY_CAP).any(0)]
    cutoff = float(min(training.cutoff_nm.max(), rows.r_nm[-1]))
    points = max(8, round((cutoff - known[0]) / step) + 1)
    u_step = (cutoff - float(known[0])) / (points - 1)
    return PublishedSettings(options.members, len(training), float(used[0]), step, len(used), float(known[0]), u_step, points)


def _plain_g(rows: Rows, grid: Array) -> Array:
    curves = []
    for row in range(len(rows)):
        known = rows.known_to_nm(row)
        if known < grid[-1] - 1e-9:
            raise InputError(
                f"run {rows.run_id[row]}: g is known to r = {known:.4g} nm, learning.r_max_nm asks for {grid[-1]:.4g} nm; lower r_max_nm"
            )
        finite = np.isfinite(rows.g[row])
        curves.append(resample(rows.r_nm[finite], rows.g[row][finite], grid))
    return np.array(curves)


def _largest_distance(g: Array, training: Rows) -> float:
    """1.25 times the largest distance in g from a run to the nearest run of another parent."""
    largest = 0.0
    for row in range(len(training)):
        others = g[training.parent != training.parent[row]]
        if len(others):
            largest = max(largest, float(np.sqrt(((others - g[row]) ** 2).mean(1)).min()))
    return max(1.25 * largest, 0.01)
