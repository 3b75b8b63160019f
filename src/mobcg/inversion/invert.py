"""The loop that finds the pair potential of a liquid: run, compare, update, until it is good enough or cannot become better."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from mobcg.config import CoarseGrainedOptions, InversionOptions, ObservableOptions
from mobcg.engines.specification import Engine, RunResult, RunSpecification, enough_beads
from mobcg.engines.until import run_until
from mobcg.inversion.method import Method, get_method
from mobcg.inversion.pressure import TRIAL_TOLERANCE_BAR
from mobcg.inversion.progress import Trial, Verdict, judge
from mobcg.inversion.target import InversionTarget, Measurement
from mobcg.outcomes import InputError, Outcome
from mobcg.potential.pair import PairPotential
from mobcg.progress import tracked
from mobcg.seeds import derived_seed

Array = npt.NDArray[np.float64]
log = logging.getLogger(__name__)

LARGEST_UPDATE_KT = 1.0
"""A single update changes U nowhere by more than this."""

SHORTER_STEP = 0.4
"""A step that went wrong is tried at this part of its length."""

SOFTENED = 0.7
"""A first potential whose liquid freezes or blows up is scaled by this."""

SETBACKS = 5
"""Trials in a row that may end badly or far worse than the best."""

EXHAUSTED_FACTOR = 4.0
"""An inversion that can gain no more counts as converged where S is at most this times what was asked for."""


@dataclass(frozen=True)
class InversionResult:
    """The best potential found, the long runs made with it (one a state), and the way there (one row an update and state).

    stopped: why the iteration ended; structure_error: S of the long run, the weighted mean over states; structure_noise: the part of it
    that the noise of run and target makes.
    """

    outcome: Outcome
    reason: str
    converged: bool
    potential: PairPotential | None
    history: pd.DataFrame
    finals: tuple[RunResult, ...] = ()
    structure_error: float | None = None
    stopped: str = ""
    structure_noise: float | None = None

    @property
    def updates(self) -> int:
        """Number of trial potentials that were run."""
        return int(self.history["update"].nunique()) if len(self.history) else 0

    @property
    def final(self) -> RunResult | None:
        """The long run of the first state."""
        return self.finals[0] if self.finals else None


@dataclass
class _Search:
    """Where the loop stands."""

    potential: PairPotential
    length_ps: float
    starts: list[Array | None]
    largest_kT: float = LARGEST_UPDATE_KT
    best: PairPotential | None = None
    best_trial: Trial | None = None
    best_starts: list[Array | None] = field(default_factory=list)
    idle: int = 0
    setbacks: int = 0
    stopped: str = ""
    converged: bool = False


def invert(
    target: InversionTarget | Sequence[InversionTarget],
    engine: Engine,
    options: InversionOptions,
    run_options: CoarseGrainedOptions,
    observables: ObservableOptions,
    seed: int,
) -> InversionResult:
    """Find the U(r) whose liquid has the target's g(r), by the method that `options` names; one U for several targets (states).

    Each trial is judged by S less the part that its own noise and that of the target (where its error is known) make. The loop ends when
    that is below `options.structure_error` by two standard errors (and the pressure, if asked for, within 25 bar), or when
    `progress.PATIENCE` updates in a row brought no gain with the longest runs. Near the end runs are doubled, up to `options.longest_ps`. A
    step that made things much worse, or whose liquid froze, tore or blew up, is taken back and tried shorter; after `SETBACKS` of them the
    inversion has diverged, and the reason names update and distance. The best potential is kept and run once more at full length. Not
    converging is an outcome.
    Raises InputError for a g(r) that cannot be inverted.
    """
    targets = _with_pressure([target] if isinstance(target, InversionTarget) else list(target), options)
    cutoff = min([options.cutoff_nm, *(float(each.rdf.r_nm[-1]) for each in targets)])
    method = get_method(targets, cutoff, options)
    start = method.start()
    plans = [_plan(each, start, run_options, observables, method.needs_counts, seed) for each in targets]
    search = _Search(start, options.production_ps, [None] * len(targets))
    history: list[dict[str, object]] = []
    for update in tracked(range(1 if options.method == "direct" else options.maximum_updates), "inversion, at most", "update"):
        short = [_short(plan, search, options, state, derived_seed(seed, options.method, update)) for state, plan in enumerate(plans)]
        results = engine.run(short)
        rows = [_row(update, state, search, result) for state, result in enumerate(results)]
        history.extend(rows)
        failed = next((result for result in results if not result.ok or result.rdf is None or result.pressure_bar is None), None)
        if failed is not None:
            log.info("update %d: %s: %s", update, failed.outcome, failed.reason)
            _set_back(search, f"update {update} ended as {failed.outcome}: {failed.reason}")
            search.starts = [None] * len(targets)  # a nucleus or a hole would be there again
        else:
            measurements = [Measurement.of(each, result) for each, result in zip(targets, results, strict=True)]
            for row, measurement in zip(rows, measurements, strict=True):
                row |= _described(measurement)
            _advance(search, method, update, measurements, options)
        if search.stopped:
            break
    return _concluded(search, targets, plans, engine, options, seed, pd.DataFrame(history))


def _with_pressure(targets: Sequence[InversionTarget], options: InversionOptions) -> list[InversionTarget]:
    if not targets:
        raise InputError("an inversion needs at least one g(r)")
    return [target if target.pressure_bar is not None else replace(target, pressure_bar=options.pressure_bar) for target in targets]


def _plan(
    target: InversionTarget,
    potential: PairPotential,
    run_options: CoarseGrainedOptions,
    observables: ObservableOptions,
    counts: bool,
    seed: int,
) -> RunSpecification:
    return RunSpecification(
        potential,
        target.mass_Da,
        target.density_per_nm3,
        target.temperature_K,
        seed,
        options=enough_beads(run_options, target.density_per_nm3, potential.cutoff_nm),
        observables=observables.model_copy(update={"bin_width_nm": target.rdf.bin_width_nm}),
        r_max_nm=float(target.rdf.r_nm[-1]) + target.rdf.bin_width_nm / 2,
        keep_counts=counts,
    )


def _short(plan: RunSpecification, search: _Search, options: InversionOptions, state: int, seed: int) -> RunSpecification:
    """A trial's run: D is not looked at, so its window is whatever fits."""
    length = search.length_ps
    runs = {"production_ps": length, "equilibration_ps": options.equilibration_ps}
    return replace(
        plan,
        potential=search.potential,
        seed=derived_seed(seed, "state", state) if state else seed,
        options=plan.options.model_copy(update=runs | {"target_relative_error": None, "maximum_production_ps": None}),
        observables=plan.observables.model_copy(update={"fit_window_ps": (0.1 * length, 0.4 * length)}),
        start_nm=search.starts[state],
    )


