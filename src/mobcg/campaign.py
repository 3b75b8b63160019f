"""The campaign as a plan: its samples, where their results lie, and what each job will need. Everything follows from the config."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from mobcg.batch.index import FOLDER
from mobcg.batch.plan import FILES, Batch, stretches
from mobcg.config import Config
from mobcg.forcefield.assignment import assign_types, parse_smiles
from mobcg.forcefield.draws import sample_name, template_ranges
from mobcg.forcefield.parameters import opls_hydrocarbons
from mobcg.liquids import Liquid, load_liquid
from mobcg.models import shipped_folder
from mobcg.outcomes import InputError
from mobcg.units import number_density

MODELS = ("published", "flagship")
"""The trained models, by name."""

LEAST_PARENTS = 2
"""Parent potentials that a campaign has at least, drawn or synthetic."""

KERNEL_ROWS = 800
"""Rows on which the flagship's kernels are fitted, at most (as in `learning.regressor`, which imports torch)."""

RUNS_TO_MAKE = {"inversion+langevin": 4, "inversion+dpd": 4, "conservative": 3, "refined": 3}
"""Runs that a method of the evaluation needs before its model is there."""

LONGEST_RUN_TO_MAKE_PS = 1240.0
"""Length of such a run at most."""

ISOTHERM_PS = 2000.0
"""Length of a method's runs at other densities, of 120 ps each, and for its velocities: seven or more."""

MARGIN = 3.0
"""Time asked of a scheduler over the time expected."""

LEAST_MINUTES = 10
"""Minutes asked for at least: a job's start on a busy file system takes one or two of them."""

DENSE_G_PER_CM3 = 1.2
"""Density that random force fields hardly exceed; the box of so dense a liquid must hold two cutoffs."""

ATOMS_OF_A_MOLECULE = 26
"""Atoms assumed for the cost of a molecule: the largest template."""


@dataclass(frozen=True)
class Sample:
    """One atomistic liquid: a template with its drawn parameter set `index`, or a real liquid (index None)."""

    liquid: str
    index: int | None = None

    @property
    def name(self) -> str:
        """Name of the sample in paths and tables."""
        return f"{self.liquid}-reference" if self.index is None else sample_name(self.liquid, self.index)

    @property
    def template(self) -> str | None:
        """The template's name for a drawn sample."""
        return None if self.index is None else self.liquid


