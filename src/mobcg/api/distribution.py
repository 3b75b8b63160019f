"""A g(r) as the verbs take it: a file, arrays, or one that was measured."""

from __future__ import annotations

from pathlib import Path

import numpy.typing as npt
import pandas as pd

from mobcg.observables.rdf import RadialDistribution, checked_rdf, read_rdf

Distribution = RadialDistribution | Path | str | tuple[npt.ArrayLike, npt.ArrayLike]
"""A measured g(r); a file of r_nm,g (csv, VOTCA, xvg); or r in nm and g, both of shape (bins,), r in even steps."""


def distribution(rdf: Distribution) -> tuple[RadialDistribution, str]:
    """The g(r) and its name for messages. Raises InputError for a file or arrays that hold none."""
    if isinstance(rdf, RadialDistribution):
        return rdf, "g(r)"
    if isinstance(rdf, tuple):
        r, g = rdf
        return checked_rdf(pd.DataFrame({"r_nm": r, "g": g}), "g(r)"), "g(r)"
    return read_rdf(rdf), str(rdf)
