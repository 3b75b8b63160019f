"""Outcomes: a physical failure is a result with a reason, never a crash."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

CHECK_PATH = "check the path, and the folder that you are in"
"""What to do about a file that is not there."""


def reason_of(error: BaseException) -> str:
    """What an error says, in the system's words without their numbers where it is the system's."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def absence(path: Path) -> str:
    """Why a path is no file, for a message that begins with it."""
    return "is a folder" if path.is_dir() else "no such file"


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
    """Bad input. what: the file, the key or line, what was found, what is allowed; advice: what to do, where that is not said in it.

    The text is both, what first; a command shows them as two lines.
    """

    def __init__(self, what: str, advice: str = "") -> None:
        super().__init__(*((what, advice) if advice else (what,)))
        self.what = what
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.what}; {self.advice}" if self.advice else self.what

    @property
    def lines(self) -> str:
        """Both for people, the advice on a line of its own."""
        return f"{self.what}\n  try: {self.advice}" if self.advice else self.what

    def within(self, place: str) -> InputError:
        """The same with the place where it happened before it."""
        return InputError(f"{place}: {self.what}", self.advice)
