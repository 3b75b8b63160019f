import shutil
import subprocess

import numpy as np
import pytest
from hypothesis import given, settings

from mobcg.interop import votca
from mobcg.observables.rdf import RadialDistribution
from mobcg.outcomes import InputError
from tests.interop.conftest import potentials

needs_votca = pytest.mark.skipif(shutil.which("csg_resample") is None, reason="needs VOTCA (csg_resample)")


@settings(deadline=None, max_examples=25)
@given(potentials())
def test_round_trip(tmp_path_factory, potential):
    path = tmp_path_factory.mktemp("votca") / "bead-bead.pot"
    votca.write_potential(path, potential)
    again = votca.read_potential(path)
    assert again.r_nm == pytest.approx(potential.r_nm, rel=1e-14, abs=1e-15)
    assert again.u_kj_per_mol == pytest.approx(potential.u_kj_per_mol, rel=1e-14, abs=1e-15)


def test_distributions_round_trip(tmp_path):
    r = 0.005 * np.arange(300) + 0.0025
    rdf = RadialDistribution(r, np.where(r < 0.4, 0.0, 1 + 0.3 * np.cos(9 * r)), 0.01 * np.ones_like(r))
    votca.write_distribution(tmp_path / "bead-bead.dist.tgt", rdf)
    again = votca.read_distribution(tmp_path / "bead-bead.dist.tgt")
    assert again.r_nm == pytest.approx(r)
    assert again.g == pytest.approx(rdf.g)
    assert np.all(again.g_error == 0)


@needs_votca
def test_csg_resample_reads_ours_and_we_read_its(tmp_path, soft):
    """VOTCA's cubic spline through our points is the potential: its file holds ten digits, so 1e-9 of the largest value."""
    ours, its = tmp_path / "bead-bead.pot", tmp_path / "fine.pot"
    votca.write_potential(ours, soft)
    command = ["csg_resample", "--in", ours, "--out", its, "--type", "cubic", "--boundaries", "natural", "--grid", "0.3:0.0025:1.2"]
    subprocess.run(command, check=True, capture_output=True)
    again = votca.read_potential(its)
    assert len(again.r_nm) == 361
    r = again.r_nm[:-1]
    assert again.u_kj_per_mol[:-1] == pytest.approx(soft.energy(r), abs=1e-9 * soft.u_kj_per_mol.max())


@needs_votca
def test_csg_resample_reads_our_distribution(tmp_path):
    r = 0.01 * np.arange(120)
    rdf = RadialDistribution(r, 1 - np.exp(-((r / 0.5) ** 4)), np.zeros_like(r))
    votca.write_distribution(tmp_path / "a.dist.tgt", rdf)
    command = ["csg_resample", "--in", "a.dist.tgt", "--out", "b.dist.tgt", "--grid", "0:0.01:1.19"]
    subprocess.run(command, check=True, capture_output=True, cwd=tmp_path)
    assert votca.read_distribution(tmp_path / "b.dist.tgt").g == pytest.approx(rdf.g, abs=1e-9)


def written(tmp_path, rows):
    path = tmp_path / "bead-bead.pot"
    path.write_text("# comment\n@ legend\n" + "\n".join(rows) + "\n")
    return path


GOOD = [f"{0.3 + 0.01 * i:.2f} {5 - 0.1 * i:.2f} i" for i in range(30)]


def test_undefined_points_are_left_out_and_extrapolated_ones_kept(tmp_path):
    rows = ["0.28 nan u", "0.29 0 u", *(row.replace(" i", " o") for row in GOOD[:3]), *GOOD[3:]]
    found = votca.read_potential(written(tmp_path, rows))
    assert len(found.r_nm) == 30
    assert found.r_nm[0] == pytest.approx(0.30)


def test_a_column_of_errors_is_skipped(tmp_path):
    rows = [row.replace(" i", " 0.5 i") for row in GOOD]
    assert votca.read_potential(written(tmp_path, rows)).u_kj_per_mol[0] == 5.0


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([*GOOD[:4], "0.34 nan i", *GOOD[5:]], r"bead-bead\.pot: line 7, column y: expected a finite number, found 'nan'"),
        ([*GOOD[:4], *GOOD[5:]], r"line 7: r must increase in even steps, found 0.33 nm then 0.35 nm"),
        ([*GOOD[:4], "0.34 4.6 u", *GOOD[5:]], r"line 8: r must increase .* \(1 points flagged u are left out\)"),
        (GOOD[::-1], r"line 4: r must increase in even steps, found 0.59 nm then 0.58 nm"),
        ([row[:-2] for row in GOOD], r"line 3: expected x, y, flag \(or x, y, error, flag\), found 2 columns"),
        ([], r"the file holds no rows of numbers"),
        ([row.replace(" i", " u") for row in GOOD], r"0 usable points \(30 points flagged u are left out\); at least 10 are needed"),
        ([*GOOD[:5], "0.35 four i"], r"line 8, column y: expected a finite number, found 'four'"),
        ([*GOOD[:20], "0.5"], r"line 23: expected x, y, flag .* found 1 columns"),
        ([*GOOD[:20], "0.5 3.0 x"], r"line 23: expected the flag i, o or u at the end, found 'x'"),
        (GOOD[:6], r"6 usable points; at least 10 are needed"),
    ],
    ids=["nan", "hole", "undefined-inside", "decreasing", "columns", "empty", "all-undefined", "text", "truncated", "flag", "few"],
)
def test_bad_tables_are_refused(tmp_path, rows, message):
    with pytest.raises(InputError, match=message):
        votca.read_potential(written(tmp_path, rows))


def test_bad_distributions_are_refused(tmp_path):
    rows = [*GOOD[:12], "0.42 -0.1 i", *GOOD[13:]]
    with pytest.raises(InputError, match=r"line 15: g must not be negative, found -0.1"):
        votca.read_distribution(written(tmp_path, rows))
    with pytest.raises(InputError, match=r"absent\.pot: cannot be read as text"):
        votca.read_potential(tmp_path / "absent.pot")
    (tmp_path / "binary.pot").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="cannot be read as text"):
        votca.read_potential(tmp_path / "binary.pot")
