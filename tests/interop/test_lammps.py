import re
import shutil
import subprocess

import numpy as np
import pytest
from hypothesis import given, settings

from mobcg.interop import lammps, votca
from mobcg.interop.table import aligned_grid, deviation
from mobcg.outcomes import InputError
from mobcg.potential.pair import PairPotential
from tests.conftest import lennard_jones
from tests.interop.conftest import energy_and_forces, pairs, potentials, scattered
from tests.interop.programs import dumped, executable, lammps_head, run_lammps

BINS = 10000

needs_lammps = pytest.mark.skipif(executable() is None, reason="needs LAMMPS (lmp)")
needs_votca = pytest.mark.skipif(shutil.which("csg_call") is None, reason="needs VOTCA (csg_call)")


@settings(deadline=None, max_examples=25)
@given(potentials(lowest_nm=0.03))
def test_round_trip(tmp_path_factory, potential):
    """Fourteen digits of E and r; forces carry the energy's rounding over a step. Tables that begin within a step of r = 0, where LAMMPS
    takes no row, lose the bending there and are left out.
    """
    path = tmp_path_factory.mktemp("lammps") / "bead.table"
    scale = np.abs(potential.u_kj_per_mol).max() + 1
    for units in lammps.UNIT_STYLES:
        lammps.write_potential(path, potential, units)
        found = deviation(potential, lammps.read_potential(path))
        assert found.energy_kj_per_mol < 1e-9 * scale
        assert found.force_kj_per_mol_nm < 1e-9 * scale / potential.spacing_nm * 100


def test_unit_styles_are_consistent():
    """In nano energy is mass length2 / time2; 48.888 is LAMMPS' own factor in real."""
    nano = lammps.UNIT_STYLES["nano"]
    assert nano.mass_Da * nano.length_nm**2 / nano.time_ps**2 == pytest.approx(nano.energy_kj_per_mol, rel=1e-9)
    assert nano.energy_kj_per_mol == pytest.approx(0.602214076)
    assert lammps.UNIT_STYLES["metal"].energy_kj_per_mol == pytest.approx(96.48533212)
    assert lammps.UNIT_STYLES["real"].pair_friction(86, 5) == pytest.approx(86 * 0.005 * 48.88821291**2)


def curvature_of_force(potential):
    """Largest |F''| from r to the next grid points, at any r."""
    grid = np.linspace(0, potential.cutoff_nm, 20001)
    slope = np.gradient(np.gradient(potential.force(np.minimum(grid, potential.cutoff_nm * (1 - 1e-9))), grid), grid)
    slope[-3:] = slope[-4]
    width = int(2 * potential.spacing_nm / grid[1])
    largest = np.array([np.abs(slope[max(0, i - width) : i + width]).max() for i in range(len(grid))])
    return lambda r: np.interp(r, grid, largest)


@needs_lammps
@pytest.mark.parametrize("units", list(lammps.UNIT_STYLES))
@pytest.mark.parametrize("name", ["soft", "lennard-jones"])
def test_lammps_computes_the_energy_and_forces_of_the_potential(tmp_path, soft, name, units):
    """Linear interpolation of a step h is off by h2/8 of the second derivative, here of E and F in LAMMPS' bins, even in r2, and of F in
    the rows of the file as well, since LAMMPS splines F by itself. The file splines E exactly. Bead by bead, summed over its neighbours.
    """
    potential = soft if name == "soft" else lennard_jones(0.34, 1.0, 1.2, shift=False)
    style, edge = lammps.unit_style(units), 2.6
    positions = scattered(90, edge, closest_nm=0.27)
    lammps.write_potential(tmp_path / "bead.table", potential, units)
    run_lammps(
        tmp_path,
        [
            *lammps_head(tmp_path, style, units, positions, edge, 86.0),
            f"pair_style table linear {BINS}",
            f"pair_coeff 1 1 bead.table {lammps.KEYWORD}",
            "dump forces all custom 1 forces.txt fx fy fz",
            "dump_modify forces sort id format float %.14g",
            'fix energy all print 1 "$(pe:%20.14g)" file energy.txt screen no title ""',
            "run 0",
        ],
    )
    energy, forces = energy_and_forces(potential, positions, edge)
    distance, _ = pairs(positions, edge)
    near = np.where(distance < potential.cutoff_nm, distance, np.nan)
    assert np.nanmin(near) < 0.3
    bin_nm = potential.cutoff_nm**2 / BINS / (2 * near)
    row_nm = aligned_grid(potential, lammps.SUBDIVISIONS)
    row_nm = row_nm[1] - row_nm[0]
    steepest = curvature_of_force(potential)(np.nan_to_num(near, nan=potential.cutoff_nm))
    allowed_force = np.nansum((bin_nm**2 + row_nm**2) / 8 * steepest, axis=1) + 1e-6
    found = dumped(tmp_path / "forces.txt", 3) * style.energy_kj_per_mol / style.length_nm
    error = np.linalg.norm(found - forces, axis=1)
    assert np.all(error < allowed_force)
    # the bound is not so wide that it would hide a wrong table
    assert np.median(allowed_force) < 2e-3 * np.median(np.linalg.norm(forces, axis=1))
    stiffness = np.abs(np.gradient(potential.force(np.linspace(0.2, 1.19, 20000)), 0.99 / 19999)).max()
    printed = float((tmp_path / "energy.txt").read_text().split()[-1]) * style.energy_kj_per_mol
    assert printed == pytest.approx(energy, abs=np.nansum(bin_nm**2) / 2 / 8 * stiffness + 1e-9 * abs(energy))


