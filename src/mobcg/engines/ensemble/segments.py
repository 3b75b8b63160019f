"""A pair force as short polynomials of r2, the piece picked by the bits of the number itself: no square root, no division, no search.

With q = a r2 + b, a and b chosen so that q is 1 at the cutoff and 1/16 where the core ends what a liquid visits, each of the four octaves
[1/16, 1/8) ... [1/2, 1) is cut into equal segments. Exponent and first bits of the mantissa of q number the segment, the rest is the
distance t from its start, and F/r is a polynomial of fourth degree in t. So segments are short where the core is steep and long in the
tail, and 32 of them fit into the registers of a processor with AVX-512.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mobcg.potential.pair import PairPotential
from mobcg.units import thermal_energy

Array = npt.NDArray[np.float64]

DEGREE = 4
"""Degree of the polynomials of F/r."""

OCTAVES = 4
"""Octaves of q that segments cover; below lies the part of the core that no liquid visits."""

REGISTER_BITS, FINE_BITS = 3, 6
"""Bits of the mantissa that number a segment: 8 segments an octave fit registers, 64 are looked up in memory."""

CORE_KT = 20.0
"""Height above the minimum, in kT, at which the innermost segment begins."""

ACCESSIBLE_KT = 10.0
"""Height up to which the fit is judged."""

TOLERANCE_KT = 0.003
"""Largest deviation of U, in kT, that the register table may have: 0.3 % in g(r) where it is worst."""


@dataclass(frozen=True)
class SegmentedForce:
    """F/r and U by segments of q = scale * r2 + offset.

    force: (DEGREE + 1, segments) float32, the coefficients of F/r in kJ/mol/nm2, lowest power first; energy: (DEGREE + 2, segments)
    float64, those of U in kJ/mol. scale in 1/nm2. Below the first segment F/r is constant. deviation_kT: largest deviation of U where it is
    accessible.
    """

    force: npt.NDArray[np.float32]
    energy: Array
    cutoff_nm: float
    scale: float
    offset: float
    mantissa_bits: int
    deviation_kT: float

    @property
    def segments(self) -> int:
        """Number of segments."""
        return int(self.force.shape[1])

    @property
    def fits_registers(self) -> bool:
        """Whether 32 segments are enough for this potential."""
        return self.mantissa_bits == REGISTER_BITS

    def evaluate(self, r_nm: npt.ArrayLike) -> tuple[Array, Array]:
        """F in kJ/mol/nm and U in kJ/mol at distances, from the same coefficients as the engine's, in double precision."""
        r = np.asarray(r_nm, dtype=float)
        q = self.scale * r**2 + self.offset
        least = 2.0**-OCTAVES
        clipped = np.clip(q, least, 1 - 2.0**-24)
        pattern = clipped.astype(np.float32).view(np.uint32)
        shift = 23 - self.mantissa_bits
        number = (pattern >> shift).astype(np.intp) % self.segments
        t = clipped - (pattern >> shift << shift).view(np.float32)
        ratio = sum(self.force[power, number].astype(float) * t**power for power in range(DEGREE + 1))
        energy = sum(self.energy[power, number] * t**power for power in range(DEGREE + 2))
        energy = energy - np.minimum(q - least, 0) / (2 * self.scale) * ratio
        return np.where(q < 1, ratio * r, 0.0), np.where(q < 1, energy, 0.0)


def segmented(potential: PairPotential, temperature_K: float) -> SegmentedForce:
    """The potential's force by segments: 32 where they reproduce U within `TOLERANCE_KT`, else 256."""
    table = _fit(potential, temperature_K, REGISTER_BITS)
    return table if table.deviation_kT <= TOLERANCE_KT else _fit(potential, temperature_K, FINE_BITS)


def _fit(potential: PairPotential, temperature_K: float, mantissa_bits: int) -> SegmentedForce:
    kT, cutoff, least = thermal_energy(temperature_K), potential.cutoff_nm, 2.0**-OCTAVES
    innermost = _climbed(potential, CORE_KT * kT)
    scale = (1 - least) / (cutoff**2 - innermost**2)
    offset = 1 - scale * cutoff**2
    per_octave = 1 << mantissa_bits
    octave, part = np.divmod(np.arange(OCTAVES * per_octave), per_octave)
    width = 2.0 ** (octave - OCTAVES) / per_octave
    start = 2.0 ** (octave - OCTAVES) + part * width

    def distance(q: Array) -> Array:
        return np.asarray(np.minimum(np.sqrt((q - offset) / scale), cutoff * (1 - 1e-12)))

    # F/r at four points of each segment, its ends among them (so the force is continuous), and the exact step of U across it
    points = np.array([0.0, 0.2, 0.8, 1.0])
    r = distance(start + width * points[:, None])
    rise = potential.energy(distance(start + width)) - potential.energy(distance(start))
    powers = np.arange(DEGREE + 1)
    conditions = np.vstack([points[:, None] ** powers, 1 / (powers + 1)])
    wanted = np.vstack([potential.force(r) / r, -2 * scale * rise / width])
    force = (np.linalg.solve(conditions, wanted) / width ** powers[:, None]).astype(np.float32)
    # dU/dq = -(F/r) / (2 scale)
    energy = np.vstack([potential.energy(distance(start)), -force.astype(float) / (2 * scale * (powers[:, None] + 1))])
    # the engine numbers segments by the low bits of exponent and mantissa, so the table begins elsewhere
    turn = (127 - OCTAVES) % OCTAVES * per_octave
    table = SegmentedForce(
        np.ascontiguousarray(np.roll(force, turn, axis=1)),
        np.ascontiguousarray(np.roll(energy, turn, axis=1)),
        cutoff,
        scale,
        offset,
        mantissa_bits,
        0.0,
    )
    fine = np.linspace(_climbed(potential, ACCESSIBLE_KT * kT), cutoff * (1 - 1e-6), 4000)
    deviation = float(np.max(np.abs(table.evaluate(fine)[1] - potential.energy(fine)))) / kT
    return SegmentedForce(table.force, table.energy, cutoff, scale, offset, mantissa_bits, deviation)


def _climbed(potential: PairPotential, height: float) -> float:
    """The largest distance in nm at which U lies `height` above its minimum; 1 % of the cutoff where it nowhere does."""
    r = np.linspace(0.01 * potential.cutoff_nm, potential.cutoff_nm, 4000)
    above = np.flatnonzero(potential.energy(r) > potential.u_kj_per_mol.min() + height)
    return float(r[above[-1]]) if len(above) else float(r[0])
