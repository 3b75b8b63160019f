"""Parents: the inverted potentials that library runs derive from, with the state they belong to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mobcg.outcomes import Outcome
from mobcg.potential.pair import PairPotential, read_potential
from mobcg.results import read_result

USABLE = (Outcome.OK, Outcome.NOT_CONVERGED)
"""An inversion that stopped short of its target still gives a potential of a real liquid's kind; its own g(r) is what counts here."""


@dataclass(frozen=True)
class Parent:
    """An inverted potential and its state; where there is none, `reason` says why."""

    sample: str
    liquid: str
    template: str | None
    potential: PairPotential | None = None
    density_per_nm3: float = float("nan")
    temperature_K: float = float("nan")
    reason: str = ""


def read_parent(folder: Path) -> Parent:
    """The parent in an inversion's result folder."""
    summary = read_result(folder, "potential.csv")
    names = summary["sample"], summary["liquid"], summary["template"]
    if summary["outcome"] not in USABLE or summary.get("cutoff_nm") is None:
        return Parent(*names, reason=f"{summary['sample']} gave no potential: {summary['outcome']}: {summary['reason']}")
    return Parent(*names, read_potential(folder / "potential.csv"), summary["density_per_nm3"], summary["temperature_K"])
