"""The campaign as a plan: its samples, where their results lie, and what each job will need. Everything follows from the config."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from mobcg.config import Config
from mobcg.files import content_hash
from mobcg.liquids import Liquid, load_liquid
from mobcg.outcomes import InputError

MODELS = ("published", "flagship")
"""The networks, by name."""

LEAST_PARENTS = 2
"""Parameter sets that a campaign draws at least."""

MARGIN = 3.0
"""Time asked of a scheduler over the time expected."""

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
        return f"{self.liquid}-reference" if self.index is None else f"{self.liquid}-{self.index:05d}"

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
        """Load the liquids that the config names. Raises InputError for an unknown one, naming the key and the nearest known liquid, for a
        liquid that stands twice, and for too few parameter sets to train on.
        """
        folder = Path(root) / config.liquids
        wanted = {f"templates[{i}].liquid": template.liquid for i, template in enumerate(config.templates)}
        wanted |= {f"evaluation.liquids[{i}]": name for i, name in enumerate(config.evaluation.liquids)}
        liquids = {}
        for key, name in wanted.items():
            liquids[name] = load_liquid(name, folder, f"config.{key}")
        for key, names in (("templates", [t.liquid for t in config.templates]), ("evaluation.liquids", list(config.evaluation.liquids))):
            twice = [name for name in names if names.count(name) > 1]
            if twice:
                raise InputError(f"config: {key}: {twice[0]!r} stands there twice; each liquid may stand there once")
        sets = sum(template.parameter_sets for template in config.templates)
        if sets < LEAST_PARENTS:
            raise InputError(
                f"config: templates: {sets} parameter set(s) in all; at least {LEAST_PARENTS} are needed, "
                "since training and test never share a parent. Lay an overlay over the defaults: --configfile config/demo.yaml"
            )
        return Campaign(config, liquids)

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

    def draw_ranges(self, liquid: str) -> dict[str, Any]:
        """The ranges of a template's draws, its own over the common ones."""
        own = next((t.ranges.model_dump(exclude_none=True) for t in self.config.templates if t.liquid == liquid), {})
        return self.config.draws.model_dump() | own

    def liquid_files(self, name: str) -> list[str]:
        """The files that define a sample's molecule: its liquid's, and those of a topology of the user's own."""
        liquid = self.liquids[self.samples[name].liquid]
        own = [] if liquid.topology is None else [path for path in liquid.topology.model_dump().values() if path]
        return [f"{self.config.liquids}/{liquid.name}.yaml", *own]

    def sample_ranges(self, name: str) -> dict[str, Any]:
        """The ranges that a sample was drawn from; empty for a real liquid."""
        sample = self.samples[name]
        return {} if sample.index is None else self.draw_ranges(sample.liquid)

    @property
    def atomistic_memory_mb(self) -> int:
        """Memory to ask for one atomistic run: a base for the libraries and some kilobytes an atom."""
        return 1500 + self.config.atomistic.molecules * ATOMS_OF_A_MOLECULE // 20

    @property
    def coarse_grained_memory_mb(self) -> int:
        """Memory to ask for one coarse-grained run: a base and the frames in memory, three copies of 24 bytes a bead."""
        options = self.config.coarse_grained
        return 1200 + int(72 * options.beads * options.production_ps / options.sample_interval_ps / 1e6)

    def training_minutes(self, attempt: int = 1) -> int:
        """Minutes to ask for training one model: rows x epochs x members."""
        options = self.config.learning
        return _minutes(2e-5 * self.config.library.runs * options.epochs * options.members, attempt)

    def atomistic_minutes(self, attempt: int = 1) -> int:
        """Minutes to ask for one atomistic run: atoms x steps over the speed in the config, with a margin that grows with each attempt."""
        options = self.config.atomistic
        steps = 1000 * (options.npt_ps + options.nvt_ps + options.production_ps) / (options.maximum_timestep_fs / 2)
        seconds = options.molecules * ATOMS_OF_A_MOLECULE * steps / options.speed_atom_steps_per_s
        return _minutes(seconds, attempt)

    def coarse_grained_seconds(self, picoseconds: float) -> float:
        """Seconds that a coarse-grained run of the usual size is expected to take."""
        options = self.config.coarse_grained
        return options.beads * 1000 * picoseconds / (options.maximum_timestep_fs / 2) / options.speed_bead_steps_per_s

    def inversion_minutes(self, attempt: int = 1) -> int:
        """Minutes to ask for one inversion: all updates and the final run."""
        options, final = self.config.inversion, self.config.coarse_grained
        picoseconds = (
            options.maximum_updates * (options.equilibration_ps + options.production_ps) + final.equilibration_ps + final.production_ps
        )
        return _minutes(self.coarse_grained_seconds(picoseconds), attempt)

    def library_minutes(self, attempt: int = 1) -> int:
        """Minutes to ask for the library: all runs over all workers."""
        options = self.config.coarse_grained
        seconds = self.config.library.runs * self.coarse_grained_seconds(options.equilibration_ps + options.production_ps)
        return _minutes(seconds / self.config.pool.workers, attempt)

    def evaluation_minutes(self, attempt: int = 1) -> int:
        """Minutes to ask for one liquid's evaluation: four methods, all replicas."""
        options = self.config.coarse_grained
        seconds = self.coarse_grained_seconds(options.equilibration_ps + options.production_ps)
        return _minutes(4 * self.config.evaluation.replicas * seconds, attempt)

    @property
    def config_hash(self) -> str:
        """Hash that names the whole config."""
        return content_hash(self.config.model_dump())


def _minutes(seconds: float, attempt: int) -> int:
    return max(10, math.ceil(MARGIN * attempt * seconds / 60))
