"""How well a model does on rows it has not seen."""

from __future__ import annotations

from typing import Any

import numpy as np

from mobcg.learning.dataset import Rows
from mobcg.learning.flagship import FlagshipModel
from mobcg.learning.published import PublishedModel

ACCESSIBLE_G = 0.1
"""U is compared from the distance on where g first reaches this: further in, beads never come."""


def measure(model: FlagshipModel | PublishedModel, rows: Rows) -> dict[str, Any]:
    """Errors over rows: U in kT over the accessible range against -ln g as the baseline; ln D; friction recovered from a run's own D.

    u_rmse_kT, u_rmse_mean_force_kT: root mean square over all rows and distances. log_diffusion_rmse: at the true friction's D (flagship),
    ..._noise the part of the runs' own errors, ..._coverage_90 how many lie within the 90 % interval of both.
    friction_log_rmse: ln(predicted/true) over rows with reduced friction of at least 1; friction_median_ratio likewise.
    """
    network, baseline, ratios, expected, inside = [], [], [], [], []
    for row in range(len(rows)):
        known = np.isfinite(rows.g[row])
        r, g = rows.r_nm[known], rows.g[row][known]
        state = (float(rows.density_per_nm3[row]), float(rows.temperature_K[row]))
        pressure = float(np.nan_to_num(rows.pressure_bar[row]))
        prediction = model.predict(float(rows.mass_Da[row]), r, g, float(rows.diffusion_nm2_per_ns[row]), *state, pressure_bar=pressure)
        energy = rows.units(row).energy_kj_per_mol
        inside.append(prediction.in_domain)
        chosen = (r >= r[np.argmax(g >= ACCESSIBLE_G)]) & (r < rows.cutoff_nm[row])
        truth = rows.u_kj_per_mol[row][known][chosen] / energy
        predicted = np.interp(r[chosen], prediction.r_nm, prediction.u_kj_per_mol, right=0.0) / energy
        network.append(np.mean((predicted - truth) ** 2))
        baseline.append(np.mean((-np.log(np.maximum(g[chosen], 1e-3)) - truth) ** 2))
        reduced = rows.friction_per_ps[row] / rows.units(row).friction_per_ps
        if isinstance(model, FlagshipModel):
            log_d, error = model.log_diffusion_of(r, g, pressure, rows.units(row), float(reduced))
            own = float(rows.diffusion_error_nm2_per_ns[row] / rows.diffusion_nm2_per_ns[row])
            expected.append((log_d - float(np.log(rows.diffusion_nm2_per_ns[row])), error, own))
            if reduced >= 1 and prediction.friction_per_ps > 0:
                ratios.append(prediction.friction_per_ps / rows.friction_per_ps[row])
    result: dict[str, Any] = {
        "rows": len(rows),
        "u_rmse_kT": float(np.sqrt(np.mean(network))),
        "u_rmse_mean_force_kT": float(np.sqrt(np.mean(baseline))),
        "in_domain_fraction": float(np.mean(inside)),
    }
    if expected:
        missed, errors, own_errors = np.array(expected).T
        result["log_diffusion_rmse"] = float(np.sqrt(np.mean(missed**2)))
        result["log_diffusion_median"] = float(np.median(np.abs(missed)))
        result["log_diffusion_noise"] = float(np.sqrt(np.mean(own_errors**2)))
        result["log_diffusion_coverage_90"] = float(np.mean(np.abs(missed) <= 1.645 * np.hypot(errors, own_errors)))
    if ratios:
        result["friction_median_ratio"] = float(np.median(ratios))
        result["friction_log_rmse"] = float(np.sqrt(np.mean(np.log(ratios) ** 2)))
        result["friction_rows"] = len(ratios)
    return result
