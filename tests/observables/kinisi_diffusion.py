"""D by kinisi from its own regression, given the displacements of a trajectory."""

import numpy as np
import scipp
from kinisi.diffusion import Diffusion

from mobcg.observables.blocks import Estimate
from mobcg.observables.displacements import squared_displacements


def kinisi_diffusion(trajectory, start_ps, lags=60):
    """D in nm2/ns and its standard deviation in the posterior, from `start_ps` to `lags` frames."""
    frames, molecules = trajectory.frames, trajectory.molecules
    lag = np.arange(1, lags + 1)
    curve = squared_displacements(trajectory)[1 : lags + 1].mean(axis=1)
    centred = trajectory.positions_nm - trajectory.positions_nm.mean(axis=1, keepdims=True)
    samples = molecules * (frames - 1) / lag
    variance = [np.var(np.sum((centred[n:] - centred[:-n]) ** 2, axis=2), ddof=1) / count for n, count in zip(lag, samples, strict=True)]
    data = scipp.DataArray(
        scipp.Variable(dims=["time interval"], values=curve, variances=np.array(variance), unit="nm^2"),
        coords={
            "time interval": scipp.array(dims=["time interval"], values=trajectory.interval_ps * lag, unit="ps"),
            "n_samples": scipp.array(dims=["time interval"], values=samples),
        },
    )
    found = Diffusion(scipp.DataGroup({"da": data, "dimensionality": scipp.scalar(3)}))
    found.bayesian_regression(scipp.scalar(float(start_ps), unit="ps"), progress=False, random_state=np.random.RandomState(1))
    slopes = found.gradient.values * 1000 / 6
    return Estimate(float(slopes.mean()), float(slopes.std()))