@needs_lammps
def test_we_read_what_lammps_writes(tmp_path):
    """`pair_write` tabulates LAMMPS' own Lennard-Jones potential; it prints 15 digits."""
    style = lammps.unit_style("metal")
    run_lammps(
        tmp_path,
        [
            *lammps_head(tmp_path, style, "metal", scattered(10, 2.6, 0.3), 2.6, 86.0),
            "pair_style lj/cut 10.0",
            "pair_coeff 1 1 0.01 3.4",
            "pair_write 1 1 701 r 3.0 10.0 written.table LJ",
        ],
    )
    found = lammps.read_potential(tmp_path / "written.table")
    x = 0.34 / found.r_nm
    assert len(found.r_nm) == 701
    assert found.cutoff_nm == pytest.approx(1.0)
    # at the cutoff itself LAMMPS says zero
    expected = 0.04 * style.energy_kj_per_mol * (x**12 - x**6)
    assert found.u_kj_per_mol[:-1] == pytest.approx(expected[:-1], rel=1e-9, abs=1e-12)


@needs_votca
def test_votca_converts_our_pot_to_our_table(tmp_path, soft):
    """On the potential's own points VOTCA's LAMMPS table of our .pot holds our energies (ten digits); between them Akima's spline."""
    votca.write_potential(tmp_path / "bead-bead.pot", soft)
    (tmp_path / "settings.xml").write_text(SETTINGS.format(scale=1 / lammps.UNIT_STYLES["real"].energy_kj_per_mol))
    options = ["--ia-type", "non-bonded", "--ia-name", "bead-bead", "--options", "settings.xml"]
    subprocess.run(
        ["csg_call", *options, "convert_potential", "lammps", "bead-bead.pot", "its.table"], cwd=tmp_path, check=True, capture_output=True
    )
    its = lammps.read_potential(tmp_path / "its.table", units="real")
    lammps.write_potential(tmp_path / "ours.table", soft)
    ours = lammps.read_potential(tmp_path / "ours.table")
    assert its.r_nm == pytest.approx(soft.r_nm, abs=1e-6)
    assert its.u_kj_per_mol == pytest.approx(ours.energy(np.minimum(soft.r_nm, 1.2 - 1e-12)), abs=1e-8 * soft.u_kj_per_mol.max())


SETTINGS = """<cg>
 <non-bonded><name>bead-bead</name><type1>BEAD</type1><type2>BEAD</type2><min>0.3</min><max>1.2</max><step>0.01</step>
  <inverse><target>none</target>
   <lammps><scale>10</scale><y_scale>{scale:.12f}</y_scale><table_file>t</table_file><table_bins>0.01</table_bins></lammps></inverse>
 </non-bonded>
 <inverse><program>lammps</program><kBT>2.479</kBT><method>ibi</method></inverse>
</cg>
"""


def written(tmp_path, text):
    path = tmp_path / "bead.table"
    path.write_text(text)
    return path


ROWS = [f"{i + 1} {3 + 0.1 * i:.1f} {5 - 0.1 * i:.1f} 1.0" for i in range(30)]


def table(rows, head="N 30", first="# UNITS: real", keyword="BEAD_BEAD"):
    return "\n".join([first, "", keyword, head, "", *rows, ""])


