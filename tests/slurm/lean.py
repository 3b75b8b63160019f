"""The campaign that goes through bad nights: many jobs of little work each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.slurm.campaign import POOL, SlurmCampaign
from tests.slurm.cluster import Cluster
from tests.workflow.conftest import Workflow

TARGETS = ("atomistic", "database")
NARROW = {
    "bond_constant_kj_per_mol_nm2": [150000.0, 300000.0],
    "bond_length_CC_nm": [0.15, 0.16],
    "bond_length_CH_nm": [0.105, 0.112],
    "angle_constant_kj_per_mol_rad2": [300.0, 500.0],
    "angle_degree": [108.0, 112.0],
    "torsion_kj_per_mol": [-1.0, 1.0],
}
"""Force fields near the real one, which take long steps: what is tested here is not the physics."""

IMPOSSIBLE = {"bond_length_CC_nm": [3.0, 3.0]}
BLOWS_UP = "n-hexane-00000"
"""A force field that cannot be simulated, and its sample."""

LEAN: dict[str, Any] = {
    "atomistic": {
        "npt_ps": 0.5,
        "nvt_ps": 0.2,
        "production_ps": 3.0,
        "checkpoint_ps": 1.0,
        "short_time_ps": 0.0,
        "hydrogen_mass_Da": 3.0,
        "steps_per_period": 5.0,
    },
    "observables": {"fit_window_ps": [0.3, 1.5], "blocks": 3},
    "coarse_grained": {"equilibration_ps": 1.0, "production_ps": 4.0},
    "inversion": {"maximum_updates": 1, "equilibration_ps": 0.5, "production_ps": 1.0},
    "library": {"runs": 12, "chunk_runs": 2},
    "evaluation": {"liquids": []},
}
"""Over the tiny campaign of tests/workflow."""

TOGETHER = {"atomistic": {"runs_per_job": 1000, "runs_at_a_time": 2}, "inversion": {"samples_per_job": 1000}}
"""As few jobs as there can be; what comes out is the same."""


def samples(sets: int) -> list[str]:
    """The campaign's good samples by name."""
    return [f"neopentane-{index:05d}" for index in range(sets)]


def on_slurm(folder: Path, cluster: Cluster, sets: int) -> SlurmCampaign:
    """The campaign, a job a sample and stage, not started."""
    campaign = SlurmCampaign(folder, cluster)
    campaign.configure(**_settings(sets), pool=POOL)
    return campaign


def undisturbed(folder: Path, sets: int) -> Path:
    """The results of the same campaign on this machine."""
    workflow = Workflow(folder)
    settings = _settings(sets)
    workflow.configure(**settings | {name: settings[name] | more for name, more in TOGETHER.items()})
    workflow.run(*TARGETS, "--profile", "profiles/local")
    return workflow.folder / "results"


def _settings(sets: int) -> dict[str, Any]:
    good = {"liquid": "neopentane", "parameter_sets": sets, "ranges": NARROW}
    bad = {"liquid": "n-hexane", "parameter_sets": 1, "ranges": NARROW | IMPOSSIBLE}
    return LEAN | {"templates": [bad, good]}  # the library begins with the first ones
