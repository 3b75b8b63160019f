"""The simulated liquid: many copies of a molecule in a box, with the masses and rigid bonds of its integration plan."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import openmm
from openmm import app

from mobcg.atomistic.timestep import IntegrationPlan
from mobcg.config import AtomisticOptions
from mobcg.forcefield.molecule import Molecule
from mobcg.forcefield.replicate import replicate
from mobcg.units import BOLTZMANN, GRAMS_PER_CM3_PER_DA_NM3

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Bulk:
    """N molecules: system without thermostat and barostat, topology, and the masses_Da (n,) that one molecule moves with."""

    system: openmm.System
    topology: app.Topology
    molecules: int
    masses_Da: Array

    @property
    def molar_mass_Da(self) -> float:  # noqa: N802
        """Mass of one molecule in Da."""
        return float(self.masses_Da.sum())

    @property
    def degrees_of_freedom(self) -> int:
        """3 per atom, less one per rigid bond, less three for the centre of mass at rest."""
        return int(3 * self.system.getNumParticles() - self.system.getNumConstraints() - 3)

    def temperature(self, kinetic_energy_kj_per_mol: float) -> float:
        """Kinetic temperature 2 K / (f k) in K, f the degrees of freedom."""
        return 2 * kinetic_energy_kj_per_mol / (self.degrees_of_freedom * BOLTZMANN)

    def density(self, edge_nm: float) -> float:
        """Mass density in g/cm3 in a cubic box."""
        return self.molecules * self.molar_mass_Da * GRAMS_PER_CM3_PER_DA_NM3 / edge_nm**3

    def edge(self, density_g_per_cm3: float) -> float:
        """Edge in nm of the cubic box of that mass density."""
        return float((self.molecules * self.molar_mass_Da * GRAMS_PER_CM3_PER_DA_NM3 / density_g_per_cm3) ** (1 / 3))

    def centres(self, positions_nm: Array) -> Array:
        """Centres of mass (N, 3) in nm of unwrapped positions (N*n, 3), with the masses that the molecules move with."""
        shaped = positions_nm.reshape(self.molecules, len(self.masses_Da), 3)
        centres: Array = np.einsum("a,mad->md", self.masses_Da, shaped) / self.molar_mass_Da
        return centres


def build_bulk(molecule: Molecule, plan: IntegrationPlan, options: AtomisticOptions, edge_nm: float) -> Bulk:
    """Replicate the molecule, then move masses to the hydrogens and hold bonds rigid as planned."""
    system, topology = replicate(molecule, options.molecules, edge_nm, options)
    atoms = len(plan.masses_Da)
    present = {frozenset(system.getConstraintParameters(index)[:2]) for index in range(system.getNumConstraints())}
    for offset in range(0, options.molecules * atoms, atoms):
        for atom, mass in enumerate(plan.masses_Da):
            system.setParticleMass(offset + atom, float(mass))
        for first, second, distance in plan.constraints:
            if frozenset((first + offset, second + offset)) not in present:
                system.addConstraint(first + offset, second + offset, distance)
    return Bulk(system, topology, options.molecules, plan.masses_Da)