def _row(update: int, state: int, search: _Search, result: RunResult) -> dict[str, object]:
    return {
        "update": update,
        "state": state,
        "outcome": str(result.outcome),
        "production_ps": search.length_ps,
        "wall_s": result.wall_s,
    }


def _described(measurement: Measurement) -> dict[str, object]:
    return {
        "structure_error": measurement.structure_error,
        "structure_noise": measurement.all_noise,
        "pressure_bar": measurement.pressure_bar.value,
        "pressure_error_bar": measurement.pressure_bar.error,
        "worst_r_nm": measurement.worst_nm,
    }


def _advance(search: _Search, method: Method, update: int, measurements: Sequence[Measurement], options: InversionOptions) -> None:
    """Judge a trial and choose the next one."""
    trial, before = Trial.of(measurements), search.best_trial
    log.info(
        "update %d: S = %.5f +- %.5f (%.5f of it noise), P = %s bar",
        update,
        trial.excess + trial.noise,
        trial.error,
        trial.noise,
        ", ".join(f"{each.pressure_bar.value:.0f}" for each in measurements),
    )
    search.idle = 0 if before is None or trial.gains_on(before) else search.idle + 1
    verdict = judge(trial, before, search.idle, options.structure_error, search.length_ps >= options.longest_ps * (1 - 1e-9))
    if verdict is Verdict.STEP_BACK:
        worst = max(measurements, key=lambda each: each.excess)
        where = int(np.argmax(np.abs(worst.g - worst.wanted)))
        found, wanted, r = worst.g[where], worst.wanted[where], worst.r_nm[where]
        _set_back(search, f"the inversion diverged at update {update}: g({r:.3f} nm) = {found:.3f} instead of {wanted:.3f}")
        return
    starts = [each.result.final_nm for each in measurements]
    if before is None or verdict is Verdict.CONVERGED or trial.better_than(before):
        search.best, search.best_trial, search.best_starts = search.potential, trial, list(starts)
    search.setbacks, search.starts = 0, list(starts)
    if verdict is Verdict.CONVERGED:
        search.stopped, search.converged = f"S below {options.structure_error:g}", True
    elif verdict is Verdict.EXHAUSTED:
        assert search.best_trial is not None
        good = search.best_trial.within(EXHAUSTED_FACTOR * options.structure_error)
        search.stopped, search.converged = f"{search.idle} updates without gain", good
    else:
        if verdict is Verdict.LENGTHEN:
            search.length_ps, search.idle = min(2 * search.length_ps, options.longest_ps), 0
        search.potential = method.update(search.potential, measurements, search.largest_kT)
        search.largest_kT = min(LARGEST_UPDATE_KT, 2 * search.largest_kT)


