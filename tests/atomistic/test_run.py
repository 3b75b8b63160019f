import random
import shutil
import signal
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mobcg.atomistic import advance
from mobcg.atomistic import run as module
from mobcg.atomistic.density import standard_error
from mobcg.atomistic.run import simulate
from mobcg.config import ObservableOptions
from mobcg.observables.diffusion import diffusion
from mobcg.observables.trajectory import Trajectory
from mobcg.outcomes import InputError, Outcome
from tests.atomistic.interruptible import begin


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("whole") / "run"


@pytest.fixture(scope="module")
def whole(butane, brief, folder):
    return simulate(butane, 270.0, 1.0, brief, folder, seed=11)


def _same(first, second):
    np.testing.assert_array_equal(first.trajectory.positions_nm, second.trajectory.positions_nm)
    pd.testing.assert_frame_equal(first.thermodynamics, second.thermodynamics, check_exact=True)
    assert first.trajectory.box_nm == second.trajectory.box_nm


def _files(folder):
    """Size and time of what was simulated."""
    return {path.name: (path.stat().st_size, path.stat().st_mtime_ns) for path in folder.iterdir()}


def _finished(folder):
    return {path.name: path.stat().st_mtime_ns for path in folder.glob("[a-z]*.npz")}


def test_all_stages_run(whole, brief):
    assert (whole.outcome, whole.reason) == (Outcome.OK, "")
    assert isinstance(whole.trajectory, Trajectory)
    assert whole.trajectory.positions_nm.shape == (12, 27, 3)
    assert whole.trajectory.interval_ps == pytest.approx(0.25)
    stages = list(whole.thermodynamics["stage"].unique())
    assert [name for name in stages if name != "npt-extension"] == ["soft", "compress", "npt", "nvt", "production"]
    assert whole.halvings == 0
    assert 2.0 < whole.timestep_fs <= brief.maximum_timestep_fs
    assert whole.constraints == 10
    assert 0.45 < whole.density_g_per_cm3 < 0.75
    assert whole.wall_s > 0


def test_production_has_the_density_of_constant_pressure(whole):
    production = whole.thermodynamics[whole.thermodynamics["stage"] == "production"]
    assert production["density_g_per_cm3"].to_numpy() == pytest.approx(whole.density_g_per_cm3, rel=1e-6)
    assert production["pressure_bar"].notna().sum() == 3


def test_centres_of_mass_are_unwrapped(whole):
    """No step between frames comes near half the box, across segments too, and the liquid as a whole does not drift."""
    assert np.abs(np.diff(whole.trajectory.positions_nm, axis=0)).max() < 0.4
    drift = whole.trajectory.positions_nm.mean(axis=1)
    assert np.abs(drift - drift[0]).max() < 1e-4


def test_complete_run_is_only_read(whole, butane, brief, folder):
    before = _files(folder)
    again = simulate(butane, 270.0, 1.0, brief, folder, seed=11)
    assert _files(folder) == before
    _same(again, whole)


def test_execution_options_do_not_begin_anew(whole, butane, brief, folder):
    before = _files(folder)
    simulate(butane, 270.0, 1.0, brief.model_copy(update={"threads": 2, "platform": "auto"}), folder, seed=11)
    assert _files(folder) == before


def test_longer_production_goes_on(whole, butane, brief, folder):
    longer = simulate(butane, 270.0, 1.0, brief.model_copy(update={"production_ps": 4.0}), folder, seed=11)
    np.testing.assert_array_equal(longer.trajectory.positions_nm[:12], whole.trajectory.positions_nm)
    assert longer.trajectory.frames == 16


