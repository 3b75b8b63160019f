"""Vibrations of one molecule: the Hessian from its forces, and the periods of its modes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import openmm

Array = npt.NDArray[np.float64]
Constraint = tuple[int, int, float]

DISPLACEMENT_NM = 1e-5
"""Step of the central differences: truncation and rounding both lie below 1e-6 of a bond's force constant."""


def hessian(context: openmm.Context, positions_nm: Array) -> Array:
    """Second derivatives of the energy at `positions_nm` (n, 3) in kJ/mol/nm2, shape (3n, 3n), by central differences of forces.

    H_ab = -(F_b(x + h e_a) - F_b(x - h e_a)) / 2h, made symmetric. The context should compute in double precision.
    """
    size = positions_nm.size
    matrix = np.empty((size, size))
    for index in range(size):
        step = np.zeros(size)
        step[index] = DISPLACEMENT_NM
        ahead = _forces(context, positions_nm + step.reshape(-1, 3))
        behind = _forces(context, positions_nm - step.reshape(-1, 3))
        matrix[index] = -(ahead - behind).ravel() / (2 * DISPLACEMENT_NM)
    return (matrix + matrix.T) / 2


def fastest_period(hessian_kj_per_mol_nm2: Array, masses_Da: Array, positions_nm: Array, constraints: tuple[Constraint, ...] = ()) -> float:
    """Period in ps of the stiffest mode that the constraints leave free; infinite where no mode is bound.

    With D = M^-1/2 H M^-1/2 and Z an orthonormal basis of the null space of J M^-1/2, J the gradients of the constrained
    distances: T = 2 pi / sqrt(largest eigenvalue of Z^T D Z). Source: Wilson, Decius and Cross, Molecular Vibrations, ch. 2.
    """
    root = np.repeat(1 / np.sqrt(masses_Da), 3)
    dynamical = hessian_kj_per_mol_nm2 * root[:, None] * root[None, :]
    basis = _free_basis(root, positions_nm, constraints)
    if basis.shape[1] == 0:
        return float("inf")
    highest = float(np.linalg.eigvalsh(basis.T @ dynamical @ basis)[-1])
    return float("inf") if highest <= 0 else 2 * np.pi / np.sqrt(highest)


def _free_basis(root: Array, positions_nm: Array, constraints: tuple[Constraint, ...]) -> Array:
    if not constraints:
        return np.eye(len(root))
    jacobian = np.zeros((len(constraints), len(root)))
    for row, (first, second, _) in enumerate(constraints):
        direction = positions_nm[first] - positions_nm[second]
        direction = direction / np.linalg.norm(direction)
        jacobian[row, 3 * first : 3 * first + 3] = direction
        jacobian[row, 3 * second : 3 * second + 3] = -direction
    _, singular, transposed = np.linalg.svd(jacobian * root[None, :], full_matrices=True)
    rank = int(np.sum(singular > 1e-10 * singular[0]))
    return np.asarray(transposed[rank:].T)


def _forces(context: openmm.Context, positions_nm: Array) -> Array:
    context.setPositions(positions_nm)
    return np.asarray(context.getState(forces=True).getForces(asNumpy=True)._value, dtype=float)
