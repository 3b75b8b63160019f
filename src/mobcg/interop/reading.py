"""Reading a potential or a g(r) from any of the formats, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mobcg.interop import gromacs, lammps, openmm_xml, votca
from mobcg.observables.rdf import RadialDistribution, read_rdf
from mobcg.outcomes import InputError
from mobcg.potential.pair import PairPotential
from mobcg.potential.pair import read_potential as read_csv

Format = Literal["csv", "votca", "lammps", "gromacs", "openmm"]


@dataclass(frozen=True)
class Source:
    """A file, its format, and for LAMMPS its units and section."""

    path: Path
    format: Format = "csv"
    units: str | None = None
    keyword: str | None = None

    def potential(self) -> PairPotential:
        """Read the potential. Raises InputError naming the file and what is wrong."""
        if self.format == "lammps":
            return lammps.read_potential(self.path, self.units, self.keyword)
        readers: dict[str, Callable[[Path], PairPotential]] = {
            "csv": read_csv,
            "votca": votca.read_potential,
            "gromacs": gromacs.read_potential,
            "openmm": openmm_xml.read_potential,
        }
        return readers[self.format](self.path)

    def distribution(self) -> RadialDistribution:
        """Read a g(r), of csv or VOTCA. Raises InputError."""
        if self.format == "votca":
            return votca.read_distribution(self.path)
        if self.format == "csv":
            return read_rdf(self.path)
        raise InputError(f"{self.path}: {self.format} has no format of g(r); csv and votca have")
