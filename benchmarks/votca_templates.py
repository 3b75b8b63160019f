"""The files that `csg_inverse` of VOTCA reads when LAMMPS is its engine: settings, topology, LAMMPS input, start.

VOTCA works in nm and kJ/mol and takes LAMMPS to work in its `units real`: Angstrom, fs and kcal/mol. Settings follow VOTCA's own tutorials
`spce/ibi_lammps`, `spce/imc` and `spce/hncgn`, with these exceptions:

- `iie` starts from -kT ln g, and extrapolates near the core by its default, a power law, not from the HNC closure and with a constant as in
  `spce/hncgn`: chosen by trying on one liquid, where the closure's start had S = 0.16 against 0.04;
- `verbose` is true since with false `iie` stops: an empty argument reaches its parser;
- options are named even where they equal the default: VOTCA looks each up by starting a program, once more for a default.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mobcg.engines.specification import lattice
from mobcg.observables.rdf import RadialDistribution
from mobcg.seeds import generator
from mobcg.units import thermal_energy

Array = npt.NDArray[np.float64]

INTERACTION = "CG-CG"
TABLE = "CG_CG.pot"
ANGSTROM_PER_NM = 10.0
KCAL_PER_KJ = 0.239006
"""VOTCA's tutorials write this figure."""

TABLE_BIN_NM = 0.002
"""Spacing of the table for LAMMPS, that of VOTCA's tutorials."""

CLOSEST_NM = 0.1
"""Where the table for LAMMPS begins; VOTCA extrapolates the core exponentially down to it. LAMMPS stops should two beads come closer."""

FRICTION_PER_PS = 2.0
"""Langevin friction, as with the engines of the package while equilibrating; VOTCA's tutorial for LAMMPS has 5 /ps."""

SKIN_NM = 0.15
SEED = 545454


@dataclass(frozen=True)
class VotcaSettings:
    """One inversion: method, state, grid and the length of each iteration's run. `range_nm`: how far g is measured; beyond the cutoff for
    the integral equations to be solved.
    """

    method: str
    mass_Da: float
    density_per_nm3: float
    temperature_K: float
    beads: int
    spacing_nm: float
    range_nm: float
    cutoff_nm: float
    timestep_fs: float
    equilibration_ps: float
    production_ps: float
    sample_interval_ps: float
    iterations: int
    cores: int
    lammps: str

    @property
    def box_nm(self) -> float:
        """Edge of the cubic box in nm."""
        return float((self.beads / self.density_per_nm3) ** (1 / 3))

    @property
    def stride(self) -> int:
        """Steps between two frames."""
        return max(1, round(1000 * self.sample_interval_ps / self.timestep_fs))

    @property
    def frames(self) -> int:
        """Frames of an iteration."""
        return max(2, round(1000 * self.production_ps / (self.stride * self.timestep_fs)))

    @property
    def equilibration_steps(self) -> int:
        """Steps before the first frame."""
        return max(1, round(1000 * self.equilibration_ps / self.timestep_fs))