@dataclass(frozen=True)
class Campaign:
    """Samples, liquids and costs of a checked config."""

    config: Config
    liquids: Mapping[str, Liquid]

    @staticmethod
    def plan(config: Config, root: Path | str = ".") -> Campaign:
        """Load the liquids that the config names.

        Raises InputError, naming the key, for an unknown liquid (with the nearest known one), one that cannot be typed or stands twice, a
        box too small for the cutoff, and too few parameter sets to train on.
        """
        folder = Path(root) / config.liquids
        wanted = {f"templates[{i}].liquid": template.liquid for i, template in enumerate(config.templates)}
        wanted |= {f"evaluation.liquids[{i}]": name for i, name in enumerate(config.evaluation.liquids)}
        liquids = {}
        for key, name in wanted.items():
            liquids[name] = load_liquid(name, folder, f"config.{key}")
            _check_molecule(config, key, liquids[name])
        for key, names in (("templates", [t.liquid for t in config.templates]), ("evaluation.liquids", list(config.evaluation.liquids))):
            twice = [name for name in names if names.count(name) > 1]
            if twice:
                raise InputError(f"config: {key}: {twice[0]!r} stands there twice; each liquid may stand there once")
        sets = sum(template.parameter_sets for template in config.templates)
        synthetic = math.ceil(config.library.synthetic.runs / config.library.synthetic.runs_per_potential)
        campaign = Campaign(config, liquids)
        if campaign.trains and sets + synthetic < LEAST_PARENTS:
            raise InputError(
                f"config: templates: {sets} parameter set(s) in all; at least {LEAST_PARENTS} (or library.synthetic.runs) are needed, "
                "since training and test never share a parent",
                "a file with them over the defaults: snakemake ... --configfile config/demo.yaml, mobcg check config/demo.yaml",
            )
        return campaign

    @cached_property
    def drawn(self) -> dict[str, Sample]:
        """Samples with drawn parameters, by name."""
        samples = [Sample(template.liquid, index) for template in self.config.templates for index in range(template.parameter_sets)]
        return {sample.name: sample for sample in samples}

    @cached_property
    def references(self) -> dict[str, Sample]:
        """The real liquids' samples, by name."""
        samples = [Sample(name) for name in self.config.evaluation.liquids]
        return {sample.name: sample for sample in samples}

    @cached_property
    def samples(self) -> dict[str, Sample]:
        """All samples, by name."""
        return self.drawn | self.references

    @cached_property
    def batches(self) -> dict[str, dict[str, Batch]]:
        """What the jobs of each stage make, by name: of a template's samples consecutive stretches, and of the real liquids'."""
        sizes = {"atomistic": self.config.atomistic.runs_per_job, "inversion": self.config.inversion.samples_per_job}
        groups: dict[str, list[str]] = {template.liquid: [] for template in self.config.templates} | {"reference": list(self.references)}
        for sample in self.drawn.values():
            groups[sample.liquid].append(sample.name)
        return {
            stage: {batch.name: batch for name, samples in groups.items() for batch in stretches(name, samples, size)}
            for stage, size in sizes.items()
        }

    @cached_property
    def _batch_of(self) -> dict[str, dict[str, str]]:
        return {
            stage: {sample: batch.name for batch in batches.values() for sample in batch.samples} for stage, batches in self.batches.items()
        }

    def batched(self, stage: str) -> bool:
        """Whether a job of the stage makes several samples."""
        options = self.config
        return (options.atomistic.runs_per_job if stage == "atomistic" else options.inversion.samples_per_job) > 1

    def outputs(self, stage: str) -> dict[str, str]:
        """What a stage's job declares: its sample's files, by their names without suffix, or the index of its batch alone."""
        folder = f"{self.config.results}/{stage}"
        if self.batched(stage):
            return {"index": f"{folder}/{FOLDER}/{{batch}}.json"}
        return {Path(name).stem: f"{folder}/{{batch}}/{name}" for name in FILES[stage]}

    def made(self, stage: str, samples: Iterable[str], *files: str) -> list[str]:
        """What tells that these samples' stage is done: those of their `files`, or the indexes of their batches."""
        folder = f"{self.config.results}/{stage}"
        if self.batched(stage):
            return [f"{folder}/{FOLDER}/{name}.json" for name in dict.fromkeys(self._batch_of[stage][sample] for sample in samples)]
        return [f"{folder}/{sample}/{name}" for sample in samples for name in files]

    @property
    def trains(self) -> bool:
        """Whether the campaign trains its own models: the others need no library."""
        return self.config.evaluation.models == "campaign"

    def model_folder(self, model: str) -> str:
        """Where the evaluation finds a trained model."""
        return f"{self.config.results}/learning/{model}" if self.trains else str(shipped_folder(model))

    def draw_ranges(self, liquid: str) -> dict[str, Any]:
        """The ranges of a template's draws, its own over the common ones."""
        template = next(template for template in self.config.templates if template.liquid == liquid)
        return template_ranges(template, self.config.draws).model_dump()

    def liquid_files(self, batch: str) -> list[str]:
        """The files that define the molecules of an atomistic batch: the liquids', and those of topologies of the user's own."""
        files = []
        for name in dict.fromkeys(self.samples[sample].liquid for sample in self.batches["atomistic"][batch].samples):
            topology = self.liquids[name].topology
            own = [] if topology is None else [path for path in topology.model_dump().values() if path]
            files += [f"{self.config.liquids}/{name}.yaml", *own]
        return files

    def batch_ranges(self, batch: str) -> dict[str, Any]:
        """The ranges that the samples of an atomistic batch were drawn from; empty for real liquids."""
        sample = self.samples[self.batches["atomistic"][batch].samples[0]]
        return {} if sample.index is None else self.draw_ranges(sample.liquid)

    def batch_members(self, batch: str) -> dict[str, tuple[str, int | None]]:
        """Liquid and index of each sample of an atomistic batch."""
        members = [self.samples[sample] for sample in self.batches["atomistic"][batch].samples]
        return {member.name: (member.liquid, member.index) for member in members}

    def runs_at_a_time(self, batch: str) -> int:
        """Runs of an atomistic batch that go side by side."""
        return min(self.config.atomistic.runs_at_a_time, len(self.batches["atomistic"][batch].samples))

    def atomistic_memory_mb(self, batch: str, attempt: int = 1) -> int:
        """Memory to ask for an atomistic batch: for each run at a time a base for the libraries and some kilobytes an atom."""
        of_a_run = 1500 + self.config.atomistic.molecules * ATOMS_OF_A_MOLECULE // 20
        return self.runs_at_a_time(batch) * of_a_run * attempt

    @property
    def coarse_grained_memory_mb(self) -> int:
        """Memory to ask for one coarse-grained run: a base and the frames in memory, three copies of 24 bytes a bead."""
        options = self.config.coarse_grained
        return 1200 + int(72 * options.beads * options.production_ps / options.sample_interval_ps / 1e6)

    @property
    def training_memory_mb(self) -> int:
        """Memory to ask for training: a base for torch and the rows, and a dozen matrices of rows x rows (covariances, eigenvectors)."""
        return 3000 + int(1e-4 * self.config.library.all_runs**2)

    def training_minutes(self, attempt: int = 1) -> int:
        """Minutes to ask for training one model: the slower of the published network, rows x epochs x members, and of the flagship with its
        learning curve, covariances of all rows and, for the kernels' parameters, of some.
        """
        options, rows = self.config.learning, self.config.library.all_runs
        published = 2e-4 * rows * options.epochs * options.members
        flagship = 3e-9 * rows**3 + 1.5e-6 * min(rows, KERNEL_ROWS) ** 3
        return _minutes(max(published, flagship), attempt)

    def atomistic_minutes(self, batch: str, attempt: int = 1) -> int:
        """Minutes to ask for an atomistic batch: atoms x steps over the speed in the config, with a margin that grows with each attempt."""
        options = self.config.atomistic
        production_ps = options.maximum_production_ps or options.production_ps
        length_ps = options.npt_ps + options.nvt_ps + production_ps + options.short_time_ps
        steps = 1000 * length_ps / (options.maximum_timestep_fs / 2)
        seconds = options.molecules * ATOMS_OF_A_MOLECULE * steps / options.speed_atom_steps_per_s
        rounds = math.ceil(len(self.batches["atomistic"][batch].samples) / self.runs_at_a_time(batch))
        return _minutes(rounds * seconds, attempt)

    def inversion_minutes(self, batch: str, attempt: int = 1) -> int:
        """Minutes to ask for a batch of inversions: all updates and the final run of each."""
        return _minutes(len(self.batches["inversion"][batch].samples) * self._inversion_seconds(), attempt)

    def _inversion_seconds(self) -> float:
        options, final = self.config.inversion, self.config.coarse_grained
        updates = options.maximum_updates * (options.equilibration_ps + options.production_ps)
        return final.run_seconds(updates + final.equilibration_ps + final.production_ps)

    def library_minutes(self, attempt: int = 1) -> int:
        """Minutes to ask for the library: all runs over all workers; on Slurm also one walltime of waiting for the workers' jobs."""
        pool = self.config.pool
        seconds = self.config.library.all_runs * self.config.coarse_grained.run_seconds()
        queue = pool.walltime_minutes if pool.kind == "slurm" else 0
        return _minutes(seconds / pool.workers, attempt) + queue

    def evaluation_minutes(self, attempt: int = 1) -> int:
        """Minutes to ask for one liquid's evaluation: all replicas of every method, and before them the runs that make its model."""
        options, runs = self.config.evaluation, self.config.coarse_grained
        seconds = len(options.methods) * (options.replicas * runs.run_seconds() + runs.run_seconds(ISOTHERM_PS))
        seconds += sum(RUNS_TO_MAKE.get(method, 0) for method in options.methods) * runs.run_seconds(LONGEST_RUN_TO_MAKE_PS)
        if "inversion+pressure" in options.methods:
            seconds += self._inversion_seconds()
        return _minutes(seconds, attempt)


