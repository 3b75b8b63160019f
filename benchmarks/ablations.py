"""What each choice behind the flagship buys: errors on rows whose parents no training row has, without one choice after the other.

    OMP_NUM_THREADS=1 python benchmarks/ablations.py

Writes to results/ablations: ablations.csv, growing as results come; ablations.md, the table of docs/ablations.md; predictions.csv, the
errors row by row.
The rows are split into folds, whole parents at a time; each model is trained once a fold and asked about that fold's rows, so every row is
tested once. Standard errors and those of ratios: bootstrap over test parents, the same draws for both models of a ratio. They do not
hold the chance of the training rows. Where the database has more rows than --rows, whole parents are drawn until so many are there.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.ablation_plan import HEAVY_DA, Ablation, plan
from benchmarks.flagship_variants import at_temperature, fit_variant, mean_units
from mobcg.config import LearningOptions
from mobcg.database.store import read
from mobcg.files import write_csv, write_text
from mobcg.learning.dataset import Rows, rows_of
from mobcg.learning.ensemble import deterministic
from mobcg.seeds import derived_seed, generator

Array = npt.NDArray[np.float64]
logger = logging.getLogger(__name__)

DRAWS = 500
"""Bootstrap samples of the test parents."""


def predictions(ablation: Ablation, rows: Rows, options: LearningOptions, seed: int) -> pd.DataFrame:
    """The errors of `FittedVariant.errors` over the test rows of all folds, with temperature_K (NaN: the rows' own) and rows_train."""
    parts = []
    for fold, (training, testing) in enumerate(zip(ablation.training, ablation.testing, strict=True)):
        if not testing.any():
            continue
        start = time.perf_counter()
        fitted = fit_variant(ablation.variant, rows.take(training), options, derived_seed(seed, "ablations", fold))
        test = rows.take(testing)
        states = [(float("nan"), test)]
        if ablation.temperature_K is not None:
            states.append((ablation.temperature_K, at_temperature(test, ablation.temperature_K)))
        parts += [fitted.errors(some).assign(temperature_K=temperature, rows_train=int(training.sum())) for temperature, some in states]
        wall = time.perf_counter() - start
        logger.info("%s, %s: fold %d of %d, %.0f s", ablation.question, ablation.name, fold + 1, len(ablation.training), wall)
    return pd.concat(parts, ignore_index=True)


def summary(found: pd.DataFrame, reference: pd.DataFrame, seed: int) -> dict[str, Any]:
    """Root mean squares and medians of a table of errors, their ratios to a table of the same rows, and the standard errors of all of
    these by bootstrap over parents.
    """
    names, index = np.unique(found["parent"].to_numpy(dtype=str), return_inverse=True)
    parents = generator(seed, "ablations", "bootstrap").multinomial(len(names), np.full(len(names), 1 / len(names)), size=DRAWS)
    drawn = [np.repeat(np.arange(len(found)), draw[index]) for draw in parents]
    others = reference.set_index("run_id").loc[found["run_id"]]
    result: dict[str, Any] = {
        "rows_train": round(found["rows_train"].mean()),
        "rows_test": len(found),
        "parents_test": len(names),
        "log_diffusion_noise": float(np.sqrt((found["log_diffusion_noise"] ** 2).mean())),
    }
    for column in ("u_square_kT2", "log_diffusion"):
        one, other = _size(found, column), _size(others, column)
        for statistic, of in (("rmse", _root_mean_square), ("median", np.median)):
            name = f"u_{statistic}_kT" if column == "u_square_kT2" else f"log_diffusion_{statistic}"
            draws, other_draws = np.array([(of(one[rows]), of(other[rows])) for rows in drawn]).T
            result |= {name: float(of(one)), f"{name}_error": float(draws.std())}
            result |= {f"{name}_ratio": float(of(one) / of(other)), f"{name}_ratio_error": float((draws / other_draws).std())}
    return result


def _size(table: pd.DataFrame, column: str) -> Array:
    """The error of each row, positive."""
    values = table[column].to_numpy(dtype=float)
    return np.sqrt(values) if column == "u_square_kT2" else np.abs(values)


def _root_mean_square(values: Array) -> float:
    return float(np.sqrt(np.mean(values**2)))


def selections(ablation: Ablation) -> dict[str, Callable[[pd.DataFrame], pd.Series]]:
    """The groups of test rows that an ablation is measured on."""
    plain = {"all": lambda table: table["temperature_K"].isna()}
    if ablation.question == "mass":
        return {f"m > {HEAVY_DA:g} Da": plain["all"]}
    hot = {} if ablation.temperature_K is None else {f"at {ablation.temperature_K:g} K": lambda table: table["temperature_K"].notna()}
    kinds: dict[str, Callable[[pd.DataFrame], pd.Series]] = {
        "atomistic parents": lambda table: table["temperature_K"].isna() & ~table["synthetic"],
        "synthetic parents": lambda table: table["temperature_K"].isna() & table["synthetic"],
    }
    return plain | kinds | hot


def run(rows: Rows, options: LearningOptions, folds_count: int, seed: int, out: Path) -> pd.DataFrame:
    """Train and test all ablations; write ablations.csv after each, predictions.csv and ablations.md at the end."""
    ablations = plan(rows, folds_count, seed)
    known: dict[tuple[str, str], pd.DataFrame] = {}
    lines: list[dict[str, Any]] = []
    trained: list[tuple[Ablation, pd.DataFrame]] = []
    for ablation in sorted(ablations, key=lambda each: each.name != each.reference):
        start = time.perf_counter()
        same = [table for other, table in trained if _equal(ablation, other)]
        table = same[0] if same else predictions(ablation, rows, options, seed)
        trained.append((ablation, table))
        known[ablation.question, ablation.name] = table
        reference = known[ablation.question, ablation.reference]
        for tested, select in selections(ablation).items():
            chosen = table[select(table)]
            if len(chosen):
                line = {"question": ablation.question, "model": ablation.name, "tested_on": tested}
                found = summary(chosen, reference[select(reference)], seed)
                lines.append(line | found | {"wall_s": round(time.perf_counter() - start, 1)})
        write_csv(out / "ablations.csv", pd.DataFrame(lines))
    order = {(ablation.question, ablation.name): position for position, ablation in enumerate(ablations)}
    lines.sort(key=lambda line: order[line["question"], line["model"]])
    result = pd.DataFrame(lines)
    write_csv(out / "ablations.csv", result)
    named = [table.assign(question=question, model=model) for (question, model), table in known.items()]
    write_csv(out / "predictions.csv", pd.concat(named, ignore_index=True))
    write_text(out / "ablations.md", markdown(result))
    return result


def _equal(one: Ablation, other: Ablation) -> bool:
    """Whether two ablations are one and the same model and test."""
    masks = np.array_equal(one.training, other.training) and np.array_equal(one.testing, other.testing)
    return one.variant == other.variant and masks


TITLES = {
    "inputs": "Inputs",
    "mass": f"Trained on m up to {HEAVY_DA:g} Da only",
    "parents": "Training parents, at equal numbers of rows",
    "split": "How rows are held out",
    "curve": "Size of the database",
}


def markdown(result: pd.DataFrame) -> str:
    """The table of results, in Markdown; errors of U in kT, ratios to the question's reference model."""
    heads = ("model", "tested on", "training rows", "test rows (parents)", *("U, rms", "ratio", "U, median", "ratio"))
    heads += ("ln D, rms", "ratio", "ln D, median", "ratio", "ln D, noise")
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    for question, title in TITLES.items():
        chosen = result[result["question"] == question]
        if question in ("split", "curve"):
            chosen = chosen[chosen["tested_on"] == "all"]
        if question == "parents":
            chosen = chosen[chosen["tested_on"] != "all"]
        if len(chosen):
            lines.append(f"| **{title}** " + "| " * (len(heads) - 1) + "|")
        for line in chosen.to_dict("records"):
            cells = [line["model"], line["tested_on"], f"{line['rows_train']}", f"{line['rows_test']} ({line['parents_test']})"]
            for name in ("u_rmse_kT", "u_median_kT", "log_diffusion_rmse", "log_diffusion_median"):
                cells.append(f"{line[name]:.3f} ± {line[name + '_error']:.3f}")
                one = line[f"{name}_ratio"] == 1 and line[f"{name}_ratio_error"] == 0
                cells.append("1" if one else f"{line[name + '_ratio']:.2f} ± {line[name + '_ratio_error']:.2f}")
            lines.append("| " + " | ".join([*cells, f"{line['log_diffusion_noise']:.3f}"]) + " |")
    return "\n".join(lines) + "\n"


def usable(rows: Rows, options: LearningOptions, limit: int, seed: int) -> Rows:
    """Rows that know g as far as both reduced and plain models need it; whole parents at random until there are `limit`."""
    rows = rows.take(rows.reaching(options.x_max, reduced=True))
    rows = rows.take(rows.reaching(1.1 * options.x_max * mean_units(rows).length_nm, reduced=False))
    names = generator(seed, "ablations", "limit").permutation(sorted(set(rows.parent)))
    total = np.cumsum([(rows.parent == name).sum() for name in names])
    return rows.take(np.isin(rows.parent, names[: 1 + int((total < limit).sum())]))


def main() -> int:
    """Run all ablations and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", type=Path, default=Path("data/mobility.parquet"))
    parser.add_argument("--out", type=Path, default=Path("results/ablations"))
    parser.add_argument("--rows", type=int, default=3000, help="rows used at most")
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=2026)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    logging.getLogger("mobcg").setLevel(logging.WARNING)
    options = LearningOptions(threads=arguments.threads)
    rows = usable(rows_of(read(arguments.database)), options, arguments.rows, arguments.seed)
    logger.info("%d rows of %d parents", len(rows), len(set(rows.parent)))
    with deterministic(options.threads):
        print(markdown(run(rows, options, arguments.folds, arguments.seed, arguments.out)), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
