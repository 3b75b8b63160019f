"""What a model says about a liquid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Prediction:
    """A coarse-grained model: potential and friction.

    Errors: the flagship's calibrated posterior deviations; the published model's spread of its members.

    r_nm, u_kj_per_mol, u_error_kj_per_mol: (points,), evenly spaced, U zero at the last point and beyond.
    friction_per_ps: Langevin friction that brings diffusion to the target; 0 where none is needed or the model knows none.
    diffusion_nm2_per_ns: what the model expects with that friction (NaN where it makes no statement); conservative_...: without friction.
    in_domain: whether the training runs cover the target; domain_distance: distance to them over the largest allowed; notes: what is amiss.
    faster_than_possible: the target diffuses faster than the conservative liquid does; no friction can mend that.
    """

    r_nm: Array
    u_kj_per_mol: Array
    u_error_kj_per_mol: Array
    friction_per_ps: float
    friction_error_per_ps: float
    diffusion_nm2_per_ns: float
    diffusion_error_nm2_per_ns: float
    conservative_diffusion_nm2_per_ns: float
    in_domain: bool
    domain_distance: float
    faster_than_possible: bool
    notes: tuple[str, ...] = ()

    @property
    def cutoff_nm(self) -> float:
        """Distance from which the potential is zero."""
        return float(self.r_nm[-1])
