"""Advancing a liquid by one segment of a stage with GROMACS."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mobcg.atomistic.advance import Bath, Movie, box_too_small, check_sample
from mobcg.atomistic.bulk import Bulk
from mobcg.atomistic.gromacs.parameters import run_parameters
from mobcg.atomistic.gromacs.program import Program
from mobcg.atomistic.gromacs.structure import read_structure, write_structure
from mobcg.atomistic.gromacs.topology import excluded_field_kj_per_mol, write_topology
from mobcg.atomistic.schedule import Pace, Stage
from mobcg.atomistic.segment import Clock, Segment, Start
from mobcg.atomistic.timestep import IntegrationPlan
from mobcg.config import AtomisticOptions
from mobcg.files import content_hash
from mobcg.forcefield.molecule import Molecule
from mobcg.observables.molecules import Molecules, spanning_tree
from mobcg.observables.unwrapping import make_whole, unwrap
from mobcg.scratch import scratch_folder
from mobcg.seeds import derived_seed

Array = npt.NDArray[np.float64]

TERMS = ("Temperature", "Potential", "Pressure")


@dataclass(frozen=True)
class Output:
    """What mdrun wrote: energies (len(TERMS), frames), positions (frames, atoms, 3), edges (frames,), velocities at the end (atoms, 3)."""

    energies: Array
    positions_nm: Array
    edges_nm: Array
    velocities_nm_per_ps: Array


@dataclass(frozen=True)
class GromacsEngine:
    """A liquid that GROMACS advances.

    folder: where a segment's files lie, in a folder of their own whose name begins with `prefix`, until it is done; topology: text;
    constant_kj_per_mol: part of GROMACS' potential energy, of all molecules, that OpenMM's does not have.
    """

    program: Program
    bulk: Bulk
    options: AtomisticOptions
    bath: Bath
    folder: Path
    prefix: str
    molecules: Molecules
    topology: str
    constant_kj_per_mol: float

    @staticmethod
    def build(
        program: Program, molecule: Molecule, plan: IntegrationPlan, bulk: Bulk, options: AtomisticOptions, bath: Bath, folder: Path
    ) -> GromacsEngine:
        """An engine for the run in `folder`, which lets segments lie on the node's own disk where there is one (see `scratch_folder`).

        What a killed segment of this run left there is removed. Raises InputError for a force that GROMACS has no term for.
        """
        atoms = np.arange(bulk.molecules * molecule.atoms, dtype=np.intp).reshape(bulk.molecules, molecule.atoms)
        copies = Molecules(molecule.name, atoms, plan.masses_Da, np.array(molecule.bonds, dtype=np.intp).reshape(-1, 2))
        constant = bulk.molecules * excluded_field_kj_per_mol(molecule, options)
        scratch, prefix = scratch_folder(folder), f".mobcg-gromacs-{content_hash(folder.resolve())}-"
        for abandoned in scratch.glob(f"{prefix}*"):
            shutil.rmtree(abandoned, ignore_errors=True)
        topology = write_topology(molecule, plan, options)
        return GromacsEngine(program, bulk, options, bath, scratch, prefix, copies, topology, constant)

    @property
    def name(self) -> str:
        """GROMACS and its release."""
        return self.program.name

    def advance(self, stage: Stage, pace: Pace, index: int, start: Start | str, frames: Path | None = None) -> Segment:
        """Simulate segment `index` of a stage from a `Start` (first segment) or from the state XML at the end of the one before.

        Samples are taken at the end of every interval, each with the pressure of its virial. frames: a DCD file for all atoms.
        Raises PhysicalFailure: blow-up for energies that are not finite, rigid bonds that break or a temperature beyond the stage's limit,
        box too small for a box that cannot hold the cutoff and the buffer of the list of neighbours.
        """
        clock = Clock()
        begin = Start.from_xml(start) if isinstance(start, str) else start
        steps = pace.samples_of(index) * pace.stride
        seed = derived_seed(self.bath.seed, "gromacs", stage.name, index, pace.stride)
        settings = run_parameters(stage, pace, steps, self.options, self.bath.temperature_K, seed, isinstance(start, str))
        output = self._run(stage, begin, settings, pace.stride)
        edges = output.edges_nm[1:]
        if stage.pressure_bar is None:
            edges = np.full_like(edges, begin.edge_nm)
        if edges.min() < 2 * self.options.cutoff_nm:
            raise box_too_small(stage.name)
        paths = self._whole(begin, output.positions_nm[1:], edges)
        times = pace.interval_ps * (index * pace.samples_per_segment + 1 + np.arange(len(paths)))
        energies = output.energies[:, 1:]
        energies[1] -= self.constant_kj_per_mol
        for positions, temperature, energy, time in zip(paths, energies[0], energies[1], times, strict=True):
            check_sample(stage, self.bath, positions, temperature, energy, time)
        if frames:
            with Movie(frames, self.bulk, pace) as movie:
                for positions, edge in zip(paths, edges, strict=True):
                    movie.add(positions, edge)
        rows = np.column_stack([times, energies[0], energies[1], [self.bulk.density(edge) for edge in edges], energies[2]])
        centres = [] if stage.friction_per_ps is not None else [self.bulk.centres(positions) for positions in paths]
        state = Start(paths[-1], output.velocities_nm_per_ps, float(edges[-1])).to_xml()
        return Segment(pace.timestep_fs, rows, np.array(centres, dtype=np.float32), state, clock.seconds)

    def _run(self, stage: Stage, begin: Start, settings: str, stride: int) -> Output:
        from mdtraj.formats import TRRTrajectoryFile  # here, so that runs of OpenMM do not wait for it

        with tempfile.TemporaryDirectory(prefix=self.prefix, dir=self.folder) as name:
            scratch = Path(name)
            write_structure(scratch / "start.g96", _wrapped(self.bulk, begin))
            (scratch / "topol.top").write_text(self.topology, encoding="ascii")
            (scratch / "segment.mdp").write_text(settings, encoding="ascii")
            self.program.prepare(scratch, stage.name)
            self.program.simulate(scratch, stage.name, stride * len(begin.positions_nm))
            energies = read_energies(self.program.energies(scratch, TERMS, stage.name), TERMS)
            with TRRTrajectoryFile(str(scratch / "segment.trr")) as file:
                positions, _, _, cells, _ = file.read()
            velocities = read_structure(scratch / "end.g96").velocities_nm_per_ps
        return Output(energies, positions.astype(np.float64), cells[:, 0, 0].astype(np.float64), velocities)

    def _whole(self, begin: Start, positions_nm: Array, edges_nm: Array) -> Array:
        """Positions (frames, atoms, 3) of whole molecules; at constant volume their centres of mass go on continuously from `begin`."""
        bulk = self.bulk
        cells, first_cell = edges_nm[:, None, None] * np.eye(3), begin.edge_nm * np.eye(3)
        order, parents = spanning_tree(self.molecules, begin.positions_nm, first_cell, self.molecules.name)
        whole = make_whole(positions_nm.reshape(len(positions_nm), bulk.molecules, -1, 3), cells, order, parents)
        if np.all(edges_nm == begin.edge_nm):
            centres = np.einsum("a,fmad->fmd", bulk.masses_Da, whole) / bulk.molar_mass_Da
            paths = unwrap(np.concatenate([bulk.centres(begin.positions_nm)[None], centres]), np.concatenate([first_cell[None], cells]))
            whole += (paths[1:] - centres)[:, :, None]
        return whole.reshape(positions_nm.shape)


def read_energies(text: str, terms: tuple[str, ...]) -> Array:
    """Columns of an xvg file by their legends, shape (terms, frames)."""
    legends, rows = [], []
    for line in text.splitlines():
        if line.startswith("@ s") and " legend " in line:
            legends.append(line.split('"')[1])
        elif line and line[0] not in "#@":
            rows.append([float(value) for value in line.split()[1:]])
    table = np.array(rows)
    return np.array([table[:, legends.index(term)] for term in terms])


def _wrapped(bulk: Bulk, state: Start) -> Start:
    """Whole molecules with their centres of mass in the box: few digits before the point leave more behind it."""
    turns = np.floor(bulk.centres(state.positions_nm) / state.edge_nm) * state.edge_nm
    positions = state.positions_nm - np.repeat(turns, len(bulk.masses_Da), axis=0)
    return Start(positions, state.velocities_nm_per_ps, state.edge_nm)
