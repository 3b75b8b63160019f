"""Where files lie that are needed for minutes: on the node's own disk where it has one for the job, to spare the shared file system."""

from __future__ import annotations

import logging
import os
from pathlib import Path

logger = logging.getLogger(__name__)

VARIABLE = "MOBCG_SCRATCH"
"""Environment variable that names such a folder on every node."""

OF_SLURM = ("SLURM_TMPDIR", "TMPDIR")
"""Where clusters tell a job of the folder that they made for it."""


def scratch_folder(otherwise: Path) -> Path:
    """The folder that MOBCG_SCRATCH names, else in a Slurm job its own temporary one, else `otherwise`."""
    wanted = os.environ.get(VARIABLE)
    names = [wanted, *(os.environ.get(name) for name in OF_SLURM if "SLURM_JOB_ID" in os.environ)]
    for name in names:
        if name and Path(name).is_dir() and os.access(name, os.W_OK | os.X_OK):
            return Path(name)
    if wanted:
        logger.warning("%s: no folder %s to write in on this node; %s is used", VARIABLE, wanted, otherwise)
    return otherwise
