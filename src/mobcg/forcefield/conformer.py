"""A sensible conformer: rdkit's ETKDG, then a minimum of the molecule's own force field."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import openmm
from openmm import unit
from rdkit import Chem
from rdkit.Chem import rdDistGeom

from mobcg.outcomes import InputError

SEED = 20260
TOLERANCE_KJ_PER_MOL_NM = 1.0


def embed(molecule: Chem.Mol) -> npt.NDArray[np.float64]:
    """Positions in nm, shape (atoms, 3), from ETKDG with a fixed seed. Raises InputError where no conformer is found."""
    copy = Chem.Mol(molecule)
    parameters: Any = rdDistGeom.ETKDGv3()
    parameters.randomSeed = SEED
    for random_coordinates in (False, True):
        parameters.useRandomCoords = random_coordinates
        if rdDistGeom.EmbedMolecule(copy, parameters) == 0:
            return np.asarray(copy.GetConformer().GetPositions(), dtype=np.float64) / 10
    raise InputError(
        f"smiles {Chem.MolToSmiles(Chem.RemoveHs(molecule))!r}: rdkit finds no conformer; give a topology with coordinates instead"
    )


def relax(system: openmm.System, positions_nm: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """A local minimum of `system` near `positions_nm`, centred at the origin; double precision, so the same everywhere."""
    context = openmm.Context(system, openmm.VerletIntegrator(0.001), openmm.Platform.getPlatformByName("Reference"))
    context.setPositions(positions_nm)
    openmm.LocalEnergyMinimizer.minimize(context, TOLERANCE_KJ_PER_MOL_NM, 10_000)
    relaxed: npt.NDArray[np.float64] = np.asarray(
        context.getState(getPositions=True).getPositions(asNumpy=True).value_in_unit(unit.nanometer), dtype=np.float64
    )
    centred: npt.NDArray[np.float64] = relaxed - relaxed.mean(axis=0)
    return centred
