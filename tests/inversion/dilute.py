"""A gas so dilute that g = exp(-U/kT) exactly: an engine whose answers are known, with or without the noise of counting."""

from collections.abc import Callable, Sequence

import numpy as np

from mobcg.config import CoarseGrainedOptions, ObservableOptions
from mobcg.engines.specification import RunResult, RunSpecification
from mobcg.inversion.target import InversionTarget
from mobcg.observables.blocks import Estimate
from mobcg.observables.diffusion import Diffusion
from mobcg.observables.rdf import RadialDistribution
from mobcg.outcomes import Outcome
from mobcg.potential.pair import PairPotential
from mobcg.units import BAR_PER_KJ_MOL_NM3, thermal_energy

R = np.arange(0.005, 1.2, 0.01)
RUNS = CoarseGrainedOptions(beads=216, production_ps=100)
BINS = ObservableOptions(bin_width_nm=0.01)
BLOCKS = 5


def dilute_g(potential: PairPotential, temperature_K: float) -> np.ndarray:
    return np.exp(-potential.energy(R) / thermal_energy(temperature_K))


def dilute_target(potential: PairPotential, temperature_K: float = 300.0, **others: float) -> InversionTarget:
    return InversionTarget(
        RadialDistribution(R, dilute_g(potential, temperature_K), 0 * R),
        **{"density_per_nm3": 4.0, "mass_Da": 80.0} | others,
        temperature_K=temperature_K,
    )


class DiluteEngine:
    """Counts of pairs are Poisson numbers in each frame, so that dg/dU = -g/kT is both exact and what their covariance says.

    outcome: of a run by its number and potential; pairs_per_nm3: pairs in a frame and volume, None: g without noise and no counts.
    """

    name = "dilute"

    def __init__(
        self,
        outcome: Callable[[int, PairPotential], Outcome] = lambda run, potential: Outcome.OK,
        pairs_per_nm3: float | None = None,
        frames_per_ps: float = 2.0,
    ) -> None:
        self.outcome, self.pairs_per_nm3, self.frames_per_ps = outcome, pairs_per_nm3, frames_per_ps
        self.specifications: list[RunSpecification] = []

    def run(self, specifications: Sequence[RunSpecification]) -> list[RunResult]:
        return [self._one(specification) for specification in specifications]

    def _one(self, specification: RunSpecification) -> RunResult:
        outcome = self.outcome(len(self.specifications), specification.potential)
        self.specifications.append(specification)
        kT, rho = thermal_energy(specification.temperature_K), specification.density_per_nm3
        g = dilute_g(specification.potential, specification.temperature_K)
        error, counts = 0 * g, None
        if self.pairs_per_nm3 is not None:
            ideal = self.pairs_per_nm3 * 4 * np.pi * R**2 * (R[1] - R[0])
            frames = round(self.frames_per_ps * specification.options.production_ps)
            counts = np.random.default_rng(specification.seed).poisson(ideal * g, (frames, len(R)))
            blocks = np.array([block.mean(axis=0) for block in np.array_split(counts, BLOCKS)]) / ideal
            g, error = blocks.mean(axis=0), blocks.std(axis=0, ddof=1) / np.sqrt(BLOCKS)
        virial = np.sum(R**3 * specification.potential.force(R) * g) * (R[1] - R[0])
        pressure = (rho * kT + 2 * np.pi / 3 * rho**2 * virial) * BAR_PER_KJ_MOL_NM3
        return RunResult(
            outcome,
            "" if outcome is Outcome.OK else "told so",
            self.name,
            10.0,
            3.0,
            0.0,
            RadialDistribution(R, g, error),
            Diffusion(Estimate(1.0, 0.1), R, R),
            Estimate(pressure, 1.0),
            Estimate(specification.temperature_K, 1.0),
            pair_counts=counts if specification.keep_counts else None,
        )


def measured(target: InversionTarget, potential: PairPotential, engine: DiluteEngine, length_ps: float = 100.0, seed: int = 1) -> RunResult:
    """A run of the target's state with counts."""
    options = RUNS.model_copy(update={"production_ps": length_ps})
    return engine.run(
        [
            RunSpecification(
                potential,
                target.mass_Da,
                target.density_per_nm3,
                target.temperature_K,
                seed,
                options=options,
                observables=BINS,
                keep_counts=True,
            )
        ]
    )[0]
