"""From a g(r) and a diffusion to a coarse-grained model that has both."""

from __future__ import annotations

import contextlib
import logging
import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mobcg.api.distribution import Distribution, as_beads_show, distribution
from mobcg.api.export import liquid_of
from mobcg.api.state import check_diffusion, check_liquid, check_positive, check_pressure
from mobcg.choices import PRESSURE_RUNS, EngineName
from mobcg.config import LEAST_REACH
from mobcg.engines.registry import get_engine
from mobcg.files import read_json, write_csv, write_summary
from mobcg.interop.reading import Format
from mobcg.interop.writing import Export, Order, write
from mobcg.inversion.target import InversionTarget
from mobcg.learning.flagship import FlagshipModel
from mobcg.learning.prediction import Prediction
from mobcg.observables.blocks import Estimate
from mobcg.observables.rdf import check_rdf
from mobcg.outcomes import InputError, Outcome
from mobcg.potential.pair import PairPotential, write_potential
from mobcg.prediction.conservative import predict_conservative, refine_conservative
from mobcg.prediction.liquid import WantedLiquid
from mobcg.prediction.predict import Predicted, refined, verified
from mobcg.prediction.predict import predict as find_model
from mobcg.prediction.refine import HISTORY, RefinementOptions
from mobcg.prediction.shipped import find_mobility, find_trained
from mobcg.prediction.verify import Verification

log = logging.getLogger(__name__)

EXPORTS: tuple[Format, ...] = ("votca", "lammps", "gromacs", "openmm")
"""Formats that a model is written in."""


@dataclass(frozen=True)
class CoarseGrained:
    """A liquid's coarse-grained model.

    wanted: the liquid it is for; predicted: what was found; summary: the values of summary.json, units in the keys; seed and settings:
    what decided them.
    """

    wanted: WantedLiquid
    predicted: Predicted
    summary: dict[str, Any]
    seed: int
    settings: tuple[Any, ...]

    @property
    def potential(self) -> PairPotential | None:
        """U(r) between beads: r_nm and u_kj_per_mol, both (points,); None where no potential gives that structure."""
        return self.predicted.model.potential

    @property
    def friction_per_ps(self) -> float:
        """Friction on a bead in 1/ps that gives the diffusion wanted."""
        return self.predicted.model.friction_per_ps

    @property
    def in_domain(self) -> bool:
        """Whether the liquid is like those that the model was trained on; where not, `notes` say in what."""
        return bool(self.summary["in_domain"])

    @property
    def notes(self) -> tuple[str, ...]:
        """When to doubt, one sentence each."""
        return tuple(self.summary["notes"])

    @property
    def outcome(self) -> Outcome:
        """ok, or how prediction or verification ended."""
        return Outcome(self.summary["outcome"])

    @property
    def verification(self) -> Verification | None:
        """S, D and pressure of independent runs, each with its error; None where none were asked for."""
        return self.predicted.verification

    def write(self, folder: Path | str) -> dict[str, Any]:
        """Write potential.csv, uncertainty.csv, history.csv, summary.json; rdf.csv, msd.csv of a verification; return the summary."""
        out, found = Path(folder), self.predicted
        _remove_earlier(out)
        write_potential(out / "potential.csv", found.model.potential)
        if (said := found.prediction) is not None:
            columns = {"r_nm": said.r_nm, "u_kj_per_mol": said.u_kj_per_mol, "u_err_kj_per_mol": said.u_error_kj_per_mol}
            write_csv(out / "uncertainty.csv", columns)
        checked = found.verification
        if checked is not None and checked.rdf is not None:
            checked.rdf.write_csv(out / "rdf.csv")
            write_csv(out / "msd.csv", {"time_ps": checked.time_ps, "msd_nm2": checked.msd_nm2})
        write_csv(out / "history.csv", found.history.reindex(columns=list(HISTORY)))
        write_summary(out / "summary.json", self.seed, self.settings, self.summary)
        return self.summary

    def write_exports(self, folder: Path | str, beads: int = 1000) -> dict[str, Export]:
        """Write the model for VOTCA, LAMMPS, GROMACS and OpenMM, with its friction, a folder each; what was written, by name.

        Nothing where there is no potential. GROMACS runs no table: it gets the nearest Lennard-Jones potential, whose distance from the
        model stands in the values of its export.
        """
        state, potential = self.wanted.structure, self.potential
        if potential is None:
            if Path(folder).exists():
                log.warning("%s: holds another model's files, this one has no potential", folder)
            return {}
        given = {"mass": state.mass_Da, "density": state.density_per_nm3, "temperature": state.temperature_K}
        liquid = liquid_of(potential, given, self.friction_per_ps, "langevin", beads)
        return {name: write(name, Order(potential, Path(folder) / name, liquid, state.temperature_K)) for name in EXPORTS}

    def draw(self, path: Path | str) -> None:
        """Write a png: g(r), the potential with its error, diffusion; none where there is no potential, nor an earlier one."""
        Path(path).unlink(missing_ok=True)
        from mobcg.report.figures.prediction import prediction_figure

        prediction_figure(Path(path), self.wanted, self.predicted)


