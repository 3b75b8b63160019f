"""A bad night: whatever happens to a campaign, it ends complete, with the results of one that nothing happened to."""

import json

import pandas as pd
import pytest

from tests.slurm import lean
from tests.slurm.faults import KINDS, Night, plan
from tests.slurm.verdict import different, left_behind, submitted, written_twice

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

SEED, SETS, MOST_STARTS = 1, 24, 3
"""The driver starts anew once because it was killed, and once after the disk was full and a table damaged."""


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    return lean.undisturbed(tmp_path_factory.mktemp("undisturbed"), SETS)


@pytest.fixture(scope="module")
def night(tmp_path_factory, cluster):
    campaign = lean.on_slurm(tmp_path_factory.mktemp("night"), cluster, SETS)
    night = Night(campaign, plan(SEED, lean.samples(SETS)), lean.TARGETS)
    night.run(MOST_STARTS, 3000)
    return night


def test_every_fault_came_about(night):
    assert {fault.kind for fault in night.happened} == set(KINDS)
    assert submitted(night) >= 60


def test_it_is_complete(night):
    assert night.campaign.jobs(*lean.TARGETS) == {}


def test_the_results_are_as_if_nothing_had_happened(night, undisturbed):
    assert different(night.results, undisturbed) == []


def test_a_force_field_that_blows_up_is_a_result(night):
    summary = json.loads((night.results / "atomistic" / lean.BLOWS_UP / "summary.json").read_text())
    assert summary["outcome"] == "blow-up"
    inverted = json.loads((night.results / "inversion" / lean.BLOWS_UP / "summary.json").read_text())
    assert inverted["outcome"] == "no-parent"
    assert (pd.read_parquet(night.results / "database/mobility.parquet")["outcome"] == "no-parent").any()


def test_nothing_was_written_twice_but_what_was_damaged(night):
    assert written_twice(night) == []


def test_nothing_half_written_is_left(night):
    assert left_behind(night.results) == []
