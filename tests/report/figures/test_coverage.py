import json

import matplotlib.image
import numpy as np
import pandas as pd
import pytest

from benchmarks.database_coverage import finished_references
from mobcg.evaluation.reference import Reference
from mobcg.learning.flagship import FlagshipModel
from mobcg.observables.blocks import Estimate
from mobcg.observables.rdf import RadialDistribution
from mobcg.outcomes import InputError
from mobcg.prediction.shipped import find_trained
from mobcg.report.figures.coverage import (
    SCORES,
    boltzmann_factors,
    coverage_figure,
    liquid_places,
    most_alike,
    spread,
    write_coverage_figure,
)
from mobcg.units import ReducedUnits, thermal_energy

STATE = {"mass_Da": 90.0, "temperature_K": 310.0, "density_per_nm3": 5.2}
UNITS = ReducedUnits(**STATE)


@pytest.fixture
def library():
    random = np.random.default_rng(1)
    free = np.exp(random.uniform(-4.5, -1.5, 120))
    friction = np.where(np.arange(120) % 3 == 0, 0.0, random.uniform(1, 50, 120))
    columns = {name: random.normal(size=120) for name in SCORES}
    table = pd.DataFrame(
        columns
        | {
            "frictionless_diffusion": free,
            "reduced_diffusion": 1 / (1 / free + friction),
            "reduced_friction": friction,
            "outcome": "ok",
        }
    )
    table.loc[:3, "outcome"] = "crystal"
    table.loc[:3, "reduced_diffusion"] = np.nan
    return table


@pytest.fixture
def liquids():
    names = ["benzene", "2,3-dimethylbutane", "mesitylene"]
    places = {name: [0.1, 0.4, 0.41] for name in SCORES}
    rest = {"frictionless_diffusion": [0.04, 0.05, 0.1], "reduced_diffusion": [0.01, 0.02, 0.02]}
    return pd.DataFrame({"name": names} | places | rest | {"domain_distance": [0.3, 0.2, 1.4], "in_domain": [True, True, False]})


@pytest.mark.filterwarnings("error", "ignore::ResourceWarning")  # files that other tests' libraries left open
def test_the_figure_is_written_without_warnings(library, liquids, tmp_path):
    write_coverage_figure(library, liquids, tmp_path / "coverage.png")
    picture = matplotlib.image.imread(tmp_path / "coverage.png")
    assert picture[..., :3].std() > 0.05
    assert (tmp_path / "coverage.png").stat().st_size < 200_000


def test_every_liquid_has_its_distance_and_its_places(library, liquids):
    axes = {each.get_title(loc="left"): each for each in coverage_figure(library, liquids).axes}
    distance = axes["distance from the library's runs"]
    assert [bar.get_width() for bar in distance.patches] == [0.3, 0.2, 1.4]
    assert distance.get_xlim()[1] > 1.4
    assert [label.get_text().split()[0] for label in distance.get_yticklabels()] == list(liquids["name"])
    diffusion = next(each for title, each in axes.items() if title.startswith("diffusion"))
    lines = {line.get_label(): line for line in diffusion.lines}
    np.testing.assert_array_equal(lines["real liquids"].get_ydata(), liquids["reduced_diffusion"])
    free = library[(library["outcome"] == "ok") & (library["reduced_friction"] == 0)]
    np.testing.assert_allclose(lines["runs without"].get_ydata(), lines["runs without"].get_xdata(), rtol=1e-12)
    assert len(lines["runs without"].get_xdata()) == len(free)


def test_without_liquids_the_figure_says_so(library, liquids):
    (axes,) = coverage_figure(library, liquids[:0]).axes
    assert "at least one liquid" in axes.texts[0].get_text()


def test_labels_lie_apart():
    points = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 2.0], [40.0, 3.0]])
    labels = spread(points, 12.0)
    others = np.hypot(*(labels[:, None] - labels[None]).T) + 100 * np.eye(4)
    assert others.min() > 11.9
    assert np.hypot(*(labels[:, None] - points[None]).T).min() > 11.9
    assert np.hypot(*(labels - points).T).max() < 40


def test_boltzmann_factors_of_a_step():
    """A step of height kT ln 2 has the factor 1/2, in reduced units at any state; beyond the cutoff it is 1."""
    r = np.linspace(0.01, 2, 200)
    runs = pd.concat(
        pd.DataFrame(
            {
                "mass_Da": 50.0,
                "temperature_K": temperature,
                "density_per_nm3": density,
                "u_kj_per_mol": [np.full(len(r), thermal_energy(temperature) * np.log(2))],
                "cutoff_nm": 1.5 * density ** (-1 / 3),
            }
        )
        for temperature, density in ((300.0, 5.0), (200.0, 8.0))
    )
    np.testing.assert_allclose(boltzmann_factors(np.array([0.5, 1.4, 1.6]), runs, r), [[0.5, 0.5, 1.0]] * 2, rtol=1e-12)


def test_the_most_alike_curve():
    x = np.linspace(0.5, 2, 50)
    among = np.array([np.exp(-depth * np.exp(-x)) for depth in (0.0, 1.0, 2.0)])
    wanted = np.array([np.exp(-depth * np.exp(-x)) for depth in (1.9, 0.1)])
    assert list(most_alike(x, wanted, among)) == [2, 0]


@pytest.fixture(scope="module")
def model():
    found = find_trained("flagship")
    assert isinstance(found, FlagshipModel)
    return found


def reference(model, g, diffusion=1.0):
    """A liquid whose g(x) is known on the model's grid."""
    r = 0.0025 + 0.005 * np.arange(320)
    curve = np.interp(r / UNITS.length_nm, model.grid, g)
    return Reference(
        "made up",
        RadialDistribution(r, curve, 0 * r),
        Estimate(diffusion, 0.1),
        box_nm=3.2,
        time_ps=r,
        msd_nm2=r,
        pressure_bar=1.0,
        **STATE,
    )


def test_a_liquid_whose_g_is_known_lies_at_its_scores(model):
    """The library's mean g moved along its second component by half a standard deviation; interpolation moves scores by less than 0.05."""
    scores = np.zeros(model.settings.components)
    scores[1] = 0.5 * np.sqrt(model.space.variance[1])
    g = np.maximum(model.space.mean + model.space.components @ scores, 0)
    (row,) = liquid_places(model, [reference(model, g)]).itertuples()
    np.testing.assert_allclose([row.score_1, row.score_2, row.score_3], [0.0, 0.5, 0.0], atol=0.05)
    assert row.reduced_diffusion == pytest.approx(1.0 / UNITS.diffusion_nm2_per_ns)
    seen = model.read(reference(model, g).rdf.r_nm / UNITS.length_nm, reference(model, g).rdf.g)
    expected = np.exp(model.log_diffusion_curve(seen.scores[0], 0.0, np.zeros(1))[0][0])
    assert row.frictionless_diffusion == pytest.approx(expected, rel=0.01)


def test_references_that_did_not_finish_are_told_of(tmp_path, capsys):
    folder = tmp_path / "atomistic" / "benzene-reference"
    folder.mkdir(parents=True)
    with pytest.raises(InputError, match="no finished reference"):
        finished_references([tmp_path])
    (folder / "summary.json").write_text(json.dumps({"sample": "benzene-reference", "outcome": "evaporated", "reason": "too hot"}))
    with pytest.raises(InputError, match="no finished reference"):
        finished_references([tmp_path])
    told = capsys.readouterr().err
    assert "not finished" in told
    assert "evaporated: too hot" in told