def _set_back(search: _Search, why: str) -> None:
    """Take the last step back and try a part of it; soften a first potential that has never made a liquid."""
    search.setbacks += 1
    if search.setbacks > SETBACKS:
        search.stopped = why
        return
    last = search.potential
    if search.best is None:
        search.potential = PairPotential(last.r_nm, SOFTENED * last.u_kj_per_mol)
        return
    mixed = (1 - SHORTER_STEP) * search.best.u_kj_per_mol + SHORTER_STEP * last.u_kj_per_mol
    search.potential, search.starts = PairPotential(last.r_nm, mixed), list(search.best_starts)
    search.largest_kT *= SHORTER_STEP


def _concluded(
    search: _Search,
    targets: Sequence[InversionTarget],
    plans: Sequence[RunSpecification],
    engine: Engine,
    options: InversionOptions,
    seed: int,
    history: pd.DataFrame,
) -> InversionResult:
    if search.best is None or search.best_trial is None:
        return InversionResult(
            Outcome.NOT_CONVERGED, search.stopped or "no update ended well", False, None, history, stopped=search.stopped
        )
    long = [
        replace(
            plan,
            potential=search.best,
            seed=derived_seed(seed, "final", state) if state else derived_seed(seed, "final"),
            start_nm=search.best_starts[state],
            keep_counts=False,
        )
        for state, plan in enumerate(plans)
    ]
    finals = run_until(engine, long)
    if any(final.outcome is Outcome.CRYSTAL for final in finals):  # a supercooled liquid may freeze in one run and not in another
        finals = run_until(engine, [replace(each, start_nm=None, seed=derived_seed(each.seed, "again")) for each in long])
    bad = next((final for final in finals if not final.ok), None)
    reached, noise = None, None
    if bad is None:
        found = [Measurement.of(target, final) for target, final in zip(targets, finals, strict=True)]
        weights = [target.weight for target in targets]
        reached = float(np.average([each.structure_error for each in found], weights=weights))
        noise = float(np.average([each.all_noise for each in found], weights=weights))
    outcome, reason = Outcome.OK, ""
    if bad is not None:
        outcome, reason = bad.outcome, f"the final run ended as {bad.outcome}: {bad.reason}"
    elif not search.converged and options.method != "direct":
        outcome, reason = Outcome.NOT_CONVERGED, _why_not(search, options)
    return InversionResult(outcome, reason, search.converged, search.best, history, tuple(finals), reached, search.stopped, noise)


def _why_not(search: _Search, options: InversionOptions) -> str:
    assert search.best_trial is not None
    best = f"the best potential has S = {max(search.best_trial.excess, 0):.5f}, {options.structure_error:g} wanted"
    pressure = "" if search.best_trial.pressure_met else f", and not the pressure wanted within {TRIAL_TOLERANCE_BAR:g} bar"
    ended = search.stopped or f"{options.maximum_updates} updates were not enough"
    return f"{ended}; {best}{pressure}"
