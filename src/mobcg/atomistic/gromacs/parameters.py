"""The run parameters (mdp) of one segment."""

from __future__ import annotations

from mobcg.atomistic.schedule import Pace, Stage
from mobcg.config import AtomisticOptions
from mobcg.forcefield.replicate import REACTION_FIELD_DIELECTRIC

DRIFT_REMOVAL_STEPS = 100
COMPRESSIBILITY_PER_BAR = 1e-4
"""Of the barostat: about that of a hydrocarbon liquid, so that its time is that of the liquid's volume."""


def run_parameters(stage: Stage, pace: Pace, steps: int, options: AtomisticOptions, temperature_K: float, seed: int, goes_on: bool) -> str:
    """Text of the mdp file.

    Baths without memory, so that nothing is lost at a segment's end: with a friction GROMACS' stochastic dynamics, whose configurations are
    those of BAOAB (Kieninger and Keller, J. Chem. Theory Comput. 18, 5792 (2022)), without one the rescaling of all velocities
    (Bussi, Donadio, Parrinello, J. Chem. Phys. 126, 014101 (2007)); pressure by stochastic rescaling of the cell (Bernetti and Bussi, J.
    Chem. Phys. 153, 114107 (2020)). goes_on: the velocities are GROMACS' own, half a step behind, and rigid bonds are met.
    """
    settings: dict[str, object] = {
        "dt": f"{pace.timestep_fs / 1000:.12g}",
        "nsteps": steps,
        "continuation": "yes" if goes_on else "no",
        "gen-vel": "no",
        "ld-seed": seed,
        "comm-mode": "linear",
        "nstcomm": DRIFT_REMOVAL_STEPS,
        "nstxout": pace.stride,
        "nstvout": 0,
        "nstlog": 0,
        "nstenergy": pace.stride,
        "nstcalcenergy": pace.stride,
        "cutoff-scheme": "Verlet",
        "rcoulomb": options.cutoff_nm,
        "rvdw": options.cutoff_nm,
        "vdw-modifier": "none",
        "coulomb-modifier": "none",
        "DispCorr": "AllEnerPres",
        "constraint-algorithm": "lincs",
        "lincs-order": 6,
        "lincs-iter": 2,
        "tc-grps": "System",
        "ref-t": f"{temperature_K:.10g}",
        **_electrostatics(options),
        **_bath(stage, options),
        **_barostat(stage),
    }
    return "".join(f"{name} = {value}\n" for name, value in settings.items())


def _electrostatics(options: AtomisticOptions) -> dict[str, object]:
    if options.electrostatics == "pme":
        return {"coulombtype": "PME"}
    return {"coulombtype": "reaction-field", "epsilon-rf": REACTION_FIELD_DIELECTRIC}


def _bath(stage: Stage, options: AtomisticOptions) -> dict[str, object]:
    if stage.friction_per_ps is None:
        return {"integrator": "md", "tcoupl": "v-rescale", "tau-t": options.thermostat_time_ps}
    return {"integrator": "sd", "tau-t": f"{1 / stage.friction_per_ps:.10g}"}


def _barostat(stage: Stage) -> dict[str, object]:
    if stage.pressure_bar is None:
        return {"pcoupl": "no"}
    return {
        "pcoupl": "C-rescale",
        "pcoupltype": "isotropic",
        "nstpcouple": stage.barostat_interval,
        "tau-p": stage.barostat_time_ps,
        "ref-p": f"{stage.pressure_bar:.10g}",
        "compressibility": COMPRESSIBILITY_PER_BAR,
    }