def predict(
    rdf: Distribution,
    *,
    mass_Da: float,
    diffusion_nm2_per_ns: float,
    density_per_nm3: float,
    temperature_K: float,
    diffusion_error_nm2_per_ns: float = 0.0,
    molecules: int | None = None,
    pressure_bar: float | None = None,
    model: str = "flagship",
    conservative: bool = False,
    weight: float = 1.0,
    refine: int | None = None,
    verify: bool = False,
    replicas: int = 3,
    beads: int = 1000,
    engine: EngineName = "auto",
    seed: int = 1,
) -> CoarseGrained:
    """Give a liquid's coarse-grained model: the potential and the friction with which beads have its g(r) and its D.

    rdf: a file, a measured g(r), or (r_nm, g), both (bins,). molecules: in the box that g comes from, which shows g too high by 1/N where
    it is normalised by N (N-1), as `observe` does. model: flagship (potential and friction), published (potential alone), or a
    trained model's folder. conservative: no friction, the potential of the least S + weight M, M = |ln D/D_wanted|. refine: runs that
    correct potential and friction; verify: `replicas` runs that tell how good they are; each of `beads` beads, some ten seconds. With a
    pressure five runs are made to meet it. A structure that no potential gives is an outcome; bad input raises InputError.

    >>> liquid = "data/references/atomistic/3-methylpentane-reference/rdf.csv"
    >>> state = dict(mass_Da=86.18, density_per_nm3=4.624, temperature_K=298.15)
    >>> model = predict(liquid, diffusion_nm2_per_ns=2.68, **state)
    >>> model.in_domain, model.potential.u_kj_per_mol.shape == model.potential.r_nm.shape
    (True, True)
    >>> 3 < model.friction_per_ps < 20
    True
    """
    check_liquid(mass_Da, density_per_nm3, temperature_K)
    check_diffusion(diffusion_nm2_per_ns)
    check_positive("diffusion_error_nm2_per_ns", diffusion_error_nm2_per_ns, allow_zero=True)
    check_pressure(pressure_bar)
    started = time.perf_counter()
    trained = find_trained(model)
    curve, name = distribution(rdf)
    check_rdf(curve, density_per_nm3, name, mass_Da, LEAST_REACH)
    target = InversionTarget(as_beads_show(curve, molecules, beads), density_per_nm3, temperature_K, mass_Da, pressure_bar)
    wanted = WantedLiquid(target, Estimate(diffusion_nm2_per_ns, diffusion_error_nm2_per_ns))
    runs = refine if refine is not None else PRESSURE_RUNS if pressure_bar is not None else 0
    if pressure_bar is not None and runs == 0:
        raise InputError("--pressure needs runs that measure it", "leave --refine away, or give it 1 or more")
    options, simulator = RefinementOptions(beads=beads), get_engine(engine)
    if conservative:
        found = _conservative(wanted, trained, options, engine, runs, weight, seed)
    else:
        found = find_model(wanted, trained)
        if runs:
            found = refined(wanted, found, find_mobility(trained), simulator, options, runs, seed)
    if verify:
        found = verified(wanted, found, simulator, options, replicas, seed)
    summary = _summary(wanted, found, model) | {"conservative": conservative, "wall_s": time.perf_counter() - started}
    state = (mass_Da, diffusion_nm2_per_ns, density_per_nm3, temperature_K, pressure_bar)
    settings = (target.rdf.r_nm, target.rdf.g, *state, model, runs, verify, replicas, beads, conservative, weight)
    return CoarseGrained(wanted, found, summary, seed, settings)


