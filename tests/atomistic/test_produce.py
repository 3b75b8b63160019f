import numpy as np

from mobcg.atomistic.bulk import Bulk
from mobcg.atomistic.produce import check_lengths_ps, trajectory
from mobcg.atomistic.progress import FinishedStage
from mobcg.atomistic.schedule import Pace, Stage
from mobcg.atomistic.segment import COLUMNS, Segment
from mobcg.config import AtomisticOptions


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
