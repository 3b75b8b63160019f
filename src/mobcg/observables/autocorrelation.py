"""Autocorrelation of evenly spaced series."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.fft import irfft, next_fast_len, rfft

Array = npt.NDArray[np.float64]


def autocorrelation(series: npt.ArrayLike, lags: int) -> Array:
    """<s(0) s(t)> at lags 0 ... `lags` - 1 over all time origins, shape (lags, ...), for a series of shape (frames, ...).

    The mean is not taken off. By a Fourier transform padded with zeros, each lag divided by its own number of origins: Allen and Tildesley,
    Computer Simulation of Liquids, 2nd ed., sec. 8.3. Raises ValueError for more lags than frames.
    """
    values = np.asarray(series, dtype=np.float64)
    frames = len(values)
    if not 1 <= lags <= frames:
        raise ValueError(f"{lags} lags asked of a series of {frames} frames")
    size = next_fast_len(frames + lags, real=True)
    spectrum = rfft(values, size, axis=0)
    summed = irfft(spectrum.real**2 + spectrum.imag**2, size, axis=0)[:lags]
    origins = frames - np.arange(lags)
    return np.asarray(summed / origins.reshape(-1, *[1] * (values.ndim - 1)))