def _remove_earlier(folder: Path) -> None:
    """Remove the curves of an earlier model's verification, which are not this one's: those beside a summary that tells of it."""
    with contextlib.suppress(OSError, ValueError):  # no summary, or one that is no JSON: nothing of ours
        if read_json(folder / "summary.json").get("mobility_error") is not None:
            for name in ("rdf.csv", "msd.csv"):
                (folder / name).unlink(missing_ok=True)


def _conservative(
    wanted: WantedLiquid, trained: Any, options: RefinementOptions, engine: EngineName, runs: int, weight: float, seed: int
) -> Predicted:
    check_positive("--weight", weight)
    if wanted.structure.pressure_bar is not None or not isinstance(trained, FlagshipModel):
        raise InputError("--conservative: needs a flagship model, and goes without --pressure", "leave --pressure and --model away")
    if runs:
        return refine_conservative(wanted, trained, get_engine(engine), options, runs, weight, seed)
    return predict_conservative(wanted, trained, weight)[0]


def _summary(wanted: WantedLiquid, found: Predicted, model: str) -> dict[str, Any]:
    said, checked = found.prediction, found.verification
    state = wanted.structure
    outcome, reason = found.model.outcome, found.model.reason
    if checked is not None:
        outcome, reason = checked.outcome, checked.reason
    values: dict[str, Any] = {
        "outcome": str(outcome),
        "reason": reason,
        "model": model,
        "friction_per_ps": found.model.friction_per_ps,
        "friction_error_per_ps": None if said is None else _friction_error(said, wanted.diffusion),
        "in_domain": said is not None and said.in_domain,
        "domain_distance": None if said is None else said.domain_distance,
        "notes": [reason] if said is None else list(said.notes),
        "faster_than_possible": said is not None and said.faster_than_possible,
        "target_diffusion_nm2_per_ns": wanted.diffusion.value,
        "expected_diffusion_nm2_per_ns": None if said is None else said.diffusion_nm2_per_ns,
        "expected_diffusion_error_nm2_per_ns": None if said is None else said.diffusion_error_nm2_per_ns,
        "conservative_diffusion_nm2_per_ns": None if said is None else said.conservative_diffusion_nm2_per_ns,
        "mass_Da": state.mass_Da,
        "density_per_nm3": state.density_per_nm3,
        "temperature_K": state.temperature_K,
        "target_pressure_bar": state.pressure_bar,
        "cutoff_nm": None if found.model.potential is None else found.model.potential.cutoff_nm,
        "updates": len(found.history),
    }
    values |= dict.fromkeys(("structure_error", "mobility_error", "pressure_bar"))
    values |= {name: values[f"expected_{name}"] for name in ("diffusion_nm2_per_ns", "diffusion_error_nm2_per_ns")}
    if checked is not None:
        values |= _pair("structure_error", "structure_error_error", checked.structure_error)
        values |= _pair("mobility_error", "mobility_error_error", checked.mobility_error)
        values |= _pair("diffusion_nm2_per_ns", "diffusion_error_nm2_per_ns", checked.diffusion)
        values |= _pair("pressure_bar", "pressure_error_bar", checked.pressure)
    return values


def _friction_error(said: Prediction, wanted: Estimate) -> float:
    """The model's error of the friction, and what the error of the D wanted adds, through the d gamma / d ln D that the model tells."""
    told = said.diffusion_error_nm2_per_ns / said.diffusion_nm2_per_ns if said.diffusion_nm2_per_ns > 0 else 0.0
    if not told > 0:
        return said.friction_error_per_ps
    return math.hypot(said.friction_error_per_ps, said.friction_error_per_ps / told * wanted.error / wanted.value)


def _pair(name: str, error_name: str, estimate: Estimate | None) -> dict[str, float | None]:
    value, error = (None, None) if estimate is None else estimate
    return {name: value, error_name: error}
