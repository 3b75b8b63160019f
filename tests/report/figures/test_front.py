import matplotlib.image
import numpy as np
import pandas as pd
import pytest

from benchmarks.conservative_front import Runs, evenly, rows_of
from mobcg.engines.registry import get_engine
from mobcg.evaluation.reference import Reference
from mobcg.learning.flagship import FlagshipModel
from mobcg.observables.blocks import Estimate
from mobcg.observables.rdf import RadialDistribution
from mobcg.outcomes import InputError
from mobcg.prediction.refine import RefinementOptions
from mobcg.prediction.shipped import find_trained
from mobcg.report.figures.front import COLUMNS, _joined, front_figure, read_front, write_front_figure
from mobcg.units import ReducedUnits

STATE = {"mass_Da": 90.0, "temperature_K": 310.0, "density_per_nm3": 5.2}
UNITS = ReducedUnits(**STATE)


def table(liquids=("benzene", "ethylbenzene")):
    """A front of five weights a liquid, one model run, one frozen, and the flagship."""
    rows = []
    for liquid in liquids:
        for number, weight in enumerate(np.geomspace(0.001, 1, 5)):
            row = {"liquid": liquid, "model": "conservative", "weight": weight, "shift": 0.0, "outcome": "", "reason": ""}
            rows.append(
                row | {"variance": 0.3 * number, "structure_error_expected": 0.05 * weight, "mobility_error_expected": 2 - number / 2}
            )
        measured = {"structure_error": 1e-3, "structure_error_err": 2e-3, "mobility_error": 1.9, "mobility_error_err": 0.03}
        rows[-5] |= {"outcome": "ok"} | measured
        rows[-1] |= {"outcome": "crystal", "reason": "q6 = 0.45"}
        flagship = rows[-5] | {"model": "friction", "weight": np.nan, "mobility_error": 0.02, "mobility_error_expected": 0.0}
        rows.append(flagship | {"structure_error_expected": 0.0, "variance": 0.1})
    return pd.DataFrame(rows, columns=list(COLUMNS))


@pytest.mark.filterwarnings("error", "ignore::ResourceWarning")  # files that other tests' libraries left open
@pytest.mark.parametrize("liquids", [("benzene",), tuple("abcdefgh")])
def test_the_figure_is_written_without_warnings(tmp_path, liquids):
    table(liquids).to_csv(tmp_path / "front.csv", index=False)
    write_front_figure(read_front(tmp_path / "front.csv"), tmp_path / "front.png")
    picture = matplotlib.image.imread(tmp_path / "front.png")
    assert picture[..., :3].std() > 0.03
    assert (tmp_path / "front.png").stat().st_size < 200_000


def test_points_crosses_and_the_flagship_stand_where_they_belong():
    axes = front_figure(table()).axes[0]
    assert axes.get_title(loc="left") == "benzene"
    points = [container.lines[0].get_xdata() for container in axes.containers]
    np.testing.assert_allclose(np.concatenate(points), [1.9, 0.02])
    (cross,) = [line for line in axes.lines if line.get_marker() == "x"]
    assert (list(cross.get_xdata()), list(cross.get_ydata())) == ([0.0], [pytest.approx(0.05)])


def test_the_front_is_dashed_from_the_edge_on():
    m, s = np.array([4.0, 3.0, 2.0]), np.array([1.0, 2.0, 3.0])
    inside, at_edge = (_joined(m, s, np.array(chosen)) for chosen in ([True, True, False], [False, False, True]))
    np.testing.assert_array_equal(inside[0], [4, 4, np.nan, 4, 3, np.nan])
    np.testing.assert_array_equal(at_edge[0], [3, 2, np.nan])
    np.testing.assert_array_equal(at_edge[1], [2, 3, np.nan])


def test_a_table_without_its_columns_is_refused(tmp_path):
    table().drop(columns=["variance"]).to_csv(tmp_path / "front.csv", index=False)
    with pytest.raises(InputError, match="variance"):
        read_front(tmp_path / "front.csv")
    with pytest.raises(InputError, match=r"none\.csv"):
        read_front(tmp_path / "none.csv")


def test_points_of_a_front_are_spaced_evenly():
    assert evenly([2.0, 1.9, 1.6, 1.1, 0.8, 0.1, 0.0], 3) == [0, 3, 6]
    assert evenly([1.0, 1.0], 4) == [0]


def made_up(model):
    """A liquid with the mean g of the library, three times slower than without friction."""
    r = 0.0025 + 0.005 * np.arange(320)
    g = np.interp(r / UNITS.length_nm, model.grid, np.maximum(model.space.mean, 0))
    seen = model.read(r / UNITS.length_nm, g)
    free = float(np.exp(model.log_diffusion_curve(seen.scores[0], 0.0, np.zeros(1))[0][0]))
    diffusion = Estimate(free * UNITS.diffusion_nm2_per_ns / 3, 0.01)
    return Reference("made up", RadialDistribution(r, g, 0 * r), diffusion, box_nm=3.2, time_ps=r, msd_nm2=r, pressure_bar=1.0, **STATE)


def test_the_table_of_a_liquid_that_is_known():
    """At a small weight S is near 0 and M near ln 3 (the weight moves it by some w^2 only); at a large one M is less, S more."""
    model = find_trained("flagship")
    assert isinstance(model, FlagshipModel)
    runs = Runs(get_engine("ensemble"), RefinementOptions(), replicas=0, seed=1)
    found = rows_of(made_up(model), model, runs, [1e-4, 0.1], 2)
    assert tuple(found.columns) == COLUMNS
    assert list(found["model"]) == [*["conservative"] * 4, "friction"], "two of the first search, two that reach further"
    assert (found["outcome"] == "").all()
    small, large, friction = (found.iloc[place] for place in (0, -2, -1))
    assert small.structure_error_expected < 1e-4
    assert small.mobility_error_expected == pytest.approx(np.log(3), abs=0.02)
    assert large.mobility_error_expected < 0.9 * small.mobility_error_expected
    assert large.structure_error_expected > 10 * small.structure_error_expected
    assert friction.mobility_error_expected == pytest.approx(0.0, abs=0.01)
    assert friction.friction_per_ps > 0
