from dataclasses import replace

import pytest
from pydantic import ValidationError

from mobcg.atomistic.schedule import pace, stages
from mobcg.config import AtomisticOptions


@pytest.mark.parametrize("longest", [0.35, 1.0, 2.05, 3.65, 4.0])
@pytest.mark.parametrize("halvings", [0, 1, 2])
def test_samples_fall_on_whole_steps(longest, halvings):
    options = AtomisticOptions(sample_interval_ps=0.5)
    for stage in stages(options, 1.0).values():
        speed = pace(stage, options, longest, halvings)
        assert speed.interval_ps == pytest.approx(0.5, rel=1e-12)
        assert speed.timestep_fs <= longest / stage.refinement / 2**halvings * (1 + 1e-12)
        assert speed.timestep_fs > longest / stage.refinement / 2**halvings * 0.98 * (1 - longest / 500)


def test_segments_cover_the_stage_once():
    options = AtomisticOptions(production_ps=103, checkpoint_ps=20, sample_interval_ps=0.5)
    speed = pace(stages(options, 1.0)["production"], options, 2.0, 0)
    assert speed.segments == 6
    assert sum(speed.samples_of(index) for index in range(speed.segments)) == speed.samples == 206
    assert speed.samples_of(5) == 6


def test_only_production_has_no_friction():
    protocol = stages(AtomisticOptions(), 1.0)
    assert [name for name, stage in protocol.items() if stage.friction_per_ps is None] == ["production"]
    assert list(protocol)[-1] == "production"


def test_the_short_time_stretch_follows_production_and_is_like_it():
    protocol = stages(AtomisticOptions(short_time_ps=20.0, short_time_interval_ps=0.025), 1.0)
    assert list(protocol)[-2:] == ["production", "short-time"]
    assert protocol["short-time"] == replace(protocol["production"], name="short-time", duration_ps=20.0, sample_interval_ps=0.025)


@pytest.mark.parametrize(("longest", "halvings", "stride"), [(2.95, 0, 7), (2.95, 1, 14), (4.0, 0, 5), (30.0, 0, 1)])
def test_the_short_time_stretch_has_its_own_interval(longest, halvings, stride):
    options = AtomisticOptions(short_time_ps=20.0, checkpoint_ps=100.0, sample_interval_ps=0.2)
    protocol = stages(options, 1.0)
    speed = pace(protocol["short-time"], options, longest, halvings)
    assert speed.interval_ps == pytest.approx(0.02, rel=1e-12)
    assert (speed.stride, speed.samples, speed.segments) == (stride, 1000, 2)
    assert pace(protocol["production"], options, longest, halvings).interval_ps == pytest.approx(0.2, rel=1e-12)


def test_too_short_a_stretch_is_refused():
    with pytest.raises(
        ValidationError, match=r"short_time_ps: found 0\.1; must be 0 .* or at least ten times short_time_interval_ps, 0\.2"
    ):
        AtomisticOptions(short_time_ps=0.1)
