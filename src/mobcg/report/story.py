"""The campaign told in sentences, for readers who did not run it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mobcg.outcomes import Outcome
from mobcg.report.collect import Results
from mobcg.report.figures.style import mark
from mobcg.report.rounding import plain


def story(results: Results) -> list[str]:
    """What was done and found, a sentence or two a stage; stages without results are left out."""
    told = (_atomistic(results), _inversion(results), _library(results), _evaluation(results.evaluation))
    return [sentence for sentence in told if sentence]


def _atomistic(results: Results) -> str:
    runs = results.atomistic
    if runs.empty:
        return ""
    good = int((runs["outcome"] == Outcome.OK).sum())
    drawn = int((runs["template"] != "").sum())
    lost = len(runs) - good
    rejected = f"{_of(lost, 'was', 'were')} rejected, for the reasons told below" if lost else "none was rejected"
    return (
        f"{len(runs):,} liquids were simulated atom by atom, {drawn:,} of them with force fields drawn at random, so that the models learn "
        f"from more than nature's liquids. {good:,} ended well, {rejected}."
    )


def _inversion(results: Results) -> str:
    ratio = results.inverted["acceleration"].to_numpy(float)
    ratio = ratio[np.isfinite(ratio)]
    if not len(ratio):
        return ""
    low, high = np.quantile(ratio, [0.05, 0.95])
    return (
        f"Each of {len(ratio):,} was then replaced by beads, one a molecule, whose pair potential gives the same structure g(r). Beads "
        f"lack the friction of real molecules: they diffuse {plain(float(np.median(ratio)), 2)} times too fast in the median, and "
        f"{plain(low, 2)} to {plain(high, 2)} times in nine of ten."
    )


def _library(results: Results) -> str:
    if results.database.empty:
        return ""
    good = int((results.database["outcome"] == Outcome.OK).sum())
    trained = [name for name, model in results.learning.items() if model.metrics]
    models = "two models" if len(trained) == 2 else "a model"
    taught = f" and taught {models} how potential, friction and diffusion belong together" if trained else ""
    return f"From these potentials {len(results.database):,} bead liquids were made and run; {good:,} ended well{taught}."


def _evaluation(table: pd.DataFrame) -> str:
    good = table[(table["outcome"] == Outcome.OK) & table["combined_error"].notna()]
    if good.empty:
        return ""
    medians = good.groupby("method")[["structure_error", "mobility_error", "combined_error"]].median()
    best = str(medians["combined_error"].idxmin())
    structure, mobility = (float(medians[name][best]) for name in ("structure_error", "mobility_error"))
    count, methods = table["liquid"].nunique(), table["method"].nunique()
    tried = f"{methods} methods were compared" if methods > 1 else "one method was tried"
    of = f"{count} real liquids" if count > 1 else f"a real liquid, {table['liquid'].iloc[0]}"
    return (
        f"On {of}, {tried}. The least combined error has “{mark(best).label}”: in the median its "
        f"structure error is {plain(structure, 2)} and its diffusion {_off(mobility)}."
    )


def _off(mobility: float) -> str:
    """A mobility error in words: in per cent below a factor of two."""
    return f"{100 * np.expm1(mobility):.0f} % off" if mobility < np.log(2) else f"off by a factor of {plain(float(np.exp(mobility)), 2)}"


def _of(count: int, one: str, more: str) -> str:
    return f"{count:,} {one if count == 1 else more}"