def test_run_killed_ten_times_ends_with_the_numbers_of_one_never_killed(whole, butane, brief, folder, tmp_path):
    """kill -9 at ten random moments, then once SIGTERM: no finished segment is lost or made twice, and the trajectory has no seam."""
    options = brief.model_copy(update={"production_ps": 8.0})  # more segments than ends
    reference = shutil.copytree(folder, tmp_path / "reference")
    expected = simulate(butane, 270.0, 1.0, options, reference, seed=11)
    segment_s = np.median(np.diff(sorted(_finished(reference).values()))) / 1e9
    run = tmp_path / "run"
    moments = random.Random(3)
    finished, leftovers = {}, set()
    ends = [*[(more, -signal.SIGKILL) for more in (0, 1, 0, 1, 1, 0, 1, 1, 0, 1)], (1, 1)]
    for more, status in ends:
        leftovers = set(run.glob(".*"))
        process = begin(run, options)
        while process.is_alive() and len(_finished(run)) < len(finished) + more:
            process.join(0.01)
        process.join(moments.uniform(0.0, segment_s))
        assert process.is_alive(), "the run ended before it could be killed"
        (process.kill if status < 0 else process.terminate)()
        process.join()
        assert process.exitcode == status
        assert finished.items() <= _finished(run).items()
        finished = _finished(run)
    assert set(run.glob(".*")) <= leftovers, "SIGTERM leaves nothing half written"
    rest = simulate(butane, 270.0, 1.0, options, run, seed=11)
    assert finished.items() <= _finished(run).items()
    assert rest.trajectory.frames == 32
    _same(rest, expected)


def test_a_finished_run_without_its_states_is_read_and_can_still_be_lengthened(whole, butane, brief, folder, tmp_path):
    """To read it nothing is simulated; to go on from its end what leads there is, with the same numbers."""
    copy = shutil.copytree(folder, tmp_path / "run")
    for path in (*copy.glob("nvt-*.xml"), *copy.glob("production-*.xml")):
        path.unlink()
    before = _files(copy)
    _same(simulate(butane, 270.0, 1.0, brief, copy, seed=11), whole)
    assert _files(copy) == before
    longer = simulate(butane, 270.0, 1.0, brief.model_copy(update={"production_ps": 5.0}), copy, seed=11)
    np.testing.assert_array_equal(longer.trajectory.positions_nm[:12], whole.trajectory.positions_nm)
    assert longer.trajectory.frames == 20
    assert (copy / "nvt-00000.xml").read_bytes() == (folder / "nvt-00000.xml").read_bytes()


def test_damaged_segment_is_made_again(whole, butane, brief, folder):
    last = max(folder.glob("production-*.npz"))
    last.write_bytes(last.read_bytes()[:500])
    assert simulate(butane, 270.0, 1.0, brief, folder, seed=11).trajectory.frames == 12
    _same(simulate(butane, 270.0, 1.0, brief, folder, seed=11), whole)


def test_other_run_in_the_folder_is_replaced(butane, brief, tmp_path):
    tiny = brief.model_copy(update={"npt_ps": 0.25, "nvt_ps": 0.25, "production_ps": 0.25})
    first = simulate(butane, 270.0, 1.0, tiny, tmp_path / "run", seed=1)
    second = simulate(butane, 270.0, 1.0, tiny, tmp_path / "run", seed=2)
    assert not np.array_equal(first.trajectory.positions_nm, second.trajectory.positions_nm)


def test_foreign_folder_is_refused(butane, brief, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="not the folder of a run"):
        simulate(butane, 270.0, 1.0, brief, tmp_path, seed=1)


def test_too_long_a_step_is_halved_and_told(butane, brief, tmp_path, monkeypatch):
    plan = module.plan_integration(butane, brief, 270.0)
    monkeypatch.setattr(module, "plan_integration", lambda *_: replace(plan, timestep_fs=12.0))
    tiny = brief.model_copy(update={"npt_ps": 0.25, "nvt_ps": 0.25, "production_ps": 0.25})
    run = simulate(butane, 270.0, 1.0, tiny, tmp_path / "run", seed=1)
    assert run.outcome is Outcome.OK
    assert run.halvings in (1, 2)
    assert run.timestep_fs == pytest.approx(250 / 21 / 2**run.halvings)


def test_blow_up_is_an_outcome_and_remembered(butane, brief, tmp_path, monkeypatch):
    plan = module.plan_integration(butane, brief, 270.0)
    monkeypatch.setattr(module, "plan_integration", lambda *_: replace(plan, timestep_fs=200.0))
    run = simulate(butane, 270.0, 1.0, brief, tmp_path / "run", seed=1)
    assert run.outcome is Outcome.BLOW_UP
    assert "halved 2 times" in run.reason
    assert run.trajectory is None
    assert (run.halvings, len(run.thermodynamics)) == (2, 0)
    before = _files(tmp_path / "run")
    again = simulate(butane, 270.0, 1.0, brief, tmp_path / "run", seed=1)
    assert (again.outcome, again.reason) == (run.outcome, run.reason)
    assert (again.fastest_period_fs, again.constraints) == (run.fastest_period_fs, run.constraints)
    assert again.fastest_period_fs == plan.fastest_period_fs
    assert _files(tmp_path / "run") == before


