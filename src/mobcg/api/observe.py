"""From a trajectory of any engine to g(r), mean squared displacement and D."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mobcg.api.state import check_temperature, check_viscosity
from mobcg.observables.blocks import Estimate
from mobcg.observables.measure import Measurement, Measuring, measure, summarise, write_measurement
from mobcg.observables.rdf import RadialDistribution
from mobcg.observables.reading import Reading, read_trajectory
from mobcg.observables.trajectory import Trajectory
from mobcg.outcomes import Outcome


@dataclass(frozen=True)
class Observed:
    """What was measured on a trajectory.

    trajectory: the centres of mass; measurement: everything measured on them; summary: the values of summary.json, units in the keys.
    """

    trajectory: Trajectory
    measurement: Measurement
    settings: Measuring
    source: dict[str, Any]

    @property
    def rdf(self) -> RadialDistribution:
        """g(r) of the centres of mass: r_nm, g and g_error, each (bins,)."""
        return self.measurement.rdf

    @property
    def diffusion_nm2_per_ns(self) -> Estimate | None:
        """D with its standard error in nm2/ns; None where the run is too short or its frames are too far apart (see `advice`)."""
        return None if self.measurement.diffusion is None else self.measurement.diffusion.diffusion

    @property
    def msd_nm2(self) -> npt.NDArray[np.float64] | None:
        """Mean squared displacement in nm2, shape (lags,), a lag every `trajectory.interval_ps`."""
        return self.measurement.msd_nm2

    @property
    def density_per_nm3(self) -> float:
        """Molecules a nm3."""
        return self.trajectory.density_per_nm3

    @property
    def mass_Da(self) -> float:  # noqa: N802 - units in names
        """Mass of one molecule in Da."""
        return self.trajectory.mass_Da

    @property
    def outcome(self) -> Outcome:
        """ok, or why this is no liquid."""
        return self.measurement.outcome

    @property
    def advice(self) -> tuple[str, ...]:
        """What is missing and how to get it, one sentence each."""
        return self.measurement.advice

    @property
    def summary(self) -> dict[str, Any]:
        """The values of summary.json, units in the keys; None for what could not be measured."""
        return summarise(self.trajectory, self.measurement, self.settings)

    def write(self, folder: Path | str) -> dict[str, Any]:
        """Write rdf.csv, msd.csv, summary.json (and what else the trajectory tells) into the folder; return the summary."""
        return write_measurement(folder, self.trajectory, self.measurement, self.settings, self.source)


def observe(
    topology: Path | str,
    trajectory: Path | str | Sequence[Path | str],
    *,
    residue: str | None = None,
    molecule_atoms: int | None = None,
    masses: float | Path | dict[str, float] | None = None,
    begin_ps: float | None = None,
    end_ps: float | None = None,
    stride_ps: float | None = None,
    timestep_ps: float | None = None,
    frame_interval_ps: float | None = None,
    bin_width_nm: float = 0.005,
    fit_window_ps: tuple[float, float] | None = None,
    blocks: int = 5,
    temperature_K: float | None = None,
    viscosity_mPa_s: float | None = None,
) -> Observed:
    """Measure g(r), mean squared displacement and D of the molecules' centres of mass.

    topology: gro, pdb, psf, prmtop, ... or a LAMMPS data file; trajectory: xtc, trr, dcd, nc, LAMMPS dump, ..., several for consecutive
    parts. residue: name of the molecules' residue; molecule_atoms: atoms of a molecule, where the topology does not tell; masses: Da, one
    number, by atom name, or a csv of name,mass_Da. begin_ps, end_ps, stride_ps: which frames; timestep_ps, frame_interval_ps: where the
    file tells no times. fit_window_ps: lags of the fit of D, chosen from the data by default. With temperature_K and viscosity_mPa_s D is
    corrected for the size of the box. Raises InputError naming file and frame for what is wrong with them.

    >>> import mdtraj, numpy as np
    >>> gas = mdtraj.Topology()
    >>> chain = gas.add_chain()
    >>> atoms = [gas.add_atom("Ar", mdtraj.element.argon, gas.add_residue("AR", chain)) for _ in range(100)]
    >>> random = np.random.default_rng(1)
    >>> places = random.uniform(0, 3, (100, 3)) + np.cumsum(random.normal(0, 0.02, (300, 100, 3)), axis=0)
    >>> run = mdtraj.Trajectory(places, gas, 0.5 * np.arange(300), np.full((300, 3), 3.0), np.full((300, 3), 90.0))
    >>> run.save("gas.xtc"), run[0].save("gas.pdb")
    (None, None)
    >>> observed = observe("gas.pdb", "gas.xtc")
    >>> round(observed.mass_Da, 2), round(observed.density_per_nm3, 2), observed.rdf.g.shape
    (39.95, 3.7, (300,))
    >>> abs(observed.diffusion_nm2_per_ns.value - 0.02**2 / 2 / 0.5e-3) < 0.05
    True
    """
    if temperature_K is not None:
        check_temperature(temperature_K)
    if viscosity_mPa_s is not None:
        check_viscosity(viscosity_mPa_s)
    settings = Measuring(bin_width_nm, fit_window_ps, blocks, temperature_K, viscosity_mPa_s)
    reading = Reading(residue, molecule_atoms, masses, timestep_ps, frame_interval_ps, begin_ps, end_ps, stride_ps)
    paths = [trajectory] if isinstance(trajectory, (str, Path)) else list(trajectory)
    read = read_trajectory(topology, paths, reading)
    if temperature_K is not None:
        check_temperature(temperature_K, read.mass_Da)
    return Observed(read, measure(read, settings), settings, {"topology": topology, "trajectory": paths, "reading": asdict(reading)})
