"""The evaluation of a campaign as a page of docs: every method on every liquid, with the figure.

    python benchmarks/evaluation_page.py results/references --temperatures results/temperatures --page docs/evaluation.md \
        --figure docs/evaluation.png

The text between the tables stands in this file; the numbers come from the results alone.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from mobcg.files import temporary_name, write_text
from mobcg.report import tables
from mobcg.report.collect import collect
from mobcg.report.figures.evaluation import evaluation
from mobcg.report.tables import Table

PAGE = """# Evaluation on real liquids

The eight liquids and their force fields are those of `config/liquids`; none of them, and no potential inverted from one, is in the database
that the shipped models were trained on. Made by

<!-- not run: takes hours -->
```bash
snakemake evaluate --profile profiles/local --configfile config/references.yaml
snakemake evaluate --profile profiles/local --configfile config/references.yaml config/temperatures.yaml
python benchmarks/evaluation_page.py results/references --temperatures results/temperatures \\
    --page docs/evaluation.md --figure docs/evaluation.png
```

What the methods and numbers are: [method.md](method.md), "Evaluation". Errors are standard errors over replicas; those of M and of
D over the atomistic D hold the atomistic run's own, which is the larger part. A method that is not in a liquid's table was not run on it.

![S against M, and D over the atomistic D]({figure})

{findings}

## Structure, diffusion and pressure

{evaluation}

## Short times, thermodynamics and cost

MSD ratio: mean squared displacement over the atomistic one. V: squared difference of the velocity autocorrelations over the square of the
atomistic one. The density is that at which the model has the liquid's own pressure, the compressibility is taken there. The atomistic
compressibility comes from the fluctuations of the volume in the short run at constant pressure.

{beyond}

## Other temperatures

All of the database's runs are at 298.15 K. In reduced units the temperature drops out, so the models claim to hold at any: here they are
given two liquids at 273 and 330 K, each against an atomistic run of its own.

{temperatures}
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
    parser.add_argument("--temperatures", type=Path, required=True, help="results folder of the campaign at other temperatures")
    parser.add_argument("--page", type=Path, required=True)
    parser.add_argument("--figure", type=Path, required=True)
    options = parser.parse_args()
    found = collect(options.results)
    with temporary_name(options.figure) as temporary:
        evaluation(found).savefig(temporary, format="png", dpi=110, facecolor="white")
    parts = {make.__name__: markdown(make(found)) for make in (tables.findings, tables.evaluation, tables.beyond)}
    others = markdown(tables.evaluation(collect(options.temperatures)))
    write_text(options.page, PAGE.format(figure=options.figure.name, temperatures=others, **parts))


if __name__ == "__main__":
    main()
