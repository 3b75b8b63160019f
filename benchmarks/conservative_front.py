"""What a right diffusion costs in structure where no friction is allowed: the front of conservative models, and runs of some of them.

    python benchmarks/conservative_front.py results/references --csv front.csv --figure docs/front.png
    python benchmarks/conservative_front.py --csv front.csv --figure docs/front.png       # draws a table that is there

For each liquid and weight w the flagship's search finds the conservative potential of least S + w M (S = 1 - R2 of g(r), M = |ln D/D_AA|).
--points of them are run, evenly along the front in M (or those of the weights --runs), then some that aim lower by as much as the last
liquid came out too fast, until one has D or freezes, and beside them the flagship with friction. Liquids are finished references of a
campaign (atomistic/<liquid>-reference, see config/references.yaml) or single folders of that kind. Errors: of the mean over replicas.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pandas as pd

matplotlib.use("Agg")
sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.database_coverage import finished_references
from mobcg.engines.registry import get_engine
from mobcg.engines.specification import Engine
from mobcg.evaluation.reference import Reference
from mobcg.files import write_csv
from mobcg.learning.flagship import FlagshipModel
from mobcg.learning.front import Choice, conservative_front
from mobcg.outcomes import InputError, Outcome
from mobcg.potential.pair import PairPotential
from mobcg.potential.shaping import from_core
from mobcg.prediction.conservative import widening_front
from mobcg.prediction.liquid import CoarseModel, WantedLiquid
from mobcg.prediction.predict import predict
from mobcg.prediction.refine import RefinementOptions
from mobcg.prediction.shipped import find_trained
from mobcg.prediction.verify import verify
from mobcg.report.figures.front import COLUMNS, read_front, write_front_figure
from mobcg.seeds import derived_seed

CURVE = tuple(float(weight) for weight in np.geomspace(1e-3, 3, 50))
STEPS = (0.01, 0.03, 0.1, 1.0)
"""Parts of the largest weight that a search which aims lower passes."""

NEAR_ENOUGH = 0.1
"""|ln D/D_AA| at which no lower aim is tried."""

LOWER_AIMS = 3
"""Lower aims that are tried, at most."""


@dataclass(frozen=True)
class Runs:
    """How models are run: engine, length, replicas (none: models are not run), seed."""

    engine: Engine
    options: RefinementOptions
    replicas: int
    seed: int

    def measure(self, wanted: WantedLiquid, model: CoarseModel, *names: str | float) -> dict[str, Any]:
        """The measured columns of a row: S and M of the replicas' means with their standard errors, or the outcome that has none."""
        if self.replicas == 0 or model.potential is None:
            return {"outcome": "" if model.potential is not None else str(model.outcome), "reason": model.reason}
        plan = self.options.plan(wanted, model.potential)
        found = verify(wanted, model, self.engine, plan, self.replicas, derived_seed(self.seed, *map(str, names)))
        row: dict[str, Any] = {"outcome": str(found.outcome), "reason": found.reason, "replicas": self.replicas}
        estimates = {
            ("structure_error", "structure_error_err"): found.structure_error,
            ("mobility_error", "mobility_error_err"): found.mobility_error,
            ("diffusion_nm2_per_ns", "diffusion_error_nm2_per_ns"): found.diffusion,
            ("pressure_bar", "pressure_error_bar"): found.pressure,
        }
        return row | {
            name: value for names, each in estimates.items() if each for name, value in zip(names, (each.value, each.error), strict=True)
        }


def rows_of(
    reference: Reference, model: FlagshipModel, runs: Runs, weights: Sequence[float], run_at: Sequence[float] | int
) -> pd.DataFrame:
    """The table of one liquid: its front, some models of it run (at the weights `run_at`, or so many), and the flagship with friction."""
    wanted = WantedLiquid(reference.target, reference.diffusion)
    units = wanted.units
    seen = model.read(reference.rdf.r_nm / units.length_nm, reference.rdf.g)
    log_target = float(np.log(reference.diffusion.value / units.diffusion_nm2_per_ns))
    chosen = () if isinstance(run_at, int) else run_at
    front, edge = widening_front(model, seen, log_target, wanted.reduced_pressure, sorted({*weights, *chosen}))
    run = (
        evenly([choice.mobility_error for choice in front], run_at)
        if isinstance(run_at, int)
        else [place for place, choice in enumerate(front) if choice.weight in chosen]
    )
    found = []
    for place, choice in enumerate(front):
        measured = runs.measure(wanted, conservative_model(wanted, model, choice), reference.liquid, choice.weight) if place in run else {}
        found.append(_conservative_row(reference, choice, 0.0) | measured)
    if runs.replicas > 0 and run:
        last, shift = front[-1], 0.0
        row = [row for row in found if row["outcome"]][-1]
        for number in range(LOWER_AIMS):
            missed = float(np.log(row.get("diffusion_nm2_per_ns", np.nan) / wanted.diffusion.value))
            if not missed > NEAR_ENOUGH:
                break
            shift += missed - last.log_ratio
            steps = [part * front[-1].weight for part in STEPS]
            last = conservative_front(model, seen, log_target - shift, wanted.reduced_pressure, steps, edge)[-1]
            lower = conservative_model(wanted, model, last)
            row = _conservative_row(reference, last, shift) | runs.measure(wanted, lower, reference.liquid, "lower", number)
            found.append(row)
    answer = predict(wanted, model)
    expected = answer.prediction.diffusion_nm2_per_ns / reference.diffusion.value if answer.prediction else np.nan
    variance = model.correction.variance(model.features(seen.scores, wanted.reduced_pressure))[0] / model.domain.largest_variance
    found.append(
        _row(reference, "friction", 0.0, float(np.log(expected)))
        | {"shift": 0.0, "friction_per_ps": answer.model.friction_per_ps, "variance": variance}
        | runs.measure(wanted, answer.model, reference.liquid, "friction")
    )
    return pd.DataFrame(found, columns=list(COLUMNS))


