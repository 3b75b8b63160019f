from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mobcg.report.figures.learning import learning


def panels(results):
    return {axes.get_title(loc="left"): axes for axes in learning(results).axes if axes.get_title(loc="left")}


def lines(axes):
    return {line.get_label(): line for line in axes.lines}


def with_curve(results, **columns):
    """The results with other values in the flagship's learning curve, its first row alone where they are single numbers."""
    flagship = results.learning["flagship"]
    return replace(results, learning=results.learning | {"flagship": replace(flagship, curve=pd.DataFrame(columns))})


def test_the_flagship_s_errors_stand_against_the_size_of_the_database(collected):
    found = panels(collected)
    curve = collected.learning["flagship"].curve
    for title, error in (("potential", "u_rmse_kT"), ("diffusion", "log_diffusion_rmse")):
        axes = found[f"potential + friction (flagship): {title}"]
        assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
        line = lines(axes)["held-out parents"]
        np.testing.assert_array_equal(line.get_xdata(), curve["parents"])
        np.testing.assert_array_equal(line.get_ydata(), curve[error])
        assert [label.get_text() for label in axes.get_xticklabels()] == ["6", "12", "24", "48"]


def test_the_runs_own_errors_are_a_line_beside_the_diffusion_s(collected):
    found = panels(collected)
    noise = lines(found["potential + friction (flagship): diffusion"])["their runs' own errors"]
    np.testing.assert_array_equal(noise.get_ydata(), 0.02)
    assert "their runs' own errors" not in lines(found["potential + friction (flagship): potential"])


def test_the_network_s_loss_stands_against_the_epoch(collected):
    axes = panels(collected)["network (published kind)"]
    assert (axes.get_xscale(), axes.get_yscale()) == ("linear", "log")
    assert axes.get_xlabel() == "epoch"
    mean = lines(axes)["held-out parents"]
    curve = collected.learning["published"].curve
    assert mean.get_ydata()[-1] == pytest.approx(curve[curve["epoch"] == 300]["test_loss"].mean())
    assert len(axes.lines) == 2 * 3 + 2, "three members, training and held out, and the means"


def test_a_single_size_and_none_at_all_are_drawn_too(collected):
    """The demo has too few parents for more than one point; a campaign of two has none."""
    one = with_curve(collected, parents=[3], rows=[36], u_rmse_kT=[0.2], log_diffusion_rmse=[0.1], log_diffusion_noise=[0.03])
    learning(one).draw_without_rendering()
    assert list(lines(panels(one)["potential + friction (flagship): diffusion"])["held-out parents"].get_xdata()) == [3]
    none = with_curve(collected, parents=[], rows=[], u_rmse_kT=[], log_diffusion_rmse=[], log_diffusion_noise=[])
    assert not [title for title in panels(none) if title.endswith((": potential", ": diffusion"))]


def test_an_error_that_is_not_a_number_leaves_the_others(collected):
    curve = with_curve(
        collected,
        parents=[3, 6],
        rows=[9, 18],
        u_rmse_kT=[np.nan, np.nan],
        log_diffusion_rmse=[np.nan, 0.1],
        log_diffusion_noise=[0.03] * 2,
    )
    found = panels(curve)
    assert found["potential + friction (flagship): potential"].texts[0].get_text() == "no finite error"
    assert list(lines(found["potential + friction (flagship): diffusion"])["held-out parents"].get_xdata()) == [6]
