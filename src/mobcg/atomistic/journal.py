"""The journal of a run folder: whose run it is, the step it was begun with, and how it failed if it did."""

from __future__ import annotations

import json
import logging
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mobcg.files import read_json, write_json
from mobcg.outcomes import InputError, Outcome, PhysicalFailure

logger = logging.getLogger(__name__)

NAME = "run.json"
START = "start.xml"
SCRATCH = ".gromacs-"
"""Begin of the name of the folder that a segment computed by GROMACS has for itself."""
ABANDONED_AFTER_S = 3600
OURS = ("*-[0-9][0-9][0-9][0-9][0-9].npz", "*-[0-9][0-9][0-9][0-9][0-9].xml", "*-[0-9][0-9][0-9][0-9][0-9].dcd", START, NAME)


@dataclass
class Journal:
    """What a run folder remembers besides its segments; saved at every change."""

    folder: Path
    identity: str
    timestep_fs: float | None = None
    halvings: dict[str, int] = field(default_factory=dict)
    failure: tuple[Outcome, str] | None = None

    @staticmethod
    def open(folder: Path, identity: str) -> Journal:
        """The journal of `folder`. A run of another identity that lies there is removed.

        Raises InputError for a folder that holds something and has no journal: nothing that is not a run is ever removed.
        """
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / NAME).exists():
            found = _read(folder)
            if found is not None and found.identity == identity:
                _sweep(folder)
                return found
            logger.info("%s belongs to another molecule, state, seed or protocol: it is removed and begun anew", folder)
            for pattern in OURS:
                for path in folder.glob(pattern):
                    path.unlink(missing_ok=True)
        elif any(not path.name.startswith(".") for path in folder.iterdir()):
            raise InputError(f"{folder}: not empty and not the folder of a run (no {NAME}); name another folder or empty it")
        journal = Journal(folder, identity)
        journal.save()
        return journal

    def save(self) -> None:
        """Write the journal, all or nothing."""
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
    """Remove what killed attempts left half written; young files may belong to an attempt that still runs."""
    for path in folder.glob(".*.?*"):
        if path.is_file() and time.time() - path.stat().st_mtime > ABANDONED_AFTER_S:
            path.unlink(missing_ok=True)
    for path in folder.glob(f"{SCRATCH}*"):
        if time.time() - max(item.stat().st_mtime for item in (path, *path.iterdir())) > ABANDONED_AFTER_S:
            shutil.rmtree(path, ignore_errors=True)


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
