import numpy as np
import pytest

from mobcg.config import CoarseGrainedOptions, ObservableOptions
from mobcg.engines.ensemble.engine import run_replica
from mobcg.engines.specification import RunSpecification
from mobcg.observables.blocks import Estimate
from mobcg.observables.structure_factor import StructureFactor, compressibility, structure_factor
from mobcg.observables.trajectory import Trajectory
from mobcg.outcomes import InputError
from tests.observables.brownian import ideal_gas, lattice


def test_an_ideal_gas_scatters_evenly():
    gas = ideal_gas(300, 400, 1)
    result = structure_factor(gas, 20.0, most_vectors=20)
    # |rho|2/N of a vector is exponential with mean and deviation 1: 400 frames of so many vectors
    expected = 1 / np.sqrt(400 * result.vectors)
    assert np.all(np.abs(result.s - 1) < 4 * expected)
    assert np.sqrt(np.mean((result.s_error / expected) ** 2)) == pytest.approx(1, abs=0.25)
    limit = result.long_wave_limit()
    assert abs(limit.value - 1) < 3.5 * limit.error + 0.01
    # of an ideal gas 1/(rho kT): 300 beads in 27 nm3 at 300 K press with 300/27e-27 * 1.380649e-23 * 300 Pa = 0.04602 GPa
    assert compressibility(Estimate(1.0, 0.1), gas.density_per_nm3, 300.0) == pytest.approx((21.73, 2.173), rel=1e-3)


def test_equals_the_direct_sum():
    gas = ideal_gas(20, 5, 2)
    result = structure_factor(gas, 2 * np.pi / 3 * 1.5)
    assert list(result.vectors) == [3, 6]
    k = 2 * np.pi / 3.0 * np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1]])
    direct = [np.abs(np.exp(1j * frame @ k.T).sum(axis=0)) ** 2 / 20 for frame in gas.positions_nm]
    assert result.s[0] == pytest.approx(np.mean(direct), rel=1e-5)
    assert result.k_per_nm == pytest.approx(2 * np.pi / 3 * np.sqrt([1, 2]))


def test_a_crystal_scatters_at_its_lattice_alone():
    """64 sites: S = 64 on the shell of squared length 16, which holds the three reciprocal lattice vectors and nothing else."""
    result = structure_factor(lattice("sc", 4, 0.5, 0.0, 5, 1), 2 * np.pi / 0.5 * 1.01)
    assert result.k_per_nm[-1] == pytest.approx(2 * np.pi / 0.5)
    assert result.vectors[-1] == 3
    assert result.s[-1] == pytest.approx(64, rel=1e-4)
    assert np.all(result.s[:-1] < 1e-6)


def test_wrapping_does_not_matter():
    gas = ideal_gas(50, 5, 3)
    whole = np.random.default_rng(1).integers(-3, 4, gas.positions_nm.shape) * gas.box_nm
    moved = Trajectory(gas.positions_nm + whole, gas.time_ps, gas.box_nm, gas.mass_Da)
    assert structure_factor(moved, 10.0).s == pytest.approx(structure_factor(gas, 10.0).s, rel=1e-3)


def test_the_parabola_is_found_from_the_lowest_shells():
    k = np.sqrt(np.arange(1, 9, dtype=float))
    s = 0.05 + 0.01 * k**2
    s[6:] = 5.0
    shaken = s + np.random.default_rng(1).normal(0, 0.001, (5, 8))
    limit = StructureFactor(k, s, np.full(8, 0.001), np.full(8, 3), shaken).long_wave_limit()
    assert limit.value == pytest.approx(0.05)
    assert 0 < limit.error < 0.002
    with pytest.raises(InputError, match="needs 3 to 8 shells"):
        StructureFactor(k, s, s, np.full(8, 3), shaken).long_wave_limit(9)


def test_bad_input_is_told():
    with pytest.raises(InputError, match=r"lies below the longest wave of the box, 2\.094 /nm"):
        structure_factor(ideal_gas(10, 10, 1), 2.0)
    with pytest.raises(InputError, match="at least 5 frames, found 4"):
        structure_factor(ideal_gas(10, 4, 1), 5.0)
    gas = ideal_gas(10, 10, 1)
    cells = np.tile(3.0 * np.eye(3), (10, 1, 1))
    with pytest.raises(InputError, match="cubic box of constant size"):
        structure_factor(Trajectory(gas.positions_nm, gas.time_ps, 3.0, 50.0, cells_nm=cells), 5.0)


def test_curve_is_written(tmp_path):
    structure_factor(ideal_gas(20, 10, 1), 5.0).write_csv(tmp_path / "structure_factor.csv")
    assert (tmp_path / "structure_factor.csv").read_text().startswith("k_per_nm,s,s_err\n2.094395102,")


def test_long_waves_and_pressure_tell_the_same_compressibility(soft):
    """S(0)/(rho kT) at one density against (d rho/dP)/rho from runs at densities 2 % above and below."""
    options = CoarseGrainedOptions(beads=1000, equilibration_ps=20, production_ps=300, sample_interval_ps=0.5)
    observables = ObservableOptions(fit_window_ps=(2.0, 10.0))

    def run(density, **change):
        return run_replica(RunSpecification(soft, 86.0, density, 298.15, 1, options=options, observables=observables, **change))

    low, high = run(4.6 * 0.98).pressure_bar, run(4.6 * 1.02).pressure_bar
    expected = 1e4 * np.log(1.02 / 0.98) / (high.value - low.value)
    expected_error = expected * np.hypot(low.error, high.error) / (high.value - low.value)
    limit = structure_factor(run(4.6, keep_trajectory=True).trajectory, 6.0).long_wave_limit()
    found = compressibility(limit, 4.6, 298.15)
    # errors of five blocks: t with 4 degrees of freedom, within 4.6 with 99 %
    assert abs(found.value - expected) < 4.6 * np.hypot(found.error, expected_error)
    assert found.error < 0.15 * found.value
    assert expected_error < 0.1 * expected
