import shutil
from types import SimpleNamespace

import numpy as np
import pytest

from mobcg.atomistic import advance
from mobcg.atomistic.bulk import Bulk
from mobcg.atomistic.produce import check_lengths_ps, trajectory
from mobcg.atomistic.progress import FinishedStage
from mobcg.atomistic.run import _identity, simulate
from mobcg.atomistic.schedule import Pace, Stage
from mobcg.atomistic.segment import COLUMNS, Segment
from mobcg.config import AtomisticOptions, ObservableOptions
from mobcg.units import thermal_energy


def test_segments_become_one_trajectory():
    centres = np.cumsum(np.random.default_rng(1).normal(scale=0.1, size=(7, 5, 3)), axis=0).astype(np.float32)
    rows = np.zeros((7, len(COLUMNS)))
    rows[:, 0] = 0.5 * np.arange(1, 8)
    segments = tuple(Segment(2.0, rows[part], centres[part], "", 1.0) for part in (slice(0, 3), slice(3, 6), slice(6, 7)))
    finished = FinishedStage(Stage("production", 3.5, None), Pace(2.0, 250, 7, 3), segments)
    joined = trajectory(Bulk(None, None, 5, np.array([12.0, 4.0])), finished, 2.5)
    np.testing.assert_array_equal(joined.positions_nm, centres.astype(float))
    assert (joined.interval_ps, joined.box_nm, joined.mass_Da) == (0.5, 2.5, 16.0)


def test_checks_are_far_apart_and_end_at_the_maximum():
    options = AtomisticOptions(production_ps=110.0, checkpoint_ps=50.0, target_relative_error=0.05, maximum_production_ps=1010.0)
    assert check_lengths_ps(options) == [150.0, 250.0, 400.0, 600.0, 900.0, 1010.0]
    assert check_lengths_ps(options.model_copy(update={"maximum_production_ps": 110.0})) == [110.0]


STRETCH = {"short_time_ps": 0.4, "short_time_interval_ps": 0.04}
"""Ten samples in three segments."""


@pytest.fixture(scope="module")
def finished(butane, brief, tmp_path_factory):
    """The folder of a run without a stretch, and the run."""
    folder = tmp_path_factory.mktemp("finished") / "run"
    return folder, simulate(butane, 270.0, 1.0, brief, folder, seed=11)


@pytest.fixture
def copied(finished, tmp_path):
    """Make copies of the finished folder."""
    return lambda name="run": shutil.copytree(finished[0], tmp_path / name)


@pytest.fixture
def extend(butane, brief):
    """Simulate in a folder with the stretch and other changes of the options."""
    return lambda folder, observables=None, **changes: simulate(
        butane, 270.0, 1.0, brief.model_copy(update=STRETCH | changes), folder, seed=11, observables=observables
    )


def _files(folder):
    """Content and time of what was simulated."""
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}


def _positions(run):
    return run.short_time.positions_nm


def test_a_finished_run_gains_the_stretch_and_is_else_only_read(finished, copied, extend):
    folder = copied()
    before = _files(folder)
    run = extend(folder)
    after = _files(folder)
    assert {name: after[name] for name in before} == before
    assert {name for name in after if name not in before} == {
        "short-time.begin",
        *(f"short-time-{index:05d}.npz" for index in range(3)),
        *(f"short-time-{index:05d}.xml" for index in (1, 2)),
    }
    np.testing.assert_array_equal(run.trajectory.positions_nm, finished[1].trajectory.positions_nm)
    assert _positions(run).shape == (10, 27, 3)
    assert run.short_time.interval_ps == pytest.approx(0.04)
    assert run.short_time.box_nm == run.trajectory.box_nm
    rows = run.thermodynamics[run.thermodynamics["stage"] == "short-time"]
    np.testing.assert_allclose(rows["time_ps"], 0.04 * np.arange(1, 11))
    assert finished[1].short_time is None
    np.testing.assert_array_equal(_positions(extend(folder)), _positions(run))
    assert _files(folder) == after


def test_the_stretch_begins_at_the_end_of_production(copied, extend):
    """In one interval no molecule goes farther than six standard deviations of its velocity take it."""
    run = extend(copied())
    farthest = 6 * np.sqrt(thermal_energy(270.0) / run.trajectory.mass_Da) * 0.04
    assert 0 < np.abs(_positions(run)[0] - run.trajectory.positions_nm[-1]).max() < farthest


def test_a_killed_stretch_goes_on_to_the_same_end(copied, extend, monkeypatch):
    whole, folder = extend(copied("whole")), copied()
    attempt = advance.run_segment

    def killed(bulk, stage, pace, index, *rest):
        if (stage.name, index) == ("short-time", 1):
            raise KeyboardInterrupt
        return attempt(bulk, stage, pace, index, *rest)

    monkeypatch.setattr(advance, "run_segment", killed)
    with pytest.raises(KeyboardInterrupt):
        extend(folder)
    monkeypatch.setattr(advance, "run_segment", attempt)
    first = (folder / "short-time-00000.npz").stat().st_mtime_ns
    np.testing.assert_array_equal(_positions(extend(folder)), _positions(whole))
    assert (folder / "short-time-00000.npz").stat().st_mtime_ns == first


def test_longer_production_makes_the_stretch_anew(copied, extend):
    folder = copied()
    before = _positions(extend(folder))
    after = _positions(extend(folder, production_ps=4.0))
    assert np.abs(after - before).max() > 0.1
    np.testing.assert_array_equal(after, _positions(extend(copied("other"), production_ps=4.0)))


def test_another_interval_makes_the_stretch_anew(copied, extend):
    """Steps of 3.64 fs make both intervals, so the segments look alike."""
    folder = copied()
    extend(folder)
    changes = {"short_time_ps": 0.8, "short_time_interval_ps": 0.08}
    other = _positions(extend(folder, **changes))
    np.testing.assert_array_equal(other, _positions(extend(copied("other"), **changes)))


def test_a_longer_stretch_goes_on(copied, extend):
    folder = copied()
    before = _positions(extend(folder, short_time_ps=0.48))
    after = _positions(extend(folder, short_time_ps=0.64))
    assert len(after) == 16
    np.testing.assert_array_equal(after[:12], before)


def test_an_end_of_production_whose_state_is_gone_is_made_again(copied, extend):
    """Production went on to 5 ps and kept the states at 4 and 5 ps; now it is to end at 3 ps."""
    window = ObservableOptions(fit_window_ps=(0.25, 1.0), blocks=3)
    folder = copied()
    changes = {"production_ps": 2.0, "target_relative_error": 1e-6}
    extend(folder, window, **changes, maximum_production_ps=5.0)
    assert not (folder / "production-00002.xml").exists()
    run = extend(folder, window, **changes, maximum_production_ps=3.0)
    np.testing.assert_array_equal(_positions(run), _positions(extend(copied("other"))))


def test_the_stretch_is_no_part_of_a_run_s_identity(butane, brief):
    """Also a folder of before there was one is its run's."""
    old = {name: value for name, value in brief.physics().items() if not name.startswith("short_time")}
    assert len(brief.physics()) - len(old) == 2
    known = _identity(butane, 270.0, 1.0, SimpleNamespace(physics=lambda: old, engine="openmm"), 11)
    assert known == _identity(butane, 270.0, 1.0, brief, 11)
    assert known == _identity(butane, 270.0, 1.0, brief.model_copy(update=STRETCH), 11)
