"""The evaluation of a campaign as a page of docs: every method on every liquid, with the figure.

    python benchmarks/evaluation_page.py results/references --page docs/evaluation.md --figure docs/evaluation.png

The text between the tables stands in this file; the numbers come from the results alone.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from mobcg.files import temporary_name, write_text
from mobcg.report import tables
from mobcg.report.collect import Results, collect
from mobcg.report.figures.evaluation import evaluation
from mobcg.report.tables import Table

PAGE = """# Evaluation on real liquids

The eight liquids and their force fields are those of `config/liquids`; none of them, and no potential inverted from one, is in the database
that the shipped models were trained on. Made by

    snakemake evaluate --profile profiles/local --configfile config/references.yaml
    python benchmarks/evaluation_page.py {folder} --page docs/evaluation.md --figure docs/evaluation.png

What the methods and numbers are: [method.md](method.md), "Evaluation". Errors are standard errors over replicas; those of M and of
D over the atomistic D hold the atomistic run's own, which is the larger part.

![S against M, and D over the atomistic D]({figure})

{findings}

## Structure, diffusion and pressure

{evaluation}

## Short times, thermodynamics and cost

MSD ratio: mean squared displacement over the atomistic one. V: squared difference of the velocity autocorrelations over the square of the
atomistic one. The density is that at which the model has the liquid's own pressure, the compressibility is taken there. The atomistic
compressibility comes from the fluctuations of the volume in the short run at constant pressure.

{beyond}
"""


def markdown(table: Table) -> str:
    """A table of the report in Markdown; a row of one cell becomes a bold first cell."""
    align = "|".join("---:" if column in table.numeric else "---" for column in range(len(table.heads)))
    rows = [f"| **{row[0]}** " + "| " * (len(table.heads) - 1) + "|" if len(row) == 1 else f"| {' | '.join(row)} |" for row in table.rows]
    return "\n".join([f"| {' | '.join(table.heads)} |", f"|{align}|", *rows])


def main() -> None:
    """Write page and figure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("results", type=Path, help="results folder of a campaign")
    parser.add_argument("--page", type=Path, required=True)
    parser.add_argument("--figure", type=Path, required=True)
    options = parser.parse_args()
    found = collect(options.results)
    with temporary_name(options.figure) as temporary:
        evaluation(found).savefig(temporary, format="png", dpi=110, facecolor="white")
    parts = {name: markdown(make(found)) for name, make in tables_of_page().items()}
    write_text(options.page, PAGE.format(folder="results/references", figure=options.figure.name, **parts))


def tables_of_page() -> dict[str, Callable[[Results], Table]]:
    """The page's tables by their place."""
    return {"findings": tables.findings, "evaluation": tables.evaluation, "beyond": tables.beyond}


if __name__ == "__main__":
    main()