def test_sections_keywords_and_units(tmp_path):
    both = written(tmp_path, table(ROWS) + "\n" + table([row.replace(" 1.0", " 2.0") for row in ROWS], "N 30 R 4 6.9", "", "OTHER"))
    assert lammps.read_potential(both, keyword="BEAD_BEAD").r_nm[0] == pytest.approx(0.3)
    assert lammps.read_potential(both, keyword="OTHER").r_nm[0] == pytest.approx(0.4)
    with pytest.raises(InputError, match="2 sections; name one of BEAD_BEAD, OTHER as keyword"):
        lammps.read_potential(both)
    with pytest.raises(InputError, match="there is no section 'A'; found: BEAD_BEAD, OTHER"):
        lammps.read_potential(both, keyword="A")
    bare = written(tmp_path, table(ROWS, first=""))
    assert lammps.read_potential(bare, "real").u_kj_per_mol[0] == pytest.approx(5 * 4.184)
    with pytest.raises(InputError, match=r"no UNITS: tag, so name its LAMMPS units; allowed: real, metal, nano"):
        lammps.read_potential(bare)
    with pytest.raises(InputError, match="'lj' are not known here; allowed: real, metal, nano"):
        lammps.read_potential(bare, "lj")
    with pytest.raises(InputError, match="says UNITS: real, but metal was asked for"):
        lammps.read_potential(written(tmp_path, table(ROWS)), "metal")


def test_end_slopes_of_the_force_are_taken_note_of_and_not_used(tmp_path):
    assert len(lammps.read_potential(written(tmp_path, table(ROWS, "N 30 R 3 5.9 FPRIME -1 -2"))).r_nm) == 30


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (table([*ROWS[:4], "5 3.4 nan 1.0", *ROWS[5:]]), r"line 10, column energy: expected a finite number, found 'nan'"),
        (table([*ROWS[:4], *ROWS[5:]], "N 29"), r"line 10: r must increase in even steps, found 0.33 nm then 0.35 nm"),
        (table(ROWS[::-1]), r"line 7: r must increase in even steps"),
        (table([row[:-4] for row in ROWS]), r"line 6: expected number, r, energy, force, found 3 columns"),
        ("", r"the file holds no section"),
        (table([*ROWS[:5], "6 3.5 four 1.0", *ROWS[6:]]), r"line 11, column energy: expected a finite number, found 'four'"),
        (table(ROWS[:20]), r"should have N = 30 rows, the file ends after 20"),
        (table(ROWS, "N 29"), r"line 35: expected a section's keyword, found '30 5.9 2.1 1.0'"),
        ("\n".join(["# UNITS: real", "N 30", *ROWS]), r"line 3: expected `N n`, `R lo hi` or `FPRIME a b`, found '1 3.0 5.0 1.0'"),
        ("\n".join(["# UNITS: real", *ROWS]), r"line 2: expected a section's keyword, found '1 3.0 5.0 1.0'"),
        ("# UNITS: real\nBEAD", r"line 2: the section 'BEAD' ends before its line"),
        (table(ROWS, "N 30 RSQ 3 5.9"), r"line 4: tables spaced by RSQ are uneven in r"),
        (table(ROWS, "N 30 BITMAP 3 5.9"), r"line 4: tables spaced by BITMAP are uneven in r"),
        (table(ROWS, "N 30 R 3"), r"line 4: expected `N n`, `R lo hi` or `FPRIME a b`, found 'N 30 R 3'"),
        (table(ROWS, "N 30 R 5.9 3"), r"line 4: R needs 0 < lo < hi, found 5.9 and 3"),
        (table(ROWS, "R 3 5.9"), r"line 4: expected the number of rows"),
        (table(ROWS, "N some"), r"line 4, column N: expected a finite number, found 'some'"),
        (table(ROWS[:5], "N 5"), r"5 usable points; at least 10 are needed"),
    ],
)
def test_bad_tables_are_refused(tmp_path, text, message):
    with pytest.raises(InputError, match=re.escape(str(tmp_path / "bead.table")) + ".*" + message):
        lammps.read_potential(written(tmp_path, text))


def test_a_potential_that_begins_at_zero_leaves_zero_out(tmp_path):
    potential = PairPotential(np.linspace(0, 1, 51), np.linspace(3, 0, 51) ** 2)
    lammps.write_potential(tmp_path / "bead.table", potential)
    assert lammps.read_potential(tmp_path / "bead.table").r_nm[0] == pytest.approx(0.02 / lammps.SUBDIVISIONS)
