"""Training a model from the mobility database."""

from __future__ import annotations

import logging
import math
import time
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from mobcg.config import LearningOptions
from mobcg.database.store import Database
from mobcg.files import versions
from mobcg.learning.dataset import Mask, Rows, folds, held_out, rows_of
from mobcg.learning.ensemble import deterministic
from mobcg.learning.flagship import FlagshipModel
from mobcg.learning.flagship_fit import FOLDS, fit_flagship
from mobcg.learning.metrics import measure
from mobcg.learning.published import PublishedModel
from mobcg.learning.published_fit import fit_published
from mobcg.seeds import generator

logger = logging.getLogger(__name__)

MEASURED_ROWS = 200
"""Training rows on which the training error is measured, at most."""

CURVE_PARTS = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1)
"""Parts of the training parents in a learning curve."""

LEAST_CURVE_PARENTS = 3

CURVE_ERRORS = ("u_rmse_kT", "log_diffusion_rmse", "log_diffusion_noise")

Kind = Literal["flagship", "published"]
Model = FlagshipModel | PublishedModel


@dataclass(frozen=True)
class Training:
    """A trained model, its numbers for metrics.json and its learning curve for curve.csv."""

    model: Model
    metrics: dict[str, Any]
    curve: pd.DataFrame


def train(database: Database, options: LearningOptions, seed: int, kind: Kind) -> Training:
    """Train a model on a database's ok rows; the same inputs and seed give the same model bit for bit (with the same number of threads).

    A fraction of the parents is held out for testing and never touched by the fit. Folds of the other parents calibrate the flagship's
    errors; each member of the published network leaves one of them out and keeps the weights that serve it best. Rows whose g ends before
    the model's grid (thin liquids on a grid in nm) are left out. Raises InputError where fewer than two parents have a usable row.
    """
    if kind not in ("flagship", "published"):
        raise ValueError(f"kind: found {kind!r}, allowed: flagship, published")
    start = time.perf_counter()
    rows = rows_of(database)
    complete = rows.reaching(options.x_max if kind == "flagship" else options.r_max_nm, reduced=kind == "flagship")
    if complete.any() and not complete.all():
        logger.warning("%s: %d of %d runs left out, their g(r) ends before the model's grid", kind, (~complete).sum(), len(complete))
        rows = rows.take(complete)
    testing = held_out(rows.parent, options.test_fraction, seed)
    training_parents, test_parents = sorted(set(rows.parent[~testing])), sorted(set(rows.parent[testing]))
    logger.info(
        "%s: %d runs of %d parents train, %d of %d test", kind, (~testing).sum(), len(training_parents), testing.sum(), len(test_parents)
    )
    model: Model
    with deterministic(options.threads):
        if kind == "flagship":
            model = fit_flagship(rows.take(~testing), folds(rows.parent[~testing], min(FOLDS, len(training_parents)), seed), options, seed)
            curve = learning_curve(rows, testing, options, seed, model)
        else:
            member_folds = folds(rows.parent[~testing], min(max(options.members, 5), len(training_parents)), seed)
            model, curve = fit_published(rows, testing, member_folds, options, seed)
        model.eval()
        metrics = {
            "kind": kind,
            "seed": seed,
            "test": measure(model, rows.take(testing)),
            "train": measure(model, rows.take(_some(~testing))),
            "rows_train": int((~testing).sum()),
            "rows_test": int(testing.sum()),
            "rows_not_ok": int((~database.ok).sum()),
            "rows_too_short": int((~complete).sum()),
            "parents_train": [str(name) for name in training_parents],
            "parents_test": [str(name) for name in test_parents],
            "wall_s": round(time.perf_counter() - start, 3),
            "versions": versions(),
        }
    return Training(model, metrics, curve)


def learning_curve(rows: Rows, testing: Mask, options: LearningOptions, seed: int, whole: FlagshipModel) -> pd.DataFrame:
    """How the flagship improves with the database: test errors of models trained on parts of the training parents, last of `whole`.

    Columns: parents, rows, u_rmse_kT, log_diffusion_rmse, log_diffusion_noise (the test runs' own errors).
    """
    names = sorted({str(name) for name in rows.parent[~testing]}, key=lambda name: float(generator(seed, "learning curve", name).random()))
    test = rows.take(_some(testing))
    curve = []
    for part in CURVE_PARTS:
        kept = names[: round(part * len(names))]
        chosen = ~testing & np.isin(rows.parent, kept)
        if len(kept) < LEAST_CURVE_PARENTS:
            continue
        unfolded = np.zeros(chosen.sum(), dtype=np.int64)
        model = whole if chosen.sum() == (~testing).sum() else fit_flagship(rows.take(chosen), unfolded, options, seed)
        found = measure(model, test)
        curve.append({"parents": len(kept), "rows": int(chosen.sum())} | {name: found[name] for name in CURVE_ERRORS})
    return pd.DataFrame(curve, columns=["parents", "rows", *CURVE_ERRORS])


def _some(mask: Mask) -> Mask:
    """At most `MEASURED_ROWS` of the chosen rows, evenly spread."""
    chosen = np.flatnonzero(mask)
    kept = np.zeros(len(mask), dtype=bool)
    kept[chosen[:: math.ceil(len(chosen) / MEASURED_ROWS)]] = True
    return kept
