"""No thread of the GPU's kernels touches what another writes at the same time. `test_gpu.py` runs this file in a process of its own."""

from tests.engines.ensemble.racing_threads import FOUND, install

install()

import pytest  # noqa: E402

from mobcg.engines.ensemble.gpu import motion, pairs  # noqa: E402
from tests.engines.ensemble.gpu_liquids import liquid, run  # noqa: E402


@pytest.fixture(autouse=True)
def nothing_found():
    FOUND.clear()


@pytest.mark.parametrize("thermostat", ["global", "langevin", "dpd", "nve"])
@pytest.mark.parametrize("sizes", [{}, {"capacity": 3, "arena": 20000}], ids=["lists", "no lists"])
def test_threads_keep_out_of_each_others_way(thermostat, sizes):
    frames = 14 if thermostat == "nve" else 4
    run([liquid(thermostat, beads=16, frames=frames, sizes=sizes, plan={"relaxation_moves": 1})], threads=3)
    assert not FOUND


@pytest.mark.parametrize("module", [pairs, motion])
def test_a_missing_barrier_is_found(monkeypatch, module):
    monkeypatch.setattr(module, "barrier", lambda: None)
    run([liquid("dpd", beads=16, frames=3, plan={"relaxation_moves": 0})], threads=3)
    assert any("race" in sentence for sentence in FOUND)
