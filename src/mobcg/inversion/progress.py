"""When to stop: how good each trial was, measured against its own statistical error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from mobcg.inversion.pressure import pressure_met
from mobcg.inversion.target import Measurement

PATIENCE = 4
"""Updates without gain after which no more is to be had."""

LEAST_GAIN = 0.1
"""Part of S by which a trial must beat the best one to count as a gain, unless its statistical error is larger."""

NEAR_THE_END = 4.0
"""S less its noise, over the noise, below which runs are lengthened: the next update would follow noise."""

WORSE = 1.5
"""S over the best one from which a step is taken back and tried at a part of its length."""


class Verdict(StrEnum):
    """What to do after a trial."""

    GO_ON = "go on"
    LENGTHEN = "lengthen the runs"
    STEP_BACK = "step back"
    CONVERGED = "converged"
    EXHAUSTED = "no more gain"


@dataclass(frozen=True)
class Trial:
    """How good a potential was: S without its noise, the error and the noise of S, all weighted means over states, and the pressure."""

    excess: float
    error: float
    noise: float
    pressure_met: bool

    @classmethod
    def of(cls, measurements: Sequence[Measurement]) -> Trial:
        """Mean over the states by their weights."""
        weights = np.array([each.target.weight for each in measurements])
        weights = weights / weights.sum()
        return cls(
            float(weights @ [each.excess for each in measurements]),
            float(np.sqrt(weights**2 @ np.array([each.excess_error for each in measurements]) ** 2)),
            float(weights @ [each.noise for each in measurements]),
            all(pressure_met(each) for each in measurements),
        )

    def within(self, structure_error: float) -> bool:
        """Whether S is at most this, by two standard errors, and the pressure met."""
        return self.excess + 2 * self.error <= structure_error and self.pressure_met

    def better_than(self, other: Trial) -> bool:
        """First the pressure, then S."""
        return (self.pressure_met, -self.excess) > (other.pressure_met, -other.excess)

    def gains_on(self, other: Trial) -> bool:
        """Better by more than chance."""
        if self.pressure_met != other.pressure_met:
            return self.pressure_met
        return self.excess < other.excess - max(LEAST_GAIN * abs(other.excess), min(self.error, other.error))

    def worse_than(self, other: Trial) -> bool:
        """So much worse that the step was too long."""
        return self.excess > WORSE * max(other.excess, 0.0) + 3 * max(self.error, other.error, self.noise)


def judge(trial: Trial, best: Trial | None, idle: int, structure_error: float, longest: bool) -> Verdict:
    """What to do after `trial`, given the best one before and the updates since the last gain.

    structure_error: S asked for; it is reached where S less its noise, plus two standard errors, is below. longest: whether runs cannot
    become longer.
    """
    if trial.within(structure_error):
        return Verdict.CONVERGED
    if best is not None and trial.worse_than(best):
        return Verdict.STEP_BACK
    if idle >= PATIENCE and longest:
        return Verdict.EXHAUSTED
    if not longest and (idle >= PATIENCE or trial.excess < NEAR_THE_END * trial.noise):
        return Verdict.LENGTHEN
    return Verdict.GO_ON
