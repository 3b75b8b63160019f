import shutil
import subprocess

import numpy as np
import pytest
from hypothesis import given, settings

from mobcg.interop import gromacs, votca
from mobcg.interop.table import deviation
from mobcg.outcomes import InputError
from mobcg.potential.pair import PairPotential
from tests.interop.conftest import potentials


@settings(deadline=None, max_examples=15)
@given(potentials())
def test_round_trip(tmp_path_factory, potential):
    """Eleven digits, on a grid of h <= 2 pm that need not hold the potential's points: there U is off by h3 of the jump in U'''."""
    path = tmp_path_factory.mktemp("gromacs") / "table_BEAD_BEAD.xvg"
    gromacs.write_potential(path, potential)
    again = gromacs.read_potential(path)
    assert again.cutoff_nm == pytest.approx(potential.cutoff_nm, rel=1e-9)
    assert again.spacing_nm <= gromacs.SPACING_NM * (1 + 1e-9)
    third = np.abs(np.diff(np.diff(potential.u_kj_per_mol, 2))).max() / potential.spacing_nm**3
    # |s'''| of a spline through rough points is up to a dozen times their third difference
    scale = np.abs(potential.u_kj_per_mol).max() + 1
    assert deviation(potential, again).energy_kj_per_mol <= 12 * third * again.spacing_nm**3 + 1e-7 * scale


def test_layout(tmp_path, soft):
    gromacs.write_potential(tmp_path / "t.xvg", soft, extension_nm=0.5)
    text = (tmp_path / "t.xvg").read_text()
    assert text.startswith("# GROMACS since 2020 cannot run tabulated nonbonded pairs: this table serves GROMACS up to 2019 and VOTCA.\n")
    values = np.loadtxt(tmp_path / "t.xvg")
    r, coulomb, dispersion, h, force = values[:, 0], values[:, 1:3], values[:, 3:5], values[:, 5], values[:, 6]
    assert r == pytest.approx(0.002 * np.arange(851))
    assert not coulomb.any()
    assert not dispersion.any()
    inside = r < 1.2
    assert h[inside] == pytest.approx(soft.energy(r[inside]), rel=1e-10)
    assert force[inside] == pytest.approx(soft.force(r[inside]), rel=1e-10)
    assert not h[r > 1.2001].any()


needs_votca = pytest.mark.skipif(shutil.which("csg_call") is None, reason="needs VOTCA (csg_call)")


@needs_votca
def test_votca_writes_the_same_table(tmp_path, soft):
    """VOTCA's writer, fed with our energies on our grid, gives our file; its force is a central difference, off by h2/6 of F''."""
    r = 0.002 * np.arange(601)
    grid = np.minimum(r, 1.2 * (1 - 1e-13))
    votca.write_potential(tmp_path / "bead-bead.pot", PairPotential(r, soft.energy(grid)))
    command = ["csg_call", "convert_potential", "xvg", "--type", "non-bonded", "bead-bead.pot", "its.xvg"]
    subprocess.run(command, check=True, capture_output=True, cwd=tmp_path)
    gromacs.write_potential(tmp_path / "ours.xvg", soft, extension_nm=0.0)
    ours, its = np.loadtxt(tmp_path / "ours.xvg"), np.loadtxt(tmp_path / "its.xvg")
    assert its[:, :6] == pytest.approx(ours[:, :6], rel=1e-9, abs=1e-12)
    bending = np.abs(np.gradient(np.gradient(soft.force(grid), r), r))
    nearby = np.max([np.roll(bending, shift) for shift in range(-6, 7)], axis=0)[1:-1]
    difference = np.abs(its[1:-1, 6] - ours[1:-1, 6])
    assert np.all(difference <= 0.002**2 / 6 * 1.5 * nearby + 1e-6)
    assert gromacs.read_potential(tmp_path / "its.xvg").energy(grid[1:]) == pytest.approx(soft.energy(grid[1:]), abs=1e-6)


