"""Nonbonded forces of OPLS-AA: charges, and Lennard-Jones with geometric mixing, exact.

OpenMM's NonbondedForce mixes sigma arithmetically (Lorentz-Berthelot), which for hexane is off by 0.9 kJ/mol a molecule, 4 % in density.
With geometric mixing both Lennard-Jones coefficients are products of one-atom numbers, so no root is taken per pair:

    4 eps ((sigma/r)^12 - (sigma/r)^6) = (a_i a_j / r^6 - b_i b_j) / r^6,   a = 2 sqrt(eps) sigma^6,   b = 2 sqrt(eps) sigma^3.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import openmm

from mobcg.forcefield.connectivity import Connectivity
from mobcg.forcefield.parameters import AtomType, ForceField

GEOMETRIC_LENNARD_JONES = "(a1*a2*s-b1*b2)*s; s=1/r^6"
COULOMB = 138.93545764438198
"""1/(4 pi eps0) in kJ/mol nm/e^2."""


def repulsion_and_attraction(sigma_nm: float, epsilon_kj_per_mol: float) -> tuple[float, float]:
    """One atom's factors (a, b) of the geometric Lennard-Jones coefficients."""
    return 2 * math.sqrt(epsilon_kj_per_mol) * sigma_nm**6, 2 * math.sqrt(epsilon_kj_per_mol) * sigma_nm**3


def nonbonded_forces(
    types: Sequence[AtomType], connected: Connectivity, forcefield: ForceField
) -> tuple[openmm.NonbondedForce, openmm.CustomNonbondedForce]:
    """Charges with all exceptions (1-4 pairs scaled, their Lennard-Jones included), and Lennard-Jones of the other pairs; no cutoff."""
    coulomb = openmm.NonbondedForce()
    coulomb.setName("Coulomb")
    coulomb.setNonbondedMethod(openmm.NonbondedForce.NoCutoff)
    lennard_jones = openmm.CustomNonbondedForce(GEOMETRIC_LENNARD_JONES)
    lennard_jones.setName("LennardJones")
    lennard_jones.setNonbondedMethod(openmm.CustomNonbondedForce.NoCutoff)
    lennard_jones.addPerParticleParameter("a")
    lennard_jones.addPerParticleParameter("b")
    for item in types:
        coulomb.addParticle(item.charge_e, 1.0, 0.0)
        lennard_jones.addParticle(repulsion_and_attraction(item.sigma_nm, item.epsilon_kj_per_mol))
    for pair in sorted(connected.pairs_12 | connected.pairs_13):
        coulomb.addException(*pair, 0.0, 1.0, 0.0)
        lennard_jones.addExclusion(*pair)
    for first, second in sorted(connected.pairs_14):
        one, other = types[first], types[second]
        coulomb.addException(
            first,
            second,
            forcefield.scale_14_coulomb * one.charge_e * other.charge_e,
            math.sqrt(one.sigma_nm * other.sigma_nm),
            forcefield.scale_14_lennard_jones * math.sqrt(one.epsilon_kj_per_mol * other.epsilon_kj_per_mol),
        )
        lennard_jones.addExclusion(first, second)
    return coulomb, lennard_jones


def tail_coefficient(counts: Mapping[tuple[float, float], int], cutoff_nm: float) -> float:
    """Energy times volume of the Lennard-Jones pairs beyond the cutoff, g(r) = 1 there, in kJ/mol nm3.

    E_tail V = 2 pi sum_ij n_i n_j [a_i a_j/(9 rc^9) - b_i b_j/(3 rc^3)]
    with `counts` the number of atoms n of each (a, b). Source: Allen and Tildesley, Computer Simulation of Liquids, 2nd ed., eq. 2.144.
    The sums factorise: sum_ij n_i n_j a_i a_j = (sum_i n_i a_i)^2.
    """
    repulsion = sum(count * a for (a, _), count in counts.items())
    attraction = sum(count * b for (_, b), count in counts.items())
    return 2 * math.pi * (repulsion**2 / (9 * cutoff_nm**9) - attraction**2 / (3 * cutoff_nm**3))
