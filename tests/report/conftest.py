"""A results folder with plausible numbers and failed samples, written in well under a second."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mobcg.config import EVALUATION_METHODS, Config, Template
from mobcg.report import write_report
from mobcg.report.collect import Results, collect

LIQUIDS = {"benzene": (78.11, 0.877, 1.12), "mesitylene": (120.19, 0.876, 0.52), "3-methylpentane": (86.18, 0.663, 2.74)}
TEMPLATES = ("2,3,4-trimethylpentane", "ethylbenzene", "3-methylpentane")
MASS_DA = {"2,3,4-trimethylpentane": 114.23, "ethylbenzene": 106.17, "3-methylpentane": 86.18}
METHODS = EVALUATION_METHODS
FRICTIONAL = ("inversion+langevin", "inversion+dpd", "network+friction", "refined")
STRUCTURE = (0.06, 0.0009, 0.0011, 0.0009, 0.0010, 0.0009, 0.021, 0.034, 0.0023, 0.0008)
RATIO = (3.1, 4.6, 4.2, 1.02, 0.99, 1.04, 2.7, 1.7, 1.05, 1.01)
FAILURES = (
    ("blow-up", "the potential energy became not-a-number at 12.5 ps"),
    ("evaporated", "density 0.08 g/cm3 fell below 0.2 g/cm3 <at 40 ps>"),
)
VERSIONS = {"mobcg": "0.1.0", "openmm": "8.6.1", "numpy": "2.4.6"}
KT = 2.479


def radial(density: float, sharpness: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """A liquid-like g(r): an excluded core, shells of decaying height, 1 far away."""
    r = np.arange(0.0025, 1.8, 0.005)
    size = 0.93 * density ** (-1 / 3)
    shells = 1 + 1.6 * sharpness * np.cos(2 * np.pi * (r / size - 1.07)) * np.exp(-1.3 * (r / size - 1.07))
    core = 1 / (1 + np.exp(-(r / size - 0.93) / 0.018))
    return r, np.clip(core * shells, 0, None)


def potential(density: float, depth: float) -> pd.DataFrame:
    """A steep core with a well of `depth` kJ/mol that reaches zero at 1.5 nm."""
    r = np.arange(0.2, 1.5001, 0.005)
    size = 0.86 * density ** (-1 / 3)
    u = 4 * depth * ((size / r) ** 12 - (size / r) ** 6) * np.clip((1.5 - r) / 0.3, 0, 1)
    return pd.DataFrame({"r_nm": r, "u_kj_per_mol": u, "f_kj_per_mol_nm": -np.gradient(u, r)})


def displacement(diffusion: float) -> pd.DataFrame:
    """Ballistic first, then 6 D t."""
    time = np.arange(0.5, 100.5, 0.5)
    return pd.DataFrame({"time_ps": time, "msd_nm2": 6e-3 * diffusion * time * (1 - np.exp(-time / 1.5)) + 1e-3})


def write_json(path: Path, content: dict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def campaign(sets: int) -> Config:
    """Three templates with `sets` parameter sets each, three evaluation liquids."""
    return Config(
        seed=77, templates=tuple(Template(liquid=name, parameter_sets=sets) for name in TEMPLATES), evaluation={"liquids": tuple(LIQUIDS)}
    )


def write_campaign(folder: Path, sets: int = 4, runs: int = 120) -> Config:
    """Write a finished campaign; of every template's sets the third failed, of all inversions the second did not converge."""
    config = campaign(sets)
    random = np.random.default_rng(5)
    write_json(folder / "config.json", config.model_dump(mode="json"))
    samples = _draws(folder, sets, random)
    for position, (sample, template, index) in enumerate(samples):
        failure = FAILURES[position // sets % 2] if index % 8 == 2 else None
        diffusion = float(np.exp(random.normal(0.3, 1.0)))
        density = 0.75 * random.uniform(0.8, 1.15)
        _atomistic(folder, sample, template, template, MASS_DA[template], density, diffusion, failure)
        ratio = 2 + 10 * random.random()
        if failure is None:
            _inversion(folder, sample, template, MASS_DA[template], density, diffusion, ratio, converged=position != 1)
        else:
            _no_parent(folder, sample, template)
    for liquid, (mass, density, diffusion) in LIQUIDS.items():
        _atomistic(folder, f"{liquid}-reference", liquid, None, mass, density, diffusion, None)
        _inversion(folder, f"{liquid}-reference", liquid, mass, density, diffusion, 5.0, converged=True)
        _evaluation(folder, liquid, mass, density, diffusion)
    _library(folder, [sample for sample, *_ in samples], runs, random)
    _learning(folder, random)
    return config


def write_large_campaign(folder: Path, sets: int, runs: int) -> Config:
    """The same with many samples: the first four of a template again and again, with other numbers and the same curves."""
    few = 4
    write_campaign(folder, few, runs)
    config = campaign(sets)
    random = np.random.default_rng(6)
    write_json(folder / "config.json", config.model_dump(mode="json"))
    for sample, template, index in _draws(folder, sets, random):
        if index < few:
            continue
        factor = float(np.exp(random.normal(0, 0.5)))
        for stage in ("atomistic", "inversion"):
            source, place = folder / stage / f"{template}-{index % few:05d}", folder / stage / sample
            place.mkdir()
            summary = _summary(source) | {"sample": sample}
            speeds = [name for name in summary if name.startswith("diffusion_") and summary[name] is not None]
            (place / "summary.json").write_text(json.dumps(summary | {name: factor * summary[name] for name in speeds}))
            for path in _curves(source):
                os.link(path, place / path.name)
    return config


@cache
def _summary(source: Path) -> dict:
    return json.loads((source / "summary.json").read_text())


@cache
def _curves(source: Path) -> list[Path]:
    return sorted(source.glob("*.csv"))


def _draws(folder: Path, sets: int, random: np.random.Generator) -> list[tuple[str, str, int]]:
    names = [(f"{template}-{index:05d}", template, index) for template in TEMPLATES for index in range(sets)]
    table = pd.DataFrame(names, columns=["sample", "template", "index"])
    count = len(names)
    for pair, low, high in (("CT-CT", 0.1, 0.248), ("CT-HC", 0.062, 0.178), ("CA-HA", 0.062, 0.178)):
        table[f"bond_{pair}_constant_kj_per_mol_nm2"] = random.uniform(16736.0, 830105.6, count)
        table[f"bond_{pair}_length_nm"] = random.uniform(low, high, count)
    for triple in ("CT-CT-CT", "CT-CT-HC"):
        table[f"angle_{triple}_constant_kj_per_mol_rad2"] = random.uniform(41.84, 836.8, count)
        table[f"angle_{triple}_degree"] = random.uniform(70, 140, count)
    for term in (1, 2, 3):
        table[f"torsion_CT-CT-CT-CT_V{term}_kj_per_mol"] = random.uniform(-8.368, 8.368, count)
    aromatic = [name for name in table if "CA-" in name]
    table.loc[table["template"] != "ethylbenzene", aromatic] = np.nan
    folder.mkdir(parents=True, exist_ok=True)
    table.to_parquet(folder / "draws.parquet", index=False)
    return names


def _origin(sample: str) -> dict:
    return {"sample": sample, "seed": 1234, "versions": VERSIONS, "config_hash": "0123456789abcdef"}


def _atomistic(
    folder: Path,
    sample: str,
    liquid: str,
    template: str | None,
    mass: float,
    density: float,
    diffusion: float,
    failure: tuple[str, str] | None,
) -> None:
    place = folder / "atomistic" / sample
    measured = {
        **{"density_g_per_cm3": density, "density_error_g_per_cm3": 0.0012, "density_per_nm3": density / mass / 0.00166054},
        **{"diffusion_nm2_per_ns": diffusion, "diffusion_error_nm2_per_ns": 0.04 * diffusion},
        **{"temperature_K": 298.3, "temperature_error_K": 0.2, "pressure_bar": 12.0, "pressure_error_bar": 30.0, "box_nm": 4.2},
    }
    outcome, reason = failure or ("ok", "")
    write_json(
        place / "summary.json",
        {
            **_origin(sample),
            **{"liquid": liquid, "template": template, "outcome": outcome, "reason": reason, "molecules": 500, "molar_mass_Da": mass},
            **(dict.fromkeys(measured) if failure else measured),
            **{"timestep_fs": 1.5, "production_ps": 3000.0, "platform": "CPU", "wall_s": 5400.0},
        },
    )
    r, g = radial(density / mass / 0.00166054)
    rows = slice(0, 0) if failure else slice(None)
    pd.DataFrame({"r_nm": r, "g": g, "g_err": 0.01 + 0.02 * g}).iloc[rows].to_csv(place / "rdf.csv", index=False)
    displacement(diffusion).iloc[rows].to_csv(place / "msd.csv", index=False)


def _inversion(
    folder: Path, sample: str, liquid: str, mass: float, density: float, diffusion: float, ratio: float, *, converged: bool
) -> None:
    place = folder / "inversion" / sample
    number = density / mass / 0.00166054
    errors = 0.2 * np.exp(-0.7 * np.arange(9)) + (0.0008 if converged else 0.02)
    write_json(
        place / "summary.json",
        {
            **_origin(sample),
            **{
                "liquid": liquid,
                "outcome": "ok" if converged else "not-converged",
                "reason": "" if converged else "structure error 0.0207 after 8 updates",
            },
            **{
                "converged": converged,
                "updates": 8,
                "structure_error": float(errors[-1]),
                "pressure_bar": 900.0,
                "diffusion_nm2_per_ns": ratio * diffusion,
            },
            **{"diffusion_error_nm2_per_ns": 0.05 * ratio * diffusion, "diffusion_AA_nm2_per_ns": diffusion, "density_per_nm3": number},
            **{"temperature_K": 298.15, "mass_Da": mass, "cutoff_nm": 1.5, "beads": 500, "wall_s": 95.0},
        },
    )
    pd.DataFrame({"update": range(9), "structure_error": errors, "pressure_bar": 900.0}).to_csv(place / "history.csv", index=False)
    r, g = radial(number, 0.98)
    pd.DataFrame({"r_nm": r, "g": g}).to_csv(place / "rdf.csv", index=False)
    displacement(ratio * diffusion).to_csv(place / "msd.csv", index=False)
    potential(number, 1.5 + 2 / (1 + diffusion)).to_csv(place / "potential.csv", index=False)


def _no_parent(folder: Path, sample: str, liquid: str) -> None:
    place = folder / "inversion" / sample
    measured = dict.fromkeys(("converged", "updates", "structure_error", "diffusion_nm2_per_ns", "wall_s"))
    summary = {"liquid": liquid, "outcome": "no-parent", "reason": "the atomistic run failed"}
    write_json(place / "summary.json", {**_origin(sample), **summary, **measured})
    for name, columns in (
        ("history", "update,structure_error"),
        ("rdf", "r_nm,g"),
        ("msd", "time_ps,msd_nm2"),
        ("potential", "r_nm,u_kj_per_mol"),
    ):
        (place / f"{name}.csv").write_text(columns + "\n")


def _evaluation(folder: Path, liquid: str, mass: float, density: float, diffusion: float) -> None:
    place = folder / "evaluation" / liquid
    place.mkdir(parents=True)
    number = density / mass / 0.00166054
    structure = dict(zip(METHODS, STRUCTURE, strict=True))
    ratio = dict(zip(METHODS, RATIO, strict=True))
    rows, rdf, potentials, msd = [], [], [], []
    for method in METHODS:
        error, speed = structure[method], ratio[method] * diffusion
        rows.append(
            {
                **{"liquid": liquid, "method": method, "outcome": "ok", "structure_error": error, "structure_error_err": error / 8},
                **{
                    "mobility_error": abs(np.log(ratio[method])),
                    "mobility_error_err": 0.03,
                    "combined_error_err": 0.03,
                    "combined_error": error + abs(np.log(ratio[method])),
                },
                **{
                    "diffusion_nm2_per_ns": speed,
                    "diffusion_error_nm2_per_ns": 0.03 * speed,
                    "pressure_bar": 850.0,
                    "pressure_error_bar": 21.0,
                },
                **{"diffusion_AA_nm2_per_ns": diffusion, "diffusion_AA_error_nm2_per_ns": 0.04 * diffusion, "wall_s": 210.0, "beads": 500},
                **{"density_at_pressure_g_per_cm3": 0.97 * density, "density_at_pressure_error_g_per_cm3": 0.004},
                **{"density_AA_g_per_cm3": density, "compressibility_per_GPa": 0.71, "compressibility_error_per_GPa": 0.05},
                **{"velocity_error": 0.12, "velocity_error_err": 0.01, "msd_ratio_1ps": 1.25, "cost_core_s": 95.0},
                **{"mass_Da": mass * (21 if method == "mass-scaled" else 1), "friction_per_ps": 6.2 if method in FRICTIONAL else 0.0},
            }
        )
        r, g = radial(number, 1 - structure[method] * 5)
        rdf.append(pd.DataFrame({"method": method, "r_nm": r, "g": g, "g_err": 0.02}))
        error = 0.08 if method in ("network", "network+friction") else np.nan
        potentials.append(potential(number, 1.8 if method == "network" else 1.5).assign(method=method, u_err_kj_per_mol=error))
        msd.append(displacement(ratio[method] * diffusion).assign(method=method))
    if liquid == "mesitylene":
        lost = ("structure_error", "mobility_error", "combined_error", "diffusion_nm2_per_ns")
        rows[METHODS.index("network")] |= {"outcome": "crystal", **dict.fromkeys(lost, np.nan)}
    r, g = radial(number)
    rdf.append(pd.DataFrame({"method": "atomistic", "r_nm": r, "g": g, "g_err": 0.02}))
    msd.append(displacement(diffusion).assign(method="atomistic"))
    pd.DataFrame(rows).to_csv(place / "evaluation.csv", index=False)
    pd.concat(rdf).to_csv(place / "rdf.csv", index=False)
    pd.concat(potentials)[["method", "r_nm", "u_kj_per_mol", "u_err_kj_per_mol"]].to_csv(place / "potential.csv", index=False)
    pd.concat(msd).to_csv(place / "msd.csv", index=False)
    if liquid == "benzene":  # its atomistic run has a finely sampled stretch, the others' have none
        time = 0.02 * np.arange(100)
        decays = {name: 0.08 * np.exp(-time / 0.3) * np.cos(speed * time) for name, speed in (("atomistic", 4.0), ("inversion", 2.0))}
        motion = [pd.DataFrame({"method": name, "time_ps": time, "vacf_nm2_per_ps2": decay}) for name, decay in decays.items()]
        pd.concat(motion).to_csv(place / "vacf.csv", index=False)


def _library(folder: Path, parents: list[str], runs: int, random: np.random.Generator) -> None:
    chosen = random.integers(len(parents), size=runs)
    mass, density, scale = random.uniform(20, 200, runs), random.uniform(3.5, 6.8, runs), random.uniform(0.4, 1, runs)
    reduced = np.where(random.random(runs) < 0.25, 0, np.exp(random.uniform(np.log(0.5), np.log(100), runs)))
    unit_time = density ** (-1 / 3) * np.sqrt(mass / KT)
    diffusion_reduced = np.exp(random.normal(0, 0.2, runs)) * 0.16 / scale**2.5 / (1 + 0.3 * reduced)
    outcome = np.where(random.random(runs) < 0.03, "crystal", np.where(random.random(runs) < 0.02, "glass", "ok"))
    speed = diffusion_reduced * 1000 * density ** (-2 / 3) / unit_time
    table = pd.DataFrame({
        **{"run_id": [f"run-{index:06d}" for index in range(runs)], "parent": [parents[index] for index in chosen]},
        **{"template": [parents[index][:-6] for index in chosen], "outcome": outcome, "reason": "", "mass_Da": mass},
        "temperature_K": 298.15,
        **{"density_per_nm3": density, "friction_per_ps": reduced / unit_time, "scale": scale, "config_hash": "0123456789abcdef"},
        **{"diffusion_nm2_per_ns": np.where(outcome == "ok", speed, np.nan)},
    })  # fmt: skip
    for name in ("library/plan", "database/mobility"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (table[["run_id", "parent"]] if "plan" in name else table).to_parquet(folder / f"{name}.parquet", index=False)


def _learning(folder: Path, random: np.random.Generator) -> None:
    for name, final in (("published", 0.02), ("flagship", 0.004)):
        place = folder / "learning" / name
        write_json(
            place / "metrics.json",
            {"rows_train": 96, "rows_test": 18, "test": {"structure_error": final, "rmse_kT": 0.08}, **_origin(name)},
        )
    epoch = np.arange(0, 301, 3)
    losses = [0.02 + 0.8 / (3 + epoch) * np.exp(random.normal(0, 0.02, 101)) for _ in range(3)]
    members = [
        pd.DataFrame({"epoch": epoch, "member": member, "head": "potential", "train_loss": loss, "test_loss": 1.3 * loss})
        for member, loss in enumerate(losses)
    ]
    pd.concat(members).to_csv(folder / "learning" / "published" / "curve.csv", index=False)
    parents = np.array([6, 12, 24, 48])
    errors = {"u_rmse_kT": 0.3 / parents**0.5, "log_diffusion_rmse": np.hypot(0.02, 0.4 / parents), "log_diffusion_noise": 0.02}
    sizes = pd.DataFrame({"parents": parents, "rows": 4 * parents, **errors})
    sizes.to_csv(folder / "learning" / "flagship" / "curve.csv", index=False)
    true = np.exp(random.uniform(-1, 4, 60))
    pairs = pd.DataFrame({"quantity": "friction_reduced", "true": true, "predicted": true * np.exp(random.normal(0, 0.08, 60))})
    pairs.to_csv(folder / "learning" / "flagship" / "parity.csv", index=False)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Config]:
    """A finished campaign, to be read only."""
    folder = tmp_path_factory.mktemp("finished")
    return folder, write_campaign(folder)


@pytest.fixture(scope="session")
def report_page(finished: tuple[Path, Config], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The finished campaign's report, its figures beside it."""
    folder, config = finished
    output = tmp_path_factory.mktemp("report") / "index.html"
    write_report(folder, config, output)
    return output


@pytest.fixture(scope="session")
def collected(finished: tuple[Path, Config]) -> Results:
    """The finished campaign as the figures get it."""
    folder, config = finished
    return collect(folder, config)


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """A results folder in which nothing is there."""
    return collect(tmp_path_factory.mktemp("empty"), Config(evaluation={"liquids": ("benzene",)}))


@pytest.fixture
def large_campaign_writer() -> Callable[..., Config]:
    """`write_large_campaign`."""
    return write_large_campaign


@pytest.fixture
def campaign_writer() -> Callable[..., Config]:
    """`write_campaign`, for tests that change what they get."""
    return write_campaign
