"""Outcomes: a physical failure is a result with a reason, never a crash."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """How a run ended. Everything but `OK` stays in the tables and out of averages and training; of an inversion that did not converge the
    best potential is kept and used.
    """

    OK = "ok"
    BLOW_UP = "blow-up"
    EVAPORATED = "evaporated"
    CRYSTAL = "crystal"
    GLASS = "glass"
    INHOMOGENEOUS = "inhomogeneous"
    NOT_CONVERGED = "not-converged"
    BOX_TOO_SMALL = "box-too-small"
    NO_PARENT = "no-parent"
    UNUSABLE_POTENTIAL = "unusable-potential"


class PhysicalFailure(Exception):  # noqa: N818 - a result that travels up the stack, not an error
    """A run that physics ended: carries the outcome and a sentence that says why."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        super().__init__(f"{outcome}: {reason}")
        self.outcome = outcome
        self.reason = reason


class Interrupted(BaseException):
    """Work that must stop before its end, for lack of time or at a signal. What is finished is kept, and the next job goes on from there.

    Like KeyboardInterrupt no error: nothing that handles errors shall take it for one.
    """


class InputError(ValueError):
    """Bad input: the message names the file, the key or line, what was found and what is allowed."""
