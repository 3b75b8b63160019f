import numpy as np
import pytest
from scipy.spatial import cKDTree

from mobcg.atomistic import pack as module
from mobcg.atomistic.pack import molecular_volume, pack, packmol_executable
from mobcg.outcomes import InputError, PhysicalFailure


def test_volume_of_one_sphere_and_of_two_apart():
    sphere = 4 / 3 * np.pi * 0.17**3
    assert molecular_volume(("C",), np.zeros((1, 3))) == pytest.approx(sphere, rel=0.03)
    assert molecular_volume(("C", "C"), np.array([[0.0, 0, 0], [1.0, 0, 0]])) == pytest.approx(2 * sphere, rel=0.03)


def test_packing_has_no_overlap_and_keeps_the_molecules(butane):
    conformers = np.array([butane.positions_nm, butane.positions_nm * [1, 1, -1]])
    positions, edge = pack(butane.elements, conformers, 31, seed=3)
    assert positions.shape == (31, butane.atoms, 3)
    assert positions.min() >= 0
    assert positions.max() <= edge
    owner = np.repeat(np.arange(31), butane.atoms)
    pairs = cKDTree(positions.reshape(-1, 3), boxsize=edge).query_pairs(0.195, output_type="ndarray")
    assert np.all(owner[pairs[:, 0]] == owner[pairs[:, 1]])
    lengths = np.linalg.norm(positions[:, 0] - positions[:, 1], axis=1)
    assert lengths == pytest.approx(np.linalg.norm(butane.positions_nm[0] - butane.positions_nm[1]), abs=1e-5)


def test_seed_decides(butane):
    first, _ = pack(butane.elements, butane.positions_nm[None], 27, seed=3)
    again, _ = pack(butane.elements, butane.positions_nm[None], 27, seed=3)
    other, _ = pack(butane.elements, butane.positions_nm[None], 27, seed=4)
    np.testing.assert_array_equal(first, again)
    assert not np.allclose(first, other)


def test_box_grows_where_nothing_fits(ethane, monkeypatch):
    tried = []

    def attempt(elements, conformers, molecules, edge, seed):
        tried.append(edge)
        return np.zeros((molecules, len(elements), 3)) if len(tried) == 3 else None

    monkeypatch.setattr(module, "_packmol", attempt)
    _, edge = pack(ethane.elements, ethane.positions_nm[None], 27, seed=1)
    assert edge == tried[-1] == pytest.approx(tried[0] * module.GROWTH**2)


def test_no_box_is_large_enough(ethane, monkeypatch):
    monkeypatch.setattr(module, "_packmol", lambda *_: None)
    with pytest.raises(PhysicalFailure, match="packmol found no start for 27 molecules"):
        pack(ethane.elements, ethane.positions_nm[None], 27, seed=1)


def test_packmol_that_reports_failure_is_no_solution(ethane, monkeypatch):
    monkeypatch.setattr(module, "TIMEOUT_S", 5)
    assert module._packmol(ethane.elements, ethane.positions_nm[None], 64, 0.75, 1) is None


def test_missing_packmol_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(module.sys, "executable", str(tmp_path / "python"))
    monkeypatch.setitem(module.sys.modules, "packmol.cli", None)
    monkeypatch.setattr(module.shutil, "which", lambda _: None)
    with pytest.raises(InputError, match="pip install packmol"):
        packmol_executable()


def test_broken_packmol_is_an_error(ethane, monkeypatch, tmp_path):
    broken = tmp_path / "packmol"
    broken.write_text("#!/bin/sh\necho out of order\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setattr(module, "packmol_executable", lambda: broken)
    with pytest.raises(InputError, match="code 3: out of order"):
        pack(ethane.elements, ethane.positions_nm[None], 27, seed=1)
