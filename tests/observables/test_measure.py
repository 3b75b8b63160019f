import json

import numpy as np
import pandas as pd
import pytest

from mobcg.observables.measure import Measuring, measure, usual_window, write_measurement
from mobcg.observables.trajectory import Trajectory
from mobcg.observables.unwrapping import trajectory_of_places
from mobcg.outcomes import InputError, Outcome
from mobcg.units import thermal_energy
from tests.observables.brownian import lattice, walkers

TILTED = np.array([[3.0, 0.0, 0.0], [1.2, 2.6, 0.0], [-0.9, 0.8, 2.8]])


def in_cells(trajectory, cells):
    return trajectory_of_places(trajectory.positions_nm, trajectory.time_ps, np.broadcast_to(cells, (trajectory.frames, 3, 3)), 86.0)


def test_walkers_in_a_tilted_cell():
    measured = measure(in_cells(walkers(3.0, 80, 600, 0.5, 1), TILTED))
    found = measured.diffusion.diffusion
    assert measured.outcome is Outcome.OK
    assert abs(found.value - 3.0) < 4 * found.error
    assert found.error < 0.5


def test_the_usual_window_grows_with_slowness_up_to_a_tenth_of_the_run():
    fast, slow = (walkers(diffusion, 60, 1000, 0.5, 1) for diffusion in (20.0, 0.5))
    windows = [usual_window(one, 6e-3 * d * 0.5 * np.arange(1000)) for one, d in ((fast, 20.0), (slow, 0.5))]
    # spacing^2 = (27/60)^(2/3) = 0.587 nm2 is reached after 4.9 ps at 20 nm2/ns
    assert windows[0][1] == pytest.approx(10.0, abs=1.0)
    assert windows[1][1] == pytest.approx(49.5)


def test_frames_too_far_apart_give_g_without_d():
    far = in_cells(walkers(5.0, 60, 100, 100.0, 1), 3.0 * np.eye(3))
    measured = measure(far, Measuring(bin_width_nm=0.05))
    assert measured.diffusion is None
    assert measured.msd_nm2 is None
    assert "no D: between two frames, 100 ps apart" in measured.advice[0]
    assert "write frames every 25 ps or oftener" in measured.advice[0]
    assert measured.rdf.g[20:] == pytest.approx(1, abs=0.2)


def test_too_short_a_run_says_what_to_add():
    measured = measure(walkers(2.0, 60, 30, 0.5, 1), Measuring(bin_width_nm=0.05, fit_window_ps=(5, 20)))
    assert measured.diffusion is None
    assert measured.msd_nm2 is not None
    assert "add at least 25.5 ps" in measured.advice[0]


@pytest.mark.parametrize(("change", "outcome"), [(0.002, "nothing"), (0.015, "advice"), (0.08, "refused")])
def test_a_drifting_volume(change, outcome):
    factors = (1 + change * np.linspace(-0.5, 0.5, 300) + np.random.default_rng(1).normal(0, 0.004, 300)) ** (1 / 3)
    plain = walkers(2.0, 60, 300, 0.5, 1)
    cells = factors[:, None, None] * TILTED
    run = trajectory_of_places(plain.positions_nm, plain.time_ps, cells, 86.0)
    if outcome == "refused":
        with pytest.raises(InputError, match=r"the volume drifts by [78]\.\d % over the run, more than 3 %.*--begin"):
            measure(run)
    else:
        told = any("the volume drifts by" in sentence for sentence in measure(run).advice)
        assert told == (outcome == "advice")


def test_a_jumping_volume_is_refused():
    plain = walkers(2.0, 60, 300, 0.5, 1)
    factors = np.where(np.arange(300) < 150, 1.0, 1.15)[:, None, None]
    cells = factors * TILTED
    with pytest.raises(InputError, match="the volume changes by 41 % of its mean"):
        measure(trajectory_of_places(plain.positions_nm * factors, plain.time_ps, cells, 86.0))


def test_crystals_and_droplets_in_cells_that_are_no_cubes():
    cubic = lattice("fcc", 4, 0.8, 0.03, 12, 1)
    stack = np.concatenate([cubic.positions_nm, cubic.positions_nm + np.array([0, 0, 3.2])], axis=1)
    tall = trajectory_of_places(stack, cubic.time_ps, np.broadcast_to(np.diag([3.2, 3.2, 6.4]), (12, 3, 3)), 86.0)
    assert measure(tall).outcome is Outcome.CRYSTAL
    random = np.random.default_rng(1)
    drop = random.normal(2.0, 0.4, (1, 300, 3)) + np.cumsum(random.normal(0, 0.03, (60, 300, 3)), axis=0) * 0.5
    cells = np.broadcast_to(np.diag([4.0, 4.0, 5.0]), (60, 3, 3))
    measured = measure(trajectory_of_places(drop, np.arange(60.0), cells, 86.0), Measuring(bin_width_nm=0.05))
    assert measured.outcome is Outcome.INHOMOGENEOUS
    still = in_cells(walkers(1e-3, 80, 60, 0.2, 1), TILTED)
    assert measure(still).outcome is Outcome.GLASS


