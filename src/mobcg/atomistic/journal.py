"""The journal of a run folder: whose run it is, the step it was begun with, and how it failed if it did."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mobcg.files import read_json, write_json
from mobcg.lease import Lease
from mobcg.outcomes import InputError, Outcome, PhysicalFailure

logger = logging.getLogger(__name__)

NAME = "run.json"
START = "start.xml"
OURS = (*(f"*-[0-9][0-9][0-9][0-9][0-9].{kind}" for kind in ("npz", "xml", "dcd")), "*-segments.zip", "*.begin", START, NAME)


@dataclass
class Journal:
    """What a run folder remembers besides its segments; saved at every change."""

    folder: Path
    identity: str
    timestep_fs: float | None = None
    halvings: dict[str, int] = field(default_factory=dict)
    failure: tuple[Outcome, str] | None = None
    lease: Lease | None = field(default=None, compare=False)

    @staticmethod
    def open(folder: Path, identity: str, lease: Lease | None = None) -> Journal:
        """The journal of `folder`, with the caller's lease of it. A run of another identity that lies there is removed.

        Raises InputError for a folder that holds something and has no journal: nothing that is not a run is ever removed.
        """
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / NAME).exists():
            _sweep(folder)
            found = _read(folder)
            if found is not None and found.identity == identity:
                found.lease = lease
                return found
            logger.info("%s belongs to another molecule, state, seed or protocol: it is removed and begun anew", folder)
            for pattern in OURS:
                for path in folder.glob(pattern):
                    path.unlink(missing_ok=True)
        elif any(not path.name.startswith(".") for path in folder.iterdir()):
            raise InputError(f"{folder}: not empty and not the folder of a run (no {NAME}); name another folder or empty it")
        journal = Journal(folder, identity, lease=lease)
        journal.save()
        return journal

    def check(self) -> None:
        """Raise LeaseLostError where another process works in the folder now: to be asked before anything is written there."""
        if self.lease:
            self.lease.check()

    def save(self) -> None:
        """Write the journal, all or nothing."""
        self.check()
        failure = None if self.failure is None else {"outcome": str(self.failure[0]), "reason": self.failure[1]}
        content: dict[str, Any] = {
            "identity": self.identity,
            "timestep_fs": self.timestep_fs,
            "halvings": self.halvings,
            "failure": failure,
        }
        write_json(self.folder / NAME, content)

    def begin(self, timestep_fs: float) -> float:
        """Remember the step the run was planned with; a run that goes on keeps the step it was begun with."""
        if self.timestep_fs is None:
            self.timestep_fs = timestep_fs
            self.save()
        return self.timestep_fs

    def halve(self, stage: str) -> None:
        """Remember that the step is halved from `stage` on."""
        self.halvings[stage] = self.halvings.get(stage, 0) + 1
        self.save()

    def fail(self, failure: PhysicalFailure) -> None:
        """Remember how the run ended."""
        self.failure = (failure.outcome, failure.reason)
        self.save()


def _sweep(folder: Path) -> None:
    """Remove what killed attempts left half written."""
    for path in folder.glob(".*.?*"):
        path.unlink(missing_ok=True)


def _read(folder: Path) -> Journal | None:
    try:
        content = read_json(folder / NAME)
        failure = content["failure"]
        return Journal(
            folder,
            str(content["identity"]),
            content["timestep_fs"],
            {str(name): int(count) for name, count in content["halvings"].items()},
            None if failure is None else (Outcome(failure["outcome"]), str(failure["reason"])),
        )
    except (json.JSONDecodeError, KeyError, ValueError, TypeError, AttributeError, UnicodeDecodeError):
        return None
