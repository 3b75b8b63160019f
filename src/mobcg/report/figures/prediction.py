"""The figure of a prediction: structure, potential with its error, and diffusion against friction."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mobcg.files import temporary_name
from mobcg.prediction.liquid import WantedLiquid
from mobcg.prediction.predict import Predicted
from mobcg.report.figures.style import METHODS, MUTED, styled
from mobcg.units import thermal_energy

FLAGSHIP = METHODS["network+friction"]


def prediction_figure(path: Path, wanted: WantedLiquid, found: Predicted) -> None:
    """Write a png of three panels: g(r) wanted and, where verified, found; U(r) with its error; the runs' D and what was wanted."""
    with styled():
        figure = Figure(figsize=(11, 3.6), layout="constrained")
        left, middle, right = figure.subplots(1, 3)
        _structure(left, wanted, found)
        _potential(middle, wanted, found)
        _diffusion(right, wanted, found)
        with temporary_name(path) as temporary:
            figure.savefig(temporary, format="png", dpi=130, facecolor="white")


def _structure(axes: Axes, wanted: WantedLiquid, found: Predicted) -> None:
    target = wanted.structure.rdf
    axes.plot(target.r_nm, target.g, color="black", lw=1.6, label="wanted")
    checked = found.verification
    title = "structure"
    if checked is not None and checked.rdf is not None and checked.structure_error is not None:
        axes.plot(checked.rdf.r_nm, checked.rdf.g, color=FLAGSHIP.colour, ls=(0, (4, 2)), label="this model")
        title = f"structure: S = {checked.structure_error.value:.4f}"
    axes.set(title=title, xlabel="r (nm)", ylabel="g(r)")
    axes.set_xlim(left=max(0.0, float(target.r_nm[np.argmax(target.g > 0.01)]) - 0.05))
    axes.legend()


def _potential(axes: Axes, wanted: WantedLiquid, found: Predicted) -> None:
    kT = thermal_energy(wanted.structure.temperature_K)
    potential, said = found.model.potential, found.prediction
    axes.set(title="potential", xlabel="r (nm)", ylabel="U (kT)")
    if potential is None:
        axes.text(0.5, 0.5, "none", transform=axes.transAxes, ha="center")
        return
    if said is not None and np.isfinite(said.u_error_kj_per_mol).any():
        u, error = said.u_kj_per_mol / kT, 1.645 * said.u_error_kj_per_mol / kT
        axes.fill_between(said.r_nm, u - error, u + error, color=FLAGSHIP.colour, alpha=0.25, lw=0, label="90 % of the prediction")
    axes.plot(potential.r_nm, potential.u_kj_per_mol / kT, color=FLAGSHIP.colour, label="this model")
    low = float(potential.u_kj_per_mol.min()) / kT
    inside = potential.r_nm[potential.u_kj_per_mol < 4 * kT]
    axes.set_ylim(low - 0.4, 4.0)
    axes.set_xlim(float(inside[0]) - 0.03, potential.cutoff_nm)
    axes.legend()


def _diffusion(axes: Axes, wanted: WantedLiquid, found: Predicted) -> None:
    """D at each friction that was tried or expected, the one wanted as a line. With runs, the D without friction is in the title alone."""
    value, error = wanted.diffusion
    axes.axhline(value, color="black", lw=1.6, label="wanted")
    axes.axhspan(value - error, value + error, color="black", alpha=0.1, lw=0)
    said, checked = found.prediction, found.verification
    runs = found.history[found.history["outcome"] == "ok"] if len(found.history) else found.history
    ran, title = len(runs) > 0 or checked is not None, "diffusion"
    frictions = [found.model.friction_per_ps, *(runs["friction_per_ps"] if len(runs) else [])]
    if said is not None and np.isfinite(said.conservative_diffusion_nm2_per_ns):
        expected = {said.friction_per_ps: said.diffusion_nm2_per_ns}
        if not ran:
            expected |= {0.0: said.conservative_diffusion_nm2_per_ns}
        elif said.friction_per_ps > 0:
            title = f"diffusion ({said.conservative_diffusion_nm2_per_ns:.3g} without friction)"
        axes.plot(list(expected), list(expected.values()), "o", mfc="white", ms=9, color=MUTED, label="expected")
        frictions += list(expected)
    if len(runs):
        points = (runs["friction_per_ps"], runs["diffusion_nm2_per_ns"], runs["diffusion_error_nm2_per_ns"])
        axes.errorbar(*points, fmt="s", color="#E69F00", ms=4, label="runs of the refinement")
    if checked is not None and checked.diffusion is not None:
        place = ([found.model.friction_per_ps], [checked.diffusion.value], [checked.diffusion.error])
        axes.errorbar(*place, fmt="D", color=FLAGSHIP.colour, ms=5, label="this model")
    axes.set(title=title, xlabel="friction (1/ps)", ylabel="D (nm$^2$/ns)")
    if not any(frictions):
        axes.set(xlim=(-1, 1), xticks=[0])
    axes.margins(0.15)
    if not ran:
        axes.set_ylim(0, 1.15 * max(axes.dataLim.y1, value + error))
    axes.legend()
