"""Series with exactly known autocorrelations."""

import numpy as np
from scipy.signal import lfilter


def ornstein_uhlenbeck(variance, time_ps, frames, series, interval_ps, seed):
    """Independent stationary series (frames, series) of autocorrelation variance exp(-t/time_ps), exact at any interval."""
    random = np.random.default_rng(seed)
    decay = np.exp(-interval_ps / time_ps)
    noise = random.normal(0, np.sqrt(variance * (1 - decay**2)), (frames, series))
    noise[0] = random.normal(0, np.sqrt(variance), series)
    return lfilter([1.0], [1.0, -decay], noise, axis=0)


def free_beads(friction_per_ps, speed_variance, molecules, frames, interval_ps, seed):
    """Velocities and positions (frames, molecules, 3) of free beads with friction, drawn exactly (Chandrasekhar 1943).

    speed_variance: kT/m in nm2/ps2.
    """
    random = np.random.default_rng(seed)
    x, decay = friction_per_ps * interval_ps, np.exp(-friction_per_ps * interval_ps)
    v = ornstein_uhlenbeck(speed_variance, 1 / friction_per_ps, frames, 3 * molecules, interval_ps, seed + 1)
    # given both velocities, the displacement between them is normal: mean (v + v') tanh(x/2)/gamma, variance what a bridge leaves
    mean = (v[1:] + v[:-1]) * np.tanh(x / 2) / friction_per_ps
    spread = np.sqrt(speed_variance / friction_per_ps**2 * (2 * x - 4 * (1 - decay) / (1 + decay)))
    steps = mean + spread * random.normal(size=mean.shape)
    r = np.vstack([np.zeros(3 * molecules), np.cumsum(steps, axis=0)])
    return v.reshape(frames, molecules, 3), r.reshape(frames, molecules, 3)
