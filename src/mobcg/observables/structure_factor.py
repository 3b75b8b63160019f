"""Structure factor of a liquid on the wave vectors of its periodic cube, and the compressibility from its long waves."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mobcg.files import write_csv
from mobcg.observables.blocks import Estimate
from mobcg.observables.trajectory import Trajectory
from mobcg.outcomes import InputError
from mobcg.units import BAR_PER_KJ_MOL_NM3, thermal_energy

Array = npt.NDArray[np.float64]

EXACT_SHELLS = 16
"""Squared whole-number wave vector up to which each length is a shell of its own; beyond, shells are one 2 pi/L wide."""

PHASES_AT_ONCE = 100_000
"""Wave vectors times molecules at a time: they stay in the cache."""


@dataclass(frozen=True)
class StructureFactor:
    """S(k) by shells of wave vectors, all of shape (shells,): k_per_nm the root mean square length, s, its standard error s_error, and
    `vectors`, how many were averaged (one of k and -k). block_s: (blocks, shells), consecutive parts of the run.
    """

    k_per_nm: Array
    s: Array
    s_error: Array
    vectors: npt.NDArray[np.int64]
    block_s: Array

    def write_csv(self, path: Path | str) -> None:
        """Write k_per_nm, s, s_err."""
        write_csv(path, {"k_per_nm": self.k_per_nm, "s": self.s, "s_err": self.s_error})

    def long_wave_limit(self, shells: int = 6) -> Estimate:
        """S(0) of the parabola a + b k2 through the `shells` lowest shells, weighted by their number of vectors.

        The error is the spread of the blocks' own parabolas over the root of their number. Right where S is a parabola up to the last
        shell: below about a third of its first peak's k. Raises InputError for fewer than three shells.
        """
        if not 3 <= shells <= len(self.k_per_nm):
            raise InputError(
                f"S(0) needs 3 to {len(self.k_per_nm)} shells of wave vectors, found {shells}: the last is the number there is up to k_max"
            )
        weights = np.sqrt(self.vectors[:shells])
        columns = np.column_stack([weights, weights * self.k_per_nm[:shells] ** 2])
        means = np.vstack([self.s, self.block_s])[:, :shells]
        limits = np.linalg.lstsq(columns, (weights * means).T)[0][0]
        return Estimate(float(limits[0]), float(limits[1:].std(ddof=1) / np.sqrt(len(self.block_s))))


def structure_factor(
    trajectory: Trajectory, k_max_per_nm: float, blocks: int = 5, most_vectors: int = 60, seed: int = 0
) -> StructureFactor:
    """S(k) = <|sum_j exp(i k.r_j)|2>/N on the wave vectors k = 2 pi n/L up to `k_max_per_nm`.

    Shells of more than `most_vectors` vectors are represented by as many of theirs, drawn with `seed`. Errors are those of `blocks` block
    means. Source: Allen and Tildesley, Computer Simulation of Liquids, 2nd ed., sec. 2.6. Raises InputError for a cell that is not a
    constant cube, a `k_max_per_nm` below 2 pi/L or fewer frames than blocks.
    """
    if trajectory.cells_nm is not None:
        raise InputError("the structure factor needs a cubic box of constant size: analyse a run at constant volume")
    if trajectory.frames < blocks:
        raise InputError(f"a structure factor with errors needs at least {blocks} frames, found {trajectory.frames}")
    edge = trajectory.box_nm
    largest = k_max_per_nm * edge / (2 * np.pi)
    if largest < 1:
        raise InputError(f"k_max_per_nm = {k_max_per_nm:g} lies below the longest wave of the box, {2 * np.pi / edge:.4g} /nm")
    vectors, shell = _wave_vectors(largest, most_vectors, seed)
    counts = np.bincount(shell)
    frames = np.empty((trajectory.frames, len(counts)))
    for frame, positions in enumerate(trajectory.positions_nm):
        frames[frame] = np.bincount(shell, _intensities(positions / edge, vectors)) / counts
    lengths = np.bincount(shell, (vectors**2).sum(axis=1)) / counts
    means = np.array([block.mean(axis=0) for block in np.array_split(frames, blocks)])
    error = means.std(axis=0, ddof=1) / np.sqrt(blocks)
    return StructureFactor(2 * np.pi / edge * np.sqrt(lengths), frames.mean(axis=0), error, counts.astype(np.int64), means)


def compressibility(long_wave_limit: Estimate, density_per_nm3: float, temperature_K: float) -> Estimate:
    """Isothermal compressibility in 1/GPa from S(0): kappa_T = S(0) / (rho kT).

    Source: Hansen and McDonald, Theory of Simple Liquids, 4th ed., sec. 4.1.
    """
    ideal_GPa = density_per_nm3 * thermal_energy(temperature_K) * BAR_PER_KJ_MOL_NM3 * 1e-4
    return Estimate(long_wave_limit.value / ideal_GPa, long_wave_limit.error / ideal_GPa)


def _wave_vectors(largest: float, most: int, seed: int) -> tuple[Array, npt.NDArray[np.int64]]:
    """Whole-number vectors, one of n and -n, shape (vectors, 3), and the shell of each, by rising length."""
    reach = int(largest + 1e-9)
    steps = np.arange(-reach, reach + 1)
    n = np.stack(np.meshgrid(steps, steps, np.arange(reach + 1), indexing="ij"), axis=-1).reshape(-1, 3)
    half = (n[:, 2] > 0) | ((n[:, 2] == 0) & ((n[:, 1] > 0) | ((n[:, 1] == 0) & (n[:, 0] > 0))))
    squared = (n**2).sum(axis=1)
    n, squared = n[half & (squared <= (largest + 1e-9) ** 2)], squared[half & (squared <= (largest + 1e-9) ** 2)]
    n = np.random.default_rng(seed).permutation(np.column_stack([n, squared]))
    key = np.where(n[:, 3] <= EXACT_SHELLS, n[:, 3], EXACT_SHELLS + np.rint(np.sqrt(n[:, 3])))
    order = np.argsort(key, kind="stable")
    _, first, shell = np.unique(key[order], return_index=True, return_inverse=True)
    kept = np.arange(len(order)) - first[shell] < most
    return n[order][kept, :3].astype(np.float64), shell[kept]


def _intensities(fractions: Array, vectors: Array) -> Array:
    """|sum_j exp(2 pi i n.f_j)|2/N of each whole-number vector; in single precision, some 1e-5 of S."""
    points = (2 * np.pi * (fractions - np.floor(fractions))).astype(np.float32).T
    parts = np.array_split(vectors.astype(np.float32), max(1, len(vectors) * points.shape[1] // PHASES_AT_ONCE))
    sums = []
    for part in parts:
        phase = part @ points
        sums.append(np.cos(phase).sum(axis=1, dtype=np.float64) ** 2 + np.sin(phase).sum(axis=1, dtype=np.float64) ** 2)
    return np.asarray(np.concatenate(sums) / points.shape[1])
