import pytest

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
