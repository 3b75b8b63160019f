import pytest

from mobcg.batch.plan import Batch, stretches


def samples(count):
    return [f"a-{index:05d}" for index in range(count)]


def test_more_samples_leave_full_batches_as_they_are():
    before, after = stretches("a", samples(10), 4), stretches("a", samples(13), 4)
    assert after[:2] == before[:2]
    assert [len(batch.samples) for batch in after] == [4, 4, 4, 1]
    assert [sample for batch in after for sample in batch.samples] == samples(13)
    assert len({batch.name for batch in after}) == 4


def test_a_job_that_makes_one_sample_has_its_name():
    assert stretches("a", samples(2), 1) == [Batch("a-00000", ("a-00000",)), Batch("a-00001", ("a-00001",))]


@pytest.mark.parametrize("size", [1, 5])
def test_no_samples_no_batches(size):
    assert stretches("a", [], size) == []
