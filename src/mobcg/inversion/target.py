"""What an inversion aims at, and what a run has shown of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mobcg.engines.specification import RunResult
from mobcg.observables.blocks import Estimate
from mobcg.observables.rdf import RadialDistribution, structure_error

Array = npt.NDArray[np.float64]


CORRELATED = 1.4
"""Errors of S over what independent bins would give: neighbouring bins of a real liquid's g(r) err together."""


@dataclass(frozen=True)
class InversionTarget:
    """What the coarse-grained liquid has to look like at one density and temperature.

    pressure_bar: the pressure that it shall have, None for any; weight: of this state where one potential serves several.
    """

    rdf: RadialDistribution
    density_per_nm3: float
    temperature_K: float
    mass_Da: float
    pressure_bar: float | None = None
    weight: float = 1.0


@dataclass(frozen=True)
class Measurement:
    """One state's run with a trial potential against its target, on the target's bins that the run covers.

    r_nm, g, g_error, wanted, wanted_error: (bins,); result: the run, with its pair counts where they were kept.
    """

    target: InversionTarget
    result: RunResult
    r_nm: Array
    g: Array
    g_error: Array
    wanted: Array
    wanted_error: Array
    pressure_bar: Estimate = field(repr=False)

    @classmethod
    def of(cls, target: InversionTarget, result: RunResult) -> Measurement:
        """Compare a run that ended well with its target."""
        assert result.rdf is not None
        assert result.pressure_bar is not None
        covered = target.rdf.r_nm <= result.rdf.r_nm[-1] + result.rdf.bin_width_nm / 2
        r = target.rdf.r_nm[covered]
        found = result.rdf.on_grid(r)
        return cls(target, result, r, found.g, found.g_error, target.rdf.g[covered], target.rdf.g_error[covered], result.pressure_bar)

    @property
    def structure_error(self) -> float:
        """S = 1 - R2 of g against the target."""
        return structure_error(self.g, self.wanted)

    @cached_property
    def noise(self) -> float:
        """What S would be on average if the potential were perfect: sum e2 / sum (g*-mean g*)2, e the statistical error of g."""
        return float(np.sum(self.g_error**2) / self._spread)

    @property
    def target_noise(self) -> float:
        """The same for the target's own error, where its file tells it."""
        return float(np.sum(self.wanted_error**2) / self._spread)

    @property
    def all_noise(self) -> float:
        """The part of S that the noise of run and target make on average."""
        return self.noise + self.target_noise

    @property
    def excess(self) -> float:
        """S less what the noise of run and target make of it: without bias, and negative now and then where the potential is perfect."""
        return self.structure_error - self.all_noise

    @property
    def excess_error(self) -> float:
        """Standard error of `excess`: the root of sum 4 e2 (g-g*)2 over sum (g*-mean g*)2, times `CORRELATED`."""
        return float(2 * CORRELATED * np.sqrt(np.sum((self.g_error * (self.g - self.wanted)) ** 2)) / self._spread)

    @property
    def worst_nm(self) -> float:
        """Where g is farthest from the target."""
        return float(self.r_nm[np.argmax(np.abs(self.g - self.wanted))])

    @cached_property
    def _spread(self) -> float:
        return float(np.sum((self.wanted - self.wanted.mean()) ** 2))
