"""Methods of inversion by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from mobcg.config import InversionOptions
from mobcg.inversion.ibi import IterativeBoltzmann
from mobcg.inversion.newton import InverseMonteCarlo
from mobcg.inversion.target import InversionTarget, Measurement
from mobcg.potential.pair import PairPotential


class Method(Protocol):
    """A way from one trial potential to the next. needs_counts: whether it reads the pairs counted in each frame."""

    needs_counts: bool

    def start(self) -> PairPotential:
        """The first trial."""
        ...

    def update(self, potential: PairPotential, measurements: Sequence[Measurement], largest_kT: float) -> PairPotential:
        """The next trial after a run of each state; U changes nowhere by more than `largest_kT`."""
        ...


def get_method(targets: Sequence[InversionTarget], cutoff_nm: float, options: InversionOptions) -> Method:
    """The method that the options name; "direct" is the start of "ibi", never updated."""
    kinds: dict[str, type[IterativeBoltzmann] | type[InverseMonteCarlo]] = {
        "imc": InverseMonteCarlo,
        "ibi": IterativeBoltzmann,
        "direct": IterativeBoltzmann,
    }
    return kinds[options.method](targets, cutoff_nm, options)
