import numpy as np
import pandas as pd

from mobcg.report.pareto import front_of_medians, liquids_on_the_front, undominated

TABLE = pd.DataFrame({
    "liquid": ["a", "a", "a", "a", "b", "b"],
    "method": ["exact", "fast", "worse", "unknown", "exact", "fast"],
    "structure_error": [0.001, 0.1, 0.2, np.nan, 0.003, 0.001],
    "mobility_error": [2.0, 0.1, 0.1, 0.1, 2.0, 0.1],
})  # fmt: skip


def test_a_point_that_another_beats_is_off_the_front():
    structure, mobility = np.array([1.0, 2.0, 2.0, 3.0, 1.0]), np.array([3.0, 2.0, 2.0, 2.0, 3.0])
    np.testing.assert_array_equal(undominated(structure, mobility), [True, True, True, False, True])


def test_the_front_goes_through_the_medians_from_small_m_to_small_s():
    m, s = front_of_medians(TABLE, 1e-4)
    np.testing.assert_allclose(m, [0.1, 2.0])
    np.testing.assert_allclose(s, [0.0505, 0.002])


def test_a_method_is_counted_for_each_liquid_that_it_is_best_for():
    assert liquids_on_the_front(TABLE) == {"exact": 1, "fast": 2, "worse": 0, "unknown": 0}