def test_diffusion_without_boundaries():
    run = walkers(2.0, 60, 600, 0.5, 1)
    measured = measure(run, Measuring(temperature_K=300, viscosity_mPa_s=1.0))
    # 1 mPa s is 602.2 kJ/mol ps/nm3
    expected = 1000 * 2.837297 * thermal_energy(300) / (6 * np.pi * 602.214 * 3.0)
    assert measured.infinite_diffusion.value - measured.diffusion.diffusion.value == pytest.approx(expected, rel=1e-3)
    flat = measure(in_cells(run, np.diag([3.0, 3.0, 4.0])), Measuring(temperature_K=300, viscosity_mPa_s=1.0))
    assert flat.infinite_diffusion is None
    assert "holds for cubes" in flat.advice[-1]


def test_an_implausible_density_is_told():
    light = walkers(2.0, 60, 100, 0.5, 1)
    thin = Trajectory(light.positions_nm * 10, light.time_ps, 30.0, 50.0)
    assert any("no liquid's density" in sentence for sentence in measure(thin, Measuring(bin_width_nm=0.1)).advice)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"bin_width_nm": 0.0}, "bin_width_nm: must be positive"),
        ({"blocks": 1}, "blocks: must be at least 2"),
        ({"fit_window_ps": (5.0, 2.0)}, "needs 0 <= start < end"),
        ({"viscosity_mPa_s": 1.0}, "needs the temperature"),
        ({"temperature_K": float("nan")}, "temperature_K: must be positive"),
    ],
)
def test_settings_are_checked(options, message):
    with pytest.raises(InputError, match=message):
        Measuring(**options)


def test_files(tmp_path):
    run = in_cells(walkers(3.0, 80, 300, 0.5, 1), TILTED)
    settings = Measuring(temperature_K=300)
    write_measurement(tmp_path, run, measure(run, settings), settings, {"topology": "a.gro"})
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["outcome"] == "ok"
    assert summary["seed"] is None
    assert summary["density_per_nm3"] == pytest.approx(80 / np.linalg.det(TILTED))
    assert np.array(summary["box_nm"]) == pytest.approx(TILTED)
    assert summary["temperature_K"] == 300
    assert summary["settings"]["topology"] == "a.gro"
    assert "mdtraj" in summary["versions"]
    assert (tmp_path / "rdf.csv").read_text().startswith("r_nm,g,g_err\n")
    assert len((tmp_path / "msd.csv").read_text().splitlines()) == 301


def test_dynamics_over_all_times_where_frames_are_near_enough(tmp_path):
    run = walkers(3.0, 80, 600, 0.05, 1)
    settings = Measuring()
    write_measurement(tmp_path, run, measure(run, settings), settings, {})
    curve = pd.read_csv(tmp_path / "displacements.csv")
    # a walker's MSD is 6 D t from the first frame on; five standard errors over molecules
    assert np.all(np.abs(curve["msd_nm2"] - 6 * 3.0 * curve["time_ps"] / 1000) < 5 * curve["msd_err_nm2"])
    memory = pd.read_csv(tmp_path / "velocity_autocorrelation.csv")
    assert memory["time_ps"].iloc[-1] == pytest.approx(5.0)
    assert abs(memory["vacf_normalised"].iloc[1:].mean()) < 0.02
    sparse = walkers(3.0, 80, 300, 0.5, 1)
    write_measurement(tmp_path, sparse, measure(sparse, settings), settings, {})
    assert not (tmp_path / "velocity_autocorrelation.csv").exists()


def test_structure_factor_and_compressibility_of_an_ideal_gas():
    random = np.random.default_rng(2)
    gas = Trajectory(random.uniform(0, 4, (300, 500, 3)), np.arange(300.0), 4.0, 50.0)
    measured = measure(gas, Measuring(bin_width_nm=0.05, temperature_K=300))
    # S = 1 for points without correlation; kappa = 1/(rho kT)
    pulls = (measured.structure_factor.s - 1) / measured.structure_factor.s_error
    assert abs(np.mean(pulls)) < 4 * 1.4 / np.sqrt(len(pulls))
    expected = 64 / 500 / thermal_energy(300) / 16.6053906717e-4
    assert abs(measured.compressibility_per_GPa.value - expected) < 5 * measured.compressibility_per_GPa.error
    assert measure(in_cells(walkers(3.0, 80, 60, 0.5, 1), TILTED)).structure_factor is None
