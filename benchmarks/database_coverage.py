"""Do real liquids lie among the runs of the mobility database? A figure, and for each liquid how far out it lies (1: the edge).

    python benchmarks/database_coverage.py results/references --figure docs/coverage.png

Liquids are the finished references of a campaign (atomistic/<liquid>-reference, see config/references.yaml), or single such folders.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

from mobcg.database.store import read
from mobcg.evaluation.reference import Reference, read_reference
from mobcg.learning.flagship import FlagshipModel
from mobcg.outcomes import InputError
from mobcg.prediction.shipped import find_trained
from mobcg.report.figures.coverage import library_places, liquid_places, write_coverage_figure

DATABASE = Path(__file__).parents[1] / "data" / "mobility.parquet"


def finished_references(folders: Sequence[Path]) -> list[Reference]:
    """The references in results folders, or in folders of their own, by name; those that did not finish or end well are told of.

    Raises InputError where none is left.
    """
    found = []
    for folder in folders:
        single = (folder / "rdf.csv").exists()
        for each in [folder] if single else sorted((folder / "atomistic").glob("*-reference")):
            reference = read_reference(each) if (each / "summary.json").exists() else "not finished"
            if isinstance(reference, Reference):
                found.append(reference)
            else:
                print(f"{each}: {reference}", file=sys.stderr)
    if not found:
        raise InputError(
            f"{', '.join(map(str, folders))}: no finished reference; name a results folder with atomistic/<liquid>-reference/summary.json"
        )
    return sorted(found, key=lambda reference: reference.liquid)


def main() -> None:
    """Print the table and write the figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, help="results folders with references, or folders of single references")
    parser.add_argument("--figure", type=Path, help="a png")
    parser.add_argument("--database", type=Path, default=DATABASE)
    parser.add_argument("--model", default="flagship")
    asked = parser.parse_args()
    model = find_trained(asked.model)
    if not isinstance(model, FlagshipModel):
        raise InputError(f"--model: {asked.model!r} is not a flagship; only flagships have a domain")
    liquids = liquid_places(model, finished_references(asked.folders))
    print(f"{'liquid':24s} {'domain distance':>15s}  in domain   D*      D* without friction")
    for row in liquids.itertuples():
        inside = "yes" if row.in_domain else "no"
        print(f"{row.name:24s} {row.domain_distance:15.2f}  {inside:9s}   {row.reduced_diffusion:.4f}  {row.frictionless_diffusion:.4f}")
    if asked.figure:
        write_coverage_figure(library_places(model, read(asked.database)), liquids, asked.figure)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    try:
        main()
    except InputError as error:
        sys.exit(f"error: {error}")