def test_evaporation_is_an_outcome(ethane, brief, tmp_path):
    """Ethane far above its critical temperature (305 K) cannot stay dense at 1 bar."""
    options = brief.model_copy(update={"npt_ps": 8.0, "checkpoint_ps": 8.0, "evaporated_below_g_per_cm3": 0.26})
    run = simulate(ethane, 700.0, 1.0, options, tmp_path / "run", seed=1)
    assert run.outcome is Outcome.EVAPORATED
    assert "0.26 g/cm3" in run.reason
    assert run.trajectory is None
    assert set(run.thermodynamics["stage"]) == {"soft", "compress", "npt"}


def test_temperature_is_that_of_the_bath(butane, brief, tmp_path):
    """Production's kinetic temperature with its rigid bonds and at its long step."""
    options = brief.model_copy(update={"npt_ps": 1.0, "production_ps": 9.0, "checkpoint_ps": 9.0, "thermostat_time_ps": 0.2})
    run = simulate(butane, 270.0, 1.0, options, tmp_path / "run", seed=4)
    temperature = run.thermodynamics.loc[run.thermodynamics["stage"] == "production", "temperature_K"].to_numpy()[4:]
    assert abs(temperature.mean() - 270) < 4 * standard_error(temperature)
    assert standard_error(temperature) < 5


WINDOW = ObservableOptions(fit_window_ps=(0.25, 1.0), blocks=3)


def _asked(brief, target, maximum):
    """Soft checks on a tiny liquid: every segment a picosecond, the first look after two."""
    return brief.model_copy(update={"production_ps": 2.0, "target_relative_error": target, "maximum_production_ps": maximum})


def test_production_ends_where_d_is_good_enough(whole, butane, brief, folder):
    """The folder's run goes on: its segments are the same, only their number follows from D."""
    options = _asked(brief, 0.25, 9.0)
    run = simulate(butane, 270.0, 1.0, options, folder, seed=11, observables=WINDOW)
    found = diffusion(run.trajectory, WINDOW.fit_window_ps, WINDOW.blocks)
    frames = min(run.trajectory.frames, whole.trajectory.frames)
    np.testing.assert_array_equal(run.trajectory.positions_nm[:frames], whole.trajectory.positions_nm[:frames])
    assert run.production_ps == pytest.approx(run.trajectory.frames * 0.25)
    if run.production_ps < 9.0:
        assert found.relative_error <= 0.25
        assert run.stop_reason == f"D within {100 * found.relative_error:.2g} % after {run.production_ps / 1000:.3g} ns"
    before = _files(folder)
    again = simulate(butane, 270.0, 1.0, options, folder, seed=11, observables=WINDOW)
    assert _files(folder) == before
    assert (again.stop_reason, again.production_ps) == (run.stop_reason, run.production_ps)
    _same(again, run)


def test_the_maximum_ends_production_and_a_run_killed_on_the_way_ends_alike(whole, butane, brief, folder, tmp_path, monkeypatch):
    options = _asked(brief, 0.001, 5.0)
    run = simulate(butane, 270.0, 1.0, options, folder, seed=11, observables=WINDOW)
    assert run.production_ps == pytest.approx(5.0)
    assert run.stop_reason.startswith("maximum length 0.005 ns: D within ")
    other = tmp_path / "run"
    shutil.copytree(folder, other)
    for path in [*other.glob("production-*.npz"), *other.glob("production-*.xml")]:
        if "-00000" not in path.name:
            path.unlink()
    attempt, done = advance.run_segment, []

    def killed(*arguments):
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(1)
        return attempt(*arguments)

    monkeypatch.setattr(advance, "run_segment", killed)
    with pytest.raises(KeyboardInterrupt):
        simulate(butane, 270.0, 1.0, options, other, seed=11, observables=WINDOW)
    monkeypatch.setattr(advance, "run_segment", attempt)
    rest = simulate(butane, 270.0, 1.0, options, other, seed=11, observables=WINDOW)
    assert rest.stop_reason == run.stop_reason
    _same(rest, run)
