"""How long an inversion takes on one core: 30 updates of 40 ps and a last run of 200 ps, 500 beads.

    python benchmarks/inversion.py

The target is the g(r) of the benchmarks' soft liquid, so the potential that should come out is known: its largest deviation where g > 0.1
is printed too.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.bead_liquids import soft_liquid
from mobcg.config import CoarseGrainedOptions, InversionOptions, ObservableOptions
from mobcg.engines.registry import get_engine
from mobcg.engines.specification import RunSpecification
from mobcg.inversion.ibi import InversionTarget, invert
from mobcg.units import thermal_energy


def main() -> int:
    """Make the target, invert it, print time and quality."""
    liquid, engine = soft_liquid(), get_engine("ensemble")
    options = CoarseGrainedOptions(beads=500, equilibration_ps=20, production_ps=200, sample_interval_ps=0.2)
    observables = ObservableOptions(fit_window_ps=(5, 20))
    state = (liquid.mass_Da, liquid.density_per_nm3, liquid.temperature_K)
    long = options.model_copy(update={"production_ps": 1000.0})
    known = engine.run([RunSpecification(liquid.potential, *state, 1, options=long, observables=observables)])[0]
    assert known.rdf is not None
    target = InversionTarget(known.rdf, liquid.density_per_nm3, liquid.temperature_K, liquid.mass_Da)
    asked = InversionOptions(maximum_updates=30, structure_error=1e-9, equilibration_ps=5, production_ps=40)
    started = time.perf_counter()
    result = invert(target, engine, asked, options, observables, 1)
    seconds = time.perf_counter() - started
    assert result.potential is not None
    r = target.rdf.r_nm[(target.rdf.g > 0.1) & (target.rdf.r_nm < 1.4)]
    off = np.max(np.abs(result.potential.energy(r) - liquid.potential.energy(r))) / thermal_energy(liquid.temperature_K)
    print(f"{result.updates} updates and the last run: {seconds:.1f} s; S = {result.structure_error:.5f}; U off by at most {off:.2f} kT")
    return 0


if __name__ == "__main__":
    sys.exit(main())