def database_settings(config: Config) -> dict[str, Any]:
    """All settings that decide the database's rows."""
    sections = {
        name: getattr(config, name).physics() for name in ("draws", "atomistic", "observables", "coarse_grained", "inversion", "library")
    }
    return {"seed": config.seed, "templates": [template.model_dump() for template in config.templates], **sections}


def _check_molecule(config: Config, key: str, liquid: Liquid) -> None:
    """Raise InputError for a molecule that cannot be typed or drawn from, or of which the box would be too small for the cutoff."""
    if liquid.smiles is None:
        if key.startswith("templates"):
            raise InputError(f"config.{key}: {liquid.name!r} has a topology of its own; only a liquid given by smiles can be drawn from")
        return
    try:
        graph = parse_smiles(liquid.smiles)
        assign_types(graph, opls_hydrocarbons())
    except InputError as error:
        raise InputError(f"config.{key}: liquid {liquid.name!r}: {error}") from error
    mass = sum(atom.GetMass() for atom in graph.GetAtoms())
    edge = (config.atomistic.molecules / number_density(DENSE_G_PER_CM3, mass)) ** (1 / 3)
    if edge < 2 * config.atomistic.cutoff_nm:
        raise InputError(
            f"config.atomistic: {config.atomistic.molecules} molecules of {liquid.name!r} may fill a box of only {edge:.2f} nm "
            f"(at {DENSE_G_PER_CM3} g/cm3), less than twice cutoff_nm = {config.atomistic.cutoff_nm:g}: more molecules or a shorter cutoff"
        )


def _minutes(seconds: float, attempt: int) -> int:
    return attempt * max(LEAST_MINUTES, math.ceil(MARGIN * seconds / 60))