@needs_votca
def test_votca_makes_the_table_from_our_pot(tmp_path, soft):
    """`convert_potential gromacs` of our .pot: our energies on the potential's own points; Akima's spline between them."""
    votca.write_potential(tmp_path / "bead-bead.pot", soft)
    (tmp_path / "settings.xml").write_text(SETTINGS)
    options = ["--ia-type", "non-bonded", "--ia-name", "bead-bead", "--options", "settings.xml"]
    command = ["csg_call", *options, "convert_potential", "gromacs", "bead-bead.pot", "its.xvg"]
    subprocess.run(command, check=True, capture_output=True, cwd=tmp_path)
    its = gromacs.read_potential(tmp_path / "its.xvg")
    own = soft.r_nm[soft.r_nm < its.cutoff_nm - 0.01]
    assert len(own) > 80
    assert its.energy(own) == pytest.approx(soft.energy(own), abs=1e-7 * soft.u_kj_per_mol.max())


SETTINGS = """<cg>
 <non-bonded><name>bead-bead</name><type1>BEAD</type1><type2>BEAD</type2><min>0.3</min><max>1.2</max><step>0.01</step>
  <inverse><target>none</target><gromacs><table>t.xvg</table></gromacs></inverse>
 </non-bonded>
 <inverse><program>gromacs</program><kBT>2.479</kBT><method>ibi</method>
  <gromacs><table_bins>0.002</table_bins><table_end>2.2</table_end><mdp>none.mdp</mdp></gromacs></inverse>
</cg>
"""


def written(tmp_path, rows):
    path = tmp_path / "table.xvg"
    path.write_text("# comment\n@ legend\n" + "\n".join(rows) + "\n")
    return path


def rows_of(column, points=40):
    rows = []
    for i in range(points):
        words = ["0.0"] * 7
        words[0] = f"{0.01 * i:.3f}"
        if 4 <= i < 30:
            words[column], words[column + 1] = f"{(30 - i) ** 2 / 100:.4f}", f"{2 * (30 - i):.1f}"
        rows.append(" ".join(words))
    return rows


@pytest.mark.parametrize("column", [1, 3, 5])
def test_the_potential_may_stand_in_any_term_between_zeros(tmp_path, column):
    found = gromacs.read_potential(written(tmp_path, rows_of(column)))
    assert found.r_nm[0] == pytest.approx(0.04)
    assert found.cutoff_nm == pytest.approx(0.30)
    assert found.energy(0.1) == pytest.approx(4.0)
    assert found.force(0.1) == pytest.approx(40.0, rel=1e-3)


def both(rows):
    return [row.replace("0.0 0.0 0.0 0.0", "0.0 0.0 1.0 0.0") for row in rows]


GOOD = rows_of(5)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            [*GOOD[:9], GOOD[9].replace("4.4100", "nan"), *GOOD[10:]],
            r"table\.xvg: line 12, column h: expected a finite number, found 'nan'",
        ),
        ([*GOOD[:9], *GOOD[10:]], r"line 12: r must increase in even steps, found 0.08 nm then 0.1 nm"),
        (GOOD[::-1], r"r must increase in even steps"),
        ([row.rsplit(" ", 1)[0] for row in GOOD], r"line 3: expected 7 columns, r f -f' g -g' h -h', found 6"),
        ([], r"the file holds no rows of numbers"),
        ([*GOOD[:9], GOOD[9].replace("4.4100", "four")], r"line 12, column h: expected a finite number, found 'four'"),
        ([*GOOD[:20], "0.200 0.0"], r"line 23: expected 7 columns, .* found 2"),
        (both(GOOD), r"the potential must stand in one term, found dispersion g and repulsion h"),
        (rows_of(5, 4), r"the potential must stand in one term, found zeros alone"),
        (rows_of(5, 9), r"5 usable points; at least 10 are needed"),
    ],
    ids=["nan", "hole", "decreasing", "columns", "empty", "text", "truncated", "two-terms", "zeros", "few"],
)
def test_bad_tables_are_refused(tmp_path, rows, message):
    with pytest.raises(InputError, match=message):
        gromacs.read_potential(written(tmp_path, rows))