def evenly(mobility_errors: Sequence[float], count: int) -> list[int]:
    """Places of `count` points of a front, nearest to evenly spaced mobility errors from its first to its last."""
    errors = np.asarray(mobility_errors)
    wanted = np.linspace(errors[0], errors[-1], count)
    return sorted({int(np.argmin(np.abs(errors - each))) for each in wanted})


def conservative_model(wanted: WantedLiquid, model: FlagshipModel, choice: Choice) -> CoarseModel:
    """A choice's potential in the liquid's units; one whose core does not repel is an outcome."""
    units = wanted.units
    potential = PairPotential(model.wells.x * units.length_nm, choice.u * units.energy_kj_per_mol)
    try:
        potential.check_core(wanted.structure.temperature_K)
    except InputError as error:
        return CoarseModel(None, 0.0, Outcome.UNUSABLE_POTENTIAL, str(error))
    return CoarseModel(from_core(potential, wanted.highest_kj_per_mol), 0.0)


def _conservative_row(reference: Reference, choice: Choice, shift: float) -> dict[str, Any]:
    return _row(reference, "conservative", choice.structure_error, choice.log_ratio) | {
        "weight": choice.weight,
        "shift": shift,
        "friction_per_ps": 0.0,
        "variance": choice.variance,
    }


def _row(reference: Reference, name: str, structure_error: float, log_ratio: float) -> dict[str, Any]:
    wanted = reference.diffusion
    return {
        "liquid": reference.liquid,
        "model": name,
        "structure_error_expected": structure_error,
        "mobility_error_expected": abs(log_ratio),
        "diffusion_expected_nm2_per_ns": wanted.value * float(np.exp(log_ratio)),
        "diffusion_AA_nm2_per_ns": wanted.value,
        "diffusion_AA_error_nm2_per_ns": wanted.error,
        "outcome": "",
    }


def line(row: pd.Series) -> str:
    """One line of the printed table."""
    measured = "-"
    if row["outcome"] == Outcome.OK.value:
        pairs = (("S", "structure_error", 4), ("M", "mobility_error", 3))
        measured = "   ".join(f"{short} {row[name]:.{digits}f} +- {row[f'{name}_err']:.{digits}f}" for short, name, digits in pairs)
        measured += f"   D {row['diffusion_nm2_per_ns']:.3f} +- {row['diffusion_error_nm2_per_ns']:.3f} nm2/ns"
    elif row["outcome"]:
        measured = f"{row['outcome']}: {row['reason']}"
    name = f"w = {row['weight']:.3g}" if row["model"] == "conservative" else f"friction {row['friction_per_ps']:.3g}/ps"
    aim = f", D {row['shift']:.2f} lower" if row["shift"] else ""
    expected = f"S {row['structure_error_expected']:.4f}   M {row['mobility_error_expected']:.3f}"
    return f"{row['liquid']:24s} {name + aim:24s} expected {expected}   run {measured}"


def main() -> None:
    """Compute where folders are given, then draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path, help="results folders with references, or folders of single references")
    parser.add_argument("--csv", type=Path, required=True, help="the table: written where folders are given, else read")
    parser.add_argument("--figure", type=Path, help="a png")
    parser.add_argument("--weights", type=float, nargs="+", default=CURVE, help="of the curve")
    parser.add_argument("--points", type=int, default=6, help="models of the front that are run")
    parser.add_argument("--runs", type=float, nargs="+", help="weights whose models are run, instead of --points")
    parser.add_argument("--replicas", type=int, default=2)
    parser.add_argument("--beads", type=int, default=500)
    parser.add_argument("--production-ps", type=float, default=200.0)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    if asked.folders:
        model = find_trained("flagship")
        assert isinstance(model, FlagshipModel)
        length = asked.production_ps
        options = RefinementOptions(beads=asked.beads, equilibration_ps=0.2 * length, production_ps=length, maximum_ps=length)
        runs = Runs(get_engine("ensemble"), options, asked.replicas, asked.seed)
        tables = []
        for reference in finished_references(asked.folders):
            table = rows_of(reference, model, runs, asked.weights, asked.runs or asked.points)
            for _, row in table[(table["outcome"] != "") | (table["model"] == "friction")].iterrows():
                print(line(row), flush=True)
            tables.append(table)
            write_csv(asked.csv, pd.concat(tables, ignore_index=True))
    if asked.figure:
        write_front_figure(read_front(asked.csv), asked.figure)


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(f"error: {error}")