def write_inputs(settings: VotcaSettings, target: RadialDistribution, folder: Path) -> None:
    """Write everything that `csg_inverse --options settings.xml` needs into `folder`."""
    texts = {
        "settings.xml": settings_xml(settings),
        "topology.xml": topology_xml(settings),
        "beads.in": lammps_input(settings),
        "start.data": start_data(settings),
        f"{INTERACTION}.dist.tgt": target_table(target, settings),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")


def settings_xml(settings: VotcaSettings) -> str:
    """The options of `csg_inverse`."""
    return f"""<cg>
  <nbsearch>grid</nbsearch>
  <non-bonded>
    <name>{INTERACTION}</name>
    <type1>CG</type1>
    <type2>CG</type2>
    <min>0.0</min>
    <max>{settings.range_nm:.10g}</max>
    <step>{settings.spacing_nm:.10g}</step>
    <inverse>
      <target>{INTERACTION}.dist.tgt</target>
      <do_potential>1</do_potential>
      {_post_update(settings.method)}
      <lammps>
        <table>{TABLE}</table>
        <scale>{ANGSTROM_PER_NM:g}</scale>
        <y_scale>{KCAL_PER_KJ}</y_scale>
        <table_begin>{CLOSEST_NM}</table_begin>
        <table_end>{settings.cutoff_nm:.10g}</table_end>
        <table_bins>{TABLE_BIN_NM}</table_bins>
      </lammps>
    </inverse>
  </non-bonded>
  <inverse>
    <kBT>{thermal_energy(settings.temperature_K):.8g}</kBT>
    <method>{settings.method}</method>
    <program>lammps</program>
    <lammps>
      <command>{settings.lammps}</command>
      <opts>-log none -in ${{script}}</opts>
      <script>beads.in</script>
      <topol>topology.xml</topol>
      <traj>traj.dump</traj>
      <conf>start.data</conf>
      <conf_out>final.data</conf_out>
      <equi_time>0</equi_time>
      <first_frame>0</first_frame>
      <rdf><with_errors>no</with_errors></rdf>
    </lammps>
    <iie>
      <initial_guess>
        <method>bi</method>
      </initial_guess>
      <method>gauss-newton</method>
      <closure>hnc</closure>
      <densities>{settings.density_per_nm3:.10g}</densities>
      <n_intra>1</n_intra>
      <cut_off>{settings.cutoff_nm:.10g}</cut_off>
      <extrap_near_core>power</extrap_near_core>
      <fix_near_cut_off>full-deriv</fix_near_cut_off>
      <ignore_intramolecular_correlation>true</ignore_intramolecular_correlation>
      <pressure_constraint>none</pressure_constraint>
      <g_extrap_factor>1.0</g_extrap_factor>
      <verbose>true</verbose>
    </iie>
    <initial_configuration>laststep</initial_configuration>
    <filelist>beads.in topology.xml</filelist>
    <cleanlist>traj.dump</cleanlist>
    <simulation><tasks>{settings.cores}</tasks></simulation>
    <iterations_max>{settings.iterations}</iterations_max>
    <convergence_check><type>none</type></convergence_check>
    <restart_file>restart_points.log</restart_file>
    <log_file>inverse.log</log_file>
    <scriptpath>$PWD/scripts</scriptpath>
  </inverse>
</cg>
"""


def _post_update(method: str) -> str:
    if method == "iie":
        return "<post_update></post_update>"
    return "<post_update>smooth</post_update><post_update_options><smooth><iterations>2</iterations></smooth></post_update_options>"


def topology_xml(settings: VotcaSettings) -> str:
    """One bead a molecule, for `csg_stat`."""
    return f"""<topology>
  <molecules>
    <molecule name="CG" nmols="{settings.beads}" nbeads="1">
      <bead name="CG" type="CG" mass="{settings.mass_Da:.10g}" q="0.0" />
    </molecule>
  </molecules>
</topology>
"""


def lammps_input(settings: VotcaSettings) -> str:
    """The run of one iteration."""
    temperature = f"{settings.temperature_K:.10g}"
    points = round((settings.cutoff_nm - CLOSEST_NM) / TABLE_BIN_NM) + 1
    return "\n".join(
        [
            "units real",
            "atom_style atomic",
            "read_data start.data",
            f"pair_style table linear {2 * points}",
            f"pair_coeff 1 1 {TABLE} VOTCA {ANGSTROM_PER_NM * settings.cutoff_nm:.10g}",
            f"neighbor {ANGSTROM_PER_NM * SKIN_NM:g} bin",
            "neigh_modify delay 0 every 1 check yes",
            f"velocity all create {temperature} {SEED} mom yes dist gaussian",
            f"timestep {settings.timestep_fs:.10g}",
            "fix move all nve",
            f"fix bath all langevin {temperature} {temperature} {1000 / FRICTION_PER_PS:g} {SEED}",
            "thermo 1000000",
            f"run {settings.equilibration_steps}",
            "reset_timestep 0",
            f"dump frames all atom {settings.stride} traj.dump",
            f"run {settings.frames * settings.stride}",
            "write_data final.data nocoeff",
            "",
        ]
    )


def start_data(settings: VotcaSettings) -> str:
    """Beads on a lattice, in Angstrom."""
    edge = ANGSTROM_PER_NM * settings.box_nm
    positions = lattice(settings.beads, edge, generator(SEED, "lattice"))
    head = ["beads", "", f"{settings.beads} atoms", "1 atom types", *(f"0 {edge:.10g} {axis}lo {axis}hi" for axis in "xyz")]
    rows = [f"{bead} 1 {x:.8g} {y:.8g} {z:.8g}" for bead, (x, y, z) in enumerate(np.mod(positions, edge), 1)]
    return "\n".join([*head, "", "Masses", "", f"1 {settings.mass_Da:.10g}", "", "Atoms", "", *rows, ""])


def target_table(target: RadialDistribution, settings: VotcaSettings) -> str:
    """The target on VOTCA's grid, which begins at zero."""
    r: Array = np.asarray(settings.spacing_nm * np.arange(round(settings.range_nm / settings.spacing_nm) + 1), dtype=float)
    rows = [f"{x:.8g} {g:.8g} i" for x, g in zip(r, target.on_grid(r).g, strict=True)]
    return "\n".join([*rows, ""])


def read_table(path: Path) -> tuple[Array, Array]:
    """The first two columns of one of VOTCA's tables."""
    rows = [line.split()[:2] for line in path.read_text(encoding="utf-8").splitlines() if line.strip() and not line.startswith(("#", "@"))]
    values = np.array(rows, dtype=float)
    return values[:, 0], values[:, 1]


def read_lammps_table(path: Path) -> tuple[Array, Array]:
    """Distance in nm and U in kJ/mol of the table that LAMMPS read."""
    lines = path.read_text(encoding="utf-8").splitlines()
    rows = [line.split() for line in lines[lines.index("VOTCA") + 2 :] if line.strip()]
    values = np.array(rows, dtype=float)
    return values[:, 1] / ANGSTROM_PER_NM, values[:, 2] / KCAL_PER_KJ
