"""Input for GROMACS that runs a liquid of Lennard-Jones beads with Langevin friction."""

from __future__ import annotations

from pathlib import Path

from mobcg.files import write_text
from mobcg.interop.lennard_jones import LennardJonesFit
from mobcg.interop.liquid import Liquid
from mobcg.outcomes import InputError


def write_topology(path: Path | str, fit: LennardJonesFit, liquid: Liquid) -> None:
    """Write the topology, C6 and C12 given directly; beads in the cube number that fills a lattice."""
    error = f"rms {fit.rms_error_kT:.3f} kT, at most {fit.largest_error_kT:.3f} kT where U < 4 kT at {fit.temperature_K:g} K"
    lines = [
        f"; Lennard-Jones fit, not the tabulated potential itself: off by {error}",
        "[ defaults ]",
        "1 1 no 1.0 1.0",
        "[ atomtypes ]",
        f"BEAD {liquid.mass_Da:.8g} 0.0 A {fit.c6_kj_nm6_per_mol:.10e} {fit.c12_kj_nm12_per_mol:.10e}",
        "[ moleculetype ]",
        "BEAD 0",
        "[ atoms ]",
        f"1 BEAD 1 BEAD BEAD 1 0.0 {liquid.mass_Da:.8g}",
        "[ system ]",
        "liquid of beads",
        "[ molecules ]",
        f"BEAD {liquid.lattice_sites**3}",
    ]
    write_text(path, "\n".join([*lines, ""]))


def write_settings(path: Path | str, cutoff_nm: float, liquid: Liquid) -> None:
    """Write the mdp: friction as tau-t = 1/friction of the integrator sd, else v-rescale. Raises InputError for dpd: GROMACS has none."""
    if liquid.thermostat == "dpd":
        raise InputError("GROMACS has no friction between pairs (dpd); use --thermostat langevin, or LAMMPS or OpenMM")
    langevin = liquid.thermostat == "langevin"
    lines = [
        f"integrator    = {'sd' if langevin else 'md'}",
        f"dt            = {liquid.timestep_ps:.6g}",
        "nsteps        = 10000",
        "cutoff-scheme = Verlet",
        "vdwtype       = Cut-off",
        "vdw-modifier  = Potential-shift",
        f"rvdw          = {cutoff_nm:.10g}",
        "coulombtype   = Cut-off",
        f"rcoulomb      = {cutoff_nm:.10g}",
        "tc-grps       = System",
        f"ref-t         = {liquid.temperature_K:g}",
        f"tau-t         = {1 / liquid.friction_per_ps if langevin else liquid.thermostat_time_ps:.10g}",
        *([] if langevin else ["tcoupl        = v-rescale"]),
        "gen-vel       = yes",
        f"gen-temp      = {liquid.temperature_K:g}",
        "nstenergy     = 100",
        "nstxout-compressed = 100",
    ]
    write_text(path, "\n".join([*lines, ""]))


def write_bead(path: Path | str, liquid: Liquid) -> None:
    """Write one bead in its share of the box; `gmx genconf -nbox n n n` makes the lattice that the topology counts."""
    edge = f"{liquid.lattice_constant_nm:10.5f}"
    write_text(path, f"bead\n    1\n    1BEAD  BEAD    1   0.000   0.000   0.000\n{3 * edge}\n")
