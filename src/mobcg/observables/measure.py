"""Everything that is measured on one trajectory of centres of mass, and its result folder."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mobcg.files import content_hash, versions, write_csv, write_json
from mobcg.observables.blocks import Estimate
from mobcg.observables.diffusion import Diffusion, diffusion, squared_displacements
from mobcg.observables.dynamics import displacement_curve
from mobcg.observables.finite_size import infinite_diffusion
from mobcg.observables.phase import FEWEST, phase
from mobcg.observables.rdf import RadialDistribution, radial_distribution
from mobcg.observables.structure_factor import StructureFactor, compressibility, structure_factor
from mobcg.observables.trajectory import Trajectory
from mobcg.observables.unwrapping import LARGEST_STEP, largest_step, volume_drift
from mobcg.observables.velocity import displacement_velocities, velocity_autocorrelation
from mobcg.outcomes import InputError, Outcome
from mobcg.units import mass_density

log = logging.getLogger(__name__)

NOTED_DRIFT, LARGEST_DRIFT = 0.005, 0.03
"""Change of the volume over the run, in parts of its mean and beyond three standard errors, that is told, and that is refused."""

LARGEST_RANGE = 0.3
"""Largest volume less smallest, in parts of the mean, above which a run is refused: a liquid of 50 molecules stays within 0.15."""

PLAUSIBLE_DENSITY = (0.05, 25.0)
"""Mass density of a liquid in g/cm3 outside which lengths or masses are probably in another unit (methane 0.42, mercury 13.5)."""

MOST_FRAMES = 200
"""Frames, evenly spread, from which the structure factor is taken: more cost time and are nearly the same again."""


FINE_PS = 0.1
"""Longest time between frames at which their differences still tell velocities of molecules in a liquid."""

LONGEST_MEMORY_PS = 5.0
"""End of the velocity autocorrelation."""

FEWEST_OF_A_CURVE = 4
"""Frames that displacements over all times need."""


@dataclass(frozen=True)
class Measuring:
    """How to measure: bin width of g(r); lags of the fit of D (None: `usual_window`); blocks of the errors; what only some results need."""

    bin_width_nm: float = 0.005
    fit_window_ps: tuple[float, float] | None = None
    blocks: int = 5
    temperature_K: float | None = None
    viscosity_mPa_s: float | None = None

    def __post_init__(self) -> None:
        for name in ("bin_width_nm", "temperature_K", "viscosity_mPa_s"):
            value = getattr(self, name)
            if value is not None and not (np.isfinite(value) and value > 0):
                raise InputError(f"{name}: must be positive, found {value}")
        if self.blocks < 2:
            raise InputError(f"blocks: must be at least 2, found {self.blocks}")
        if self.fit_window_ps is not None and not 0 <= self.fit_window_ps[0] < self.fit_window_ps[1]:
            raise InputError(f"fit_window_ps: needs 0 <= start < end, found {list(self.fit_window_ps)}")
        if self.viscosity_mPa_s is not None and self.temperature_K is None:
            raise InputError("the viscosity corrects D for the size of the box, which needs the temperature too")


@dataclass(frozen=True)
class Measurement:
    """g(r); S(k) of a constant cube; mean squared displacement and D, or None and why not; D without boundaries, and the compressibility in
    1/GPa, where what they need is known; outcome; advice, one sentence each.
    """

    rdf: RadialDistribution
    structure_factor: StructureFactor | None
    msd_nm2: npt.NDArray[np.float64] | None
    diffusion: Diffusion | None
    infinite_diffusion: Estimate | None
    compressibility_per_GPa: Estimate | None
    outcome: Outcome
    reason: str
    advice: tuple[str, ...]


def measure(trajectory: Trajectory, settings: Measuring | None = None) -> Measurement:
    """Measure g(r), mean squared displacement, D and whether the liquid is one.

    D is left out, with advice, where the frames are too far apart to follow the molecules or the run is too short.
    Raises InputError where the volume changes so much over the run that there is no one density.
    """
    settings = settings or Measuring()
    advice = list(_volume_advice(trajectory))
    rdf = radial_distribution(trajectory, settings.bin_width_nm, blocks=settings.blocks)
    outcome, reason = phase(trajectory, rdf)
    msd, found = None, None
    step = largest_step(trajectory)
    if step > LARGEST_STEP:
        advice.append(
            f"no D: between two frames, {trajectory.interval_ps:g} ps apart, molecules move up to {step:.2f} of the box, "
            f"so that their path is a guess: write frames every {trajectory.interval_ps / 4:.2g} ps or oftener, or use a larger box"
        )
    else:
        msd = squared_displacements(trajectory).mean(axis=1)
        try:
            found = diffusion(trajectory, settings.fit_window_ps or usual_window(trajectory, msd), settings.blocks)
            advice.extend([found.advice] if found.advice else [])
        except InputError as error:
            advice.append(f"no D: {error}")
    infinite, why = _infinite(trajectory, found, settings)
    waves = _structure_factor(trajectory, settings)
    squeezed = _compressibility(waves, trajectory, settings.temperature_K)
    return Measurement(rdf, waves, msd, found, infinite, squeezed, outcome, reason, tuple(advice + why))


def usual_window(trajectory: Trajectory, msd_nm2: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Lags in ps for the fit of D: up to twice the time in which molecules move by their spacing rho^(-1/3), at least ten frames, at most a
    tenth of the run, so that five stretches tell the error; from a tenth of that on.
    """
    gone = np.flatnonzero(msd_nm2 >= trajectory.density_per_nm3 ** (-2 / 3))
    lags = 2 * int(gone[0]) if len(gone) else trajectory.frames
    lags = max(5, min(max(10, lags), (trajectory.frames - 1) // 10))
    return trajectory.interval_ps * max(1, lags // 10), trajectory.interval_ps * lags


def _structure_factor(trajectory: Trajectory, settings: Measuring) -> StructureFactor | None:
    """S(k) past its first peak, which lies near 2 pi rho^(1/3)."""
    if trajectory.cells_nm is not None or trajectory.frames < settings.blocks or trajectory.molecules < FEWEST:
        return None
    few = slice(None, None, -(-trajectory.frames // MOST_FRAMES))
    thin = Trajectory(trajectory.positions_nm[few], trajectory.time_ps[few], trajectory.box_nm, trajectory.mass_Da)
    return structure_factor(thin, 3 * np.pi * trajectory.density_per_nm3 ** (1 / 3), min(settings.blocks, thin.frames))


def _compressibility(waves: StructureFactor | None, trajectory: Trajectory, temperature_K: float | None) -> Estimate | None:
    """From the shells of S(k) below a third of its first peak; None where these are fewer than three: the box is too small."""
    if waves is None or temperature_K is None:
        return None
    shells = int(np.sum(waves.k_per_nm < 2 * np.pi / 3 * trajectory.density_per_nm3 ** (1 / 3)))
    return compressibility(waves.long_wave_limit(shells), trajectory.density_per_nm3, temperature_K) if shells >= 3 else None


def _volume_advice(trajectory: Trajectory) -> Iterator[str]:
    density = mass_density(trajectory.density_per_nm3, trajectory.mass_Da)
    if not PLAUSIBLE_DENSITY[0] <= density <= PLAUSIBLE_DENSITY[1]:
        yield f"{density:.3g} g/cm3 is no liquid's density: are lengths in nm (LAMMPS: Angstrom) and masses in Da?"
    if trajectory.cells_nm is None:
        return
    volumes = trajectory.volumes_nm3
    whole, drift = float(np.ptp(volumes) / volumes.mean()), volume_drift(trajectory)
    sure = abs(drift.change) > 3 * drift.error
    if whole > LARGEST_RANGE:
        raise InputError(f"the volume changes by {100 * whole:.0f} % of its mean within the run; leave out the equilibration by --begin")
    if sure and abs(drift.change) > LARGEST_DRIFT:
        raise InputError(
            f"the volume drifts by {100 * drift.change:.1f} % over the run, more than {100 * LARGEST_DRIFT:g} %: it is not in equilibrium; "
            "leave out its beginning by --begin or run on"
        )
    if sure and abs(drift.change) > NOTED_DRIFT:
        yield f"the volume drifts by {100 * drift.change:.1f} % over the run: leave out the equilibration by --begin"


def _infinite(trajectory: Trajectory, found: Diffusion | None, settings: Measuring) -> tuple[Estimate | None, list[str]]:
    if found is None or settings.viscosity_mPa_s is None or settings.temperature_K is None:
        return None, []
    cells = trajectory.cells_nm
    if cells is not None:
        edges = np.diagonal(cells.mean(axis=0))
        if not np.allclose(cells.mean(axis=0), np.eye(3) * edges.mean(), atol=0.02 * edges.mean()):
            return None, ["no D without boundaries: the correction for the size of the box holds for cubes"]
    viscosity = Estimate(settings.viscosity_mPa_s, 0.0)
    return infinite_diffusion(found.diffusion, viscosity, settings.temperature_K, trajectory.box_nm), []


def summarise(trajectory: Trajectory, measurement: Measurement, settings: Measuring) -> dict[str, Any]:
    """The values of summary.json, units in the keys; None for what could not be measured."""
    found, infinite, cells = measurement.diffusion, measurement.infinite_diffusion, trajectory.cells_nm
    squeezed = measurement.compressibility_per_GPa
    box: Any = trajectory.box_nm if cells is None else cells.mean(axis=0).tolist()
    return {
        "outcome": measurement.outcome,
        "reason": measurement.reason,
        "advice": list(measurement.advice),
        "diffusion_nm2_per_ns": found.diffusion.value if found else None,
        "diffusion_error_nm2_per_ns": found.diffusion.error if found else None,
        "diffusion_linear": found.linear if found else None,
        "diffusion_window_ps": found.window_ps if found else None,
        "diffusion_exponent": found.exponent if found else None,
        "infinite_diffusion_nm2_per_ns": infinite.value if infinite else None,
        "infinite_diffusion_error_nm2_per_ns": infinite.error if infinite else None,
        "compressibility_per_GPa": squeezed.value if squeezed else None,
        "compressibility_error_per_GPa": squeezed.error if squeezed else None,
        "density_per_nm3": trajectory.density_per_nm3,
        "density_g_per_cm3": mass_density(trajectory.density_per_nm3, trajectory.mass_Da),
        "molar_mass_Da": trajectory.mass_Da,
        "molecules": trajectory.molecules,
        "box_nm": box,
        "volume_nm3": float(trajectory.volumes_nm3.mean()),
        "volume_deviation_nm3": float(trajectory.volumes_nm3.std()),
        "frames": trajectory.frames,
        "interval_ps": trajectory.interval_ps,
        "length_ps": float(trajectory.time_ps[-1] - trajectory.time_ps[0]),
        "temperature_K": settings.temperature_K,
    }


def write_measurement(
    folder: Path | str, trajectory: Trajectory, measurement: Measurement, settings: Measuring, source: Mapping[str, Any]
) -> dict[str, Any]:
    """Write rdf.csv, msd.csv (its header alone where there is none) and summary.json; return the summary.

    Besides, where the trajectory has them: structure_factor.csv (constant cube), displacements.csv (molecules can be followed: the MSD and
    its shape over all times) and velocity_autocorrelation.csv (frames at most `FINE_PS` apart too). source: the files and options that the
    trajectory came from.
    """
    folder = Path(folder)
    measurement.rdf.write_csv(folder / "rdf.csv")
    for name in ("structure_factor", "displacements", "velocity_autocorrelation"):
        (folder / f"{name}.csv").unlink(missing_ok=True)
    if measurement.structure_factor is not None:
        measurement.structure_factor.write_csv(folder / "structure_factor.csv")
    if measurement.msd_nm2 is not None and trajectory.frames >= FEWEST_OF_A_CURVE and trajectory.molecules > 1:
        displacement_curve(trajectory).write_csv(folder / "displacements.csv")
        if trajectory.interval_ps <= FINE_PS:
            longest = min(LONGEST_MEMORY_PS, trajectory.interval_ps * (trajectory.frames - 2) / 2)
            velocities = displacement_velocities(trajectory)
            velocity_autocorrelation(velocities, trajectory.interval_ps, longest).write_csv(folder / "velocity_autocorrelation.csv")
    msd = measurement.msd_nm2 if measurement.msd_nm2 is not None else np.empty(0)
    write_csv(folder / "msd.csv", {"time_ps": trajectory.interval_ps * np.arange(len(msd)), "msd_nm2": msd})
    settled = {"measuring": asdict(settings), **source}
    values = summarise(trajectory, measurement, settings)
    software = {**versions(), "mdtraj": metadata.version("mdtraj")} if _has_mdtraj() else versions()
    write_json(
        folder / "summary.json", {**values, "settings": settled, "seed": None, "versions": software, "config_hash": content_hash(settled)}
    )
    return values


def _has_mdtraj() -> bool:
    try:
        metadata.version("mdtraj")
    except metadata.PackageNotFoundError:
        return False
    return True
