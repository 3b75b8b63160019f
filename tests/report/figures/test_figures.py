import io
import re

import matplotlib.image
import numpy as np
import pytest

from mobcg.config import EVALUATION_METHODS, Config, DrawRanges, PartialDrawRanges, Template
from mobcg.outcomes import InputError
from mobcg.report import readme_figure
from mobcg.report.figures import FIGURES
from mobcg.report.figures.draws import parameters, ranges
from mobcg.report.figures.evaluation import FLOOR, bottom_up, liquid_curves, plane
from mobcg.report.figures.spots import spots
from mobcg.report.figures.style import METHODS, in_order, mark, thinned
from mobcg.report.pictures import vector

PANELS = {
    "draws": 3,
    "rdf": 15 - 3,
    "potentials": 4,
    "inversion": 2,
    "diffusion": 3,
    "library": 6,
    "learning": 4,
    "evaluation": 2,
    "cost": 1,
}


def drawn(figure):
    """The panels of a figure that hold data."""

    def held(axes):
        return axes.patches or axes.images or any(np.size(line.get_xdata()) for line in axes.lines)

    return [axes for axes in figure.axes if axes.axison and held(axes)]


@pytest.mark.parametrize("name", FIGURES)
def test_every_panel_holds_data(name, collected, finished):
    figure = FIGURES[name](collected, finished[1])
    assert len(drawn(figure)) >= PANELS[name]
    figure.savefig(io.BytesIO(), format="svg")


@pytest.mark.parametrize("name", FIGURES)
def test_without_results_a_figure_says_so(name, empty):
    figure = FIGURES[name](empty, Config())
    assert any(text.get_text() for axes in figure.axes for text in axes.texts)
    figure.savefig(io.BytesIO(), format="svg")


def test_the_curves_of_a_liquid_hold_every_method(collected):
    figure = liquid_curves(collected, "benzene")
    structure, potential, motion = (set(axes.get_legend_handles_labels()[1]) for axes in figure.axes[:3])
    labels = {look.label for look in METHODS.values()}
    assert structure == motion == labels
    assert potential == labels - {"atomistic"}


def test_velocities_have_a_panel_where_they_were_measured(collected):
    assert len(liquid_curves(collected, "mesitylene").axes) == 3
    velocities = liquid_curves(collected, "benzene").axes[3]
    assert velocities.get_title(loc="left") == "velocity autocorrelation"
    assert set(velocities.get_legend_handles_labels()[1]) == {"atomistic", "inversion"}


def test_the_plane_shows_the_table_s_errors(collected):
    from matplotlib.figure import Figure

    axes = Figure().add_subplot()
    plane(axes, collected.evaluation[collected.evaluation["outcome"] == "ok"])
    points = {container.get_label(): container.lines[0] for container in axes.containers}
    assert np.allclose(points["inversion"].get_xdata(), np.log(4.6))
    assert np.allclose(points["inversion"].get_ydata(), 0.0009)
    assert len(points["network (published kind)"].get_xdata()) == 2
    assert FLOOR < 1e-3


def test_a_potential_s_error_is_a_band(collected):
    """Two methods state errors, of 0.08 kJ/mol."""
    axes = liquid_curves(collected, "benzene").axes[1]
    assert len(axes.collections) == 2
    (path,) = axes.collections[0].get_paths()
    at = path.vertices[np.isclose(path.vertices[:, 0], path.vertices[5, 0]), 1]
    assert np.ptp(at) == pytest.approx(0.16, abs=1e-6)


def test_histograms_of_diffusion_hold_every_sample_that_has_one(collected):
    axes = FIGURES["diffusion"](collected, Config()).axes
    assert [sum(bar.get_height() for bar in panel.patches) for panel in axes] == [12, 12, 12]


def test_spots_lie_on_their_points(collected):
    """Of the picture as it was written: the markers of the plane's first method, in the SVG's own coordinates."""
    figure = FIGURES["evaluation"](collected, Config())
    text = vector(figure)
    found = spots(figure, collected.evaluation)
    assert len(found) == 29 + 29
    width, height = (float(size) for size in re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', text).groups())
    uses = re.findall(r'<use xlink:href="#\w+" x="([\d.]+)" y="([\d.]+)" style="fill: #56b4e9', text)
    markers = np.array(uses, dtype=float)
    for spot in found[:3]:
        assert spot.words.startswith(f"{spot.liquid}, potential of mean force: S = 0.060 ± 0.007, M = 1.13 ± 0.03")
        assert np.hypot(*(markers - [spot.x * width / 100, spot.y * height / 100]).T).min() < 0.2


def test_drawn_parameters_find_their_ranges(finished, collected):
    _, config = finished
    rows = collected.draws[collected.draws["template"] == "3-methylpentane"]
    found = {item.label: item for item in parameters(rows, config.draws)}
    assert "bond CA-HA length" not in found
    assert (found["bond CT-CT length"].low, found["bond CT-CT length"].high) == config.draws.bond_length_CC_nm
    assert (found["bond CT-HC length"].low, found["bond CT-HC length"].high) == config.draws.bond_length_CH_nm
    assert found["angle CT-CT-CT"].unit == "°"
    assert all(item.known for item in found.values())


def test_a_range_that_does_not_hold_the_values_is_not_claimed(collected):
    narrow = DrawRanges(torsion_kj_per_mol=(-0.1, 0.1))
    found = {item.label: item for item in parameters(collected.draws, narrow)}
    torsion = found["torsion CT-CT-CT-CT V1"]
    assert not torsion.known
    assert torsion.low == collected.draws["torsion_CT-CT-CT-CT_V1_kj_per_mol"].min()


def test_a_template_s_own_range_comes_first():
    own = Template(liquid="benzene", parameter_sets=1, ranges=PartialDrawRanges(angle_degree=(100.0, 110.0)))
    assert ranges(Config(templates=(own,)), "benzene").angle_degree == (100.0, 110.0)
    assert ranges(Config(templates=(own,)), "hexane") == DrawRanges()


def test_methods_keep_their_look_and_order():
    assert in_order(["network", "other", "inversion", "atomistic"]) == ["atomistic", "inversion", "network", "other"]
    assert bottom_up(["inversion", "network", "atomistic"]) == ["atomistic", "network", "inversion"]
    assert list(METHODS) == ["atomistic", *EVALUATION_METHODS]
    for looks in ({(look.colour, look.dash) for look in METHODS.values()}, {look.marker for look in METHODS.values()}):
        assert len(looks) == len(METHODS), "curves differ in colour or dash, points in their marker"
    assert mark("other") == mark("other")


def test_thinning_keeps_order_and_the_end(collected):
    table = collected.evaluation_curves["benzene"]["msd.csv"]
    thin = thinned(table, 50, logarithmic=True)
    assert len(thin) <= 50
    assert thin.index.is_monotonic_increasing
    assert thin.index[-1] == table.index[-1]


def test_the_readme_s_figure(finished, tmp_path):
    folder, _ = finished
    readme_figure(folder, tmp_path / "figure.png")
    picture = matplotlib.image.imread(tmp_path / "figure.png")
    assert picture.shape[1] == 1600
    assert picture[..., :3].std() > 0.05
    with pytest.raises(InputError, match="benzen"):
        readme_figure(folder, tmp_path / "other.png", liquid="benzen")
    with pytest.raises(InputError, match="no evaluated method"):
        readme_figure(tmp_path, tmp_path / "other.png")
    assert not (tmp_path / "other.png").exists()
