from benchmarks.pool import measure
from mobcg.config import PoolOptions


def test_a_further_run_costs_its_simulation_and_little_more(tmp_path):
    cost = measure(60, 5, 64, 60.0, PoolOptions(workers=1), tmp_path)
    assert cost.runs == 60
    assert cost.simulation_s < cost.elapsed_s
    assert cost.start_s < cost.elapsed_s
    assert cost.steady_overhead < 0.5, "of runs that last hundredths of a second; 2000 usual ones stay below 0.05"
