"""One cluster for all tests here."""

import pytest

from tests.slurm.cluster import missing, running_cluster
from tests.workflow.conftest import finished

__all__ = ["cluster", "finished"]


@pytest.fixture(scope="session")
def cluster():
    reason = missing()
    if reason:
        pytest.skip(f"no Slurm: {reason}")
    with running_cluster() as running:
        yield running
