"""One molecule: atoms, a sensible conformer and an OpenMM system of it alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import openmm


@dataclass(frozen=True)
class Molecule:
    """One molecule with its force field.

    elements: symbols; bonds: atom pairs; masses_Da: (n,); positions_nm: (n, 3), an energy minimum;
    system: of this one molecule, without constraints and box, real masses; type_names: the force field's name of each atom.
    """

    name: str
    elements: tuple[str, ...]
    bonds: tuple[tuple[int, int], ...]
    masses_Da: npt.NDArray[np.float64]
    positions_nm: npt.NDArray[np.float64]
    system: openmm.System
    type_names: tuple[str, ...]

    @property
    def atoms(self) -> int:
        """Number of atoms."""
        return len(self.elements)

    @property
    def molar_mass_Da(self) -> float:  # noqa: N802 - the unit is in the name
        """Mass of the molecule in Da (g/mol)."""
        return float(self.masses_Da.sum())
