"""How good is `mobcg predict` on real liquids? Each one's prediction, as it is and after refinement, in independent runs.

    python benchmarks/predicted_liquids.py data/references data/temperatures --json predicted.json

prints a table in Markdown. Liquids are finished references of a campaign (atomistic/<liquid>-reference, see config/references.yaml), or
single such folders. The file of --json grows liquid by liquid; started again, the liquids that stand in it are not run again, and another
model than its own is refused. The models are those of `mobcg predict --model M --refine N --verify --seed 1`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.database_coverage import finished_references
from mobcg.engines.registry import get_engine
from mobcg.evaluation.reference import Reference
from mobcg.files import read_json, write_json
from mobcg.learning.flagship import FlagshipModel
from mobcg.observables.blocks import Estimate
from mobcg.outcomes import InputError
from mobcg.prediction.liquid import WantedLiquid
from mobcg.prediction.predict import predict, refined, verified
from mobcg.prediction.refine import RefinementOptions
from mobcg.prediction.shipped import find_trained
from mobcg.report.rounding import with_error

SEED = 1
HEADS = ("liquid", "atomistic D / nm² ns⁻¹", "refinement runs", "S", "D / D wanted", "pressure / bar", "friction / ps⁻¹")


def measure(reference: Reference, model: FlagshipModel, refine: int, replicas: int) -> dict[str, Any]:
    """One row: the prediction after `refine` runs of refinement, in `replicas` runs; errors are those of the runs alone."""
    wanted = WantedLiquid(reference.target, reference.diffusion)
    engine, options = get_engine("auto"), RefinementOptions()
    found = refined(wanted, predict(wanted, model), model, engine, options, refine, SEED)
    checked = verified(wanted, found, engine, options, replicas, SEED).verification
    row: dict[str, Any] = {"liquid": reference.liquid, "refine": refine, "outcome": str(found.model.outcome), "replicas": replicas}
    row |= {"diffusion_AA_nm2_per_ns": reference.diffusion.value, "diffusion_AA_error_nm2_per_ns": reference.diffusion.error}
    if checked is None:
        return row
    row |= {"outcome": str(checked.outcome), "friction_per_ps": found.model.friction_per_ps}
    if checked.diffusion is not None:
        ratio = Estimate(*(value / reference.diffusion.value for value in checked.diffusion))
        measured = {"structure_error": checked.structure_error, "diffusion_ratio": ratio, "pressure_bar": checked.pressure}
        row |= {f"{name}{end}": value for name, pair in measured.items() if pair for end, value in zip(("", "_err"), pair, strict=True)}
    return row


def table(rows: list[dict[str, Any]]) -> str:
    """The rows in Markdown."""
    lines = [f"| {' | '.join(HEADS)} |", f"|---|{'---:|' * (len(HEADS) - 1)}"]
    for row in rows:
        cells = [row["liquid"], with_error(row["diffusion_AA_nm2_per_ns"], row["diffusion_AA_error_nm2_per_ns"]), str(row["refine"])]
        if row["outcome"] == "ok":
            cells += [with_error(row[name], row[f"{name}_err"]) for name in ("structure_error", "diffusion_ratio", "pressure_bar")]
            cells.append(f"{row['friction_per_ps']:.3g}")
        else:
            cells += [row["outcome"], "", "", ""]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Run what is missing and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, help="results folders with references, or folders of single references")
    parser.add_argument("--json", type=Path, required=True, help="the rows; those that stand in it are kept")
    parser.add_argument("--model", default="flagship", help="the model: a name, or the folder of one")
    parser.add_argument("--refine", type=int, nargs="+", default=[0, 3], help="runs of refinement")
    parser.add_argument("--replicas", type=int, default=3)
    asked = parser.parse_args()
    model = find_trained(asked.model)
    if not isinstance(model, FlagshipModel):
        raise InputError(f"--model {asked.model}: a model of the kind {model.kind!r}, needed is the flagship's")
    before = read_json(asked.json) if asked.json.exists() else {"model": asked.model, "rows": []}
    if before.get("model", "flagship") != asked.model:
        raise InputError(f"{asked.json}: rows of the model {before['model']}, asked for is {asked.model}; name another file")
    rows: list[dict[str, Any]] = before["rows"]
    known = {(row["liquid"], row["refine"], row["replicas"]) for row in rows}
    for reference in finished_references(asked.folders):
        for refine in asked.refine:
            if (reference.liquid, refine, asked.replicas) not in known:
                rows.append(measure(reference, model, refine, asked.replicas))
                write_json(asked.json, {"model": asked.model, "rows": rows})
    print(table(sorted(rows, key=lambda row: (row["liquid"], row["refine"]))))


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(f"error: {error}")
