"""A g(r) as the verbs take it: a file, arrays, or one that was measured."""

from __future__ import annotations

from pathlib import Path

import numpy.typing as npt
import pandas as pd

from mobcg.observables.rdf import RadialDistribution, checked_rdf, read_rdf
from mobcg.outcomes import InputError

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


def as_beads_show(curve: RadialDistribution, molecules: int | None, beads: int) -> RadialDistribution:
    """The g(r) of a box of `molecules` as one of `beads` would show it; as it is where they are not told. Raises InputError below 2."""
    if molecules is None:
        return curve
    if molecules < 2:
        raise InputError(f"molecules: found {molecules}; a g(r) takes at least 2 of them")
    return curve.in_box(molecules, beads)
